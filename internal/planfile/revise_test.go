package planfile

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// edits is what a revised plan does to one of the texts of these tests.
func edits(t *testing.T, path, src, revised string) []plan.TaskEdit {
	t.Helper()
	base, want := plan.Read(path, []byte(src), plan.Options{}), plan.Read("revised.yaml", []byte(revised), plan.Options{})
	require.Empty(t, plan.Errors(want.Problems))
	d := plan.Compare(base.Plan, want.Plan)
	return append(d.Added, d.Changed...)
}

// revised is three with a new title for b and a new task x behind it.
const revised = `tasks:
  - {id: a, title: A}
  - {id: b, title: B2}
  - {id: x, title: N, depends_on: [b]}
  - {id: c, title: C}
`

const threeRevised = `# the plan
plan_id: p
tasks:
  - id: a   # first
    title: "A"
    status: pending
  - id: b
    title: B2
    status: pending
  - id: x
    title: N
    status: pending
    depends_on: [b]
  - id: c
    title: C
    status: pending
`

func TestARevisionIsWrittenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		set(k, status("x", "in_progress"))
		k.Revise(edits(t, path, three, revised))
		synctest.Wait()
		assert.Equal(t, strings.Replace(threeRevised, "N\n    status: pending", "N\n    status: in_progress", 1), text(t, path))
		assert.Len(t, h.wrote, 1)
		set(k, status("x", "completed"), status("b", "completed"))
		flush(t, k)
		assert.Equal(t, "a=pending b=completed x=completed c=pending", statuses(t, path))
		k.Revise(edits(t, path, three, revised))
		flush(t, k)
		assert.Len(t, h.wrote, 2, "it is there")
		assert.Empty(t, h.edits)
		end(t, k)
	})
}

func TestARevisionIsPutIntoWhatOthersWrite(t *testing.T) {
	for name, late := range map[string]bool{"before it was written": false, "after it was written by who had read before": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, path, h := keep(t, three, nil)
				theirs := strings.Replace(three, "title: C", "title: C # mine", 1) + "  - id: d\n    title: D\n"
				if late {
					k.Revise(edits(t, path, three, revised))
					synctest.Wait()
					save(t, path, theirs)
				} else {
					save(t, path, theirs)
					k.Revise(edits(t, path, three, revised))
				}
				time.Sleep(3 * time.Second)
				synctest.Wait()
				want := strings.Replace(threeRevised, "title: C", "title: C # mine", 1) + "  - id: d\n    title: D\n"
				assert.Equal(t, want, text(t, path))
				require.Len(t, h.edits, 1)
				e := h.edits[0]
				assert.Equal(t, [][]string{{"d"}, nil, nil}, [][]string{e.Added, e.Changed, e.Removed}, "our own is no edit")
				assert.NotNil(t, e.Doc.Plan.Task("x"))
				end(t, k)
			})
		})
	}
}

func TestARevisionTakesNothingBackOfWhatOthersWriteIntoTheSameTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		save(t, path, strings.Replace(three, "title: B", "title: B\n    note: theirs", 1))
		k.Revise(edits(t, path, three, revised))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		assert.Equal(t, strings.Replace(threeRevised, "title: B2", "title: B2\n    note: theirs", 1), text(t, path))
		require.Len(t, h.edits, 1)
		assert.Equal(t, []string{"b"}, h.edits[0].Changed)
		end(t, k)
	})
}

func TestATaskOfARevisionCanBeTakenOutLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		k.Revise(edits(t, path, three, revised))
		time.Sleep(5 * time.Second)
		save(t, path, three)
		info, err := os.Stat(path)
		require.NoError(t, err)
		later := info.ModTime().Add(2 * time.Second)
		require.NoError(t, os.Chtimes(path, later, later))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		assert.Equal(t, three, text(t, path))
		require.Len(t, h.edits, 1)
		assert.Equal(t, []string{"x"}, h.edits[0].Removed)
		assert.Equal(t, []string{"b"}, h.edits[0].Changed)
		end(t, k)
	})
}

func TestARevisionWaitsForAFileThatCanBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		save(t, path, "tasks: [\n")
		k.Revise(edits(t, path, three, revised))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		assert.Equal(t, "tasks: [\n", text(t, path))
		assert.Len(t, h.trouble, 1)
		save(t, path, three+"# mended\n")
		time.Sleep(3 * time.Second)
		synctest.Wait()
		assert.Equal(t, threeRevised+"# mended\n", text(t, path))
		assert.Equal(t, 1, h.recovered)
		end(t, k)
	})
}

func TestARevisionGivenAgainAfterACrashIsNoEdit(t *testing.T) {
	for name, there := range map[string]string{"not written yet": three, "written": threeRevised} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, path, h := keep(t, there, func(o *KeeperOptions) { o.Base = []byte(three) })
				k.Revise(edits(t, path, three, revised))
				set(k, status("x", "completed"))
				flush(t, k)
				assert.Equal(t, strings.Replace(threeRevised, "N\n    status: pending", "N\n    status: completed", 1), text(t, path))
				for _, e := range h.edits {
					assert.Empty(t, e.Added)
					assert.Empty(t, e.Changed)
					assert.Empty(t, e.Removed)
					assert.Empty(t, e.ByHand)
				}
				end(t, k)
			})
		})
	}
}

func TestATaskThatCannotBeRevisedKeepsNothingElseBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := "x: &x {id: a, title: A}\ntasks:\n  - *x\n  - id: b\n    title: B\n"
		var unfit []string
		k, path, h := keep(t, src, func(o *KeeperOptions) {
			o.OnUnfit = func(e plan.TaskEdit, err error) {
				unfit = append(unfit, e.ID)
				assert.ErrorIs(t, err, plan.ErrRefuse)
			}
		})
		k.Revise(edits(t, path, src, "tasks:\n- {id: a, title: A2}\n- {id: b, title: B2}\n- {id: x, title: N}\n"))
		set(k, status("b", "completed"), status("x", "in_progress"))
		flush(t, k)
		flush(t, k)
		assert.Equal(t, "x: &x {id: a, title: A}\ntasks:\n  - *x\n  - id: b\n    title: B2\n    status: completed\n  - id: x\n    title: N\n    status: in_progress\n",
			text(t, path))
		assert.Equal(t, []string{"a"}, unfit)
		// Each edit tells what is still not in the file.
		save(t, path, text(t, path)+"  - id: d\n    title: D\n")
		flush(t, k)
		require.Len(t, h.edits, 1)
		require.Len(t, h.edits[0].Unfit, 1)
		assert.Equal(t, "a", h.edits[0].Unfit[0].ID)
		assert.Equal(t, []string{"d"}, h.edits[0].Added)
		assert.Empty(t, h.edits[0].Changed)
		// Written out, it can be.
		save(t, path, strings.Replace(text(t, path), "*x", "{id: a, title: A}", 1))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		assert.Contains(t, text(t, path), "- {id: a, title: A2}")
		require.Len(t, h.edits, 2)
		assert.Empty(t, h.edits[1].Unfit)
		end(t, k)
	})
}

func TestTheLastWordOnATaskThatCannotBeRevisedCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := "x: &x {id: a, title: A}\ntasks:\n  - *x\n  - id: b\n    title: B\n"
		k, path, _ := keep(t, src, nil)
		for _, title := range []string{"A2", "A3"} {
			k.Revise(edits(t, path, src, "tasks:\n- {id: a, title: "+title+"}\n- {id: b, title: B}\n"))
			flush(t, k)
		}
		require.Len(t, k.unfit, 1)
		save(t, path, strings.Replace(src, "*x", "{id: a, title: A}", 1))
		flush(t, k)
		assert.Contains(t, text(t, path), "- {id: a, title: A3}")
		end(t, k)
	})
}

func TestAnEditKnowsOfWhichRevisionsItWasToldWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := "x: &x {id: a, title: A}\ntasks:\n  - *x\n  - id: b\n    title: B\n"
		later := func() {}
		k, path, h := keep(t, src, func(o *KeeperOptions) {
			o.OnUnfit = func(plan.TaskEdit, error) { later() }
		})
		k.Revise(edits(t, path, src, "tasks:\n- {id: a, title: A2}\n- {id: b, title: B2}\n"))
		flush(t, k)
		// The next revision comes while an edit is being taken.
		later = func() {
			later = func() {}
			k.Revise(edits(t, path, src, "tasks:\n- {id: a, title: A}\n- {id: b, title: B}\n- {id: n, title: N}\n"))
		}
		save(t, path, text(t, path)+"  - id: mine\n    title: mine\n")
		time.Sleep(3 * time.Second)
		save(t, path, text(t, path)+"  - id: more\n    title: more\n")
		time.Sleep(3 * time.Second)
		synctest.Wait()
		require.Len(t, h.edits, 2)
		for i, want := range []struct {
			revised int
			has     bool
		}{{2, false}, {3, true}} {
			assert.Equal(t, want.revised, h.edits[i].Revised)
			assert.Equal(t, want.has, h.edits[i].Doc.Plan.Task("n") != nil)
		}
		end(t, k)
	})
}

func TestARevisionOfAFolderMakesFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, dir, h := keepFolder(t, someTasks(), nil)
		before := tree(t, dir)
		id := k.ground.Plan.Tasks[0].ID
		edit := plan.TaskEdit{ID: "n1", After: id, Value: task(t, "{title: New, depends_on: ["+id+"], description: \"# New\\n\\ntext\"}")}
		k.Revise([]plan.TaskEdit{edit})
		set(k, status("n1", "in_progress"))
		flush(t, k)
		after := tree(t, dir)
		var made []string
		for name, text := range after {
			if _, there := before[name]; !there {
				made = append(made, name)
				assert.Contains(t, text, "status: in_progress")
				assert.True(t, strings.HasSuffix(text, "\n---\n\n# New\n\ntext\n"), text)
				delete(after, name)
			}
		}
		assert.Equal(t, before, after)
		require.Len(t, made, 1)
		assert.Empty(t, h.edits)
		set(k, status("n1", "completed"))
		flush(t, k)
		assert.Contains(t, text(t, filepath.Join(dir, made[0])), "status: completed")

		// A file that is no task is not replaced.
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Dir(made[0]), "n2.md"), []byte("# notes\n"), 0o644))
		var unfit error
		k.o.OnUnfit = func(_ plan.TaskEdit, err error) { unfit = err }
		edit.ID = "n2"
		k.Revise([]plan.TaskEdit{edit})
		set(k, status("n1", "failed"))
		flush(t, k)
		require.ErrorIs(t, unfit, errExists)
		assert.Equal(t, "# notes\n", text(t, filepath.Join(dir, filepath.Dir(made[0]), "n2.md")))
		assert.Contains(t, text(t, filepath.Join(dir, made[0])), "status: failed")
		end(t, k)
	})
}

// task reads a task as a value.
func task(t *testing.T, src string) *plan.Value {
	t.Helper()
	s, problems := plan.Parse("task.yaml", []byte(src), plan.Limits{})
	require.Empty(t, problems)
	return s.Root
}

func TestNoRevisionIsLostInAStorm(t *testing.T) {
	for name, write := range editors() {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "plan.yaml")
			require.NoError(t, os.WriteFile(path, []byte(three), 0o644))
			var removed, added []string
			k, err := NewKeeper(KeeperOptions{
				Path: path, Doc: plan.Read(path, []byte(three), plan.Options{}),
				Interval: time.Millisecond, Settle: time.Millisecond, Look: 5 * time.Millisecond,
				OnEdit: func(e Edited) { removed, added = append(removed, e.Removed...), append(added, e.Added...) },
			})
			require.NoError(t, err)
			const tasks = 20
			for n := range 3 * tasks {
				data, err := os.ReadFile(path)
				require.NoError(t, err)
				if n%3 == 0 {
					id := fmt.Sprintf("n%d", n/3)
					k.Revise([]plan.TaskEdit{{ID: id, After: "b", Value: task(t, "{title: New, depends_on: [b]}")}})
					set(k, status(id, "completed"))
				}
				if n%2 == 0 {
					runtime.Gosched()
				}
				require.NoError(t, write(path, fmt.Sprintf("%s# comment %d.\n", data, n)))
			}
			last := end(t, k)
			got := plan.Read(path, last, plan.Options{})
			for n := range tasks {
				task := got.Plan.Task(fmt.Sprintf("n%d", n))
				if assert.NotNil(t, task, "n%d", n) {
					assert.Equal(t, []string{"b"}, task.Needs)
					assert.Equal(t, "completed", task.RawStatus)
				}
			}
			assert.Len(t, got.Plan.Tasks, 3+tasks)
			assert.Empty(t, removed)
			assert.Empty(t, added)
		})
	}
}
