package proc

import (
	"strings"
	"sync"
	"syscall"
)

// layout is room for the texts of one start as the system wants them, each with a NUL byte behind it. It is used again:
// an environment is some kilobytes, which made anew for each child were a tenth of all garbage of a run.
type layout struct {
	text  []byte
	lists []*byte
}

var layouts = sync.Pool{New: func() any { return new(layout) }}

// room makes place for lists of texts, each list with a nil behind it.
func (l *layout) room(lists ...[]string) {
	bytes, pointers := 0, 0
	for _, list := range lists {
		pointers += len(list) + 1
		for _, s := range list {
			bytes += len(s) + 1
		}
	}
	if cap(l.text) < bytes {
		l.text = make([]byte, 0, bytes)
	}
	if cap(l.lists) < pointers {
		l.lists = make([]*byte, 0, pointers)
	}
	l.text, l.lists = l.text[:0], l.lists[:0]
}

// add lays out a list, for which there is room.
func (l *layout) add(list []string) ([]*byte, error) {
	from := len(l.lists)
	for _, s := range list {
		if strings.IndexByte(s, 0) >= 0 {
			return nil, syscall.EINVAL
		}
		at := len(l.text)
		l.text = append(append(l.text, s...), 0)
		l.lists = append(l.lists, &l.text[at])
	}
	l.lists = append(l.lists, nil)
	return l.lists[from:], nil
}
