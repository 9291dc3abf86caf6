package text

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// logPlaces says where a running step's output is; see ProgressOptions.Logs.
type logPlaces func(task string, attempt int, step string) (stdout, stderr string, ok bool)

// follower reads the output of running steps as it grows and passes it on line by line.
//
// While a command runs its output is in a scratch file. When it ends, a file with anything in it moves into
// the attempt's folder; an empty one is left to the next command. So what was read from a scratch file counts
// only if the command is still known to have that file afterwards, and what is left when the step has ended
// is read from the attempt's folder, at the place where reading stopped.
type follower struct {
	logs  logPlaces
	paths func(task string, attempt int) string
	print func(task string, line []byte)
	steps map[stepKey]*followed
	order []stepKey
	buf   []byte
}

type stepKey struct {
	task    string
	attempt int
	step    string
}

// followed is a step's two outputs.
type followed struct{ stdout, stderr stream }

// stream is one output: how far it has been read, and the beginning of a line that has not ended yet.
type stream struct {
	file *os.File
	// scratch is the file's name as long as another command may get it, "" for a file that is kept.
	scratch string
	read    int64
	part    []byte
}

const (
	// chunk is how much is read at once, longestLine how much of a line without an end is kept back.
	chunk       = 64 << 10
	longestLine = 64 << 10
)

func newFollower(logs logPlaces, paths func(string, int) string, print func(string, []byte)) *follower {
	return &follower{logs: logs, paths: paths, print: print, steps: map[stepKey]*followed{}, buf: make([]byte, chunk)}
}

func (f *follower) begin(task string, attempt int, step string) {
	key := stepKey{task, attempt, step}
	if f.steps[key] == nil {
		f.steps[key] = &followed{}
		f.order = append(f.order, key)
	}
}

// poll reads what is new.
func (f *follower) poll() {
	for _, key := range f.order {
		s := f.steps[key]
		stdout, stderr := f.places(key)
		s.stdout.open(stdout, f.kept(key, "stdout"))
		s.stderr.open(stderr, f.kept(key, "stderr"))
		f.read(key, &s.stdout, func() bool { now, _ := f.places(key); return now == s.stdout.scratch })
		f.read(key, &s.stderr, func() bool { _, now := f.places(key); return now == s.stderr.scratch })
	}
}

// places are the scratch files of a step, "" where it has none.
func (f *follower) places(key stepKey) (stdout, stderr string) {
	if f.logs == nil {
		return "", ""
	}
	stdout, stderr, _ = f.logs(key.task, key.attempt, key.step)
	return stdout, stderr
}

// kept is the place of a log in the attempt's folder.
func (f *follower) kept(key stepKey, output string) string {
	return logPath(f.paths(key.task, key.attempt), key.step, output)
}

// logPath is the place of a step's log: in the attempt's folder or, where an agent did the step, in a folder of its own
// there.
func logPath(dir, step, output string) string {
	path := filepath.Join(dir, logName(step, output))
	if step == "" || step == "do" {
		return path
	}
	own := filepath.Join(dir, strings.ReplaceAll(step, "/", "_"), output+".log")
	if _, err := os.Stat(own); err == nil {
		return own
	}
	return path
}

// logName is the name of a step's log in the attempt's folder.
func logName(step, output string) string {
	if step == "" || step == "do" {
		return output + ".log"
	}
	return strings.ReplaceAll(step, "/", "_") + "." + output + ".log"
}

// end reads what is left of a step that is over.
func (f *follower) end(task string, attempt int, step string) {
	key := stepKey{task, attempt, step}
	s := f.steps[key]
	if s == nil {
		s = &followed{} // it began and ended between two looks
	}
	for _, one := range []struct {
		*stream
		output string
	}{{&s.stdout, "stdout"}, {&s.stderr, "stderr"}} {
		if one.scratch != "" || one.file == nil {
			one.close()
			one.open("", f.kept(key, one.output))
		}
		f.read(key, one.stream, nil)
		if len(one.part) > 0 {
			f.print(task, one.part)
		}
		one.close()
	}
	delete(f.steps, key)
	f.order = slices.DeleteFunc(f.order, func(k stepKey) bool { return k == key })
}

// endAll ends everything that is still followed.
func (f *follower) endAll() {
	for len(f.order) > 0 {
		key := f.order[0]
		f.end(key.task, key.attempt, key.step)
	}
}

// read passes on all that is there, as long as the file is the step's.
func (f *follower) read(key stepKey, s *stream, still func() bool) {
	if s.file == nil {
		return
	}
	for {
		n, err := s.file.ReadAt(f.buf, s.read)
		if n == 0 || s.scratch != "" && !still() {
			return
		}
		s.read += int64(n)
		f.lines(key.task, s, f.buf[:n])
		if err != nil {
			return
		}
	}
}

func (f *follower) lines(task string, s *stream, b []byte) {
	for {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		line := b[:i]
		if len(s.part) > 0 {
			line = append(s.part, line...)
		}
		f.print(task, line)
		s.part = s.part[:0]
		b = b[i+1:]
	}
	s.part = append(s.part, b...)
	if len(s.part) > longestLine {
		f.print(task, s.part)
		s.part = s.part[:0]
	}
}

// open opens the scratch file if there is one, else the kept one. An output that is not there is one nothing
// was printed to.
func (s *stream) open(scratch, kept string) {
	if s.file != nil {
		return
	}
	name := kept
	if scratch != "" {
		name = scratch
	}
	if file, err := os.Open(name); err == nil {
		s.file, s.scratch = file, scratch
	}
}

func (s *stream) close() {
	if s.file != nil {
		_ = s.file.Close()
	}
	s.file, s.scratch = nil, ""
}
