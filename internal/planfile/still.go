package planfile

import (
	"bytes"
	"time"
)

// patience is how many settling times a text that keeps changing is waited for; then it is taken as it is.
const patience = 20

// still watches a text that somebody is writing until it has stood still for a while: a program that saves in
// place empties the file first, and half a plan can read like a whole one with fewer tasks.
type still struct {
	text         []byte
	first, since time.Time
}

// saw reports whether the text, as it is now, can be taken.
func (s *still) saw(text []byte, now time.Time, settle time.Duration) bool {
	if s.first.IsZero() {
		s.first = now
	}
	if s.since.IsZero() || !bytes.Equal(text, s.text) {
		s.text, s.since = text, now
	}
	return now.Sub(s.since) >= settle || now.Sub(s.first) >= patience*settle
}

// due is when it makes sense to look again; zero when nothing is watched.
func (s *still) due(settle time.Duration) time.Time {
	if s.since.IsZero() {
		return time.Time{}
	}
	return s.since.Add(settle)
}

func (s *still) reset() { *s = still{} }
