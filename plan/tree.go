package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Parse reads src as YAML and returns its first document as a tree of Values, with what is wrong. name
// stands in the problems. The Source is never nil; its Root is nil where there is no document or it could
// not be read. A tree may come with errors (a key given twice), and must then not be run. The codes:
//
//	P001  not YAML
//	P002  not UTF-8 text
//	P003  over a limit
//	P004  nothing in the file
//	P005  the document is no mapping
//	P006  a key stands twice in one mapping
//	P007  YAML that a plan cannot use: unknown or circular aliases, keys that are no text, %TAG
//	P008  more than one document (a warning)
//	P009  a value that a run has to write cannot be replaced in place (see CanEdit)
func Parse(name string, src []byte, lim Limits) (*Source, []Problem) {
	lim = lim.withDefaults()
	if len(src) > lim.MaxBytes {
		return &Source{Name: name, Bytes: src, EOL: "\n", lines: []int{0}}, []Problem{{
			Code: "P003", Severity: Error, File: name,
			Text: fmt.Sprintf("the file has %d bytes, more than the limit of %d", len(src), lim.MaxBytes),
		}}
	}
	s := newSource(name, src)
	if problems := checkEncoding(s); problems != nil {
		return s, problems
	}
	tree, err := produce(s, lim)
	if err != nil {
		return s, []Problem{explain(s, err)}
	}
	s.Root, s.Documents = tree.root, tree.documents
	return s, append(tree.problems, checkRoot(s)...)
}

// produce makes the tree: with the fast reader where that knows everything in the file, else with goccy.
func produce(s *Source, lim Limits) (tree, error) {
	quick, quickErr := parseFast(s, lim)
	var syntax *syntaxError
	if !errors.Is(quickErr, errUnusual) && !errors.As(quickErr, &syntax) {
		return quick, quickErr
	}
	slow, err := parseTree(s, lim)
	if syntax != nil && errors.As(err, new(*syntaxError)) {
		// Both say no; the fast reader says why.
		return tree{}, syntax
	}
	return slow, err
}

// tree is what a producer of Values makes of a text.
type tree struct {
	root      *Value
	documents int
	problems  []Problem
}

// checkRoot says what is wrong with the document as a whole.
func checkRoot(s *Source) []Problem {
	var out []Problem
	root := s.Root
	const want = "a plan is a mapping with the key `tasks:`"
	switch {
	case root == nil || root.Kind == Null && root.Text == "":
		s.Root = nil
		text := "the file is empty"
		switch {
		case skipSpace(s.text, 0) < len(s.text):
			text = "the first document of the file is empty"
		case strings.TrimSpace(s.text) != "":
			text = "there is nothing in the file but comments"
		}
		return []Problem{{Code: "P004", Severity: Error, File: s.Name, Text: text, Hint: want}}
	case root.Kind == List:
		out = append(out, s.problemAt("P005", Error, root.Pos, "the document is a list", want))
	case root.Kind != Map:
		out = append(out, s.problemAt("P005", Error, root.Pos, "the document is only a piece of text", want))
	}
	if s.Documents > 1 {
		out = append(out, Problem{Code: "P008", Severity: Warning, File: s.Name,
			Text: fmt.Sprintf("the file has %d documents; only the first is the plan", s.Documents)})
	}
	return out
}

// parseTree lets goccy/go-yaml find the structure and walks it.
func parseTree(s *Source, lim Limits) (out tree, err error) {
	// goccy has panicked on odd input before; such a file is not the reader's fault, nor a reason to die.
	defer func() {
		if r := recover(); r != nil {
			out, err = tree{}, &syntaxError{text: fmt.Sprintf("the YAML parser gave up on this file (%v)", r)}
		}
	}()
	tokens, err := tokenize(s.text, lim)
	if err != nil {
		return tree{}, err
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		var syntax *yaml.SyntaxError
		if errors.As(err, &syntax) && syntax.Token != nil {
			at := syntax.Token.Position
			text, hint := reword(syntax.Message)
			return tree{}, &syntaxError{offset: s.textOffset(at.Line, at.Column), text: text, hint: hint}
		}
		return tree{}, &syntaxError{text: err.Error()}
	}
	w := &walker{text: s.text, src: s, lim: lim, anchors: map[string]*anchor{}}
	return w.file(file)
}

// walker goes over goccy's tree and the text side by side: the tree says what comes next, the text says
// what it is and where. A text that is not what the tree says is a syntax error, never a wrong place.
type walker struct {
	text string
	src  *Source
	lim  Limits
	// off is the cursor: everything before it has been read.
	off      int
	at       cursor
	anchors  map[string]*anchor
	nodes    int
	aliased  int
	problems []Problem
}

// anchor is a value with a name; value is nil while it is still being read.
type anchor struct {
	value *Value
	nodes int
	used  bool
}

func (w *walker) file(file *ast.File) (tree, error) {
	var root *Value
	documents := 0
	for _, doc := range file.Docs {
		if directive, ok := doc.Body.(*ast.DirectiveNode); ok {
			if directive.Name != nil && directive.Name.GetToken().Value == "TAG" {
				return tree{}, &useError{offset: w.off, text: "%TAG directives are not for plans", hint: "delete the line"}
			}
			continue
		}
		if doc.Body == nil && doc.Start == nil {
			continue
		}
		documents++
		if documents > 1 || doc.Body == nil {
			continue
		}
		if err := w.documentStart(); err != nil {
			return tree{}, err
		}
		value, err := w.node(doc.Body, -1, false)
		if err != nil {
			return tree{}, err
		}
		root = value
		w.skip()
		if w.off < len(w.text) && !(w.column(w.off) == 0 && documentMark(w.text, w.off)) {
			return tree{}, w.unexpected()
		}
	}
	return tree{root: root, documents: documents, problems: w.problems}, nil
}

// documentStart goes over directives and `---`.
func (w *walker) documentStart() error {
	for {
		w.skip()
		switch {
		case w.off < len(w.text) && w.text[w.off] == '%' && w.column(w.off) == 0:
			w.off = lineEnd(w.text, w.off)
		case w.column(w.off) == 0 && strings.HasPrefix(w.text[w.off:], "---") && blank(w.text, w.off+3):
			w.off += 3
			return nil
		default:
			return nil
		}
	}
}

// node reads one node; indent is the column (from 0) of the collection it stands in.
func (w *walker) node(n ast.Node, indent int, flow bool) (*Value, error) {
	w.nodes++
	switch n := n.(type) {
	case *ast.AnchorNode:
		return w.anchored(n, indent, flow)
	case *ast.TagNode:
		return w.tagged(n, indent, flow)
	case *ast.AliasNode:
		return w.alias()
	case *ast.NullNode:
		return w.null(n, indent, flow)
	case *ast.MappingNode:
		if n.IsFlowStyle {
			return w.flowMap(n.Values)
		}
		if flow {
			return nil, w.blockInFlow()
		}
		return w.blockMap(n.Values, indent)
	case *ast.MappingValueNode:
		if flow {
			return nil, w.blockInFlow()
		}
		return w.blockMap([]*ast.MappingValueNode{n}, indent)
	case *ast.SequenceNode:
		if n.IsFlowStyle {
			return w.flowList(n.Values)
		}
		if flow {
			return nil, w.blockInFlow()
		}
		return w.blockList(n.Values, indent)
	case nil:
		return w.empty(), nil
	}
	return w.scalar(indent, flow, false)
}

// scalar reads the scalar at the cursor.
func (w *walker) scalar(indent int, flow, key bool) (*Value, error) {
	line := w.at.line
	w.skip()
	if !flow && !key && w.column(w.off) <= indent && w.at.line > line {
		// goccy takes a text in the column of the key above it for the value of that key.
		return nil, w.unexpected()
	}
	v := &Value{Kind: Scalar, Pos: w.pos(w.off)}
	var got scalar
	var err error
	switch {
	case w.off >= len(w.text):
		return nil, w.unexpected()
	case w.text[w.off] == '\'':
		v.Style = SingleQuoted
		got, err = singleQuoted(w.text, w.off)
	case w.text[w.off] == '"':
		v.Style = DoubleQuoted
		got, err = doubleQuoted(w.text, w.off)
	case (w.text[w.off] == '|' || w.text[w.off] == '>') && !flow && !key:
		v.Style = Literal
		if w.text[w.off] == '>' {
			v.Style = Folded
		}
		got, err = block(w.text, w.off, indent)
	case plainStart(w.text, w.off, flow):
		got, err = plain(w.text, w.off, indent, flow, key)
	default:
		return nil, w.unexpected()
	}
	if err != nil {
		return nil, err
	}
	v.Text = got.text
	w.off = got.end
	if !got.multi {
		v.End = w.src.original(got.end)
	}
	if v.Style == Plain && isNull(v.Text) {
		v.Kind = Null
	}
	return v, nil
}

// isNull reports whether an unquoted text stands for no value.
func isNull(text string) bool {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return true
	}
	return false
}

// null reads `~`, `null` or nothing at all.
func (w *walker) null(n *ast.NullNode, indent int, flow bool) (*Value, error) {
	here := w.off
	w.skip()
	if w.off < len(w.text) && plainStart(w.text, w.off, flow) && n.Token.Value != "" {
		end, _ := plainLine(w.text, w.off, flow)
		deep := flow || w.column(w.off) > indent || w.src.textLine(here) == w.src.textLine(w.off)
		if isNull(w.text[w.off:end]) && deep && !(end < len(w.text) && colonFollows(w.text, end)) {
			return w.scalar(indent, flow, false)
		}
	}
	w.off = here
	return w.empty(), nil
}

// empty is the value that is not there, at the cursor.
func (w *walker) empty() *Value {
	pos := w.pos(w.off)
	return &Value{Kind: Null, Pos: pos, End: pos.Offset}
}

func (w *walker) anchored(n *ast.AnchorNode, indent int, flow bool) (*Value, error) {
	name, err := w.word('&')
	if err != nil {
		return nil, err
	}
	a := &anchor{}
	w.anchors[name] = a
	before := w.nodes
	v, err := w.node(n.Value, indent, flow)
	if err != nil {
		return nil, err
	}
	v.Anchored = true
	a.value, a.nodes = v, w.nodes-before
	return v, nil
}

func (w *walker) tagged(n *ast.TagNode, indent int, flow bool) (*Value, error) {
	tag, err := w.word('!')
	if err != nil {
		return nil, err
	}
	v, err := w.node(n.Value, indent, flow)
	if err != nil {
		return nil, err
	}
	v.Tagged = true
	if (tag == "!str" || tag == "") && v.Kind == Null {
		v.Kind = Scalar
	}
	return v, nil
}

// word reads `&name`, `*name` or `!tag` at the cursor and returns what follows the first character.
func (w *walker) word(first byte) (string, error) {
	w.skip()
	if w.off >= len(w.text) || w.text[w.off] != first {
		return "", w.unexpected()
	}
	start := w.off + 1
	i := start
	for !blank(w.text, i) && (!flowIndicator(w.text[i]) || first == '!' && w.text[start] == '<') {
		i++
	}
	w.off = i
	return w.text[start:i], nil
}

// alias reads `*name`: a Value that shares what the anchor has.
func (w *walker) alias() (*Value, error) {
	w.skip()
	start := w.off
	name, err := w.word('*')
	if err != nil {
		return nil, err
	}
	a, known := w.anchors[name]
	switch {
	case !known:
		return nil, &useError{offset: start, text: fmt.Sprintf("the alias `*%s` has no anchor `&%s` before it", name, name)}
	case a.value == nil:
		return nil, &useError{offset: start, text: fmt.Sprintf("the alias `*%s` stands within what it stands for", name)}
	}
	w.nodes += a.nodes
	if w.aliased += a.nodes; w.aliased > w.lim.MaxAliased {
		return nil, &limitError{offset: start,
			text: fmt.Sprintf("the aliases of this file stand for more than %d values", w.lim.MaxAliased)}
	}
	if !a.used {
		a.used = true
		share(a.value)
	}
	v := *a.value
	v.Style, v.Pos, v.End = Alias, w.pos(start), w.src.original(w.off)
	v.Tagged, v.Anchored = false, false
	return &v, nil
}

// share marks a value and all within it as seen in more than one place.
func share(v *Value) {
	if v.Shared {
		return
	}
	v.Shared = true
	for _, item := range v.Items {
		share(item)
	}
	for _, field := range v.Fields {
		share(field.Value)
	}
}

func (w *walker) blockMap(pairs []*ast.MappingValueNode, indent int) (*Value, error) {
	v := &Value{Kind: Map}
	build := mapBuilder{}
	column := 0
	for i, pair := range pairs {
		w.skip()
		if i == 0 {
			column = w.column(w.off)
			v.Pos = w.pos(w.off)
			if column <= indent {
				return nil, w.unexpected()
			}
		} else if w.column(w.off) != column {
			return nil, &syntaxError{offset: w.off, text: "this line is not indented like the keys above it"}
		}
		if err := w.field(&build, pair, column, false); err != nil {
			return nil, err
		}
	}
	return v, w.finish(v, &build)
}

// finish gives a mapping its fields.
func (w *walker) finish(v *Value, build *mapBuilder) error {
	if len(build.fields) > w.lim.MaxKeys {
		return tooManyKeys(w.src.textOf(v.Pos), w.lim)
	}
	w.problems = append(w.problems, build.finish(w.src, v)...)
	return nil
}

// field reads one `key: value`.
func (w *walker) field(build *mapBuilder, pair *ast.MappingValueNode, column int, flow bool) error {
	key, err := w.key(pair.Key, column, flow)
	if err != nil {
		return err
	}
	behind := w.off
	w.skip()
	if w.off < len(w.text) && w.text[w.off] == ':' && (blank(w.text, w.off+1) || flow) {
		w.off++
	} else if _, none := pair.Value.(*ast.NullNode); none && (flow || pair.Key.GetToken().Value == "?") {
		w.off = behind
	} else {
		return w.unexpected()
	}
	value, err := w.node(pair.Value, column, flow)
	if err != nil {
		return err
	}
	if !flow {
		if err := w.endLine(); err != nil {
			return err
		}
	}
	build.add(key, value, pair.Key.IsMergeKey())
	return nil
}

// key reads the key at the cursor.
func (w *walker) key(n ast.Node, column int, flow bool) (*Value, error) {
	w.nodes++
	switch n := n.(type) {
	case *ast.MappingKeyNode:
		w.skip()
		if w.off >= len(w.text) || w.text[w.off] != '?' {
			return nil, w.unexpected()
		}
		w.off++
		key, err := w.node(n.Value, column, flow)
		if err == nil && (key.Kind == Map || key.Kind == List) {
			return nil, badKey(w.off)
		}
		return key, err
	case *ast.AnchorNode:
		name, err := w.word('&')
		if err != nil {
			return nil, err
		}
		key, err := w.key(n.Value, column, flow)
		if err != nil {
			return nil, err
		}
		w.anchors[name] = &anchor{value: key, nodes: 1}
		return key, nil
	case *ast.TagNode:
		if _, err := w.word('!'); err != nil {
			return nil, err
		}
		return w.key(n.Value, column, flow)
	case *ast.AliasNode:
		key, err := w.alias()
		if err == nil && (key.Kind == Map || key.Kind == List) {
			return nil, badKey(w.off)
		}
		return key, err
	case *ast.NullNode:
		if w.skip(); w.off < len(w.text) && w.text[w.off] == ':' {
			return w.empty(), nil
		}
	}
	return w.scalar(column, flow, true)
}

func (w *walker) blockList(items []ast.Node, indent int) (*Value, error) {
	v := &Value{Kind: List, Items: slices.Grow([]*Value(nil), len(items))}
	column := 0
	for i, item := range items {
		w.skip()
		if w.off >= len(w.text) || w.text[w.off] != '-' || !blank(w.text, w.off+1) {
			return nil, w.unexpected()
		}
		if i == 0 {
			column = w.column(w.off)
			v.Pos = w.pos(w.off)
		} else if w.column(w.off) != column {
			return nil, &syntaxError{offset: w.off, text: "this line is not indented like the items above it"}
		}
		w.off++
		value, err := w.node(item, column, false)
		if err != nil {
			return nil, err
		}
		if err := w.endLine(); err != nil {
			return nil, err
		}
		v.Items = append(v.Items, value)
	}
	return v, nil
}

func (w *walker) flowMap(pairs []*ast.MappingValueNode) (*Value, error) {
	v := &Value{Kind: Map, Flow: true}
	build := mapBuilder{}
	if err := w.open(v, '{'); err != nil {
		return nil, err
	}
	for _, pair := range pairs {
		if err := w.field(&build, pair, -1, true); err != nil {
			return nil, err
		}
		w.comma()
	}
	if err := w.finish(v, &build); err != nil {
		return nil, err
	}
	return v, w.close(v, '}')
}

func (w *walker) flowList(items []ast.Node) (*Value, error) {
	v := &Value{Kind: List, Flow: true, Items: slices.Grow([]*Value(nil), len(items))}
	if err := w.open(v, '['); err != nil {
		return nil, err
	}
	for _, item := range items {
		value, err := w.flowItem(item)
		if err != nil {
			return nil, err
		}
		v.Items = append(v.Items, value)
		w.comma()
	}
	return v, w.close(v, ']')
}

// flowItem reads an item of a flow list.
func (w *walker) flowItem(n ast.Node) (*Value, error) {
	switch n := n.(type) {
	case *ast.MappingValueNode:
		return w.pair(n)
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) == 1 {
			w.nodes++
			return w.pair(n.Values[0])
		}
	}
	return w.node(n, -1, true)
}

// blockInFlow refuses a collection in block style between brackets, which goccy lets pass.
func (w *walker) blockInFlow() error {
	w.skip()
	return w.unexpected()
}

// pair reads the `key: value` that may stand in a flow list without braces.
func (w *walker) pair(pair *ast.MappingValueNode) (*Value, error) {
	w.skip()
	v := &Value{Kind: Map, Flow: true, Pos: w.pos(w.off)}
	build := mapBuilder{}
	if err := w.field(&build, pair, -1, true); err != nil {
		return nil, err
	}
	return v, w.finish(v, &build)
}

func (w *walker) open(v *Value, bracket byte) error {
	w.skip()
	if w.off >= len(w.text) || w.text[w.off] != bracket {
		return w.unexpected()
	}
	v.Pos = w.pos(w.off)
	w.off++
	return nil
}

func (w *walker) close(v *Value, bracket byte) error {
	w.skip()
	if w.off >= len(w.text) || w.text[w.off] != bracket {
		return w.unexpected()
	}
	w.off++
	v.End = w.src.original(w.off)
	return nil
}

// comma goes over the `,` between two flow items, where there is one.
func (w *walker) comma() {
	w.skip()
	if w.off < len(w.text) && w.text[w.off] == ',' {
		w.off++
	}
}

// skip goes over blanks, line ends and comments.
func (w *walker) skip() { w.off = skipSpace(w.text, w.off) }

// endLine refuses text behind a value in block style, which goccy takes for the next key when it happens to
// stand in the right column.
func (w *walker) endLine() error {
	i := skipBlanks(w.text, w.off)
	if blank(w.text, i) || w.text[i] == '#' && (i > w.off || w.off == 0 || blank(w.text, w.off-1)) {
		return nil
	}
	w.off = i
	return w.unexpected()
}

// skipSpace returns the next place that is no blank, line end or comment.
func skipSpace(text string, i int) int {
	for i < len(text) {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\n':
			i++
		case c == '#' && (i == 0 || blank(text, i-1)):
			i = lineEnd(text, i)
		default:
			return i
		}
	}
	return i
}

// column is the column, from 0 and in bytes, of an offset; what stands before a block collection on its
// line is blanks and dashes, so that bytes are characters.
func (w *walker) column(offset int) int {
	w.at.move(w.src, offset)
	return offset - w.src.textStart(w.at.line)
}

// pos is the place of an offset in the original bytes.
func (w *walker) pos(offset int) Pos {
	w.at.move(w.src, offset)
	return w.at.pos(w.src)
}

func (w *walker) unexpected() error {
	if w.off >= len(w.text) {
		return &syntaxError{offset: w.off, text: "the file ends in the middle of something"}
	}
	return &syntaxError{offset: w.off, text: "this does not belong here"}
}
