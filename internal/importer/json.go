package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"sort"
	"strings"
	"unicode/utf8"

	"billow/plan"
)

// json reads a JSON object as a tree of plan's Values, which keep numbers as they are written and know where
// they stand. JSON is nearly YAML, but tabs, escaped slashes and surrogate pairs are where a reader of YAML and
// this one differ.
func (s *source) json(src []byte, limits plan.Limits) (*plan.Value, error) {
	maxBytes, maxDepth := limits.MaxBytes, limits.MaxDepth
	if maxBytes <= 0 {
		maxBytes = 32 << 20
	}
	if maxDepth <= 0 {
		maxDepth = 100
	}
	if len(src) > maxBytes {
		return nil, s.fail(plan.Pos{}, "", "the file has %d bytes, more than the limit of %d", len(src), maxBytes)
	}
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	if len(bytes.TrimSpace(src)) == 0 {
		return nil, s.fail(plan.Pos{}, "", "the file is empty")
	}
	r := &jsonReader{src: src, depth: maxDepth, in: json.NewDecoder(bytes.NewReader(src))}
	r.in.UseNumber()
	for i, c := range src {
		if c == '\n' {
			r.lines = append(r.lines, i+1)
		}
	}
	root, err := r.value()
	if err == nil {
		if _, err = r.in.Token(); err == nil {
			err = errors.New("there is more behind the first value")
		} else if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		offset := r.in.InputOffset()
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) && syntax.Offset != offset {
			// Within a value it counts the byte that is wrong, between values it does not.
			offset = max(syntax.Offset-1, 0)
		}
		text := strings.TrimPrefix(err.Error(), "json: ")
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			text = "the file ends in the middle"
		}
		return nil, s.fail(r.pos(int(offset)), "", "not JSON: %s", text)
	}
	if root.Kind != plan.Map {
		return nil, s.fail(root.Pos, CanImport, "the document is no object")
	}
	return root, nil
}

type jsonReader struct {
	src   []byte
	in    *json.Decoder
	lines []int // where the second line starts, the third …
	depth int
}

// next reads a token and says where it stands.
func (r *jsonReader) next() (json.Token, plan.Pos, error) {
	at := int(r.in.InputOffset())
	for at < len(r.src) && strings.IndexByte(" \t\r\n,:", r.src[at]) >= 0 {
		at++
	}
	token, err := r.in.Token()
	return token, r.pos(at), err
}

func (r *jsonReader) pos(offset int) plan.Pos {
	offset = min(offset, len(r.src))
	line := sort.SearchInts(r.lines, offset+1)
	start := 0
	if line > 0 {
		start = r.lines[line-1]
	}
	return plan.Pos{Line: line + 1, Column: utf8.RuneCount(r.src[start:offset]) + 1, Offset: offset}
}

func (r *jsonReader) value() (*plan.Value, error) {
	token, pos, err := r.next()
	if err != nil {
		return nil, err
	}
	v := &plan.Value{Kind: plan.Scalar, Pos: pos}
	switch token := token.(type) {
	case nil:
		v.Kind, v.Text = plan.Null, "null"
	case bool:
		v.Text = "false"
		if token {
			v.Text = "true"
		}
	case json.Number:
		v.Text = token.String()
	case string:
		v.Text, v.Style = token, plan.DoubleQuoted
	case json.Delim:
		if r.depth--; r.depth < 0 {
			return nil, errors.New("lists and objects stand too deep in each other")
		}
		defer func() { r.depth++ }()
		v.Kind = plan.List
		if token == '{' {
			v.Kind = plan.Map
		}
		err = r.inside(v)
	}
	return v, err
}

// inside reads what stands between brackets, the closing one included. Of a key that stands twice the last
// counts, as everywhere with JSON.
func (r *jsonReader) inside(v *plan.Value) error {
	known := map[string]int{}
	for r.in.More() {
		var key string
		var pos plan.Pos
		if v.Kind == plan.Map {
			token, at, err := r.next()
			if err != nil {
				return err
			}
			key, _ = token.(string)
			pos = at
		}
		item, err := r.value()
		if err != nil {
			return err
		}
		i, twice := known[key]
		switch {
		case v.Kind == plan.List:
			v.Items = append(v.Items, item)
		case twice:
			v.Fields[i] = plan.Field{Key: key, Pos: pos, Value: item}
		default:
			known[key] = len(v.Fields)
			v.Fields = append(v.Fields, plan.Field{Key: key, Pos: pos, Value: item})
		}
	}
	_, err := r.in.Token()
	return err
}
