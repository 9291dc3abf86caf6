package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"billow/engine"
)

// Decoder reads what Encode wrote. The zero value is ready; one that is kept for a whole history holds each
// name (task, step, host ...) in memory once. It is not safe for use by several goroutines.
type Decoder struct {
	names map[string]string
}

// Decode appends the events of body to dst. Fields that this version does not know are ignored, event types
// that it does not know are kept. On an error dst is returned as it was.
//
// Lines of the shape that Encode writes by hand are read by hand; any other line that is JSON (later fields,
// blanks, escapes) is read by encoding/json, with the same result.
func (d *Decoder) Decode(dst []engine.Event, body []byte) ([]engine.Event, error) {
	if d.names == nil {
		d.names = map[string]string{}
	}
	out := dst
	for len(body) > 0 {
		line := body
		if n := bytes.IndexByte(body, '\n'); n >= 0 {
			line, body = body[:n], body[n+1:]
		} else {
			body = nil
		}
		// Events are large: the line is read into its place rather than copied there.
		out = append(out, engine.Event{})
		e := &out[len(out)-1]
		if d.plain(e, line) {
			continue
		}
		*e = engine.Event{}
		if err := json.Unmarshal(line, e); err != nil {
			return dst, fmt.Errorf("the event %s cannot be read: %w", clip(line), err)
		}
	}
	return out, nil
}

// clip is the beginning of a line, for messages.
func clip(line []byte) string {
	const most = 60
	if len(line) > most {
		return fmt.Sprintf("%q…", line[:most])
	}
	return fmt.Sprintf("%q", line)
}

// plain reads a line of the shape that appendEvent writes and reports whether it was one.
func (d *Decoder) plain(e *engine.Event, line []byte) bool {
	s := scan{rest: line}
	if !s.next('{') {
		return false
	}
	for {
		ok := false
		switch key := s.key(); string(key) {
		case "seq":
			e.Seq, ok = s.int()
		case "attempt":
			var n int64
			n, ok = s.int()
			e.Attempt = int(n)
		case "at":
			ok = e.At.UnmarshalText(s.text()) == nil
		case "until":
			ok = e.Until.UnmarshalText(s.text()) == nil
		case "type":
			var name string
			name, ok = d.name(s.text())
			e.Type = engine.EventType(name)
		case "task":
			e.Task, ok = d.name(s.text())
		case "step":
			e.Step, ok = d.name(s.text())
		case "reason":
			e.Reason, ok = d.name(s.text())
		case "by":
			e.By, ok = d.name(s.text())
		case "status":
			e.Status, ok = d.name(s.text())
		case "flag":
			e.Flag, ok = d.name(s.text())
		case "claim":
			// A second claim would be laid over the first by encoding/json; nobody writes that.
			if e.Claim == nil {
				e.Claim = new(engine.Claim)
				ok = d.claim(e.Claim, &s)
			}
		}
		if !ok {
			return false
		}
		if !s.next(',') {
			return s.next('}') && len(s.rest) == 0
		}
	}
}

func (d *Decoder) claim(c *engine.Claim, s *scan) bool {
	if !s.next('{') {
		return false
	}
	if s.next('}') {
		return true
	}
	for {
		ok := false
		switch key := s.key(); string(key) {
		case "pid":
			var n int64
			n, ok = s.int()
			c.PID = int(n)
		case "started":
			var n int64
			n, ok = s.int()
			c.Started, ok = uint64(n), ok && n >= 0
		case "boot":
			c.Boot, ok = d.name(s.text())
		case "host":
			c.Host, ok = d.name(s.text())
		case "supervised":
			ok = bytes.HasPrefix(s.rest, []byte("true"))
			if ok {
				s.rest = s.rest[len("true"):]
				c.Supervised = true
			}
		case "dir":
			if text := s.text(); text != nil {
				c.Dir, ok = string(text), true
			}
		}
		if !ok {
			return false
		}
		if !s.next(',') {
			return s.next('}')
		}
	}
}

// nameLimit is the length in bytes up to which a text is worth sharing.
const nameLimit = 64

// name is text as a string, the same string for the same short text; false when text is nil.
func (d *Decoder) name(text []byte) (string, bool) {
	if len(text) > nameLimit {
		return string(text), true
	}
	if s, ok := d.names[string(text)]; ok {
		return s, text != nil
	}
	s := string(text)
	if text != nil {
		d.names[s] = s
	}
	return s, text != nil
}

// scan walks through one line of JSON without blanks. What it does not understand it refuses, and the line
// goes to encoding/json.
type scan struct {
	rest []byte
}

func (s *scan) next(c byte) bool {
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// key is the next key, with its colon behind it taken; nil when there is none.
func (s *scan) key() []byte {
	key := s.text()
	if !s.next(':') {
		return nil
	}
	return key
}

// text is the next string, nil when there is none or it holds escapes.
func (s *scan) text() []byte {
	if !s.next('"') {
		return nil
	}
	ascii := true
	for i, c := range s.rest {
		switch {
		case c == '"':
			text := s.rest[:i:i]
			if !ascii && !utf8.Valid(text) {
				return nil
			}
			s.rest = s.rest[i+1:]
			return text
		case c == '\\' || c < ' ':
			return nil
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil
}

// int is the next number, where it is whole and of at most 18 digits, so that it cannot overflow.
func (s *scan) int() (int64, bool) {
	negative := s.next('-')
	n, digits := int64(0), 0
	for digits < len(s.rest) && s.rest[digits] >= '0' && s.rest[digits] <= '9' {
		if digits == 18 {
			return 0, false
		}
		n = n*10 + int64(s.rest[digits]-'0')
		digits++
	}
	if digits == 0 || digits > 1 && s.rest[0] == '0' {
		return 0, false
	}
	s.rest = s.rest[digits:]
	if negative {
		n = -n
	}
	return n, true
}
