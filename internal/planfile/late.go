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
	theirs still
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
// us. Where yet another program has written there, that stands, and the text is saved beside the plan.
func (k *Keeper) deliver(r *late, text []byte) error {
	_, old, err := replace(k.o.Path, k.text, text, exchange)
	if errors.Is(err, ErrChanged) || errors.Is(err, ErrContested) {
		var name string
		if name, err = saveAside(k.o.Path, text); err == nil {
			k.tell(&contestedError{file: name})
		}
	}
	if err != nil {
		return err
	}
	if old != nil {
		k.replaced = append(k.replaced, &late{retired: old})
	}
	k.looks = nil
	r.text, r.at = text, time.Now()
	r.theirs.reset()
	return nil
}

// saveAside writes a text beside the plan, under a name of its own.
func saveAside(path string, text []byte) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".saved-*")
	if err != nil {
		return "", explain("write", path, err)
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", explain("write", f.Name(), err)
	}
	return f.Name(), nil
}
