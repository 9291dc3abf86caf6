package plan

import "strings"

// bracketed are the repairs for text that begins with a bracket.
func (r *repairer) bracketed(i int, s spot) []proposal {
	line := r.lines[i]
	end, missing := closingBracket(line, s.at)
	if end < 0 {
		text, comment := splitComment(line[s.at:])
		closed := one("R007", "a bracket that is never closed: close it", i, line[:s.at]+strings.TrimRight(text, ", ")+missing+comment)
		if s.word {
			return []proposal{closed}
		}
		return []proposal{closed, one("R007", "a bracket that is never closed: put "+s.what+" in quotes", i, quotedFrom(line, s.at))}
	}
	text, comment := splitComment(line[end:])
	rest := strings.TrimSpace(text)
	const why = "text behind the closing bracket"
	switch {
	case rest == "":
		out := r.inQuotes(i, s, "R004", "brackets with text in them that is no list")
		if items := quotedItems(line[s.at:end]); items != line[s.at:end] {
			out = append([]proposal{one("R003", "text within brackets that must be in quotes: put it in quotes", i,
				line[:s.at]+items+line[end:])}, out...)
		}
		return out
	case rest == "," || rest == ";":
		return []proposal{one("R004", "a `"+rest+"` behind the closing bracket: leave it out", i, line[:end]+comment)}
	}
	out := r.inQuotes(i, s, "R004", why)
	if s.word {
		out = append([]proposal{remark(i, line, end, why)}, out...)
	}
	return out
}

// quotedItems puts those texts of a list or mapping in brackets into quotes that cannot stand there without.
func quotedItems(text string) string {
	var b strings.Builder
	var open []byte
	start := 0 // of the item or value that is being read
	flush := func(end int) {
		b.WriteString(quotedItem(text[start:end], len(open) > 0 && open[len(open)-1] == '{'))
		start = end
	}
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '[', '{':
			item := strings.TrimSpace(text[start:i])
			if item != "" && !strings.HasSuffix(item, ":") {
				// A bracket within a text belongs to it, up to the one that closes it.
				if end, _ := closingBracket(text, i); end > 0 {
					i = end - 1
				}
				continue
			}
			open = append(open, c)
			b.WriteString(text[start : i+1])
			start = i + 1
		case ',', ']', '}':
			flush(i)
			if c != ',' && len(open) > 0 {
				open = open[:len(open)-1]
			}
			b.WriteByte(c)
			start = i + 1
		case '"', '\'':
			if strings.TrimSpace(text[start:i]) == "" || strings.HasSuffix(strings.TrimSpace(text[start:i]), ":") {
				if end := closing(text, i); end > 0 {
					i = end - 1
				}
			}
		}
	}
	b.WriteString(text[start:])
	return b.String()
}

// quotedItem puts an item in quotes where it needs them; of a field of a mapping, the value.
func quotedItem(item string, field bool) string {
	text := strings.TrimSpace(item)
	at := strings.Index(item, text)
	if field {
		if colon := strings.Index(text, ": "); colon > 0 && text[0] != '"' && text[0] != '\'' {
			value := strings.TrimLeft(text[colon+1:], " \t")
			at += len(text) - len(value)
			text = value
		}
	}
	if text == "" {
		return item
	}
	needs := false
	switch c := text[0]; {
	case c == '"' || c == '\'':
		end := closing(text, 0)
		needs = end > 0 && end < len(text) && text[end] != ':'
	default:
		needs = strings.IndexByte(signs, c) >= 0 || strings.Contains(text, ": ") || strings.ContainsAny(text, "[]{}")
	}
	if !needs {
		return item
	}
	return item[:at] + inSingle(text) + item[at+len(text):]
}
