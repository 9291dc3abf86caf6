package planfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"billow/plan"
)

// errNoExchange: the file system cannot swap two files in one step.
var errNoExchange = errors.New("no exchange")

// Replace puts text where the file at path holds was. Readers see the old text or the new one, never half of
// either. Symlinks are followed: the file they lead to is replaced and they stay. Mode and owner are kept.
// Other hard links to the file keep the old text and are from then on a file of their own, because a file
// cannot both be replaced in one step and stay the same file.
//
// If somebody else has written meanwhile, even in the last moment, the error wraps ErrChanged and their text
// stands. It wraps ErrGone when there is no file: Replace never creates one. On every error the file is as it
// was, or as they wrote it.
//
// Of a folder of task files, was and text are bundles of the same files, and those that differ are replaced, one after
// the other. If somebody has written to one of them before the first is replaced, none is; later, those before it stand.
func Replace(path string, was, text []byte) error {
	todo, err := steps(path, was, text)
	if err != nil {
		return err
	}
	for _, s := range todo {
		if s.fresh {
			return otherFiles(path)
		}
		if err := holds(fileIn(path, s.name), s.was); err != nil {
			return explain("write", fileIn(path, s.name), err)
		}
	}
	for _, s := range todo {
		r, err := s.do(path, exchange)
		if err = errors.Join(err, r.old.close()); err != nil {
			return err
		}
	}
	return nil
}

// replacement is what came of an attempt to replace a file.
type replacement struct {
	// info is what the new file looks like.
	info os.FileInfo
	// old is the file that was taken out: the one replaced or, when it had to be put back, ours. It is nil
	// where the system does not let us keep it.
	old *retired
	// seen is what somebody else had written and was put back; nil when that did not happen. For a moment our
	// text could be read in its place.
	seen []byte
}

// retired is a file that was taken out: removed from its folder, and kept open because a program that opened
// it before (an editor that saves in place) may still write to it.
type retired struct {
	file *os.File
	// info is the file's size and time when it was last looked at, text what it held.
	info os.FileInfo
	text []byte
	// at is when it was taken out.
	at time.Time
}

// replace is Replace by way of the given exchange.
func replace(path string, was, text []byte, exchange func(a, b string) error) (replacement, error) {
	r, err := tryReplace(path, was, text, exchange)
	return r, explain("write", path, err)
}

func tryReplace(path string, was, text []byte, exchange func(a, b string) error) (r replacement, err error) {
	real, err := realPath(path)
	if err != nil {
		return r, err
	}
	info, err := os.Stat(real)
	if err != nil {
		return r, err
	}
	if !info.Mode().IsRegular() {
		return r, notRegular("write", path)
	}
	// A rename asks only for the folder's permission; the file's says more of what its owner wants.
	if err := mayWrite(real); err != nil {
		return r, err
	}
	fresh, info, err := writeTemp(real, text, info)
	if err != nil {
		return r, err
	}
	// Writing down to the disk took its time. Most who wrote meanwhile are found here, and never see our text.
	if err := holds(real, was); err != nil {
		return r, errors.Join(err, removeTemp(fresh))
	}
	r.info = info
	s := swapper{real: real, exchange: exchange}
	out, err := s.swap(fresh)
	if err != nil {
		return r, errors.Join(err, removeTemp(fresh))
	}
	if out != "" {
		r.old, r.seen, err = s.takeOut(out, was, text)
	}
	// The new text stands whether or not this works; after a power loss the old one might, and would be merged.
	_ = syncDir(filepath.Dir(real))
	return r, err
}

// create puts text into a file that is not there, with the mode and owner of another one. Nobody sees half of it. The error
// wraps ErrChanged where there is a file.
func create(path, like string, text []byte) (os.FileInfo, error) {
	info, err := os.Stat(like)
	if err != nil {
		return nil, err
	}
	temp, info, err := writeTemp(path, text, info)
	if err != nil {
		return nil, err
	}
	err = os.Link(temp, path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		// No links (exFAT, some shares): whoever creates it in the same moment is not seen.
		if _, there := os.Lstat(path); errors.Is(there, fs.ErrNotExist) {
			if err = os.Rename(temp, path); err == nil {
				return info, syncDir(filepath.Dir(path))
			}
		}
	}
	if errors.Is(err, fs.ErrExist) {
		err = errors.Join(ErrChanged, err)
	}
	if err = errors.Join(err, removeTemp(temp)); err != nil {
		return nil, err
	}
	_ = syncDir(filepath.Dir(path))
	return info, nil
}

// holds returns ErrChanged when a file has another text.
func holds(name string, want []byte) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	same, err := reads(f, want)
	if err == nil && !same {
		err = ErrChanged
	}
	return err
}

// reads says whether a reader gives exactly a text. It holds little of it at a time: a large file is compared for
// every write, and fresh memory for it would cost more than the comparison.
func reads(r io.Reader, want []byte) (bool, error) {
	chunk := make([]byte, min(len(want)+1, 1<<16))
	for {
		n, err := r.Read(chunk)
		if !bytes.HasPrefix(want, chunk[:n]) {
			return false, nil
		}
		want = want[n:]
		switch {
		case errors.Is(err, io.EOF):
			return len(want) == 0, nil
		case err != nil:
			return false, err
		}
	}
}

// writeTemp writes text to a new file beside real, with the mode and owner of like, down to the disk. It
// returns its name and what it looks like; on an error nothing is left behind.
func writeTemp(real string, text []byte, like os.FileInfo) (name string, info os.FileInfo, err error) {
	f, err := os.CreateTemp(filepath.Dir(real), tempPrefix(real)+strconv.Itoa(os.Getpid())+"-*")
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, removeTemp(f.Name()))
		}
	}()
	if _, err := f.Write(text); err != nil {
		return "", nil, err
	}
	// The owner first: changing it clears some bits of the mode.
	keepOwner(f, like)
	if err := f.Chmod(like.Mode().Perm()); err != nil {
		return "", nil, err
	}
	if err := f.Sync(); err != nil {
		return "", nil, err
	}
	info, err = f.Stat()
	return f.Name(), info, err
}

// retire opens a file that was taken out. It probably holds the text expected, which is then shared.
func retire(name string, expected []byte) (*retired, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	r := &retired{file: f, at: time.Now()}
	// What it looks like is taken before its text, so that a later write shows.
	r.info, err = f.Stat()
	same := false
	if err == nil {
		same, err = reads(io.NewSectionReader(f, 0, math.MaxInt64), expected)
	}
	if r.text = expected; err == nil && !same {
		r.text, err = r.read(math.MaxInt64)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// forget removes the file's name. Where the system does not remove a file that is open, it is closed, and
// there is nothing to look at any more.
func (r *retired) forget(name string) (*retired, error) {
	if removeTemp(name) == nil {
		return r, nil
	}
	return nil, errors.Join(r.close(), removeTemp(name))
}

// read returns what the file holds now, at most limit bytes.
func (r *retired) read(limit int64) ([]byte, error) {
	size := int64(0)
	if r.info != nil {
		size = min(r.info.Size(), limit)
	}
	return readAll(io.NewSectionReader(r.file, 0, limit), size)
}

func (r *retired) close() error {
	if r == nil {
		return nil
	}
	return r.file.Close()
}

// tempPrefix begins the names of our temporary files beside a plan; the process id follows.
func tempPrefix(real string) string { return "." + filepath.Base(real) + tempMark }

const tempMark = ".billow-"

// writeAll writes a text of a plan where there is none yet: a file, or the files of a bundle into a folder.
func writeAll(path string, data []byte) error {
	files, bundle := plan.Unbundle(data)
	if !bundle {
		files = []plan.TaskFile{{Text: data}}
	}
	for _, f := range files {
		at := fileIn(path, f.Name)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(at, f.Text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func removeTemp(name string) error {
	err := os.Remove(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// sweep removes the temporary files that killed runs have left beside a plan, or beside the files of a folder of task
// files. Those of a process that lives are its own.
func sweep(path string) {
	real, err := realPath(path)
	if err != nil {
		return
	}
	beside := map[string]map[string]bool{filepath.Dir(real): {filepath.Base(real): true}}
	if isFolder(real) {
		beside = map[string]map[string]bool{}
		entries, _ := list(real)
		for _, e := range entries {
			file, err := realPath(fileIn(real, e.name))
			if err != nil {
				continue
			}
			dir := filepath.Dir(file)
			if beside[dir] == nil {
				beside[dir] = map[string]bool{}
			}
			beside[dir][filepath.Base(file)] = true
		}
	}
	for dir, names := range beside {
		sweepDir(dir, names)
	}
}

// sweepDir removes what killed runs have left of files with these names.
func sweepDir(dir string, names map[string]bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		at := strings.LastIndex(e.Name(), tempMark)
		if at < 1 || !names[e.Name()[1:at]] {
			continue
		}
		id, _, _ := strings.Cut(e.Name()[at+len(tempMark):], "-")
		pid, err := strconv.Atoi(id)
		if err == nil && !alive(pid) {
			_ = removeTemp(filepath.Join(dir, e.Name()))
		}
	}
}
