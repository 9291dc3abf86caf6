package shell

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// scratch is the agent's folder of scratch files, one set for each slot.
type scratch struct {
	root string

	mu    sync.Mutex
	dir   string // under root, of this agent alone; "" until the first command
	slots map[int]*slot
}

// slot is one set of scratch files; it belongs to the command that runs in it.
type slot struct {
	dir        string
	number     int
	generation int // counts how often files were left behind under their names
	stdout     logFile
	stderr     logFile
	outputs    string // the file for outputs, which we never create
	variable   string // names outputs to the command
}

// logFile is where one output goes; file is nil until it is needed.
type logFile struct {
	path string
	file *os.File
}

// slot gives a slot with its files open and empty.
func (s *scratch) slot(number int) (*slot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		if err := os.MkdirAll(s.root, 0o755); err != nil {
			return nil, err
		}
		// Nobody else may look into it: a command makes its file of outputs with whatever mode it likes.
		dir, err := os.MkdirTemp(s.root, "shell-")
		if err != nil {
			return nil, err
		}
		s.dir, s.slots = dir, map[int]*slot{}
	}
	one := s.slots[number]
	if one == nil {
		one = &slot{dir: s.dir, number: number}
		one.name()
		s.slots[number] = one
	}
	if err := one.stdout.open(); err != nil {
		return nil, err
	}
	if err := one.stderr.open(); err != nil {
		return nil, err
	}
	return one, nil
}

func (s *scratch) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" {
		return nil
	}
	var errs []error
	for _, one := range s.slots {
		for _, log := range []*logFile{&one.stdout, &one.stderr} {
			if log.file == nil {
				continue
			}
			if log.size() == 0 {
				errs = append(errs, os.Remove(log.path))
			}
			errs = append(errs, log.file.Close())
		}
		if err := os.Remove(one.outputs); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	if err := os.Remove(s.dir); err != nil && !errors.Is(err, syscall.ENOTEMPTY) && !errors.Is(err, fs.ErrExist) {
		errs = append(errs, err)
	}
	s.dir, s.slots = "", nil
	return errors.Join(errs...)
}

// name gives the slot's files names that no file has yet.
func (s *slot) name() {
	base := filepath.Join(s.dir, strconv.Itoa(s.number))
	if s.generation > 0 {
		base += "-" + strconv.Itoa(s.generation)
	}
	s.stdout.path, s.stderr.path = base+".out", base+".err"
	s.outputs = base + ".outputs"
	s.variable = outputVariable + s.outputs
}

// settle moves what was printed into the attempt's folder and makes the slot ready for the next command.
// held says that something of the command lives on and may still write: then even empty files move, and the
// slot goes on with others. It gives the logs' places, "" for those that stay empty.
func (s *slot) settle(dir, step string, held bool) (stdout, stderr string, err error) {
	stdout, errOut := s.stdout.move(dir, logName(step, "stdout"), held)
	stderr, errErr := s.stderr.move(dir, logName(step, "stderr"), held)
	err = errors.Join(errOut, errErr)
	if held || err != nil {
		s.stdout.leave()
		s.stderr.leave()
		s.generation++
		s.name()
	}
	return stdout, stderr, err
}

// logName is the name of a log: stdout.log, and accept.1.stdout.log for other steps than the main one.
func logName(step, output string) string {
	if step == "" || step == "do" {
		return output + ".log"
	}
	return strings.ReplaceAll(step, "/", "_") + "." + output + ".log"
}

func (l *logFile) open() error {
	if l.file != nil {
		return nil
	}
	// Appending, so that programs which write to both outputs or start others do not overwrite each other;
	// reading, for the end of a failed command's output.
	file, err := os.OpenFile(l.path, os.O_CREATE|os.O_APPEND|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	l.file = file
	return nil
}

// size is taken by a bare fstat: it is asked after every command.
func (l *logFile) size() int64 {
	var st syscall.Stat_t
	if l.file == nil || syscall.Fstat(int(l.file.Fd()), &st) != nil {
		return 0
	}
	return st.Size
}

func (l *logFile) move(dir, name string, always bool) (string, error) {
	if l.size() == 0 && !always {
		return "", nil
	}
	if dir == "" {
		return "", l.file.Truncate(0)
	}
	place := filepath.Join(dir, name)
	err := os.Rename(l.path, place)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.MkdirAll(dir, 0o755); err == nil {
			err = os.Rename(l.path, place)
		}
	}
	if err != nil {
		return l.path, fmt.Errorf("the log stays at %s: %w", l.path, err)
	}
	l.leave()
	return place, nil
}

// leave lets go of the file without touching it.
func (l *logFile) leave() {
	if l.file != nil {
		_ = l.file.Close()
		l.file = nil
	}
}

// tail reads the last n bytes.
func (l *logFile) tail(size, n int64) []byte {
	if n > size {
		n = size
	}
	if n <= 0 {
		return nil
	}
	b := make([]byte, n)
	read, _ := l.file.ReadAt(b, size-n)
	return b[:read]
}
