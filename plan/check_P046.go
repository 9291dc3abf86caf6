package plan

import (
	"fmt"
	"strings"
)

func ruleExpression() Rule {
	return Rule{
		Code: "P046", Title: "an expression that cannot be used", Severity: Error,
		What: "An expression in when, foreach, inputs or classify cannot be understood, has the wrong type, goes " +
			"beyond the bounds, or names a task that does not exist.",
		Why: "The run would stop at it. Expressions see tasks, vars, env, item, platform, always(), failed() and " +
			"succeeded(); those of classify see exit, signal, timeout, output and attempt.",
		Bad: "tasks:\n  - id: build\n    run: make\n  - id: notify\n    depends_on: [build]\n" +
			"    when: tasks.build.status = \"failed\"\n    run: ./notify\n",
		Good: "tasks:\n  - id: build\n    run: make\n  - id: notify\n    depends_on: [build]\n" +
			"    when: failed() and tasks.build.status == \"failed\"\n    run: ./notify\n",
		check: func(c *checker) {
			said := map[Pos]bool{}
			for _, e := range c.allExpressions() {
				bad := e.err
				if bad == nil {
					bad = c.unknownTask(e)
				}
				pos := e.pos
				if bad != nil {
					pos = c.inside(e.value, bad, e.pos)
				}
				// One expression of the defaults is that of many tasks.
				if bad == nil || said[pos] && pos.Line > 0 {
					continue
				}
				said[pos] = true
				c.report(e.task, pos, e.key+": "+bad.Text, bad.Hint)
			}
		},
	}
}

// expression is an expression of the plan, compiled, and where it stands.
type expression struct {
	task   *Task // nil for one of the plan
	key    string
	source string
	value  *Value
	pos    Pos
	parsed *Expression
	err    *ExprError
}

// allExpressions compiles the expressions of the plan, in the order of the file, once.
func (c *checker) allExpressions() []expression {
	if c.compiled == nil {
		c.compiled = append([]expression{}, c.compileAll()...)
	}
	return c.compiled
}

func (c *checker) compileAll() []expression {
	var all []expression
	for _, rule := range c.plan.Classify {
		e := expression{key: "classify", source: rule.When, pos: rule.Pos, value: c.valueAt(rule)}
		e.parsed, e.err = c.expressions.CompileClassify(rule.When)
		all = append(all, e)
	}
	for _, t := range c.plan.Tasks {
		if t.When != "" {
			e := expression{task: t, key: "when", source: t.When, value: c.taskValue(t, "when", t.When), pos: t.begin()}
			e.parsed, e.err = c.expressions.CompileWhen(t.When)
			all = append(all, e)
		}
		if t.ForeachExpr != "" {
			e := expression{task: t, key: "foreach", source: t.ForeachExpr, value: c.taskValue(t, "foreach", t.ForeachExpr), pos: t.begin()}
			e.parsed, e.err = c.expressions.CompileList(t.ForeachExpr)
			all = append(all, e)
		}
		for _, in := range t.Inputs {
			e := expression{task: t, key: "inputs: " + in.Name, source: in.Value, value: t.Source.Get("inputs").Get(in.Name), pos: in.Pos}
			e.parsed, e.err = c.expressions.CompileString(in.Value)
			all = append(all, e)
		}
	}
	return all
}

// taskValue is the value an expression was read from: the task's own, or one of the plan's defaults.
func (c *checker) taskValue(t *Task, key, text string) *Value {
	if v := expressionValue(t.Source.Get(key)); v != nil {
		return v
	}
	var find func(v *Value, depth int) *Value
	find = func(v *Value, depth int) *Value {
		if v == nil || depth > 3 {
			return nil
		}
		for _, f := range v.Fields {
			if value := expressionValue(f.Value); f.Key == key && value != nil && strings.TrimSpace(value.Text) == text {
				return value
			}
			if found := find(f.Value, depth+1); found != nil {
				return found
			}
		}
		return nil
	}
	return find(c.plan.headValue("defaults"), 0)
}

// expressionValue is the scalar of `foreach: TEXT` and `foreach: {items: TEXT}`.
func expressionValue(v *Value) *Value {
	if v != nil && v.Kind == Map {
		v = v.Get("items")
	}
	if v == nil || v.Kind != Scalar {
		return nil
	}
	return v
}

// valueAt is the value a classify rule was read from.
func (c *checker) valueAt(rule ClassifyRule) *Value {
	if list := c.plan.headValue("classify"); list != nil {
		for _, item := range list.Items {
			if v := item.Get("when"); v != nil && v.Pos == rule.Pos {
				return v
			}
		}
	}
	return nil
}

// unknownTask finds a task that an expression names and that the plan does not have.
func (c *checker) unknownTask(e expression) *ExprError {
	for i, id := range e.parsed.References {
		if _, ok := c.plan.index[id]; ok {
			continue
		}
		return exprErrorAt(e.source, e.parsed.places[i], fmt.Sprintf("%q is no task of this plan", clip(id)), c.meant(id))
	}
	return nil
}
