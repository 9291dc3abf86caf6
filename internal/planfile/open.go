package planfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"billow/plan"
)

// MaxBytes is how large a plan file may be unless Options say otherwise.
const MaxBytes = 32 << 20

// Options are the limits of Open.
type Options struct {
	// MaxBytes is the largest file that is read; 0 is 32 MiB, and the size is checked before anything is read.
	MaxBytes int64
}

// File is a plan file as it was read.
type File struct {
	// Path is the path as given, Real the absolute path with symlinks resolved.
	Path, Real string
	// Data is the file's text. Where Folder is true, it is the bundle of a folder's task files (see plan.Bundle), and
	// LeftOut are the other Markdown files in it.
	Data    []byte
	Folder  bool
	LeftOut []LeftOut
}

// Open reads a plan file, or a folder of task files. The error wraps ErrGone (and names the YAML files that do lie
// there), ErrNotFile, ErrTooBig or ErrPermission; of a folder also ErrInvalid, where a task file is not text.
func Open(path string, o Options) (*File, error) {
	f := &File{Path: path, Folder: isFolder(path)}
	var err error
	if f.Folder {
		f.Data, f.LeftOut, err = readFolder(path, limited(o.MaxBytes), nobody)
	} else {
		f.Data, err = readFile(path, limited(o.MaxBytes))
	}
	if errors.Is(err, ErrGone) {
		return nil, missing(path, err)
	}
	if err != nil {
		return nil, err
	}
	if f.Real, err = realPath(path); err != nil {
		return nil, explain("read", path, err)
	}
	return f, nil
}

// limited is a limit, or its default.
func limited(limit int64) int64 {
	if limit <= 0 {
		return MaxBytes
	}
	return limit
}

// read returns what a plan says now, as Open would: at most limit bytes. before is what it said last.
func read(path string, limit int64, before []byte) ([]byte, error) {
	if !isFolder(path) {
		return readFile(path, limit)
	}
	files, _ := plan.Unbundle(before)
	known := make(map[string]bool, len(files))
	for _, f := range files {
		known[f.Name] = true
	}
	data, _, err := readFolder(path, limit, func(name string) bool { return known[name] })
	return data, err
}

// readFile returns the bytes of a regular file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	// Looked at before it is opened: opening a pipe would wait for its writer.
	info, err := os.Stat(path)
	if err != nil {
		return nil, explain("read", path, err)
	}
	if info.IsDir() {
		return nil, &fileError{text: fmt.Sprintf("%s is a folder; name the plan file in it", path), kind: ErrNotFile}
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular("read", path)
	}
	if info.Size() > limit {
		return nil, tooBig(path, info.Size(), limit)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, explain("read", path, err)
	}
	defer f.Close()
	// It may have grown since, and some files (those of /proc) do not say how long they are.
	data, err := readAll(io.LimitReader(f, limit+1), info.Size())
	if err != nil {
		return nil, explain("read", path, err)
	}
	if int64(len(data)) > limit {
		return nil, tooBig(path, int64(len(data)), limit)
	}
	return data, nil
}

// readAll reads to the end; size is how much that probably is. io.ReadAll begins small, and for a file of 2 MB
// makes 10 MB of garbage.
func readAll(r io.Reader, size int64) ([]byte, error) {
	// One more, and the end is found without making room for it.
	var out bytes.Buffer
	out.Grow(int(size) + bytes.MinRead)
	_, err := out.ReadFrom(r)
	return out.Bytes(), err
}

func notRegular(doing, path string) error {
	return &fileError{text: fmt.Sprintf("cannot %s %s: %s", doing, path, ErrNotFile), kind: ErrNotFile}
}

func tooBig(path string, size, limit int64) error {
	return &fileError{
		text: fmt.Sprintf("%s is too big: at least %d bytes, the limit is %d; is it a plan?", path, size, limit),
		kind: ErrTooBig,
	}
}

// missing adds to the error for a file that does not exist what is there instead.
func missing(path string, cause error) error {
	text := fmt.Sprintf("cannot read %s: %s", path, ErrGone)
	dir := filepath.Dir(path)
	const shown = 5
	names := yamlNames(dir)
	near := plan.Nearest(filepath.Base(path), names)
	if len(names) == 1 {
		near = names[0]
	}
	target, linked := os.Readlink(path)
	switch {
	case linked == nil:
		text += fmt.Sprintf("; it is a link to %s, which is not there", target)
	case near != "":
		text += fmt.Sprintf("; did you mean %s?", filepath.Join(dir, near))
	case len(names) > 1:
		text += fmt.Sprintf("; %s has %s", dir, strings.Join(names[:min(len(names), shown)], ", "))
	default:
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			text += fmt.Sprintf("; there is no folder %s", dir)
		}
	}
	return &fileError{text: text, kind: ErrGone, cause: cause}
}

// yamlNames are the YAML files of a folder, by name; none if it cannot be read.
func yamlNames(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if (ext == ".yaml" || ext == ".yml") && !e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names
}

// realPath is absolute and has no symlinks in it; two names of one file have one real path.
func realPath(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}
