package importer

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"

	"billow/plan"
)

// node is an expression of GitHub Actions, as
// https://docs.github.com/en/actions/reference/workflows-and-actions/expressions has them.
type node struct {
	// op is "value", "ref", "call", "!", "&&", "||", or a comparison.
	op string
	// value is that of a literal: nil, bool, float64, string or *plan.Value (a list or a mapping).
	value any
	// path are the names of a reference, from the outermost; name is that of a function.
	path []string
	name string
	args []*node
}

var errExpression = errors.New("cannot be read")

// maxNesting bounds brackets and negations within each other.
const maxNesting = 50

// parseExpr reads what stands between `${{` and `}}`.
func parseExpr(text string) (*node, error) {
	p := &exprParser{src: text}
	n := p.binary(0)
	p.space()
	if p.failed || p.at < len(p.src) {
		return nil, errExpression
	}
	return n, nil
}

type exprParser struct {
	src    string
	at     int
	depth  int
	failed bool
}

func (p *exprParser) space() {
	for p.at < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.at]) >= 0 {
		p.at++
	}
}

// take goes past a sign, if it is next.
func (p *exprParser) take(sign string) bool {
	p.space()
	if !strings.HasPrefix(p.src[p.at:], sign) {
		return false
	}
	p.at += len(sign)
	return true
}

func (p *exprParser) fail() *node {
	p.failed = true
	return &node{op: "value"}
}

// operators, from those that bind least.
func operators() [][]string {
	return [][]string{{"||"}, {"&&"}, {"==", "!="}, {"<=", ">=", "<", ">"}}
}

func (p *exprParser) binary(level int) *node {
	if level == len(operators()) {
		return p.unary()
	}
	left := p.binary(level + 1)
	for !p.failed {
		op := ""
		for _, o := range operators()[level] {
			if op == "" && p.take(o) {
				op = o
			}
		}
		if op == "" {
			break
		}
		left = &node{op: op, args: []*node{left, p.binary(level + 1)}}
	}
	return left
}

func (p *exprParser) unary() *node {
	if p.depth++; p.depth > maxNesting {
		return p.fail()
	}
	defer func() { p.depth-- }()
	p.space()
	if !strings.HasPrefix(p.src[p.at:], "!=") && p.take("!") {
		return &node{op: "!", args: []*node{p.unary()}}
	}
	return p.postfix(p.primary())
}

func (p *exprParser) primary() *node {
	p.space()
	rest := p.src[p.at:]
	switch {
	case rest == "":
		return p.fail()
	case rest[0] == '(':
		p.at++
		n := p.binary(0)
		if !p.take(")") {
			return p.fail()
		}
		return n
	case rest[0] == '\'':
		return p.text()
	case isNameByte(rest[0], true):
		name := p.name()
		switch name {
		case "true", "false":
			return &node{op: "value", value: name == "true"}
		case "null":
			return &node{op: "value"}
		case "NaN":
			return &node{op: "value", value: math.NaN()}
		case "Infinity":
			return &node{op: "value", value: math.Inf(1)}
		}
		if p.take("(") {
			return p.call(name)
		}
		return &node{op: "ref", path: []string{strings.ToLower(name)}}
	}
	end := 0
	for end < len(rest) && (isNameByte(rest[end], false) || rest[end] == '+' || rest[end] == '.') {
		end++
	}
	f, err := strconv.ParseFloat(rest[:end], 64)
	if err != nil {
		n, errInt := strconv.ParseInt(rest[:end], 0, 64)
		if f = float64(n); errInt != nil {
			return p.fail()
		}
	}
	p.at += end
	return &node{op: "value", value: f}
}

func isNameByte(c byte, first bool) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || !first && (c == '-' || c >= '0' && c <= '9')
}

func (p *exprParser) name() string {
	from := p.at
	for p.at < len(p.src) && isNameByte(p.src[p.at], p.at == from) {
		p.at++
	}
	return p.src[from:p.at]
}

// text reads 'a text', in which ” stands for a quote.
func (p *exprParser) text() *node {
	var b strings.Builder
	for p.at++; p.at < len(p.src); p.at++ {
		if p.src[p.at] == '\'' {
			p.at++
			if p.at == len(p.src) || p.src[p.at] != '\'' {
				return &node{op: "value", value: b.String()}
			}
		}
		b.WriteByte(p.src[p.at])
	}
	return p.fail()
}

func (p *exprParser) call(name string) *node {
	n := &node{op: "call", name: strings.ToLower(name)}
	if p.take(")") {
		return n
	}
	for !p.failed {
		n.args = append(n.args, p.binary(0))
		if p.take(")") {
			return n
		}
		if !p.take(",") {
			return p.fail()
		}
	}
	return n
}

// postfix reads `.name`, `['name']` and `.*` behind a reference. Those behind anything else are not known.
func (p *exprParser) postfix(n *node) *node {
	for !p.failed {
		dot := p.at < len(p.src) && p.src[p.at] == '.'
		bracket := !dot && p.at < len(p.src) && p.src[p.at] == '['
		switch {
		case !dot && !bracket:
			return n
		case n.op != "ref":
			return p.fail()
		case dot:
			p.at++
			name := p.name()
			if name == "" && p.take("*") {
				name = "*"
			}
			if name == "" {
				return p.fail()
			}
			n.path = append(n.path, name)
		default:
			p.at++
			index := p.binary(0)
			if !p.take("]") || index.op != "value" {
				return p.fail()
			}
			n.path = append(n.path, textValue(index.value))
		}
	}
	return n
}

// fold works out what is known of an expression. known gives the values of references.
func (n *node) fold(known func(path []string) (any, bool)) *node {
	out := &node{op: n.op, value: n.value, path: n.path, name: n.name}
	for _, arg := range n.args {
		out.args = append(out.args, arg.fold(known))
	}
	constant := !slices.ContainsFunc(out.args, func(a *node) bool { return a.op != "value" })
	left := func() any { return out.args[0].value }
	value := func(v any) *node { return &node{op: "value", value: v} }
	switch {
	case n.op == "ref":
		if v, ok := known(n.path); ok {
			return value(v)
		}
	case n.op == "&&" && out.args[0].op == "value":
		if truthy(left()) {
			return out.args[1]
		}
		return out.args[0]
	case n.op == "||" && out.args[0].op == "value":
		if truthy(left()) {
			return out.args[0]
		}
		return out.args[1]
	case !constant:
	case n.op == "!":
		return value(!truthy(left()))
	case n.op == "call":
		if v, ok := callFunction(out.name, out.args); ok {
			return value(v)
		}
	case len(out.args) == 2:
		if v, ok := compare(n.op, left(), out.args[1].value); ok {
			return value(v)
		}
	}
	return out
}

// condition is an expression of which only the truth counts, without what cannot change it.
func (n *node) condition() *node {
	if n.op == "!" {
		return &node{op: "!", args: []*node{n.args[0].condition()}}
	}
	if n.op != "&&" && n.op != "||" {
		return n
	}
	left, right := n.args[0].condition(), n.args[1].condition()
	for _, sides := range [][2]*node{{left, right}, {right, left}} {
		switch side := sides[0]; {
		case side.op != "value":
		case truthy(side.value) == (n.op == "&&"):
			return sides[1]
		default:
			return side
		}
	}
	return &node{op: n.op, args: []*node{left, right}}
}

func truthy(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return true
}

// textValue is a value as it stands in a text.
func textValue(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case string:
		return v
	}
	return ""
}

func number(v any) float64 {
	switch v := v.(type) {
	case nil:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case string:
		if strings.TrimSpace(v) == "" {
			return 0
		}
		if f, err := strconv.ParseFloat(strings.TrimSpace(v), 64); err == nil {
			return f
		}
	}
	return math.NaN()
}

// compare compares as Actions does: texts without regard to case, values of two kinds as numbers. It does not
// compare lists and mappings.
func compare(op string, a, b any) (result, ok bool) {
	for _, v := range []any{a, b} {
		if _, tree := v.(*plan.Value); tree {
			return false, false
		}
	}
	s, isText := a.(string)
	u, both := b.(string)
	x, y := number(a), number(b)
	switch {
	case op == "==" && isText && both:
		return strings.EqualFold(s, u), true
	case op == "!=" && isText && both:
		return !strings.EqualFold(s, u), true
	case isText && both:
		x, y = float64(strings.Compare(strings.ToLower(s), strings.ToLower(u))), 0
	}
	switch op {
	case "==":
		return x == y, true
	case "!=":
		return x != y, true
	case "<":
		return x < y, true
	case ">":
		return x > y, true
	case "<=":
		return x <= y, true
	case ">=":
		return x >= y, true
	}
	return false, false
}

// callFunction calls the functions that look at nothing but their arguments.
func callFunction(name string, args []*node) (any, bool) {
	text := func(i int) string { return textValue(args[i].value) }
	lower := func(i int) string { return strings.ToLower(text(i)) }
	switch {
	case name == "contains" && len(args) == 2:
		if v, ok := args[0].value.(*plan.Value); ok {
			return slices.ContainsFunc(v.Items, func(item *plan.Value) bool {
				same, ok := compare("==", scalarValue(item), args[1].value)
				return ok && same
			}), true
		}
		return strings.Contains(lower(0), lower(1)), true
	case name == "startswith" && len(args) == 2:
		return strings.HasPrefix(lower(0), lower(1)), true
	case name == "endswith" && len(args) == 2:
		return strings.HasSuffix(lower(0), lower(1)), true
	case name == "format" && len(args) > 0:
		out := text(0)
		if strings.Contains(out, "{{") {
			return nil, false
		}
		for i := range args[1:] {
			out = strings.ReplaceAll(out, "{"+strconv.Itoa(i)+"}", text(i+1))
		}
		return out, true
	case name == "tojson" && len(args) == 1:
		v := args[0].value
		if tree, ok := v.(*plan.Value); ok {
			v = plan.ToAny(tree)
		}
		data, err := json.MarshalIndent(v, "", "  ")
		return string(data), err == nil
	case name == "fromjson" && len(args) == 1:
		s := &source{}
		if t := strings.TrimSpace(text(0)); strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[") {
			root, err := s.json([]byte(`{"v":`+t+`}`), plan.Limits{})
			if err != nil {
				return nil, false
			}
			return root.Get("v"), true
		}
	}
	return nil, false
}

// scalarValue is a value of a file as expressions see it.
func scalarValue(v *plan.Value) any {
	switch {
	case v.IsNull():
		return nil
	case v.Kind != plan.Scalar:
		return v
	case v.Style != plan.Plain:
		return v.Text
	}
	switch strings.ToLower(v.Text) {
	case "true":
		return true
	case "false":
		return false
	}
	// An unquoted 1.20 is the number 1.2, there as here.
	if f, err := strconv.ParseFloat(v.Text, 64); err == nil && bare(v.Text) {
		return f
	}
	return v.Text
}

// calls reports whether a function is called anywhere in an expression.
func (n *node) calls(names ...string) bool {
	if n.op == "call" && slices.Contains(names, n.name) {
		return true
	}
	return slices.ContainsFunc(n.args, func(a *node) bool { return a.calls(names...) })
}
