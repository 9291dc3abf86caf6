package plan

import (
	"regexp"
	"strings"
)

// parts is where the parts of a line of block style stand, as its author probably meant them. All are
// offsets of bytes.
type parts struct {
	line string
	// indent is what the line is indented by, tabs included.
	indent int
	// dash is the last of its dashes, -1 where it has none; body is what stands behind.
	dash, body int
	// colon is the first colon that ends a key, -1 where there is none; value is where the value begins: behind
	// the key, or body.
	colon, value int
}

// dissect takes a line apart. It knows no lines before it and may take text for a key.
func dissect(line string) parts {
	p := parts{line: line, dash: -1, colon: -1}
	i := skipBlanks(line, 0)
	p.indent = i
	for i < len(line) && line[i] == '-' && blank(line, i+1) {
		p.dash = i
		i = skipBlanks(line, i+1)
	}
	p.body, p.value = i, i
	if i == len(line) || line[i] == '#' {
		return p
	}
	from := i
	if line[i] == '\'' || line[i] == '"' {
		if end := closing(line, i); end > 0 {
			from = end
		}
	}
	for n := from; n < len(line); n++ {
		if line[n] == ':' && blank(line, n+1) {
			p.colon, p.value = n, skipBlanks(line, n+1)
			break
		}
	}
	return p
}

// key is the key of the line, without quotes; "" where it has none.
func (p parts) key() string {
	if p.colon < 0 {
		return ""
	}
	return strings.Trim(strings.TrimSpace(p.line[p.body:p.colon]), `"'`)
}

// empty reports whether a line has nothing but blanks or a comment.
func (p parts) empty() bool { return p.body == len(p.line) || p.line[p.body] == '#' }

// isTask reports whether a line begins a task.
func (p parts) isTask() bool { return p.dash >= 0 && (p.key() == "id" || p.key() == "task_id") }

// column is where what the line belongs to begins: its key, or its dash where it has no key.
func (p parts) column() int {
	if p.colon < 0 && p.dash >= 0 {
		return p.dash
	}
	return p.body
}

// closing is the offset behind the quote that ends the text in quotes at i, -1 where it does not end on the
// line. Escapes are not looked at, other than those of quotes.
func closing(line string, i int) int {
	quote := line[i]
	for n := i + 1; n < len(line); n++ {
		switch {
		case quote == '"' && line[n] == '\\':
			n++
		case line[n] != quote:
		case quote == '\'' && at(line, n+1) == '\'':
			n++
		default:
			return n + 1
		}
	}
	return -1
}

// closingBracket is the offset behind the bracket that ends the list or mapping at i, -1 where it does not
// end on the line; open are the brackets that are then missing, in order.
func closingBracket(line string, i int) (end int, open string) {
	var stack []byte
	for n := i; n < len(line); n++ {
		switch c := line[n]; c {
		case '[':
			stack = append(stack, ']')
		case '{':
			stack = append(stack, '}')
		case ']', '}':
			if stack = stack[:len(stack)-1]; len(stack) == 0 {
				return n + 1, ""
			}
		case '"', '\'':
			// An apostrophe within a word opens nothing.
			if before := line[n-1]; before == ' ' || strings.IndexByte("[{,:", before) >= 0 {
				if end := closing(line, n); end > 0 {
					n = end - 1
				}
			}
		}
	}
	for n := len(stack) - 1; n >= 0; n-- {
		open += string(stack[n])
	}
	return -1, open
}

// splitComment takes the comment off the rest of a line, with the blanks before it. Only a hash between
// blanks begins one here, and not within quotes or backticks: `see #12` is text to whoever wrote it.
func splitComment(rest string) (text, comment string) {
	trimmed := strings.TrimRight(rest, " \t")
	for i := 0; i < len(trimmed); i++ {
		if trimmed[i] != '#' || i == 0 || !blank(trimmed, i-1) || !blank(trimmed, i+1) {
			continue
		}
		before := strings.TrimRight(trimmed[:i], " \t")
		if strings.Count(before, "`")%2 == 0 && strings.Count(before, `"`)%2 == 0 {
			return before, rest[len(before):]
		}
	}
	return trimmed, rest[len(trimmed):]
}

// inSingle puts text in single quotes.
func inSingle(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// quotedFrom is a line with everything from an offset on in single quotes, but for a comment.
func quotedFrom(line string, from int) string {
	text, comment := splitComment(line[from:])
	return line[:from] + inSingle(text) + comment
}

// name matches keys as people write them; what does not match is rather the beginning of a sentence.
var name = regexp.MustCompile(`^[\pL_][\pL\d_.\-]*$`)

// words are the keys whose values are a word or a number, or a list of such. What stands behind one of these
// is a remark.
var words = regexp.MustCompile(`^(id|task_id|plan_id|status|wave|waves|agent|priority|complexity|type|level|` +
	`estimated_\w+|dependencies|depends_on|deps|conflicts_with|consumes|locks|tags|` +
	`retries_used|requires_approval|approval_state|\w+_at)$`)

// number matches what is no sentence either.
var simple = regexp.MustCompile(`^[\pL\d_./\-]+$`)
