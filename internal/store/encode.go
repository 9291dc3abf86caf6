package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"billow/engine"
)

// Encode numbers events after+1, after+2 ... in place and appends them to dst in the form in which every
// implementation keeps them: one JSON object per line, as encoding/json would write it. It returns dst
// unchanged when an event cannot be written.
//
// JSON, not a binary form, because histories are kept for ever and must be readable when nothing else of
// billow is at hand. Events go through here once per task while the processor is busy with children, so the
// common ones are written by hand, without reflection or allocation; whatever the hand does not know goes
// through encoding/json, so a field added to engine.Event is kept without a change here.
func Encode(dst []byte, after int64, events []engine.Event) ([]byte, error) {
	out := dst
	for i := range events {
		events[i].Seq = after + int64(i) + 1
		var err error
		if out, err = appendEvent(out, &events[i]); err != nil {
			return dst, fmt.Errorf("event %d (%s): %w", events[i].Seq, events[i].Type, err)
		}
		out = append(out, '\n')
	}
	return out, nil
}

func appendEvent(dst []byte, e *engine.Event) ([]byte, error) {
	if !plainEvent(e) {
		text, err := json.Marshal(e)
		return append(dst, text...), err
	}
	dst = append(dst, `{"seq":`...)
	dst = strconv.AppendInt(dst, e.Seq, 10)
	dst, err := appendTime(append(dst, `,"at":`...), e.At)
	if err != nil {
		return dst, err
	}
	dst = appendString(append(dst, `,"type":`...), string(e.Type))
	dst = appendField(dst, `,"task":`, e.Task)
	if e.Attempt != 0 {
		dst = strconv.AppendInt(append(dst, `,"attempt":`...), int64(e.Attempt), 10)
	}
	dst = appendField(dst, `,"step":`, e.Step)
	dst = appendField(dst, `,"reason":`, e.Reason)
	dst = appendField(dst, `,"by":`, e.By)
	dst = appendField(dst, `,"status":`, e.Status)
	if e.Claim != nil {
		dst = appendClaim(append(dst, `,"claim":`...), e.Claim)
	}
	dst = appendField(dst, `,"flag":`, e.Flag)
	if !e.Until.IsZero() {
		if dst, err = appendTime(append(dst, `,"until":`...), e.Until); err != nil {
			return dst, err
		}
	}
	return append(dst, '}'), nil
}

// plainEvent reports whether appendEvent knows every field of e that is set. It takes away what is known and
// asks whether anything is left; that costs a copy, and cannot go stale as a list of the others would.
func plainEvent(e *engine.Event) bool {
	rest := *e
	rest.Seq, rest.At, rest.Type = 0, time.Time{}, ""
	rest.Task, rest.Attempt, rest.Step = "", 0, ""
	rest.Reason, rest.By, rest.Status, rest.Flag = "", "", "", ""
	rest.Claim, rest.Until = nil, time.Time{}
	return reflect.ValueOf(&rest).Elem().IsZero() && (e.Claim == nil || plainClaim(*e.Claim))
}

func plainClaim(rest engine.Claim) bool {
	rest.PID, rest.Started, rest.Boot, rest.Host, rest.Supervised, rest.Dir = 0, 0, "", "", false, ""
	return reflect.ValueOf(&rest).Elem().IsZero()
}

func appendClaim(dst []byte, c *engine.Claim) []byte {
	start := len(dst)
	if c.PID != 0 {
		dst = strconv.AppendInt(append(dst, `,"pid":`...), int64(c.PID), 10)
	}
	if c.Started != 0 {
		dst = strconv.AppendUint(append(dst, `,"started":`...), c.Started, 10)
	}
	dst = appendField(dst, `,"boot":`, c.Boot)
	dst = appendField(dst, `,"host":`, c.Host)
	if c.Supervised {
		dst = append(dst, `,"supervised":true`...)
	}
	dst = appendField(dst, `,"dir":`, c.Dir)
	if len(dst) == start {
		return append(dst, '{', '}')
	}
	dst[start] = '{'
	return append(dst, '}')
}

func appendField(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	return appendString(append(dst, key...), value)
}

func appendString(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		// The bytes that encoding/json writes as they are.
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, err := json.Marshal(s)
			if err != nil { // a string always has a JSON form
				return append(dst, `""`...)
			}
			return append(dst, text...)
		}
	}
	return append(append(append(dst, '"'), s...), '"')
}

func appendTime(dst []byte, t time.Time) ([]byte, error) {
	dst, err := t.AppendText(append(dst, '"'))
	return append(dst, '"'), err
}
