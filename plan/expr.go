package plan

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
)

// Expressions compiles and runs the expressions of plans and keeps what it has compiled. Every expression
// is bounded in size, depth, time and memory, reads no clock and changes nothing. The zero value is ready;
// it is not for several goroutines at once.
type Expressions struct {
	programs map[exprKey]*Expression
}

type exprKey struct {
	kind   exprUse
	source string
}

// exprUse is the field that an expression stands in.
type exprUse uint8

const (
	useWhen exprUse = iota
	useForeach
	useInput
	useClassify
)

// Expression is one compiled expression.
type Expression struct {
	// Source is the expression as it was written.
	Source string
	// Tolerant is true when it calls always() or failed(): it is to be asked even when needs have failed.
	Tolerant bool
	// References are the ids of tasks it names, each once, in the order of the text.
	References []string

	// places are where each reference is named first, in characters from the start.
	places []int

	use     exprUse
	program *vm.Program
	work    *exprWork
}

// ExprError says what is wrong with an expression, worded for its author.
type ExprError struct {
	// Line and Column are the place within the expression, counted from 1, the column in characters; 0
	// where the expression as a whole is meant.
	Line, Column int
	Text, Hint   string
}

// Error gives the text and its place.
func (e *ExprError) Error() string {
	switch {
	case e.Line > 1:
		return fmt.Sprintf("%s (line %d, column %d)", e.Text, e.Line, e.Column)
	case e.Column > 0:
		return fmt.Sprintf("%s (column %d)", e.Text, e.Column)
	}
	return e.Text
}

// CompileWhen compiles a condition of a task: it must give true or false.
func (x *Expressions) CompileWhen(src string) (*Expression, *ExprError) {
	return x.compile(useWhen, src)
}

// CompileList compiles the expression of a foreach: it must give a list.
func (x *Expressions) CompileList(src string) (*Expression, *ExprError) {
	return x.compile(useForeach, src)
}

// CompileString compiles the expression of an input.
func (x *Expressions) CompileString(src string) (*Expression, *ExprError) {
	return x.compile(useInput, src)
}

// CompileClassify compiles the condition of a classify rule, over ClassifyEnv.
func (x *Expressions) CompileClassify(src string) (*Expression, *ExprError) {
	return x.compile(useClassify, src)
}

// EvalWhen says whether a condition holds. An empty one does where no need has failed.
func (x *Expressions) EvalWhen(src string, env ExprEnv) (bool, error) {
	if strings.TrimSpace(src) == "" {
		return !env.NeedFailed, nil
	}
	return x.evalBool(useWhen, src, env.names())
}

// EvalClassify says whether a classify rule holds for a failure.
func (x *Expressions) EvalClassify(src string, env ClassifyEnv) (bool, error) {
	return x.evalBool(useClassify, src, env)
}

// EvalList gives the items of a foreach: scalars, lists and mappings as ToAny makes them. More than most
// items are an error; 0 stands for 1000.
func (x *Expressions) EvalList(src string, env ExprEnv, most int) ([]any, error) {
	value, err := x.eval(useForeach, src, env.names())
	if err != nil {
		return nil, err
	}
	list := reflect.ValueOf(value)
	if value == nil || list.Kind() != reflect.Slice && list.Kind() != reflect.Array {
		return nil, &ExprError{
			Text: "foreach needs a list and the expression gives " + exprKind(value),
			Hint: `make a list of it: split(TEXT, "\n") or fromJSON(TEXT)`,
		}
	}
	if most = cmp.Or(most, 1000); list.Len() > most {
		return nil, &ExprError{
			Text: fmt.Sprintf("foreach gives %d items, more than the %d allowed", list.Len(), most),
			Hint: "raise max_items of the task, or make fewer items",
		}
	}
	items := make([]any, list.Len())
	for i := range items {
		items[i] = list.Index(i).Interface()
	}
	return items, nil
}

// EvalString gives an input as text; see ExprText.
func (x *Expressions) EvalString(src string, env ExprEnv) (string, error) {
	value, err := x.eval(useInput, src, env.names())
	if err != nil {
		return "", err
	}
	return ExprText(value), nil
}

// ExprText is a value as it is put into an environment variable or a brief: a text as it is, nothing as
// "", a number or truth value as it is written in YAML, anything else as JSON.
func ExprText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case map[any][]any: // groupBy gives them, and JSON has no such keys
		named := make(map[string]any, len(v))
		for key, value := range v {
			named[ExprText(key)] = value
		}
		return ExprText(named)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(text)
}

// Tolerant reports whether a condition calls always() or failed(), so that its task is asked even when
// needs have failed. An expression with an error is not.
func (x *Expressions) Tolerant(src string) bool {
	e, err := x.CompileWhen(src)
	return err == nil && e.Tolerant
}

// References are the ids of tasks that an expression names as tasks["id"] or tasks.id, whatever field it
// stands in; none where it has an error.
func (x *Expressions) References(src string) []string {
	e, err := x.CompileString(src)
	if err != nil {
		return nil
	}
	return e.References
}

func (x *Expressions) evalBool(use exprUse, src string, env any) (bool, error) {
	value, err := x.eval(use, src, env)
	if err != nil {
		return false, err
	}
	truth, ok := value.(bool)
	if !ok {
		return false, &ExprError{
			Text: "the condition must give true or false and gives " + exprKind(value),
			Hint: `compare it with something: … == "yes"`,
		}
	}
	return truth, nil
}

func (x *Expressions) eval(use exprUse, src string, env any) (any, error) {
	e, bad := x.compile(use, src)
	if bad != nil {
		return nil, bad
	}
	e.work.left = maxExprWork
	machine := vm.VM{MemoryBudget: maxExprList}
	value, err := machine.Run(e.program, env)
	if err != nil {
		return nil, exprError(e.Source, err, env)
	}
	if e.work.take(value, maxExprText); e.work.left < 0 {
		return nil, &ExprError{Text: errExprWork.Error()}
	}
	return value, nil
}

func (x *Expressions) compile(use exprUse, src string) (*Expression, *ExprError) {
	key := exprKey{use, src}
	if e, ok := x.programs[key]; ok {
		return e, nil
	}
	e, err := compileExpression(use, src)
	if err != nil {
		return nil, err // kept nowhere: a plan with a bad expression does not run
	}
	if x.programs == nil {
		x.programs = map[exprKey]*Expression{}
	}
	x.programs[key] = e
	return e, nil
}

func compileExpression(use exprUse, src string) (*Expression, *ExprError) {
	switch {
	case strings.TrimSpace(src) == "":
		return nil, &ExprError{Text: "the expression is empty"}
	case len(src) > maxExprBytes:
		return nil, &ExprError{
			Text: fmt.Sprintf("the expression is %d bytes long, more than the %d allowed", len(src), maxExprBytes),
			Hint: "work it out in a task and write the result to $BILLOW_OUTPUT",
		}
	case bracketDepth(src) > maxExprBrackets:
		return nil, &ExprError{Text: fmt.Sprintf("brackets stand more than %d deep in each other", maxExprBrackets)}
	}
	e := &Expression{Source: src, use: use, work: &exprWork{}}
	g := &exprGuard{
		functions: append(exprFunctions(), "join", "replace"),
		foreach:   use == useForeach,
		nesting:   map[*ast.PredicateNode]int{},
		source:    src,
	}
	var env any = exprNames{}
	if use == useClassify {
		env = ClassifyEnv{}
	}
	options := append(e.work.options(),
		expr.Env(env),
		expr.MaxNodes(maxExprNodes),
		// The optimiser makes constant ranges while it compiles, eight megabytes for each 1..1000000, and
		// checking a plan must cost nothing.
		expr.Optimize(false),
		expr.Patch(g),
	)
	if use == useWhen || use == useClassify {
		options = append(options, expr.AsBool())
	}
	program, err := expr.Compile(src, options...)
	if g.err != nil {
		return nil, g.err
	}
	if err != nil {
		return nil, exprError(src, err, env)
	}
	e.program, e.Tolerant, e.References, e.places = program, g.tolerant, g.references, g.places
	return e, nil
}

// exprErrorAt makes an error at a place counted in characters from the start of the expression.
func exprErrorAt(src string, from int, text, hint string) *ExprError {
	e := &ExprError{Line: 1, Column: 1, Text: text, Hint: hint}
	for _, c := range src {
		if from == 0 {
			break
		}
		from--
		e.Column++
		if c == '\n' {
			e.Line, e.Column = e.Line+1, 1
		}
	}
	return e
}

// exprError turns an error of the library into one for the author.
func exprError(src string, err error, env any) *ExprError {
	var at *file.Error
	if !errors.As(err, &at) {
		// "expected bool, but got string" is the one without a place.
		if _, got, ok := strings.Cut(err.Error(), "expected bool, but got "); ok {
			return &ExprError{
				Text: "the condition must give true or false and gives " + exprTypeName(got),
				Hint: `compare it with something: … == "yes"`,
			}
		}
		return &ExprError{Text: err.Error()}
	}
	text, hint := exprMessage(src, at.Message, env)
	return exprErrorAt(src, at.From, text, hint)
}
