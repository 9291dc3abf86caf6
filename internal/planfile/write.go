package planfile

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"billow/plan"
)

// pauseFactor is how many times as long as a write took the next one waits at least: of one processor, writing
// takes at most a twenty-fifth.
const pauseFactor = 25

// write puts what is set into the file, if that changes it.
func (k *Keeper) write() error {
	began := time.Now()
	text, err := k.compose()
	if err == nil && !bytes.Equal(text, k.text) {
		err = k.replace(text)
		now := time.Now()
		k.writeAt = now.Add(max(k.o.Interval, pauseFactor*now.Sub(began)))
	}
	if err != nil {
		k.mu.Lock()
		k.unsaved = true
		k.mu.Unlock()
		return err
	}
	k.unsaid = nil
	k.land()
	return nil
}

// replace writes a text and remembers what it replaced.
func (k *Keeper) replace(text []byte) error {
	if k.o.OnWriting != nil {
		if err := k.o.OnWriting(text); err != nil {
			return err
		}
	}
	todo, err := steps(k.o.Path, k.text, text)
	if err != nil {
		return err
	}
	unsaid := map[string][]plan.Change{}
	for _, c := range k.unsaid {
		file := fileOf(k.now(), c.Task)
		unsaid[file] = append(unsaid[file], c)
	}
	for i, s := range todo {
		done, err := s.do(k.o.Path, exchange)
		k.takenOut(s, done)
		if err == nil {
			k.looks = k.looks.with(s.name, done.info)
			k.said(unsaid[s.name], done.info.ModTime())
			continue
		}
		k.text = after(k.text, todo[:i])
		k.looks = nil // the next look reads it, whatever it looks like
		if done.seen != nil {
			k.said(unsaid[s.name], done.info.ModTime()) // for a moment it did, and somebody may have looked
		}
		if errors.Is(err, ErrContested) {
			k.tell(err)
			return ErrChanged
		}
		if s.name != "" && (errors.Is(err, ErrGone) || s.fresh && errors.Is(err, ErrChanged)) && isFolder(k.o.Path) {
			k.revising = nil
			return ErrChanged // a task was removed, or made; the next look takes that
		}
		return err
	}
	k.text = text
	return nil
}

// said notes what a file says since then: what was unsaid of the tasks in it.
func (k *Keeper) said(changes []plan.Change, since time.Time) {
	k.history.begin(since)
	for _, c := range changes {
		o := name(c)
		k.history.set(o, canonical(o.key, c.Value))
	}
}

// fileOf is the file that the values of a task stand in, or the plan's own, by its name in a bundle; "" is the plan file.
func fileOf(doc *plan.Document, task string) string {
	at := doc.Plan.Root
	if t := doc.Plan.Task(task); t != nil {
		at = t.Source
	}
	return doc.Source.FileAt(at.Pos)
}

// compose puts what is set into the ground and returns the text. Nothing is unsaved from then on but what is
// set later.
func (k *Keeper) compose() ([]byte, error) {
	k.revise()
	from := len(k.unsaid)
	k.mu.Lock()
	for _, o := range k.fresh {
		if c, ok := k.wishes[o]; ok {
			k.unsaid = append(k.unsaid, c)
		}
	}
	k.fresh, k.unsaved = nil, false
	k.mu.Unlock()

	for _, c := range k.unsaid[from:] {
		k.pieces.set(c)
	}
	return k.pieces.render(func(refused plan.Change, err error) {
		o := name(refused)
		k.unsaid = slices.DeleteFunc(k.unsaid, func(c plan.Change) bool { return name(c) == o })
		if !k.refused[o] && k.o.OnRefused != nil {
			k.o.OnRefused(refused, err)
		}
		k.refused[o] = true
	})
}
