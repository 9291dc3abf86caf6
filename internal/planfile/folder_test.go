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
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// someTasks are the files of a small folder of tasks, and two that are none.
func someTasks() map[string]string {
	return map[string]string{
		"epic.md":     "---\nname: all\nstatus: backlog\n---\n",
		"001.md":      "---\nname: A\nstatus: open\n---\n# A\n",
		"002.md":      "\ufeff---\r\nname: B\r\nstatus: 'open'\r\ndepends_on: [1]\r\n---\r\nB",
		"sub/003.md":  "---\nname: C\nrun: make\n---\n",
		"README.md":   "# Tasks\n",
		"notes/x.md":  "---\nissue: 1\nstatus: done\n---\n",
		".hidden.md":  "---\nstatus: open\n---\n",
		".git2/a.md":  "---\nstatus: open\n---\n",
		"plain.txt":   "---\nstatus: open\n---\n",
		"repo/.git":   "gitdir: elsewhere",
		"repo/004.md": "---\nstatus: open\n---\n",
	}
}

// keepFolder lays a folder of task files and starts a Keeper on it, as keep does.
func keepFolder(t *testing.T, files map[string]string, change func(o *KeeperOptions)) (*Keeper, string, *heard) {
	t.Helper()
	dir := lay(t, files)
	f, err := Open(dir, Options{})
	require.NoError(t, err)
	h := &heard{}
	o := KeeperOptions{
		Path:        dir,
		Doc:         plan.Read(dir, f.Data, plan.Options{}),
		OnEdit:      func(e Edited) { h.edits = append(h.edits, e) },
		OnTrouble:   func(err error) { h.trouble = append(h.trouble, err) },
		OnRecovered: func() { h.recovered++ },
		OnRefused:   func(c plan.Change, _ error) { h.refused = append(h.refused, c) },
	}
	require.Empty(t, plan.Errors(o.Doc.Problems))
	if change != nil {
		change(&o)
	}
	k, err := NewKeeper(o)
	require.NoError(t, err)
	return k, dir, h
}

// tree reads all files of a folder.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			out[filepath.ToSlash(name)] = text(t, path)
		}
		return err
	}))
	return out
}

func TestOpenReadsAFolderOfTaskFiles(t *testing.T) {
	dir := lay(t, someTasks())
	real, err := realPath(dir)
	require.NoError(t, err)
	files := someTasks()
	data, err := plan.Bundle([]plan.TaskFile{
		{Name: "001.md", Text: []byte(files["001.md"])}, {Name: "002.md", Text: []byte(files["002.md"])},
		{Name: "epic.md", Text: []byte(files["epic.md"])}, {Name: "sub/003.md", Text: []byte(files["sub/003.md"])},
	})
	require.NoError(t, err)
	f, err := Open(dir, Options{})
	require.NoError(t, err)
	assert.Equal(t, &File{Path: dir, Real: real, Folder: true, Data: data, LeftOut: []LeftOut{
		{"README.md", "it is for people"}, {"notes/x.md", "it is about another task (`issue`)"},
	}}, f)

	// Named itself, the root of a repository gives only what lies in it directly.
	f, err = Open(filepath.Join(dir, "repo"), Options{})
	require.NoError(t, err)
	assert.Equal(t, "\x00004.md\x00---\nstatus: open\n---\n", string(f.Data))
}

func TestOpenSaysWhatIsWrongWithAFolder(t *testing.T) {
	const task = "---\nstatus: open\n---\n"
	for name, tc := range map[string]struct {
		files map[string]string
		limit int64
		kind  error
		text  string
	}{
		"no tasks":        {map[string]string{"README.md": "hello"}, 0, ErrNotFile, "without task files"},
		"a NUL":           {map[string]string{"a.md": task + "\x00"}, 0, ErrInvalid, "a.md: the file is not text: it holds a NUL byte"},
		"a file too big":  {map[string]string{"a.md": task + strings.Repeat("x", 100)}, 50, ErrTooBig, "a.md is too big"},
		"too big at all":  {map[string]string{"a.md": task, "b.md": task, "c.md": task}, 50, ErrTooBig, "is too big"},
		"only a plan":     {map[string]string{"epic.md": task}, 0, ErrNotFile, "without task files"},
		"a folder of one": {map[string]string{"x.md/": ""}, 0, ErrNotFile, "without task files"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Open(lay(t, tc.files), Options{MaxBytes: tc.limit})
			require.ErrorIs(t, err, tc.kind)
			assert.ErrorContains(t, err, tc.text)
		})
	}
}

func TestFindKnowsAFolderOfTaskFiles(t *testing.T) {
	const task = "---\nstatus: open\n---\n"
	dir := lay(t, map[string]string{
		"project/.git": "", "project/docs/tasks/001.md": task,
		"alone/tasks/001.md": task, "marked/tasks/001.md": task, "marked/tasks/billow.yaml": "",
		"both/plan.yaml": openPlan, "both/001.md": task, "bad/001.md": task + "\x00",
	})
	for name, tc := range map[string]struct{ arg, in, path, root string }{
		"in a project":            {"docs/tasks", "project", "docs/tasks", "project"},
		"from within":             {".", "project/docs/tasks", ".", "project"},
		"without a project":       {"tasks/", "alone", "tasks", "alone"},
		"that is a project":       {"tasks", "marked", "tasks", "marked/tasks"},
		"beside a plan.yaml":      {"both", ".", "both/plan.yaml", "both"},
		"that cannot be read yet": {"bad", ".", "bad", "."},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Find(tc.arg, filepath.Join(dir, tc.in))
			require.NoError(t, err)
			assert.Equal(t, Found{Path: filepath.FromSlash(tc.path), Root: filepath.Join(dir, tc.root)}, got)
			real, err := realPath(filepath.Join(dir, tc.in, tc.path))
			require.NoError(t, err)
			root, err := realPath(got.Root)
			require.NoError(t, err)
			assert.Equal(t, filepath.Join(root, ".billow", "locks"), LockDir(real))
		})
	}
	_, err := Find(dir+"/project/docs", dir)
	require.NoError(t, err, "tasks below count")
	_, err = Find("project", dir)
	require.ErrorIs(t, err, ErrNoPlan)
	assert.ErrorContains(t, err, "no Markdown file that is a task")
}

func TestKeeperWritesEachStatusIntoItsOwnFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, dir, h := keepFolder(t, someTasks(), nil)
		before, err := lookAt(dir)
		require.NoError(t, err)
		set(k, status("002", "completed"), status("sub/003", "in_progress"), status("", "in_progress"))
		last := end(t, k)
		want := someTasks()
		want["002.md"] = "\ufeff---\r\nname: B\r\nstatus: 'completed'\r\ndepends_on: [1]\r\n---\r\nB"
		want["sub/003.md"] = "---\nname: C\nstatus: in_progress\nrun: make\n---\n"
		want["epic.md"] = "---\nname: all\nstatus: in_progress\n---\n"
		assert.Equal(t, want, tree(t, dir))
		now, err := read(dir, MaxBytes, nil)
		require.NoError(t, err)
		assert.Equal(t, string(now), string(last))
		assert.Equal(t, &heard{}, h)
		after, err := lookAt(dir)
		require.NoError(t, err)
		assert.True(t, sameLooks(before[0].info, after[0].info), "001.md was not touched")
	})
}

func TestEditsOfAFolderAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, dir, h := keepFolder(t, someTasks(), nil)
		set(k, status("001", "in_progress"), status("002", "blocked"))
		flush(t, k)
		time.Sleep(3 * time.Second) // later than what the editors have before them

		save(t, filepath.Join(dir, "001.md"), "---\nname: A\nstatus: in_progress\n---\n# A, and more\n")
		save(t, filepath.Join(dir, "002.md"), "---\nname: B\nstatus: cancelled\n---\n")
		save(t, filepath.Join(dir, "new.md"), "---\nname: D\n---\n")
		require.NoError(t, os.Remove(filepath.Join(dir, "sub", "003.md")))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		require.Len(t, h.edits, 1)
		e := h.edits[0]
		assert.Equal(t, []plan.Change{status("002", "cancelled")}, e.ByHand)
		assert.Equal(t, []string{"001", "002"}, e.Changed)
		assert.Equal(t, []string{"sub/003"}, e.Removed)
		assert.Empty(t, e.Added, "new.md says nothing of a task yet")

		save(t, filepath.Join(dir, "new.md"), "---\nname: D\nstatus: open\n---\n")
		set(k, status("001", "completed"), status("sub/003", "completed"))
		flush(t, k)
		require.Len(t, h.edits, 2)
		assert.Equal(t, []string{"new"}, h.edits[1].Added)
		set(k, status("new", "completed"))
		end(t, k)
		want := someTasks()
		delete(want, "sub/003.md")
		want["001.md"] = "---\nname: A\nstatus: completed\n---\n# A, and more\n"
		want["002.md"] = "---\nname: B\nstatus: cancelled\n---\n"
		want["new.md"] = "---\nname: D\nstatus: completed\n---\n"
		assert.Equal(t, want, tree(t, dir))
		assert.Empty(t, h.trouble)
	})
}

func TestAStatusInATaskFileThatIsOnlyAsOldAsItsReadingIsNotSetByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, dir, h := keepFolder(t, someTasks(), nil)
		set(k, status("001", "in_progress"))
		flush(t, k)
		// What happens to other files meanwhile makes no difference.
		set(k, status("002", "completed"), status("sub/003", "in_progress"))
		flush(t, k)
		save(t, filepath.Join(dir, "001.md"), "---\nname: A2\nstatus: open\n---\n# A\n")
		end(t, k)
		require.Len(t, h.edits, 1)
		assert.Equal(t, []string{"001"}, h.edits[0].Changed)
		assert.Empty(t, h.edits[0].ByHand)
		assert.Equal(t, "---\nname: A2\nstatus: in_progress\n---\n# A\n", text(t, filepath.Join(dir, "001.md")))
	})
}

func TestATaskFileThatIsEmptiedIsNotATaskThatWasRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, dir, h := keepFolder(t, someTasks(), nil)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "001.md"), nil, 0o644))
		set(k, status("002", "completed"))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.Empty(t, h.edits)
		require.Len(t, h.trouble, 1)
		require.ErrorIs(t, h.trouble[0], ErrInvalid)
		assert.Equal(t, dir+"/001.md:1: there is no front matter; nothing is written to it until that is mended", h.trouble[0].Error())
		assert.Contains(t, text(t, filepath.Join(dir, "002.md")), "status: 'open'")

		require.NoError(t, os.WriteFile(filepath.Join(dir, "001.md"), []byte("---\nname: A\nstatus: open\n---\n# A\n"), 0o644))
		end(t, k)
		assert.Empty(t, h.edits)
		assert.Equal(t, 1, h.recovered)
		assert.Contains(t, text(t, filepath.Join(dir, "002.md")), "status: 'completed'")
	})
}

func TestAFileThatIsRemovedAtTheLastMomentKeepsNothingElseFromBeingWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var k *Keeper
		var dir string
		var h *heard
		k, dir, h = keepFolder(t, someTasks(), func(o *KeeperOptions) {
			o.OnWriting = func([]byte) error { _ = os.Remove(filepath.Join(o.Path, "002.md")); return nil }
		})
		set(k, status("001", "completed"), status("002", "completed"), status("sub/003", "completed"))
		end(t, k)
		want := someTasks()
		delete(want, "002.md")
		want["001.md"] = "---\nname: A\nstatus: completed\n---\n# A\n"
		want["sub/003.md"] = "---\nname: C\nstatus: completed\nrun: make\n---\n"
		assert.Equal(t, want, tree(t, dir))
		assert.Empty(t, h.trouble)
		require.Len(t, h.edits, 1)
		assert.Equal(t, []string{"002"}, h.edits[0].Removed)
		assert.Empty(t, h.edits[0].ByHand)
	})
}

func TestAFolderThatCannotBeWrittenIsSavedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rescue := filepath.Join(t.TempDir(), "run", "tasks")
		k, dir, _ := keepFolder(t, someTasks(), func(o *KeeperOptions) { o.Rescue = rescue })
		set(k, status("001", "completed"))
		require.NoError(t, os.RemoveAll(dir))
		_, err := k.Close(context.Background())
		require.ErrorIs(t, err, ErrGone)
		files := tree(t, rescue)
		assert.Equal(t, "---\nname: A\nstatus: completed\n---\n# A\n", files["001.md"])
		assert.Len(t, files, 4)
		assert.NoDirExists(t, dir)
	})
}

func TestReplaceOfAFolderReplacesWhatDiffers(t *testing.T) {
	dir := lay(t, someTasks())
	f, err := Open(dir, Options{})
	require.NoError(t, err)
	text := []byte(strings.Replace(string(f.Data), "name: A", "name: Z", 1))
	require.NoError(t, Replace(dir, f.Data, text))
	want := someTasks()
	want["001.md"] = "---\nname: Z\nstatus: open\n---\n# A\n"
	assert.Equal(t, want, tree(t, dir))

	// Of two files one was changed: neither is replaced.
	both := []byte(strings.NewReplacer("name: Z", "name: Y", "name: C", "name: X").Replace(string(text)))
	want["sub/003.md"] = "---\nname: C\nrun: make test\n---\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub", "003.md"), []byte(want["sub/003.md"]), 0o644))
	require.ErrorIs(t, Replace(dir, text, both), ErrChanged)
	assert.Equal(t, want, tree(t, dir))

	require.ErrorIs(t, Replace(dir, text, append([]byte("\x00000.md\x00"), text...)), ErrInvalid)
	require.ErrorIs(t, Replace(dir, text, []byte("tasks: []")), ErrInvalid)
	require.NoError(t, os.Remove(filepath.Join(dir, "001.md")))
	delete(want, "001.md")
	require.ErrorIs(t, Replace(dir, text, both), ErrGone)
	assert.Equal(t, want, tree(t, dir))
}

func TestWhatKilledRunsLeftBesideTaskFilesIsRemoved(t *testing.T) {
	const dead = "999999999"
	files := someTasks()
	for _, name := range []string{".001.md.billow-" + dead + "-1", "sub/.003.md.billow-" + dead + "-2.old", ".other.md.billow-" + dead + "-3",
		fmt.Sprintf(".001.md.billow-%d-4", os.Getpid())} {
		files[name] = "x"
	}
	k, dir, _ := keepFolder(t, files, nil)
	end(t, k)
	delete(files, ".001.md.billow-"+dead+"-1")
	delete(files, "sub/.003.md.billow-"+dead+"-2.old")
	assert.Equal(t, files, tree(t, dir))
}

// As TestNoEditIsLostInAStorm, for a folder: editors write one file, the Keeper this one or another.
func TestNoEditOfATaskFileIsLostInAStorm(t *testing.T) {
	for name, write := range editors() {
		t.Run(name, func(t *testing.T) { stormFolder(t, write) })
	}
}

func stormFolder(t *testing.T, write func(path, text string) error) {
	const tasks, writes = 5, 20
	files := map[string]string{}
	for i := range tasks {
		files[fmt.Sprintf("t%d.md", i)] = "---\nname: title 0\nstatus: pending\n---\n"
	}
	var hand []plan.Change
	var written atomic.Int32
	k, dir, _ := keepFolder(t, files, func(o *KeeperOptions) {
		o.Interval, o.Settle, o.Look = time.Millisecond, time.Millisecond, 5*time.Millisecond
		o.OnEdit = func(e Edited) { hand = append(hand, e.ByHand...) }
		o.OnTrouble = nil
		o.OnWriting = func([]byte) error { written.Add(1); return nil }
	})
	done := make(chan error, 1)
	edits := 0
	go func() {
		var err error
		for ; err == nil && written.Load() < writes; edits++ {
			err = editTask(filepath.Join(dir, fmt.Sprintf("t%d.md", rand.IntN(tasks))), edits, write)
		}
		done <- err
	}()
	want := setUntil(t, k, tasks, done)
	last := end(t, k)
	doc := plan.Read(dir, last, plan.Options{})
	var got []string
	for _, task := range doc.Plan.Tasks {
		got = append(got, task.ID+"="+task.RawStatus)
	}
	assert.Equal(t, want, got)
	assert.Empty(t, hand, "nobody set a value by hand")
	all := ""
	for _, text := range tree(t, dir) { // with what was saved aside
		all += text
	}
	for n := range edits {
		assert.Contains(t, all, fmt.Sprintf("# comment %d.", n))
	}
	for name := range tree(t, dir) {
		assert.True(t, strings.HasSuffix(name, ".md") || strings.Contains(name, ".md.saved-"), name)
	}
}

// editTask adds a line to the end of a task file and changes its title. A file that was just emptied by somebody who
// saves in place is left to them.
func editTask(path string, n int, write func(path, text string) error) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	text := regexp.MustCompile(`title \d+`).ReplaceAllString(string(data), fmt.Sprintf("title %d", n))
	return write(path, fmt.Sprintf("%s# comment %d.\n", text, n))
}
