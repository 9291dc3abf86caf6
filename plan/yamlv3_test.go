package plan_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	yamlv3 "go.yaml.in/yaml/v3"

	"billow/plan"
)

// node is a document as both readers see it: what it holds and where, in a form that compares.
type node struct {
	Kind  string
	Text  string
	Line  int
	Style plan.Style
	Items []node
	Keys  []string
}

// ofValue turns a Value into a node. Merged fields are left out, as yaml.v3 keeps `<<`.
func ofValue(v *plan.Value) node {
	if v == nil {
		return node{Kind: "null"}
	}
	n := node{Line: v.Pos.Line, Style: v.Style}
	switch {
	case v.Style == plan.Alias:
		return node{Kind: "alias", Line: v.Pos.Line, Style: v.Style}
	case v.Kind == plan.Null:
		n.Kind = "null"
	case v.Kind == plan.Scalar:
		n.Kind, n.Text = "scalar", v.Text
	case v.Kind == plan.List:
		n.Kind = "list"
		for _, item := range v.Items {
			n.Items = append(n.Items, ofValue(item))
		}
	case v.Kind == plan.Map:
		n.Kind = "map"
		for _, f := range v.Fields {
			if !f.Merged {
				n.Keys = append(n.Keys, fmt.Sprintf("%s@%d:%d", f.Key, f.Pos.Line, f.Pos.Column))
				n.Items = append(n.Items, ofValue(f.Value))
			}
		}
	}
	return n
}

// ofYAML turns the oracle's node into the same form.
func ofYAML(y *yamlv3.Node) node {
	n := node{Line: y.Line}
	switch y.Kind {
	case yamlv3.DocumentNode:
		if len(y.Content) == 0 {
			return node{Kind: "null"}
		}
		return ofYAML(y.Content[0])
	case yamlv3.AliasNode:
		return node{Kind: "alias", Line: y.Line, Style: plan.Alias}
	case yamlv3.ScalarNode:
		n.Kind, n.Text = "scalar", y.Value
		switch {
		case y.Style&yamlv3.SingleQuotedStyle != 0:
			n.Style = plan.SingleQuoted
		case y.Style&yamlv3.DoubleQuotedStyle != 0:
			n.Style = plan.DoubleQuoted
		case y.Style&yamlv3.LiteralStyle != 0:
			n.Style = plan.Literal
		case y.Style&yamlv3.FoldedStyle != 0:
			n.Style = plan.Folded
		}
		if y.ShortTag() == "!!null" {
			n.Kind, n.Text = "null", ""
		}
	case yamlv3.SequenceNode:
		n.Kind = "list"
		for _, c := range y.Content {
			n.Items = append(n.Items, ofYAML(c))
		}
	case yamlv3.MappingNode:
		n.Kind = "map"
		for i := 0; i+1 < len(y.Content); i += 2 {
			k := y.Content[i]
			if k.ShortTag() == "!!merge" {
				continue
			}
			n.Keys = append(n.Keys, fmt.Sprintf("%s@%d:%d", k.Value, k.Line, k.Column))
			n.Items = append(n.Items, ofYAML(y.Content[i+1]))
		}
	default:
		n.Kind = "null"
	}
	return n
}

// oracle reads the first document with yaml.v3, which has to accept the others too.
func oracle(src []byte) (node, error) {
	decoder := yamlv3.NewDecoder(bytes.NewReader(src))
	var first yamlv3.Node
	if err := decoder.Decode(&first); err != nil {
		return node{}, err
	}
	for {
		var next yamlv3.Node
		if err := decoder.Decode(&next); errors.Is(err, io.EOF) {
			return ofYAML(&first), nil
		} else if err != nil {
			return node{}, err
		}
	}
}
