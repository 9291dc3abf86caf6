package plan

import (
	"regexp"
	"strings"
)

// spot is a place on a line from which text may be meant as one piece.
type spot struct {
	at int
	// column is the column of what it is the text of: lines behind that are deeper go on with it.
	column int
	what   string
	// word is true where the text is a word, a number or a list of words, command where it is one of a shell.
	word, command bool
}

// spots are where text may begin on a line, the likeliest first.
func (r *repairer) spots(i int) []spot {
	p := dissect(r.lines[i])
	whole := spot{at: p.body, column: p.dash, what: "the whole item", word: words.MatchString(r.listKey(i)), command: r.listKey(i) == "accept"}
	if p.dash < 0 {
		whole.column, whole.what = p.indent-1, "the text"
	}
	key := p.key()
	value := spot{at: p.value, column: p.body, what: "the value of `" + clip(key) + "`", word: words.MatchString(key),
		command: key == "run" || key == "accept"}
	switch {
	case p.empty():
		return nil
	case p.colon < 0:
		return []spot{whole}
	case p.isTask(), p.dash < 0 && (r.isField(i, p) || !r.startsValue(i)):
		return []spot{value} // A key that is surely one does not become text.
	case r.isField(i, p):
		return []spot{value, whole}
	}
	return []spot{whole, value}
}

// listKey is the key of the list that a line is an item of, "" where there is none.
func (r *repairer) listKey(i int) string {
	p := dissect(r.lines[i])
	for n := i - 1; n >= 0 && p.dash >= 0; n-- {
		above := dissect(r.lines[n])
		if !above.empty() && above.dash != p.dash && above.column() <= p.dash {
			return above.key()
		}
	}
	return ""
}

// isField reports whether what looks like a key is one, and not the beginning of a sentence: it is a key
// that plans have, or its neighbours are built like it.
func (r *repairer) isField(i int, p parts) bool {
	key := p.key()
	if !name.MatchString(key) {
		return false
	}
	if r.isKey(key) {
		return true
	}
	if p.dash < 0 {
		return !r.startsValue(i)
	}
	if next := r.nextText(i); next < len(r.lines) {
		if n := dissect(r.lines[next]); n.body == p.body && n.dash < 0 && name.MatchString(n.key()) {
			return true
		}
	}
	for _, step := range []int{-1, 1} {
		for n := i + step; n >= 0 && n < len(r.lines); n += step {
			other := dissect(r.lines[n])
			if other.empty() || other.indent > p.indent {
				continue
			}
			if other.dash == p.dash && other.key() == key {
				return true
			}
			break
		}
	}
	return false
}

// startsValue reports whether a line is the first behind a key that has nothing on its own line.
func (r *repairer) startsValue(i int) bool {
	p := dissect(r.lines[i])
	for n := i - 1; n >= 0; n-- {
		above := dissect(r.lines[n])
		if above.empty() {
			continue
		}
		return above.colon >= 0 && above.value == len(above.line) && above.column() < p.indent
	}
	return false
}

// continued is the last line that goes on with a text that begins on line i and belongs to column.
func (r *repairer) continued(i, column int) int {
	last := i
	for n := i + 1; n < len(r.lines); n++ {
		p := dissect(r.lines[n])
		switch {
		case p.body == len(p.line):
			continue
		case p.empty(), p.indent <= column, p.isTask(), p.dash < 0 && r.isKey(p.key()):
			return last
		}
		last = n
	}
	return last
}

// onLine are the repairs for text that begins on the line of the fault.
func (r *repairer) onLine(f fault) []proposal {
	if r.goesOn(f.line) >= 0 {
		return nil // The text begins above; quotes in the middle of it would become a part of it.
	}
	var out []proposal
	for _, s := range r.spots(f.line) {
		out = append(out, r.text(f.line, s)...)
	}
	p := dissect(r.lines[f.line])
	if key := strings.TrimSpace(p.line[p.body:max(p.colon, p.body)]); key != "" && strings.IndexByte(signs+"[{", key[0]) >= 0 {
		quoted := one("R003", "a key cannot begin with `"+key[:1]+"`: put it in quotes", f.line,
			p.line[:p.body]+inSingle(key)+p.line[p.body+len(key):])
		if p.dash < 0 && !strings.Contains(key, " ") {
			return append([]proposal{quoted}, out...)
		}
		out = append(out, quoted)
	}
	return out
}

// signs are the characters that YAML keeps for itself at the beginning of text.
const signs = "`@%*&!|>,]}?"

// text are the repairs for the text at a spot.
func (r *repairer) text(i int, s spot) []proposal {
	line := r.lines[i]
	if s.at >= len(line) {
		return nil
	}
	switch c := line[s.at]; {
	case c == '\'' || c == '"':
		return r.quotedText(i, s)
	case c == '[' || c == '{':
		return r.bracketed(i, s)
	case c == '-' && blank(line, s.at+1):
		if word, comment := splitComment(line[s.at+1:]); s.word && simple.MatchString(strings.TrimSpace(word)) {
			return []proposal{one("R003", "a list cannot begin on the line of its key: put it in brackets", i,
				line[:s.at]+"["+strings.TrimSpace(word)+"]"+comment)}
		}
		return r.inQuotes(i, s, "R003", "a list cannot begin on the line of its key")
	case c == '`':
		if text, comment := splitComment(line[s.at:]); s.command && len(text) > 2 && strings.Count(text, "`") == 2 && text[len(text)-1] == '`' {
			// To a shell, backticks would mean to run what the command prints.
			bare := text[1 : len(text)-1]
			if !plainStart(bare, 0, false) || strings.Contains(bare, ": ") || strings.Contains(bare, " #") {
				bare = inSingle(bare)
			}
			return []proposal{one("R003", "a command in backticks: leave them out", i, line[:s.at]+bare+comment)}
		}
		return r.inQuotes(i, s, "R003", "text cannot begin with a backtick")
	case blockHeader.MatchString(line[s.at:]):
		return nil
	case strings.IndexByte(signs, c) >= 0:
		return r.inQuotes(i, s, "R003", "text cannot begin with `"+string(c)+"`")
	case strings.Contains(line[s.at:]+" ", ": "):
		return r.inQuotes(i, s, "R002", "a `: ` in text without quotes")
	}
	return nil
}

// blockHeader matches what begins a block of text that stands on the lines below.
var blockHeader = regexp.MustCompile(`^[|>][+-]?[1-9]?[+-]?\s*(#.*)?$`)

// inQuotes puts the text at a spot in single quotes, with the lines on which it goes on and without.
func (r *repairer) inQuotes(i int, s spot, code, why string) []proposal {
	text := why + ": put " + s.what + " in quotes"
	single := one(code, text, i, quotedFrom(r.lines[i], s.at))
	if last := r.continued(i, s.column); last > i && !s.word {
		return []proposal{r.quotedOver(i, s.at, last, code, text), single}
	}
	return []proposal{single}
}

// quotedOver puts a text over several lines in single quotes, in which it reads as it would have without.
func (r *repairer) quotedOver(i, from, last int, code, text string) proposal {
	p := proposal{reason: reason{code, text}}
	for n := i; n <= last; n++ {
		line := strings.TrimRight(r.lines[n], " \t")
		head := ""
		if n == i {
			head, line = line[:from]+"'", line[from:]
		}
		line = head + strings.ReplaceAll(line, "'", "''")
		if n == last {
			line += "'"
		}
		if n == i || n == last || strings.Contains(line, "'") {
			p.changes = append(p.changes, change{n, line})
		}
	}
	return p
}

// quotedText are the repairs for text that begins with a quote.
func (r *repairer) quotedText(i int, s spot) []proposal {
	line := r.lines[i]
	quote := line[s.at : s.at+1]
	end := closing(line, s.at)
	if end < 0 {
		return r.unclosed(i, s)
	}
	text, comment := splitComment(line[s.at:])
	rest := strings.TrimSpace(text[min(end-s.at, len(text)):])
	switch {
	case rest == "" || rest == ":":
		return nil
	case rest == "," || rest == ";":
		return []proposal{one("R004", "a `"+rest+"` behind the closing quote: leave it out", i, line[:end]+comment)}
	}
	if s.word && quotedWords.MatchString(text) {
		return []proposal{one("R004", "several words in quotes: put them in brackets", i, line[:s.at]+"["+text+"]"+comment)}
	}
	const why = "text behind the closing quote"
	out := r.inQuotes(i, s, "R004", why)
	if s.word {
		return append([]proposal{remark(i, line, end, why)}, out...)
	}
	if inner, ok := enclosed(text, end-s.at); ok {
		return append([]proposal{one("R004", "a quote within quotes ends them: write it as two, or behind a backslash", i,
			line[:s.at]+quote+inner+quote+comment)}, out...)
	}
	return out
}

// quotedWords matches a list without its brackets: "a", "b".
var quotedWords = regexp.MustCompile(`^("[^"\\]*"|'[^']*')(\s*,\s*("[^"\\]*"|'[^']*'|[\pL\d_.\-]+))+$`)

// enclosed reports whether a text that begins and ends with a quote is in quotes as a whole though there are
// more of them in it: `"say "a" twice"` is, `"a" and "b"` is not. end is where the first one is closed. inner
// is the text with these quotes written as they have to be.
func enclosed(text string, end int) (inner string, ok bool) {
	quote := text[0]
	if end < 3 || end >= len(text) || text[len(text)-1] != quote || !blank(text, end-2) && !letter(text[end]) {
		return "", false
	}
	var b strings.Builder
	for i := 1; i < len(text)-1; i++ {
		c := text[i]
		switch {
		case quote == '"' && c == '\\', quote == '\'' && c == quote && text[i+1] == quote && i+1 < len(text)-1:
			b.WriteByte(c)
			i++
			c = text[i]
		case c == quote && quote == '"':
			b.WriteByte('\\')
		case c == quote:
			b.WriteByte(quote)
		}
		b.WriteByte(c)
	}
	return b.String(), true
}

// letter reports whether c is a part of a word.
func letter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= 0x80
}

// remark makes a comment of what stands behind a value that is a word.
func remark(i int, line string, end int, why string) proposal {
	return one("R004", why+": make it a comment", i, line[:end]+" # "+strings.TrimSpace(line[end:]))
}

// unclosed are the repairs for text that begins with a quote and has no second one on its line.
func (r *repairer) unclosed(i int, s spot) []proposal {
	line := r.lines[i]
	quote := line[s.at : s.at+1]
	text, comment := splitComment(line[s.at:])
	if quote == `"` && strings.HasSuffix(text, `\"`) && len(text) > 3 {
		return []proposal{one("R005", "a backslash before the closing quote: put the text in single quotes", i,
			line[:s.at]+inSingle(text[1:len(text)-1])+comment)}
	}
	return []proposal{one("R007", "a quote that is never closed: close it", i, line[:s.at]+text+quote+comment),
		one("R007", "a quote that is never closed: put "+s.what+" in quotes", i, line[:s.at]+inSingle(text)+comment)}
}

// openAbove are the repairs for a quote or a bracket that was opened on a line above and was not meant to reach
// this far.
func (r *repairer) openAbove(f fault) []proposal {
	for n := f.line - 1; n >= max(0, f.line-maxQuoted); n-- {
		p := dissect(r.lines[n])
		for _, from := range []int{p.body, p.value} {
			if p.empty() || from == len(p.line) {
				continue
			}
			s := spot{at: from, column: p.column(), what: "the text"}
			switch c := p.line[from]; {
			case c == '[' || c == '{':
				if end, _ := closingBracket(p.line, from); end < 0 {
					return r.bracketed(n, s)
				}
				continue
			case c != '"' && c != '\'' || closing(p.line, from) > 0:
				continue
			}
			out := r.unclosed(n, s)
			if last := r.continued(n, s.column); last >= f.line && !words.MatchString(p.key()) {
				out = append(out, r.quotedOver(n, from, last, "R004", "text behind the closing quote: put all of it in quotes"))
			}
			return out
		}
	}
	return nil
}

// maxQuoted is the number of lines above a fault on which the quote that it comes from is looked for.
const maxQuoted = 2000

// backslashes are the repairs for a backslash within double quotes that begins no escape.
func (r *repairer) backslashes(f fault) []proposal {
	line := r.lines[f.line]
	if at(line, f.column) != '\\' {
		return nil
	}
	const why = "a backslash within double quotes: "
	doubled := one("R005", why+"write it as two", f.line, line[:f.column]+`\`+line[f.column:])
	start := strings.LastIndexByte(line[:f.column], '"')
	for start > 0 && line[start-1] == '\\' {
		start = strings.LastIndexByte(line[:start-1], '"')
	}
	if start < 0 {
		return []proposal{doubled}
	}
	end := closing(line, start)
	if end < 0 {
		end = strings.LastIndexByte(line, '"') + 1 // a path that ends in a backslash
	}
	if end <= f.column {
		return []proposal{doubled}
	}
	inner := line[start+1 : end-1]
	single := one("R005", why+"put the text in single quotes", f.line, line[:start]+inSingle(inner)+line[end:])
	all, good := doubleStray(inner)
	escaped := one("R005", why+"write it as two", f.line, line[:start+1]+all+line[end-1:])
	if good == 0 || windowsPath.MatchString(inner) {
		return []proposal{single, escaped, doubled}
	}
	return []proposal{escaped, doubled, single}
}

// windowsPath matches text in which every backslash is meant as one.
var windowsPath = regexp.MustCompile(`^([A-Za-z]:)?\\[^\\]|^\.{0,2}\\|^[\w .-]+(\\[\w .-]+)+\\?$`)

// doubleStray doubles the backslashes of a text that begin no escape; good is the number of those that do.
func doubleStray(text string) (all string, good int) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		b.WriteByte(text[i])
		if text[i] != '\\' {
			continue
		}
		if next, _, err := escape(new(strings.Builder), text, i); err == nil {
			b.WriteString(text[i+1 : next])
			i, good = next-1, good+1
			continue
		}
		b.WriteByte('\\')
	}
	return b.String(), good
}
