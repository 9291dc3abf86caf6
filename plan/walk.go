package plan

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// parseTree lets goccy/go-yaml find the structure and walks it.
func parseTree(s *Source, lim Limits) (out tree, err error) {
	// goccy has panicked on odd input before; such a file is not the reader's fault, nor a reason to die.
	defer func() {
		if r := recover(); r != nil {
			out, err = tree{}, &syntaxError{text: fmt.Sprintf("the YAML parser gave up on this file (%v)", r)}
		}
	}()
	tokens, err := tokenize(withoutTabs(s.text), lim)
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

// withoutTabs is the text with blanks for the tabs that may stand in double quotes: behind such a text goccy's scanner
// loses a character. Texts are read by the walker, which sees the tabs; elsewhere on a line both are white space.
// Tabs that may indent stay, so that they are refused.
func withoutTabs(text string) string {
	first := strings.IndexByte(text, '"')
	if first < 0 || strings.IndexByte(text[first:], '\t') < 0 {
		return text
	}
	out := []byte(text)
	within := true // of a line, behind its indentation and its dashes
	for i := first; i < len(out); i++ {
		switch out[i] {
		case '\n':
			within = false
		case '\t':
			if within {
				out[i] = ' '
			}
		case ' ', '-', '?', ':':
		default:
			within = true
		}
	}
	return string(out)
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
