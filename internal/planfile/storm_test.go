package planfile

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// editors are the ways in which editors write a file.
func editors() map[string]func(path, text string) error {
	return map[string]func(path, text string) error{
		"by rename": func(path, text string) error {
			if err := os.WriteFile(path+"~", []byte(text), 0o644); err != nil {
				return err
			}
			return os.Rename(path+"~", path)
		},
		"in place": func(path, text string) error { return os.WriteFile(path, []byte(text), 0o644) },
	}
}

// A storm is somebody who edits the plan as fast as the machine allows while a Keeper writes statuses as fast
// as it allows. It runs in real time: what is tested is what happens between two system calls.
func TestNoEditIsLostInAStorm(t *testing.T) {
	for name, write := range editors() {
		t.Run(name, func(t *testing.T) { storm(t, write) })
	}
}

func storm(t *testing.T, write func(path, text string) error) {
	const tasks, writes = 20, 20
	dir := t.TempDir()
	path := filepath.Join(dir, "plan.yaml")
	var src strings.Builder
	src.WriteString("plan_id: storm\ntasks:\n")
	for i := range tasks {
		fmt.Fprintf(&src, "  - id: t%d\n    title: title 0\n    status: pending\n", i)
	}
	require.NoError(t, os.WriteFile(path, []byte(src.String()), 0o644))

	var hand []plan.Change
	taken := 0
	var written atomic.Int32
	k, err := NewKeeper(KeeperOptions{
		Path: path, Doc: plan.Read(path, []byte(src.String()), plan.Options{}),
		Interval: time.Millisecond, Settle: time.Millisecond, Look: 5 * time.Millisecond,
		Stale:     time.Minute, // a busy machine lets a second pass between two of its system calls
		OnEdit:    func(e Edited) { hand, taken = append(hand, e.ByHand...), taken+1 },
		OnWriting: func([]byte) error { written.Add(1); return nil },
	})
	require.NoError(t, err)

	done := make(chan error, 1)
	edits := 0
	go func() {
		var err error
		for ; err == nil && written.Load() < writes; edits++ {
			err = edit(path, edits, write)
		}
		done <- err
	}()
	want := setUntil(t, k, tasks, done)
	last := end(t, k)

	assert.Equal(t, text(t, path), string(last))
	assert.Equal(t, strings.Join(want, " "), statuses(t, path))
	assert.Empty(t, hand, "nobody set a value by hand")
	// Two texts that do not know of each other cannot both become the plan; the one that does not is saved.
	all := string(last)
	saved, err := filepath.Glob(path + ".saved-*")
	require.NoError(t, err)
	for _, name := range saved {
		all += text(t, name)
	}
	var lost []int
	for n := range edits {
		if !strings.Contains(all, fmt.Sprintf("# comment %d.", n)) {
			lost = append(lost, n)
		}
	}
	assert.Empty(t, lost)
	t.Logf("%d edits were read as %d, against %d writes; %d crossed another", edits, taken, written.Load(), len(saved))
	only(t, dir, append(bases(saved), "plan.yaml")...)
}

// edit adds a comment to the end and changes a title in the file as it is.
func edit(path string, n int, write func(path, text string) error) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	places := regexp.MustCompile(`title \d+`).FindAllIndex(data, -1)
	at := places[rand.IntN(len(places))]
	return write(path, fmt.Sprintf("%stitle %d%s# comment %d.\n", data[:at[0]], n, data[at[1]:], n))
}

func bases(paths []string) []string {
	var out []string
	for _, p := range paths {
		out = append(out, filepath.Base(p))
	}
	return out
}

// setUntil sets statuses, one after the other and now and then down to the disk, until the editor is done, and then a
// last one for each task; these are returned.
func setUntil(t *testing.T, k *Keeper, tasks int, done <-chan error) (want []string) {
	words := []string{"in_progress", "blocked", "failed", "completed"}
	for n := 0; ; n++ {
		k.Set([]plan.Change{status(fmt.Sprintf("t%d", n%tasks), words[n/tasks%len(words)])})
		if n%50 == 0 {
			// Where the machine stops the editor between emptying the file and writing it, the file is empty
			// for longer than we wait here.
			if err := k.Flush(context.Background()); err != nil {
				require.ErrorIs(t, err, ErrInvalid)
			}
		}
		select {
		case err := <-done:
			require.NoError(t, err)
		default:
			continue
		}
		break
	}
	for i := range tasks {
		k.Set([]plan.Change{status(fmt.Sprintf("t%d", i), words[i%len(words)])})
		want = append(want, fmt.Sprintf("t%d=%s", i, words[i%len(words)]))
	}
	return want
}
