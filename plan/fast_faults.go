package plan

import (
	"errors"
	"fmt"
	"strings"
)

// What follows says what fast found wrong, and what to write instead. It is where the plans written by
// models go wrong, one in five.

// span is a key on the line of the cursor: where it starts and where its colon stands.
type span struct{ start, colon int }

// quoteIt adds the advice to put in quotes what stands where the error is.
func (f *fast) quoteIt(err error, key *span) error {
	var syntax *syntaxError
	if !errors.As(err, &syntax) || syntax.hint != "" {
		return err
	}
	start, what := f.wants(key)
	line := f.text[start:lineEnd(f.text, start)]
	if syntax.offset < start || syntax.offset > start+len(line) {
		// The text began on an earlier line; quotes around this one alone would not mend it.
		syntax.hint = "put the whole text in quotes, or indent this line like the key above it"
		return syntax
	}
	f.mend(syntax, start, what)
	return syntax
}

// wants returns where the quotes would have to begin, and what they go around: the value, or the whole
// item where what stands before the colon is no key but the beginning of a sentence.
func (f *fast) wants(key *span) (start int, what string) {
	start, what = f.off, "the text"
	if key == nil {
		return start, what
	}
	name := strings.TrimRight(f.text[key.start:key.colon], " \t")
	before := strings.TrimLeft(f.text[lineStart(f.text, key.start):key.start], " ")
	if strings.HasPrefix(before, "- ") && strings.ContainsAny(name, " ()/`\"'") {
		return key.start, "the whole item"
	}
	return start, "the value of `" + name + "`"
}

// mend adds a hint and a fix that put the rest of the line from start on in single quotes.
func (f *fast) mend(e *syntaxError, start int, what string) {
	rest, _ := splitComment(f.text[start:lineEnd(f.text, start)])
	quoted := inSingle(rest)
	e.hint = "put " + what + " in quotes: " + shorten(quoted)
	if rest[0] == '"' || rest[0] == '\'' {
		if end := closing(rest, 0); end > 0 {
			if inner, ok := enclosed(rest, end); ok {
				quoted = rest[:1] + inner + rest[:1]
				e.hint = "write the quotes within the quotes so: " + shorten(quoted)
			}
		}
	}
	at := f.src.original(start)
	e.fix = []TextEdit{{Start: at, End: at + len(rest), New: quoted}}
}

// shorten cuts a long text for a hint.
func shorten(text string) string {
	const most = 60
	n := 0
	for i := range text {
		if n++; n > most {
			return text[:i] + "..."
		}
	}
	return text
}

func lineStart(text string, i int) int { return strings.LastIndexByte(text[:i], '\n') + 1 }

// behind goes to the end of the line on which a value ends. More text there is text that only began with a
// quote or a bracket.
func (f *fast) behind(start int, key *span, what string) error {
	err := f.endLine(what)
	var syntax *syntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	if f.text[syntax.offset] == ':' && key == nil {
		return badKey(start)
	}
	end := f.off
	f.off = start
	if f.text[syntax.offset] == ':' && blank(f.text, syntax.offset+1) {
		syntax.text = "a second `: ` on one line"
	}
	if lineStart(f.text, start) != lineStart(f.text, end) {
		syntax.hint = "put the whole text in quotes"
		return syntax
	}
	rest, _ := splitComment(f.text[syntax.offset:lineEnd(f.text, syntax.offset)])
	switch at := f.src.original(syntax.offset); {
	case rest == "," || rest == ";":
		syntax.hint = "leave the `" + rest + "` out"
		syntax.fix = []TextEdit{{Start: at, End: at + len(rest)}}
	case key != nil && words.MatchString(f.text[key.start:key.colon]) && rest[0] == ',':
		all, _ := splitComment(f.text[start:lineEnd(f.text, start)])
		syntax.hint = "put them in brackets: [" + shorten(all) + "]"
		from := f.src.original(start)
		syntax.fix = []TextEdit{{Start: from, End: from + len(all), New: "[" + all + "]"}}
	case key != nil && words.MatchString(f.text[key.start:key.colon]):
		syntax.hint = "leave it out, or make it a comment: # " + shorten(rest)
		syntax.fix = []TextEdit{{Start: at, End: at, New: " # "}}
	default:
		at, name := f.wants(key)
		f.mend(syntax, at, name)
	}
	return syntax
}

// badQuotes adds to what is wrong within quotes: a backslash is best left to single quotes.
func (f *fast) badQuotes(err error, key *span) error {
	var syntax *syntaxError
	if !errors.As(err, &syntax) || f.text[f.off] != '"' || syntax.offset == f.off {
		return err
	}
	// Find the closing quote without looking at escapes other than that of a quote.
	i := f.off + 1
	for i < len(f.text) && f.text[i] != '"' && f.text[i] != '\n' {
		if strings.HasPrefix(f.text[i:], `\"`) {
			return syntax
		}
		i++
	}
	if i >= len(f.text) || f.text[i] != '"' {
		return syntax
	}
	inner := strings.ReplaceAll(f.text[f.off+1:i], "'", "''")
	at := f.src.original(f.off)
	syntax.fix = []TextEdit{{Start: at, End: at + i + 1 - f.off, New: "'" + inner + "'"}}
	return syntax
}

// badStart is for text that begins with a character that means something else to YAML.
func (f *fast) badStart(key *span) error {
	c := f.text[f.off]
	e := &syntaxError{offset: f.off, text: fmt.Sprintf("text cannot begin with `%c`", c)}
	switch c {
	case '`':
		e.text = "text cannot begin with a backtick"
	case '-':
		if key != nil {
			e.text, e.hint = "a list cannot begin on the line of its key", "put each `- ` on a line of its own"
			return e
		}
	case ']', '}':
		e.text = fmt.Sprintf("there is no open bracket for this `%c`", c)
	case '?', ':':
		return errUnusual
	}
	start, what := f.wants(key)
	f.mend(e, start, what)
	return e
}

// noKey is for a line that stands where a key has to be.
func (f *fast) noKey() error {
	c := f.text[f.off]
	switch {
	case c == '&' || c == '*' || c == '!' || c == '?' || c == ':':
		return errUnusual
	case c == '[' || c == '{':
		return badKey(f.off)
	case c == '-' && blank(f.text, f.off+1):
		return &syntaxError{offset: f.off, text: "a list item stands among the keys of a mapping",
			hint: "indent it under the key that it belongs to"}
	case c == '"' || c == '\'':
		if _, err := quoted(f.text, f.off); err != nil {
			return err
		}
	}
	line := f.text[f.off:lineEnd(f.text, f.off)]
	if word, _, found := strings.Cut(line, ":"); found && !strings.ContainsAny(word, " '\"") {
		return &syntaxError{offset: f.off + len(word), text: "there is no blank behind the `:`", hint: "write `" + word + ": ...`"}
	}
	return &syntaxError{offset: f.off, text: "this is no `key: value`, and what stands above it does not go on here",
		hint: "indent it as a part of the text above, or give it a key"}
}

// misplaced is for a line that is deeper than the keys or items around it, though nothing is open that it could
// belong to.
func (f *fast) misplaced() error {
	return &syntaxError{offset: f.off, text: "the indentation of this line fits nothing above it",
		hint: "indent it like the line above that it stands beside; if it is the second line of a text in quotes, it belongs within them"}
}

// tabs is for a line whose indentation has a tab; start is where the line starts. The fix mends the lines
// behind it that begin with tabs too. A tab becomes two blanks, as wide as the `- ` of a list, so that the
// keys of its items stay below each other.
func (f *fast) tabs(start int) error {
	tab := start + strings.IndexByte(f.text[start:], '\t')
	err := &syntaxError{offset: tab, text: "a tab cannot indent", hint: "indent with blanks"}
	for {
		end := skipBlanks(f.text, start)
		at := f.src.original(start)
		err.fix = append(err.fix, TextEdit{Start: at, End: at + end - start,
			New: strings.ReplaceAll(f.text[start:end], "\t", "  ")})
		if start = lineEnd(f.text, end) + 1; start >= len(f.text) || f.text[start] != '\t' {
			return err
		}
	}
}

// bracketsOnly reports whether the flow collection at the cursor is closed on its line and followed by
// text, which means that it was not meant as one. It knows no quotes: it is asked only where the collection
// could not be read.
func (f *fast) bracketsOnly() (end int, more bool) {
	line := f.text[f.off:lineEnd(f.text, f.off)]
	open := 0
	for i := range len(line) {
		switch line[i] {
		case '[', '{':
			open++
		case ']', '}':
			open--
		}
		if open == 0 {
			rest := strings.TrimLeft(line[i+1:], " \t")
			return f.off + i + 1, rest != "" && rest[0] != '#' && rest[0] != ':'
		}
	}
	return 0, false
}

// tooDeep and tooManyKeys are limits that both producers hold to.
func tooDeep(offset int, lim Limits) error {
	return &limitError{offset: offset, text: fmt.Sprintf("lists and mappings stand more than %d deep in each other", lim.MaxDepth)}
}

func tooManyKeys(offset int, lim Limits) error {
	return &limitError{offset: offset, text: fmt.Sprintf("a mapping has more than %d keys", lim.MaxKeys)}
}
