package control

import (
	"encoding/json"
	"fmt"
	"strings"
)

// entry is a key with its value, for a mapping that keeps its order.
type entry struct {
	key   string
	value any
}

// mapping is a mapping of YAML in the making. Values are texts, numbers, truth values, []string, mapping and
// []mapping; what is empty is left out.
type mapping []entry

// yaml writes a mapping. Texts are in double quotes, as JSON has them, which YAML reads alike: an id 007 stays a text.
func (m mapping) yaml() []byte {
	var b strings.Builder
	m.write(&b, "")
	return []byte(b.String())
}

func (m mapping) write(b *strings.Builder, indent string) {
	for _, e := range m {
		if isEmpty(e.value) {
			continue
		}
		fmt.Fprintf(b, "%s%s:", indent, e.key)
		switch v := e.value.(type) {
		case mapping:
			b.WriteByte('\n')
			v.write(b, indent+"  ")
		case []mapping:
			b.WriteByte('\n')
			for _, item := range v {
				var inner strings.Builder
				item.write(&inner, indent+"    ")
				b.WriteString(indent + "  - " + strings.TrimPrefix(inner.String(), indent+"    "))
			}
		case []string:
			b.WriteByte('\n')
			for _, item := range v {
				fmt.Fprintf(b, "%s  - %s\n", indent, quoted(item))
			}
		case string:
			fmt.Fprintf(b, " %s\n", quoted(v))
		default:
			fmt.Fprintf(b, " %v\n", v)
		}
	}
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case mapping:
		for _, e := range v {
			if !isEmpty(e.value) {
				return false
			}
		}
		return true
	case []mapping:
		return len(v) == 0
	case []string:
		return len(v) == 0
	case string:
		return v == ""
	case bool:
		return !v
	}
	return false
}

// quoted is a text as JSON and YAML have it.
func quoted(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1 // YAML has no place for control characters
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a text can be encoded
	return strings.TrimSpace(b.String())
}
