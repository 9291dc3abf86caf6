package plan

import "fmt"

// mapBuilder collects the fields of a mapping and what its merge keys (`<<`) bring.
type mapBuilder struct {
	fields []Field
	merges []*Value
	misuse []*Value
}

func (b *mapBuilder) add(key, value *Value, merge bool) {
	if !merge {
		b.fields = append(b.fields, Field{Key: key.Text, Pos: key.Pos, Value: value})
		return
	}
	sources := []*Value{value}
	if value.Kind == List {
		sources = value.Items
	}
	for _, source := range sources {
		if source.Kind == Map {
			b.merges = append(b.merges, source)
		} else {
			b.misuse = append(b.misuse, source)
		}
	}
}

// finish gives v its fields, the merged ones behind its own; of one key the mapping's own wins, then the
// first one merged. It returns what was wrong.
func (b *mapBuilder) finish(s *Source, v *Value) []Problem {
	var out []Problem
	for _, m := range b.misuse {
		out = append(out, s.problemAt("P007", Error, m.Pos, "a merge key (`<<`) wants a mapping or a list of mappings", ""))
	}
	out = append(out, repeatedKeys(s, b.fields)...)
	v.Fields = b.fields
	if len(b.merges) == 0 {
		return out
	}
	seen := make(map[string]bool, len(v.Fields))
	for _, f := range v.Fields {
		seen[f.Key] = true
	}
	for _, m := range b.merges {
		for _, f := range m.Fields {
			if !seen[f.Key] {
				seen[f.Key], f.Merged = true, true
				v.Fields = append(v.Fields, f)
			}
		}
	}
	return out
}

// repeatedKeys says which keys stand twice in a mapping.
func repeatedKeys(s *Source, fields []Field) []Problem {
	var out []Problem
	twice := func(first, second Field) {
		out = append(out, s.problemAt("P006", Error, second.Pos, repeatedText(first, second), "delete one of the two"))
	}
	// Most mappings are small, and a look along the list is quicker than a map.
	const few = 24
	if len(fields) <= few {
		for i := range fields {
			for j := range fields[:i] {
				if fields[i].Key == fields[j].Key {
					twice(fields[j], fields[i])
					break
				}
			}
		}
		return out
	}
	first := make(map[string]int, len(fields))
	for i, f := range fields {
		if j, known := first[f.Key]; known {
			twice(fields[j], f)
			continue
		}
		first[f.Key] = i
	}
	return out
}

// repeatedText says where a key stood before.
func repeatedText(first, second Field) string {
	return fmt.Sprintf("the key `%s` already stands on line %d of the same mapping", second.Key, first.Pos.Line)
}
