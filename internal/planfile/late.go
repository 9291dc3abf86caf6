package planfile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// late is a replaced file and what somebody is writing to it. A program that saves in place opens the file,
// empties it and writes it; if we replace it after it was opened, the text goes to a file that has no name any
// more. So replaced files are looked at for as long as a save may take (KeeperOptions.Look), and what arrives
// there is put where it was meant to be.
type late struct {
	*retired
	// name is which file of a bundle it was; "" is the plan file.
	name   string
	theirs still
	// edits is how many edits of others to that file had been taken when it was replaced. What arrives after another one
	// does not know of it, and must not replace it.
	edits int
}

// lookBack looks at the replaced files. again is true when something was found there and delivered: it is
// somebody's edit like any other, and the plan file has to be looked at. settled is false while somebody is
// still writing.
func (k *Keeper) lookBack() (again, settled bool, err error) {
	now := time.Now()
	settled = true
	for _, r := range k.replaced {
		text, news := r.news(k.o.MaxBytes)
		if !news {
			r.theirs.reset()
			continue
		}
		if !r.theirs.saw(text, now, k.o.Settle) {
			settled = false
			continue
		}
		if err := k.deliver(r, text); err != nil {
			return false, true, err
		}
		return true, true, nil
	}
	k.replaced = slices.DeleteFunc(k.replaced, func(r *late) bool {
		old := r.theirs.since.IsZero() && now.Sub(r.at) >= k.o.Look
		if old {
			_ = r.close()
		}
		return old
	})
	return false, settled, nil
}

// news returns what was written to a replaced file since it was last looked at. An empty file is not news: the
// program that emptied it is about to write.
func (r *late) news(limit int64) (text []byte, news bool) {
	info, err := r.file.Stat()
	if err != nil || sameLooks(info, r.info) || info.Size() == 0 {
		return nil, false
	}
	if text, err = r.read(limit); err != nil {
		return nil, false
	}
	if bytes.Equal(text, r.text) {
		r.info = info
		return nil, false
	}
	return text, true
}

// deliver puts a text that went to a replaced file into the plan file, as if it had been written just after
// us. Where somebody has written there since, that stands, and the text is saved beside the plan.
func (k *Keeper) deliver(r *late, text []byte) error {
	err := ErrChanged
	if was := textOf(k.text, r.name); was != nil && r.edits == k.edits[r.name] {
		var done replacement
		done, err = replace(fileIn(k.o.Path, r.name), was, text, exchange)
		k.takenOut(step{name: r.name, was: was, text: text}, done)
	}
	if errors.Is(err, ErrChanged) || errors.Is(err, ErrContested) {
		err = k.saveAside(r.name, text)
	}
	if err != nil {
		return err
	}
	k.looks = nil
	// More may come: the next look takes what was delivered, and what comes then knows of it.
	r.text, r.at, r.edits = text, time.Now(), k.edits[r.name]+1
	r.theirs.reset()
	return nil
}

// maxLate is how many replaced files are looked at, at most: each is kept open. In a folder of task files every status
// replaces one, and those that were replaced first have had the most time to be written.
const maxLate = 100

// takenOut keeps an eye on the file that an attempt to write has taken out, and on the text of somebody else
// that was out for a moment.
func (k *Keeper) takenOut(s step, r replacement) {
	if r.old != nil {
		k.replaced = append(k.replaced, &late{retired: r.old, name: s.name, edits: k.edits[s.name]})
		if len(k.replaced) > maxLate && k.replaced[0].theirs.since.IsZero() {
			_ = k.replaced[0].close()
			k.replaced = slices.Delete(k.replaced, 0, 1)
		}
	}
	if r.seen != nil {
		k.overlooked = append(k.overlooked, overlooked{
			name: s.name, text: r.seen, lines: newLines(s.was, r.seen), until: time.Now().Add(k.o.Stale),
		})
	}
}

// overlooked is a text of somebody else that was out for a moment, with ours in its place. Whoever looked in
// that moment has not seen it, and what they write later will not have it.
type overlooked struct {
	// name is which file of a bundle it was; "" is the plan file.
	name string
	text []byte
	// lines are those it has and the text before it had not.
	lines []string
	// until is when nobody can be writing any more who looked then.
	until time.Time
}

// lookAround saves the overlooked texts that the plan would be without once it says this.
func (k *Keeper) lookAround(text []byte) {
	now := time.Now()
	k.overlooked = slices.DeleteFunc(k.overlooked, func(o overlooked) bool {
		if now.After(o.until) {
			return true
		}
		now := textOf(text, o.name)
		if slices.ContainsFunc(o.lines, func(line string) bool { return !bytes.Contains(now, []byte(line)) }) {
			if err := k.saveAside(o.name, o.text); err != nil {
				k.tell(err)
			}
			return true
		}
		return false
	})
}

// newLines are the lines of text that before has not, by what they say.
func newLines(before, text []byte) []string {
	old := map[string]bool{}
	for line := range bytes.Lines(before) {
		old[string(line)] = true
	}
	var out []string
	for line := range bytes.Lines(text) {
		if !old[string(line)] {
			out = append(out, string(line))
		}
	}
	return out
}

// saveAside writes a text beside the plan's file of that name, under a name of its own, and tells of it.
func (k *Keeper) saveAside(file string, text []byte) error {
	path := fileIn(k.o.Path, file)
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".saved-*")
	if err != nil {
		return explain("write", path, err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return explain("write", f.Name(), err)
	}
	k.tell(&contestedError{file: f.Name()})
	return nil
}
