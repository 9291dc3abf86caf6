package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// plainKey is the key under which JSON keeps a scalar that was written without quotes and that is no literal of JSON
// (007, yes, 2026-01-01): {"!plain": "007"}. A mapping that has this one key itself has its value in a list of one.
const plainKey = "!plain"

// MarshalJSON writes a value as JSON, the keys of mappings in their order. Numbers, truth values and nothing at all are
// literals with the digits that they were written with, where JSON has such a literal. Places and layout are left out;
// what aliases and merge keys show is written out.
func (v *Value) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	v.writeJSON(&b)
	return b.Bytes(), nil
}

func (v *Value) writeJSON(b *bytes.Buffer) {
	switch {
	case v.IsNull():
		b.WriteString("null")
	case v.Kind == List:
		b.WriteByte('[')
		for i, item := range v.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.writeJSON(b)
		}
		b.WriteByte(']')
	case v.Kind == Map:
		b.WriteByte('{')
		escaped := len(v.Fields) == 1 && v.Fields[0].Key == plainKey
		for i, f := range v.Fields {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(quoteJSON(f.Key) + ":")
			if escaped {
				b.WriteByte('[')
			}
			f.Value.writeJSON(b)
			if escaped {
				b.WriteByte(']')
			}
		}
		b.WriteByte('}')
	case !v.plainMatters():
		b.WriteString(quoteJSON(v.Text))
	case literalJSON(v.Text):
		b.WriteString(v.Text)
	default:
		b.WriteString(`{"` + plainKey + `":` + quoteJSON(v.Text) + "}")
	}
}

// plainMatters reports whether a scalar stands without quotes and would be another one, for some reader, with them.
func (v *Value) plainMatters() bool {
	return v.Style == Plain && !v.Tagged && !plainText(v.Text) && canBePlain(v.Text)
}

// literalJSON reports whether a text is a number or a truth value of JSON.
func literalJSON(text string) bool {
	return text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9' || text == "true" || text == "false") &&
		json.Valid([]byte(text))
}

// UnmarshalJSON reads what MarshalJSON writes, and any other JSON: what is a text there is one here.
func (v *Value) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	read, err := readJSON(dec)
	if err != nil {
		return err
	}
	*v = *read
	return nil
}

func readJSON(dec *json.Decoder) (*Value, error) {
	token, err := dec.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	switch token := token.(type) {
	case nil:
		return &Value{}, nil
	case bool:
		return &Value{Kind: Scalar, Text: fmt.Sprint(token)}, nil
	case json.Number:
		return &Value{Kind: Scalar, Text: token.String()}, nil
	case string:
		return &Value{Kind: Scalar, Style: DoubleQuoted, Text: token}, nil
	case json.Delim:
		if token == '[' {
			return readJSONList(dec)
		}
		return readJSONMap(dec)
	}
	return nil, fmt.Errorf("%v is no value", token)
}

func readJSONList(dec *json.Decoder) (*Value, error) {
	v := &Value{Kind: List}
	for dec.More() {
		item, err := readJSON(dec)
		if err != nil {
			return nil, err
		}
		v.Items = append(v.Items, item)
	}
	_, err := dec.Token()
	return v, err
}

func readJSONMap(dec *json.Decoder) (*Value, error) {
	v := &Value{Kind: Map}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, err
		}
		value, err := readJSON(dec)
		if err != nil {
			return nil, err
		}
		v.Fields = append(v.Fields, Field{Key: fmt.Sprint(key), Value: value})
	}
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	if len(v.Fields) == 1 && v.Fields[0].Key == plainKey {
		switch inner := v.Fields[0].Value; {
		case inner.Kind == Scalar:
			return &Value{Kind: Scalar, Text: inner.Text}, nil
		case inner.Kind == List && len(inner.Items) == 1:
			v.Fields[0].Value = inner.Items[0]
		}
	}
	return v, nil
}

// bare is a copy of a value without places and layout: as it comes back from JSON.
func (v *Value) bare() *Value {
	switch {
	case v.IsNull():
		return &Value{}
	case v.Kind == Scalar && v.plainMatters():
		return &Value{Kind: Scalar, Text: v.Text}
	case v.Kind == Scalar:
		return &Value{Kind: Scalar, Style: DoubleQuoted, Text: v.Text}
	}
	out := &Value{Kind: v.Kind}
	for _, item := range v.Items {
		out.Items = append(out.Items, item.bare())
	}
	for _, f := range v.Fields {
		out.Fields = append(out.Fields, Field{Key: f.Key, Value: f.Value.bare()})
	}
	return out
}
