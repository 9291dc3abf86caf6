package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// A struct's doc comments are its manual; the pages take them over, so that they are written once.

// field is one field of a struct with its comment.
type field struct {
	names []string
	typ   string
	json  string
	doc   string
}

// structFields reads the fields of a struct from its source, in order.
func structFields(file, name string) ([]field, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	var out []field
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != name {
			return true
		}
		if s, ok := spec.Type.(*ast.StructType); ok {
			for _, f := range s.Fields.List {
				out = append(out, fieldOf(f))
			}
		}
		return false
	})
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no struct %s", file, name)
	}
	return out, nil
}

func fieldOf(f *ast.Field) field {
	var out field
	for _, n := range f.Names {
		out.names = append(out.names, n.Name)
	}
	switch t := f.Type.(type) {
	case *ast.Ident:
		out.typ = t.Name
	case *ast.SelectorExpr:
		out.typ = t.Sel.Name
	}
	if f.Tag != nil {
		if _, rest, ok := strings.Cut(f.Tag.Value, `json:"`); ok {
			out.json, _, _ = strings.Cut(rest, `"`)
			out.json, _, _ = strings.Cut(out.json, ",")
		}
	}
	out.doc = paragraph(f.Doc.Text())
	return out
}

// paragraph is a comment as Markdown: a line for each paragraph, and what is indented as a block.
func paragraph(text string) string {
	var b strings.Builder
	var open []string
	block := false
	flush := func() {
		if len(open) > 0 {
			b.WriteString(strings.Join(open, " ") + "\n\n")
			open = nil
		}
		if block {
			b.WriteString("```\n\n")
			block = false
		}
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		inner, indented := strings.CutPrefix(line, "\t")
		switch {
		case indented:
			if !block {
				flush()
				b.WriteString("```yaml\n")
				block = true
			}
			b.WriteString(inner + "\n")
		case line == "":
			flush()
		default:
			if block {
				flush()
			}
			open = append(open, line)
		}
	}
	flush()
	return strings.TrimSpace(b.String())
}

// typeComment is what stands above a type.
func typeComment(file, name string) (string, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	if err != nil {
		return "", err
	}
	for _, decl := range tree.Decls {
		d, ok := decl.(*ast.GenDecl)
		if !ok || d.Doc == nil || len(d.Specs) != 1 {
			continue
		}
		if spec, ok := d.Specs[0].(*ast.TypeSpec); ok && spec.Name.Name == name {
			return paragraph(d.Doc.Text()), nil
		}
	}
	return "", fmt.Errorf("%s says nothing of %s", file, name)
}

// constants reads the constants of a type with their values, in order.
func constants(file, typ string) ([]string, error) {
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		return nil, err
	}
	var out []string
	ast.Inspect(tree, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); ok && id.Name == typ {
			for _, v := range spec.Values {
				if lit, ok := v.(*ast.BasicLit); ok {
					out = append(out, strings.Trim(lit.Value, `"`))
				}
			}
		}
		return true
	})
	if len(out) == 0 {
		return nil, fmt.Errorf("%s has no constants of type %s", file, typ)
	}
	return out, nil
}
