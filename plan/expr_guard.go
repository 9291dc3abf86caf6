package plan

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
)

// The bounds of an expression. The library stops runaway memory in lists and nothing else: neither time,
// nor strings that double, nor brackets so deep that its parser ends the process.
const (
	maxExprBytes    = 4 << 10
	maxExprBrackets = 40
	maxExprNodes    = 500
	maxExprNesting  = 2       // closures within closures
	maxExprList     = 100_000 // elements that an expression may make
	maxExprText     = 256 << 10
	maxExprWork     = 1 << 18 // closure calls, and 64 bytes of every text that is named or passed on
)

// exprFunctions are the functions of the library that plans may use: none that reads the clock or the
// machine, and none whose result can be much larger than what it is given.
func exprFunctions() []string {
	return []string{
		"all", "none", "any", "one", "filter", "map", "find", "findIndex", "findLast", "findLastIndex",
		"count", "sum", "groupBy", "sortBy", "len", "type", "abs", "ceil", "floor", "round", "int", "float",
		"string", "trim", "trimPrefix", "trimSuffix", "upper", "lower", "split", "splitAfter", "indexOf",
		"lastIndexOf", "hasPrefix", "hasSuffix", "max", "min", "mean", "median", "fromJSON", "first", "last",
		"get", "take", "keys", "values", "toPairs", "fromPairs", "reverse", "uniq", "concat", "flatten", "sort",
	}
}

// bracketDepth is how deep brackets stand in each other, those in strings included: too deep by a string
// is still rare enough to refuse.
func bracketDepth(src string) int {
	depth, deepest := 0, 0
	for i := range len(src) {
		switch src[i] {
		case '(', '[', '{':
			depth++
			deepest = max(deepest, depth)
		case ')', ']', '}':
			depth--
		}
	}
	return deepest
}

// exprGuard walks an expression while it is compiled. It refuses what is not allowed, notes what the
// expression refers to, and wraps every value that can be used more than once (the result of a closure, a
// `let`) so that it is counted when the expression runs: only such values can grow without end.
type exprGuard struct {
	functions []string
	foreach   bool // the expression of a foreach, which has no item yet
	nesting   map[*ast.PredicateNode]int
	err       *ExprError
	source    string

	tolerant   bool
	references []string
	places     []int
}

// Visit is called for every node after those below it.
func (g *exprGuard) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		switch {
		case n.Value == "$env":
			g.refuse(n, "$env is not available in plans", "name what is meant: tasks, vars, env …")
		case n.Value == "item" && g.foreach:
			g.refuse(n, "item does not exist yet: this expression makes the items", "")
		}
	case *ast.BuiltinNode:
		if !slices.Contains(g.functions, n.Name) {
			g.refuse(n, n.Name+"() is not available in plans", "there are "+strings.Join(g.functions, ", "))
		}
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok && (callee.Value == "always" || callee.Value == "failed") {
			g.tolerant = true
		}
	case *ast.MemberNode:
		if id, ok := taskNamed(n); ok && !slices.Contains(g.references, id) {
			g.references = append(g.references, id)
			g.places = append(g.places, n.Property.Location().From)
		}
	case *ast.BinaryNode:
		g.comparison(n)
	case *ast.PredicateNode:
		inside := nestedClosures{in: g.nesting}
		ast.Walk(&n.Node, &inside)
		g.nesting[n] = inside.deepest + 1
		if g.nesting[n] > maxExprNesting {
			g.refuse(n, fmt.Sprintf("closures stand more than %d deep in each other", maxExprNesting),
				"work it out in a task and write the result to $BILLOW_OUTPUT")
		}
		n.Node = counted(n.Node)
	case *ast.VariableDeclaratorNode:
		n.Value = counted(n.Value)
	}
}

// comparison refuses a status that no task can have: it would be false for ever, in silence.
func (g *exprGuard) comparison(n *ast.BinaryNode) {
	member, text := n.Left, n.Right
	if _, ok := text.(*ast.StringNode); !ok {
		member, text = text, member
	}
	m, ok := member.(*ast.MemberNode)
	if !ok || n.Operator != "==" && n.Operator != "!=" {
		return
	}
	property, ok := m.Property.(*ast.StringNode)
	if !ok || property.Value != "status" {
		return
	}
	word, ok := text.(*ast.StringNode)
	if !ok || slices.Contains(statuses(), Status(word.Value)) {
		return
	}
	if inner, ok := m.Node.(*ast.MemberNode); !ok {
		return
	} else if _, ok := taskNamed(inner); !ok {
		return
	}
	hint := "a status is one of "
	for i, s := range statuses() {
		if i > 0 {
			hint += ", "
		}
		hint += string(s)
	}
	if meant, ok := ParseStatus(word.Value); ok {
		hint = fmt.Sprintf("write %q", meant)
	}
	g.refuse(word, fmt.Sprintf("no task ever has the status %q", clip(word.Value)), hint)
}

func statuses() []Status {
	return []Status{Pending, InProgress, Blocked, Completed, Skipped, Failed, Cancelled}
}

// taskNamed returns the id of tasks["id"] and tasks.id.
func taskNamed(n *ast.MemberNode) (string, bool) {
	of, ok := n.Node.(*ast.IdentifierNode)
	if !ok || of.Value != "tasks" {
		return "", false
	}
	id, ok := n.Property.(*ast.StringNode)
	if !ok {
		return "", false
	}
	return id.Value, true
}

// refuse keeps the first refusal.
func (g *exprGuard) refuse(n ast.Node, text, hint string) {
	if g.err == nil {
		g.err = exprErrorAt(g.source, n.Location().From, text, hint)
	}
}

// nestedClosures finds how deep the closures below a node go.
type nestedClosures struct {
	in      map[*ast.PredicateNode]int
	deepest int
}

func (v *nestedClosures) Visit(node *ast.Node) {
	if p, ok := (*node).(*ast.PredicateNode); ok {
		v.deepest = max(v.deepest, v.in[p])
	}
}

// counted wraps a node into a call that counts its value. The call has the type of the node, so that the
// type check sees through it; its name cannot be written in an expression.
func counted(n ast.Node) ast.Node {
	name := countName(nil)
	for _, t := range countedTypes() {
		if n.Type() == t.In(0) {
			name = countName(t)
		}
	}
	call := &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: []ast.Node{n}}
	call.SetLocation(n.Location())
	call.Callee.SetLocation(n.Location())
	return call
}

func countName(t reflect.Type) string {
	if t == nil {
		return "count any"
	}
	return "count " + t.In(0).String()
}

func countedTypes() []reflect.Type {
	return []reflect.Type{
		reflect.TypeFor[func(bool) bool](), reflect.TypeFor[func(int) int](),
		reflect.TypeFor[func(float64) float64](), reflect.TypeFor[func(string) string](),
		reflect.TypeFor[func([]any) []any](), reflect.TypeFor[func([]string) []string](),
		reflect.TypeFor[func(map[string]any) map[string]any](),
		reflect.TypeFor[func(map[string]string) map[string]string](),
		reflect.TypeFor[func(ExprTask) ExprTask](),
		reflect.TypeFor[func(map[string]ExprTask) map[string]ExprTask](),
	}
}

// exprWork counts what one evaluation does.
type exprWork struct{ left int }

var errExprWork = fmt.Errorf("the expression does too much: shorten its lists and texts")

// options are what the library needs to compile a guarded expression that counts on w.
func (w *exprWork) options() []expr.Option {
	count := func(args ...any) (any, error) {
		if w.take(args[0], maxExprText); w.left < 0 {
			return nil, errExprWork
		}
		return args[0], nil
	}
	options := []expr.Option{
		expr.Function("join", exprJoin, new(func([]any, string) string), new(func([]string, string) string),
			new(func([]any) string), new(func([]string) string)),
		expr.Function("replace", exprReplace, new(func(string, string, string) string)),
		expr.Function(countName(nil), count, new(func(any) any)),
	}
	for _, t := range countedTypes() {
		options = append(options, expr.Function(countName(t), count, reflect.New(t).Interface()))
	}
	return options
}

// take counts a value and what is in it; a text longer than limit uses up everything.
func (w *exprWork) take(v any, limit int) {
	w.left--
	if w.left < 0 {
		return
	}
	switch v := v.(type) {
	case string:
		w.left -= len(v) / 64
		if len(v) > limit {
			w.left = -1
		}
	case []any:
		for _, item := range v {
			if w.take(item, limit); w.left < 0 {
				return
			}
		}
	case []string:
		for _, item := range v {
			if w.take(item, limit); w.left < 0 {
				return
			}
		}
	case map[string]any:
		for _, item := range v {
			if w.take(item, limit); w.left < 0 {
				return
			}
		}
	case map[any][]any:
		for _, item := range v {
			if w.take(item, limit); w.left < 0 {
				return
			}
		}
	}
}

// exprJoin is the library's, with a bound.
func exprJoin(args ...any) (any, error) {
	glue := ""
	if len(args) == 2 {
		text, ok := args[1].(string)
		if !ok {
			return nil, fmt.Errorf("join() puts a text between the items, not %s", exprKind(args[1]))
		}
		glue = text
	}
	var items []string
	switch list := args[0].(type) {
	case []string:
		items = list
	case []any:
		for _, item := range list {
			text, ok := item.(string)
			if !ok {
				return nil, fmt.Errorf("join() needs a list of texts; one is %s", exprKind(item))
			}
			items = append(items, text)
		}
	default:
		return nil, fmt.Errorf("join() needs a list, not %s", exprKind(args[0]))
	}
	size := 0
	for _, item := range items {
		if size += len(item) + len(glue); size > maxExprText {
			return nil, errExprWork
		}
	}
	return strings.Join(items, glue), nil
}

// exprReplace is the library's, with a bound.
func exprReplace(args ...any) (any, error) {
	var text [3]string
	for i := range text {
		s, ok := args[i].(string)
		if !ok {
			return nil, fmt.Errorf("replace() needs three texts; one is %s", exprKind(args[i]))
		}
		text[i] = s
	}
	if n := strings.Count(text[0], text[1]); len(text[0])+n*(len(text[2])-len(text[1])) > maxExprText {
		return nil, errExprWork
	}
	return strings.ReplaceAll(text[0], text[1], text[2]), nil
}

// exprKind names a value's type as authors know it.
func exprKind(v any) string {
	if v == nil {
		return "nothing"
	}
	switch reflect.TypeOf(v).Kind() {
	case reflect.String:
		return "a text"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice, reflect.Array:
		return "a list"
	case reflect.Map, reflect.Struct, reflect.Pointer:
		return "a mapping"
	case reflect.Func:
		return "a function that is not called"
	}
	return "a number"
}
