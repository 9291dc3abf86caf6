package control

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
)

// runDir is the folder of a run's files.
func runDir(root, run string) string { return filepath.Join(root, ".billow", "runs", run) }

// attemptDir is the folder of one attempt's files; it exists only when the attempt has left some.
func attemptDir(root, run, task string, attempt int) string {
	return filepath.Join(runDir(root, run), safeName(task), strconv.Itoa(attempt))
}

// AttemptDir is the folder of an attempt's files, absolute; it exists only when the attempt has left some.
func (r *RunResponse) AttemptDir(task string, attempt int) string {
	return attemptDir(r.Root, r.Run, task, attempt)
}

// safeName makes a folder's name of a task's id: what file systems do not agree on becomes %XX, and a long
// id is cut, with a hash so that no two become the same. The items of a foreach get a folder within their
// task's.
func safeName(id string) string {
	if parent, item, ok := cutLast(id, "/"); ok && isNumber(item) {
		return filepath.Join(safeName(parent), "item-"+item)
	}
	const longest = 100
	var b strings.Builder
	for i := range len(id) {
		c := id[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
			b.WriteByte(c)
		case c == '.' && i > 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	name := b.String()
	if len(name) > longest {
		sum := sha256.Sum256([]byte(id))
		name = name[:longest-9] + "-" + hex.EncodeToString(sum[:4])
	}
	return name
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}
