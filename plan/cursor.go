package plan

import "unicode/utf8"

// cursor turns offsets of the text into places, at a cost of what lies between one offset and the next;
// looking each up would make a long line of flow style quadratic.
type cursor struct {
	// line counts from 0, column in characters from 0; offset is the place in text.
	line, column, offset int
}

// move goes to an offset, forwards or back.
func (c *cursor) move(s *Source, offset int) {
	if offset < c.offset {
		c.line = s.textLine(offset)
		c.offset, c.column = s.textStart(c.line), 0
	}
	for c.line+1 < len(s.lines) && s.textStart(c.line+1) <= offset {
		c.line++
		c.offset, c.column = s.textStart(c.line), 0
	}
	c.column += utf8.RuneCountInString(s.text[c.offset:offset])
	c.offset = offset
}

// pos is where the cursor is, in terms of the original bytes.
func (c *cursor) pos(s *Source) Pos {
	return Pos{
		Line:   c.line + 1,
		Column: c.column + 1,
		Offset: s.lines[c.line] + c.offset - s.textStart(c.line),
	}
}
