package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// preparePlace makes the folder of a file that is to be written later.
func preparePlace(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return fmt.Errorf("%s is a folder", path)
	case err == nil:
		return nil
	}
	return os.MkdirAll(filepath.Dir(path), 0o755)
}

// replaceFile writes a file so that nobody ever sees half of it: beside it first, then in its place. What is no
// regular file, such as /dev/stdout, is written to as it is.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return writeTo(path, os.O_WRONLY, write)
	}
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name())
		}
	}()
	if err := errors.Join(buffered(file, write), file.Chmod(reportMode), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// reportMode: reports are for others.
const reportMode fs.FileMode = 0o644

// appendFile adds to the end of a file.
func appendFile(path string, write func(io.Writer)) error {
	return writeTo(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, func(w io.Writer) error { write(w); return nil })
}

func writeTo(path string, how int, write func(io.Writer) error) error {
	file, err := os.OpenFile(path, how, reportMode)
	if err != nil {
		return err
	}
	return errors.Join(buffered(file, write), file.Close())
}

func buffered(to io.Writer, write func(io.Writer) error) error {
	w := bufio.NewWriter(to)
	return errors.Join(write(w), w.Flush())
}

// isFile reports whether a stream is a regular file.
func isFile(stream any) bool {
	file, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode().IsRegular()
}

// repository is the folder of the git repository that dir is in, dir itself where it is in none.
func repository(dir string) string {
	for at := dir; ; {
		if _, err := os.Lstat(filepath.Join(at, ".git")); err == nil {
			return at
		}
		up := filepath.Dir(at)
		if up == at {
			return dir
		}
		at = up
	}
}
