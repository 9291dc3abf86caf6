package plan

import "fmt"

// mapBuilder collects the fields of a mapping: it notices keys that stand twice and lays merge keys (`<<`)
// under the mapping's own.
type mapBuilder struct {
	value  *Value
	merges []*Value
	// seen is made when a mapping has more fields than a look along the list is good for.
	seen   map[string]int
	twice  []twice
	misuse []*Value
}

// twice is a key that the mapping already has.
type twice struct {
	key   string
	pos   Pos
	first Pos
}

// manyFields is the number of fields from which on a map finds a key faster than a look along the list.
const manyFields = 24

func (b *mapBuilder) add(key, value *Value, merge bool) {
	if merge {
		b.merge(value)
		return
	}
	if i := b.find(key.Text); i >= 0 {
		b.twice = append(b.twice, twice{key.Text, key.Pos, b.value.Fields[i].Pos})
	}
	b.append(Field{Key: key.Text, Pos: key.Pos, Value: value})
}

func (b *mapBuilder) append(f Field) {
	b.value.Fields = append(b.value.Fields, f)
	switch n := len(b.value.Fields); {
	case b.seen != nil:
		if _, known := b.seen[f.Key]; !known {
			b.seen[f.Key] = n - 1
		}
	case n > manyFields:
		b.seen = make(map[string]int, 2*n)
		for i, field := range b.value.Fields {
			if _, known := b.seen[field.Key]; !known {
				b.seen[field.Key] = i
			}
		}
	}
}

// find returns the place of a key's first field, -1 where there is none.
func (b *mapBuilder) find(key string) int {
	if b.seen != nil {
		if i, ok := b.seen[key]; ok {
			return i
		}
		return -1
	}
	for i := range b.value.Fields {
		if b.value.Fields[i].Key == key {
			return i
		}
	}
	return -1
}

func (b *mapBuilder) merge(value *Value) {
	switch value.Kind {
	case Map:
		b.merges = append(b.merges, value)
	case List:
		for _, item := range value.Items {
			if item.Kind != Map {
				b.misuse = append(b.misuse, item)
				continue
			}
			b.merges = append(b.merges, item)
		}
	default:
		b.misuse = append(b.misuse, value)
	}
}

// finish adds the merged fields, of which earlier ones win, behind the mapping's own, and says what was wrong.
func (b *mapBuilder) finish(s *Source) []Problem {
	var out []Problem
	for _, v := range b.misuse {
		out = append(out, s.problemAt("P007", Error, v.Pos, "a merge key (`<<`) wants a mapping or a list of mappings", ""))
	}
	for _, m := range b.merges {
		for _, f := range m.Fields {
			if b.find(f.Key) >= 0 {
				continue
			}
			f.Merged = true
			b.append(f)
		}
	}
	for _, t := range b.twice {
		out = append(out, s.problemAt("P006", Error, t.pos,
			fmt.Sprintf("the key `%s` already stands on line %d of the same mapping", t.key, t.first.Line),
			"delete one of the two"))
	}
	return out
}
