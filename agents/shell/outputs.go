package shell

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"unicode/utf8"
)

// maxOutputs is the largest file of outputs, in bytes.
const maxOutputs = 1 << 20

// takeOutputs reads the outputs a command has written to a file, and makes the file ready for the next
// command unless it is to be kept. A missing or empty file is no outputs.
func takeOutputs(file string, keep bool) (map[string]string, error) {
	// Most commands write none, and to look costs less than to open. A file that the next could not write to is not left.
	var st syscall.Stat_t
	if err := syscall.Lstat(file, &st); errors.Is(err, fs.ErrNotExist) || err == nil && st.Size == 0 &&
		st.Mode&syscall.S_IFMT == syscall.S_IFREG && st.Mode&0o600 == 0o600 {
		return nil, nil
	}
	// A command may have put anything there; a named pipe must not make us wait.
	fd, err := syscall.Open(file, syscall.O_RDWR|syscall.O_NONBLOCK|syscall.O_CLOEXEC|syscall.O_NOFOLLOW, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		if !keep {
			_ = os.RemoveAll(file)
		}
		return nil, fmt.Errorf("read the outputs in $BILLOW_OUTPUT: %w", err)
	}
	f := os.NewFile(uintptr(fd), file)
	defer func() { _ = f.Close() }()
	if err := syscall.Fstat(fd, &st); err != nil || st.Mode&syscall.S_IFMT != syscall.S_IFREG {
		if !keep {
			_ = os.RemoveAll(file)
		}
		return nil, errors.New("$BILLOW_OUTPUT is no longer a plain file")
	}
	data, err := io.ReadAll(io.LimitReader(f, maxOutputs+1))
	if !keep {
		// Emptied and not removed: a new file costs more than an old one.
		if errTrunc := f.Truncate(0); errTrunc != nil {
			_ = os.Remove(file)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read the outputs in $BILLOW_OUTPUT: %w", err)
	}
	if len(data) > maxOutputs {
		return nil, fmt.Errorf("the outputs in $BILLOW_OUTPUT are larger than %d KiB: put the bulk in a file and give its path", maxOutputs>>10)
	}
	return parseOutputs(string(data))
}

// parseOutputs reads KEY=VALUE lines, and values of several lines between KEY<<WORD and a line WORD. Empty
// lines are passed over; of two values for one key the later counts.
func parseOutputs(data string) (map[string]string, error) {
	outputs := map[string]string{}
	bad := func(line int, format string, args ...any) (map[string]string, error) {
		return nil, fmt.Errorf("$BILLOW_OUTPUT, line %d: %s", line, fmt.Sprintf(format, args...))
	}
	rest := data
	next := func() (line string) {
		line, rest, _ = strings.Cut(rest, "\n")
		return strings.TrimSuffix(line, "\r")
	}
	for number := 1; rest != ""; number++ {
		line := next()
		if line == "" {
			continue
		}
		if !utf8.ValidString(line) || strings.IndexByte(line, 0) >= 0 {
			return bad(number, "this is not text")
		}
		equals, here := strings.IndexByte(line, '='), strings.Index(line, "<<")
		switch {
		case here >= 0 && (equals < 0 || here < equals):
			key, word := strings.TrimSpace(line[:here]), strings.TrimSpace(line[here+2:])
			if !isKey(key) || word == "" {
				return bad(number, "a value of several lines begins with KEY<<WORD, this is %q", shorten(line))
			}
			start := number
			var value []string
			for closed := false; !closed; {
				if rest == "" {
					return bad(start, "the value of %s has no end: the line %s is missing after it", key, word)
				}
				number++
				text := next()
				if closed = text == word; !closed {
					value = append(value, text)
				}
			}
			outputs[key] = strings.Join(value, "\n")
			if !utf8.ValidString(outputs[key]) || strings.IndexByte(outputs[key], 0) >= 0 {
				return bad(start, "the value of %s is not text", key)
			}
		case equals >= 0 && isKey(line[:equals]):
			outputs[line[:equals]] = line[equals+1:]
		default:
			return bad(number, "an output is written KEY=VALUE, with letters, digits, _ and - in the key; this is %q", shorten(line))
		}
	}
	if len(outputs) == 0 {
		return nil, nil
	}
	return outputs, nil
}

func isKey(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
