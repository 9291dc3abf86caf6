package journal

import (
	"bytes"
	"hash/crc32"
	"strconv"
)

// batch is what one append wrote: lines of events, and the line that closes them.
type batch struct {
	events []byte
	// size is the length of all of it in bytes.
	size int
	// end is the number of the last event. safe is the number of the last event that was known to be on the disk
	// when the batch was written; crc is as it was written, of events.
	end, safe int64
	crc       uint32
}

// closing is how the closing line begins, with the end of the line before it. No event's line begins so, and
// within a line JSON has no line break.
const closing = "\n{\"end\":"

// closeBatch appends the closing line to the lines of a batch's events.
func closeBatch(events []byte, end, safe int64) []byte {
	crc := crc32.Checksum(events, castagnoli())
	out := strconv.AppendInt(append(events, closing[1:]...), end, 10)
	out = strconv.AppendInt(append(out, `,"safe":`...), safe, 10)
	out = append(out, `,"crc":"`...)
	for shift := 28; shift >= 0; shift -= 4 {
		out = append(out, "0123456789abcdef"[crc>>shift&15])
	}
	return append(out, "\"}\n"...)
}

// castagnoli is the polynomial that processors compute themselves.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// sound says that the events are as they were written.
func (b batch) sound() bool { return crc32.Checksum(b.events, castagnoli()) == b.crc }

// cutBatch takes the first batch off a text; ok is false when none is whole. A closing line that cannot be read
// gives a batch that is not sound.
func cutBatch(text []byte) (b batch, ok bool) {
	at := bytes.Index(text, []byte(closing))
	if at < 0 {
		return b, false
	}
	b.events = text[:at+1]
	line := text[at+1:]
	stop := bytes.IndexByte(line, '\n')
	if stop < 0 {
		return b, false
	}
	b.size = at + 1 + stop + 1
	if !b.readClosing(line[:stop]) {
		b.events = nil
		b.crc = 1 // which nothing has
	}
	return b, true
}

func (b *batch) readClosing(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte(closing[1:]))
	end, rest, ok2 := bytes.Cut(rest, []byte(`,"safe":`))
	safe, crc, ok3 := bytes.Cut(rest, []byte(`,"crc":"`))
	crc, ok4 := bytes.CutSuffix(crc, []byte(`"}`))
	if !ok || !ok2 || !ok3 || !ok4 {
		return false
	}
	var err1, err2, err3 error
	var sum uint64
	b.end, err1 = strconv.ParseInt(string(end), 10, 64)
	b.safe, err2 = strconv.ParseInt(string(safe), 10, 64)
	sum, err3 = strconv.ParseUint(string(crc), 16, 32)
	b.crc = uint32(sum)
	return err1 == nil && err2 == nil && err3 == nil
}
