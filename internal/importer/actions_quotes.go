package importer

import (
	"regexp"
	"strings"
)

// quoting is what a place in a shell script stands in.
type quoting byte

const (
	bareWord     quoting = 'n'
	inBrackets   quoting = 'p' // $( … )
	doubleQuoted quoting = 'd'
	singleQuoted quoting = 's'
	openHeredoc  quoting = 'H' // variables count
	rawHeredoc   quoting = 'h' // they do not
)

var heredoc = regexp.MustCompile(`^<<-?[ \t]*(\\?[A-Za-z0-9_]+|'[^'\n]+'|"[^"\n]+")`)

// quotings says for each expression in a shell script what it stands in, since a variable put in its place counts
// in some of them only. It knows quotes, comments, here-documents and $( ); a script that plays with more than
// these may be misread, and then says so when it runs.
func quotings(script string) []quoting {
	var found []quoting
	stack := []quoting{bareWord}
	var waiting []string // here-documents that begin with the next line
	for i := 0; i < len(script); i++ {
		top := stack[len(stack)-1]
		rest := script[i:]
		if strings.HasPrefix(rest, "${{") {
			found = append(found, top)
			if parts, ok := split(rest); ok && len(parts) > 1 {
				i += len("${{") + len(parts[1]) + len("}}") - 1
			}
			continue
		}
		c := rest[0]
		switch {
		case top == singleQuoted:
			if c == '\'' {
				stack = stack[:len(stack)-1]
			}
		case c == '\\':
			i++
		case c == '"' && top == doubleQuoted:
			stack = stack[:len(stack)-1]
		case c == '"':
			stack = append(stack, doubleQuoted)
		case strings.HasPrefix(rest, "$("):
			stack = append(stack, inBrackets)
			i++
		case top == doubleQuoted:
		case c == '\'':
			stack = append(stack, singleQuoted)
		case c == '(':
			stack = append(stack, inBrackets)
		case c == ')' && top == inBrackets:
			stack = stack[:len(stack)-1]
		case c == '#' && (i == 0 || strings.IndexByte(" \t\n;(", script[i-1]) >= 0):
			for i+1 < len(script) && script[i+1] != '\n' && !strings.HasPrefix(script[i+1:], "${{") {
				i++
			}
		case c == '<' && !strings.HasPrefix(rest, "<<<"):
			if m := heredoc.FindStringSubmatch(rest); m != nil && (i == 0 || script[i-1] != '<') {
				waiting = append(waiting, m[1])
				i += len(m[0]) - 1
			}
		case c == '\n' && len(waiting) > 0:
			var n int
			n, found = bodies(script[i+1:], waiting, found)
			i, waiting = i+n, nil
		}
	}
	return found
}

// bodies goes past the here-documents at the beginning of a text.
func bodies(text string, ends []string, found []quoting) (int, []quoting) {
	at := 0
	for _, end := range ends {
		how, word := openHeredoc, end
		if strings.Trim(end, `'"\`) != end {
			how, word = rawHeredoc, strings.Trim(end, `'"\`)
		}
		for at < len(text) {
			line, _, _ := strings.Cut(text[at:], "\n")
			at = min(at+len(line)+1, len(text))
			for range strings.Count(line, "${{") {
				found = append(found, how)
			}
			if strings.TrimLeft(line, "\t") == word {
				break
			}
		}
	}
	return at, found
}
