package plan

import (
	"slices"

	"github.com/goccy/go-yaml/ast"
)

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
	// goccy takes any text that ends in `<<` for a merge key.
	build.add(key, value, pair.Key.IsMergeKey() && key.Text == "<<")
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
