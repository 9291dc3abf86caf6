package plan

import (
	"fmt"
	"regexp"
	"strings"
)

// exprMessage words a message of the library for authors of plans, who know no Go types.
func exprMessage(src, message string, env any) (text, hint string) {
	names := namesOf(env)
	if name, ok := strings.CutPrefix(message, "unknown name "); ok {
		return unknownName(src, name, names)
	}
	if m := regexp.MustCompile(`^type \S*ExprTask has no field (\S+)$`).FindStringSubmatch(message); m != nil {
		fields := namesOf(ExprTask{})
		if near := nearest(m[1], fields); near != "" {
			return fmt.Sprintf("a task has no %q", m[1]), "did you mean " + near + "?"
		}
		return fmt.Sprintf("a task has no %q", m[1]), "it has " + strings.Join(fields, ", ")
	}
	if m := regexp.MustCompile(`^type \S*ExprPlatform has no field (\S+)$`).FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("platform has no %q", m[1]), "it has " + strings.Join(namesOf(ExprPlatform{}), ", ")
	}
	if m := regexp.MustCompile(`^invalid operation: (\S+) \(mismatched types (.+) and (.+)\)$`).FindStringSubmatch(message); m != nil {
		return fmt.Sprintf("%s does not go between %s and %s", m[1], exprTypeName(m[2]), exprTypeName(m[3])), ""
	}
	if m := regexp.MustCompile(`^non-bool expression \(type (.+)\) used as condition$`).FindStringSubmatch(message); m != nil {
		return "a condition must be true or false and this is " + exprTypeName(m[1]), ""
	}
	if m := regexp.MustCompile(`^invalid operation: bool\((.*)\)$`).FindStringSubmatch(message); m != nil {
		return "the condition must give true or false and gives " + exprTypeName(m[1]), ""
	}
	switch {
	case message == "unexpected token EOF" || message == "unexpected end of expression":
		return "the expression ends too early", ""
	case strings.HasPrefix(message, "unexpected token Operator(\"=\")"):
		return "= does not compare", "write == instead"
	case strings.HasPrefix(message, "unexpected token "):
		token := strings.TrimPrefix(message, "unexpected token ")
		if m := regexp.MustCompile(`^\w+\((".*")\)$`).FindStringSubmatch(token); m != nil {
			token = m[1]
		}
		hint := ""
		if token == `"&"` || token == `"&&"` || token == `"|"` {
			hint = "write and, or, not between conditions"
		}
		return token + " does not belong here", hint
	case message == "literal not terminated":
		return "a text does not end", "put the closing quote"
	case strings.Contains(message, "exceeds maximum allowed nodes"):
		return fmt.Sprintf("the expression has more than %d parts", maxExprNodes),
			"work it out in a task and write the result to $BILLOW_OUTPUT"
	case strings.Contains(message, "memory budget exceeded"):
		return errExprWork.Error(), ""
	}
	return exprTypes(message), ""
}

func unknownName(src, name string, names []string) (text, hint string) {
	bare := make([]string, len(names))
	for i, n := range names {
		bare[i] = strings.TrimSuffix(n, "()")
	}
	hint = "there are " + strings.Join(names, ", ")
	if near := nearest(name, bare); near != "" {
		hint = "did you mean " + near + "?"
	}
	// tasks.build-app.status is tasks.build minus app.status.
	if m := regexp.MustCompile(`tasks\.(\w*-[\w-]*` + regexp.QuoteMeta(name) + `[\w-]*)`).FindStringSubmatch(src); m != nil {
		hint = fmt.Sprintf("write tasks[%q]", m[1])
	}
	return fmt.Sprintf("unknown name %q", name), hint
}

// exprTypeName is a Go type in the words of the plan.
func exprTypeName(name string) string {
	switch {
	case name == "string":
		return "a text"
	case name == "bool":
		return "true or false"
	case name == "int" || name == "float64" || name == "integer" || name == "float":
		return "a number"
	case name == "nil":
		return "nothing"
	case strings.HasSuffix(name, "ExprTask") && !strings.HasPrefix(name, "map["):
		return "a task"
	case strings.HasPrefix(name, "func"):
		return "a function that is not called"
	case strings.HasPrefix(name, "[]"):
		return "a list"
	case strings.HasPrefix(name, "map["):
		return "a mapping"
	}
	return name
}

// exprTypes replaces the Go types that stand in a message.
func exprTypes(message string) string {
	return strings.NewReplacer(
		"map[string]plan.ExprTask", "the tasks", "plan.ExprTask", "a task", "plan.ExprPlatform", "platform",
		"plan.exprNames", "the plan", "map[string]string", "a mapping", "map[string]interface {}", "a mapping",
		"[]interface {}", "a list", "interface {}", "any value",
	).Replace(message)
}
