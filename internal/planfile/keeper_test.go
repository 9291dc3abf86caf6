package planfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

const three = `# the plan
plan_id: p
tasks:
  - id: a   # first
    title: "A"
    status: pending
  - id: b
    title: B
    status: pending
  - id: c
    title: C
    status: pending
`

// heard is everything a Keeper told of.
type heard struct {
	edits     []Edited
	trouble   []error
	recovered int
	refused   []plan.Change
	wrote     [][]byte
}

// keep lays a plan into a new folder and starts a Keeper on it, in the bubble of a synctest. Nothing of what
// it hears may be read before synctest.Wait or a Flush.
func keep(t *testing.T, src string, change func(o *KeeperOptions)) (*Keeper, string, *heard) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "plan.yaml")
	require.NoError(t, os.WriteFile(path, []byte(src), 0o644))
	h := &heard{}
	o := KeeperOptions{
		Path:        path,
		Doc:         plan.Read(path, []byte(src), plan.Options{}),
		OnEdit:      func(e Edited) { h.edits = append(h.edits, e) },
		OnTrouble:   func(err error) { h.trouble = append(h.trouble, err) },
		OnRecovered: func() { h.recovered++ },
		OnRefused:   func(c plan.Change, _ error) { h.refused = append(h.refused, c) },
		OnWriting:   func(text []byte) error { h.wrote = append(h.wrote, text); return nil },
	}
	require.Empty(t, plan.Errors(o.Doc.Problems))
	if change != nil {
		change(&o)
	}
	k, err := NewKeeper(o)
	require.NoError(t, err)
	return k, path, h
}

func status(task, value string) plan.Change {
	return plan.Change{Task: task, Key: "status", Value: value}
}

func set(k *Keeper, changes ...plan.Change) { k.Set(changes) }

func flush(t *testing.T, k *Keeper) {
	t.Helper()
	require.NoError(t, k.Flush(context.Background()))
}

func end(t *testing.T, k *Keeper) []byte {
	t.Helper()
	last, err := k.Close(context.Background())
	require.NoError(t, err)
	return last
}

// save writes as a careful editor does: a new file, renamed over the old one.
func save(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+"~", []byte(text), 0o644))
	require.NoError(t, os.Rename(path+"~", path))
}

// statuses reads what the file says, in one line: "a=completed b=pending".
func statuses(t *testing.T, path string) string {
	t.Helper()
	doc := plan.Read(path, []byte(text(t, path)), plan.Options{})
	require.NotNil(t, doc.Plan)
	var out []string
	for _, task := range doc.Plan.Tasks {
		out = append(out, task.ID+"="+task.RawStatus)
	}
	return strings.Join(out, " ")
}

func TestKeeperWritesValuesAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, _ := keep(t, three, nil)
		set(k, status("a", "completed"), status("", "in_progress"), plan.Change{Task: "b", Key: "blocked_reason", Value: "ask: who?"})
		last := end(t, k)
		assert.Equal(t, string(last), text(t, path))
		assert.Equal(t, "a=completed b=pending c=pending", statuses(t, path))
		want := strings.Replace(three, "status: pending", "status: completed", 1)
		for _, line := range strings.Split(want, "\n") {
			assert.Contains(t, text(t, path), line)
		}
		only(t, filepath.Dir(path), "plan.yaml")
	})
}

func TestKeeperWritesInCompanyAndNotTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		set(k, status("a", "in_progress"))
		time.Sleep(60 * time.Millisecond)
		set(k, status("b", "in_progress"))
		time.Sleep(39 * time.Millisecond)
		assert.Equal(t, three, text(t, path), "nothing before 100 ms")
		time.Sleep(time.Millisecond)
		synctest.Wait()
		assert.Equal(t, "a=in_progress b=in_progress c=pending", statuses(t, path))
		assert.Len(t, h.wrote, 1)

		set(k, status("c", "in_progress"))
		set(k, status("c", "completed"))
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		assert.Equal(t, "a=in_progress b=in_progress c=completed", statuses(t, path))
		assert.Len(t, h.wrote, 2)
		end(t, k)
	})
}

func TestKeeperWritesLessOftenWhereWritingIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		k, _, _ := keep(t, three, func(o *KeeperOptions) {
			o.OnWriting = func([]byte) error {
				at = append(at, time.Now())
				time.Sleep(300 * time.Millisecond)
				return nil
			}
		})
		set(k, status("a", "in_progress"))
		time.Sleep(time.Second)
		set(k, status("a", "completed"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Len(t, at, 2)
		assert.Equal(t, 7800*time.Millisecond, at[1].Sub(at[0]), "25 times the cost after the end of the first")
		set(k, status("b", "completed"))
		flush(t, k)
		assert.Len(t, at, 3, "a flush does not wait")
		end(t, k)
	})
}

func TestKeeperDoesNotTouchAFileThatSaysItAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := strings.Replace(three, "status: pending", "status: done", 1)
		k, path, h := keep(t, src, nil)
		before, err := os.Stat(path)
		require.NoError(t, err)
		set(k, status("a", "completed"), status("b", "pending"),
			plan.Change{Task: "c", Key: "retries_used", Value: "0"},
			plan.Change{Task: "c", Key: "flags.flaky", Value: "false"},
			plan.Change{Task: "c", Key: "blocked_reason", Value: ""},
			status("gone", "completed"))
		flush(t, k)
		after, err := os.Stat(path)
		require.NoError(t, err)
		assert.True(t, sameLooks(before, after))
		assert.Equal(t, src, text(t, path), "done is completed")
		assert.Empty(t, h.wrote)
		end(t, k)
	})
}

func TestKeeperCountsRetriesWhereTheFileDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := strings.Replace(three, "status: pending", "status: pending\n    flags: {retries_used: 0}", 1) + "    retries_used: 0\n"
		k, path, _ := keep(t, src, nil)
		for _, id := range []string{"a", "c"} {
			set(k, plan.Change{Task: id, Key: "retries_used", Value: "2"})
		}
		end(t, k)
		want := strings.Replace(src, "{retries_used: 0}", "{retries_used: 2}", 1)
		assert.Equal(t, strings.Replace(want, "    retries_used: 0", "    retries_used: 2", 1), text(t, path))
	})
}

func TestKeeperEmptiesAValueThatIsNoLongerTrue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, _ := keep(t, three+"    blocked_reason: who knows\n", nil)
		set(k, plan.Change{Task: "c", Key: "blocked_reason", Value: ""})
		end(t, k)
		assert.Equal(t, three+"    blocked_reason: \"\"\n", text(t, path))
	})
}

func TestKeeperTakesAValueBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, _ := keep(t, three, nil)
		set(k, status("a", "in_progress"))
		flush(t, k)
		set(k, status("a", "pending"))
		flush(t, k)
		assert.Equal(t, three, text(t, path))
		end(t, k)
	})
}

func TestKeeperMergesWhatOthersWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		set(k, status("a", "completed"), status("b", "in_progress"))
		flush(t, k)

		edit := text(t, path)
		edit = strings.Replace(edit, `title: "A"`, `title: "A, better"`, 1)                   // a changed
		edit = strings.Replace(edit, "  - id: c\n    title: C\n    status: pending\n", "", 1) // c removed
		edit += "  - id: d\n    status: pending   # new\n# the end\n"
		edit = strings.Replace(edit, "status: in_progress", "status: blocked", 1) // b by hand
		save(t, path, edit)

		set(k, status("d", "in_progress"), status("c", "completed"))
		flush(t, k)
		require.Len(t, h.edits, 1)
		e := h.edits[0]
		assert.Equal(t, edit, string(e.Doc.Source.Bytes))
		e.Doc = nil
		assert.Equal(t, Edited{
			ByHand: []plan.Change{status("b", "blocked")},
			Added:  []string{"d"}, Removed: []string{"c"}, Changed: []string{"a"},
		}, e)
		want := strings.Replace(edit, "status: pending   # new", "status: in_progress   # new", 1)
		assert.Equal(t, want, text(t, path))

		set(k, status("b", "in_progress"))
		flush(t, k)
		assert.Equal(t, "a=completed b=in_progress d=in_progress", statuses(t, path), "told again, ours is written")
		end(t, k)
	})
}

func TestAnEditTakesEffectWithoutAWriteOfOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		save(t, path, three+"# more\n")
		time.Sleep(2*time.Second + 50*time.Millisecond)
		synctest.Wait()
		require.Len(t, h.edits, 1)
		assert.Empty(t, h.edits[0].ByHand)
		assert.Empty(t, h.wrote)
		assert.Equal(t, three+"# more\n", string(end(t, k)))
	})
}

func TestAValueSetByHandToWhatWeWantAnywayIsNotNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		set(k, status("a", "completed"))
		save(t, path, strings.Replace(three, "status: pending", "status: completed", 1))
		flush(t, k)
		require.Len(t, h.edits, 1)
		assert.Empty(t, h.edits[0].ByHand)
		end(t, k)
	})
}

func TestAStaleSaveIsNotTakenForChangesByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		set(k, status("a", "completed"), status("b", "completed"), status("c", "in_progress"))
		flush(t, k)
		set(k, status("c", "completed"))
		flush(t, k)
		// Read before both writes, saved after: with a new comment and one value really set by hand.
		save(t, path, strings.Replace(three, "title: B\n    status: pending", "title: B\n    status: skipped", 1)+"# mine\n")
		flush(t, k)
		require.Len(t, h.edits, 1)
		assert.Equal(t, []plan.Change{status("b", "skipped")}, h.edits[0].ByHand)
		assert.Equal(t, "a=completed b=skipped c=completed", statuses(t, path))
		assert.Contains(t, text(t, path), "# mine")
		end(t, k)
	})
}

func TestAnOldReadingDoesCountAsByHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		set(k, status("a", "completed"))
		flush(t, k)
		// Saved two seconds after our write: nobody who writes then has read what was there before.
		save(t, path, three)
		later := time.Now()
		if info, err := os.Stat(path); assert.NoError(t, err) {
			later = info.ModTime().Add(2 * time.Second)
		}
		require.NoError(t, os.Chtimes(path, later, later))
		flush(t, k)
		require.Len(t, h.edits, 1)
		assert.Equal(t, []plan.Change{status("a", "pending")}, h.edits[0].ByHand)
		assert.Equal(t, three, text(t, path))
		end(t, k)
	})
}

func TestHalfASaveIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		set(k, status("a", "completed"))
		half := three[:strings.Index(three, "  - id: b")] // a plan in its own right
		require.NoError(t, os.WriteFile(path, []byte(half), 0o644))
		time.Sleep(100 * time.Millisecond) // the write is due, and finds this
		synctest.Wait()
		require.NoError(t, os.WriteFile(path, []byte(three+"# done\n"), 0o644))
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		require.Len(t, h.edits, 1)
		assert.Empty(t, h.edits[0].Removed)
		assert.Equal(t, strings.Replace(three, "pending", "completed", 1)+"# done\n", text(t, path))
		end(t, k)
	})
}

func TestASaveIntoTheReplacedFileArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		editor, err := os.OpenFile(path, os.O_WRONLY, 0) // it has the file open, and is slow
		require.NoError(t, err)
		set(k, status("a", "completed"))
		flush(t, k)
		require.NoError(t, editor.Truncate(0))
		_, err = editor.WriteString(three + "# from the editor\n")
		require.NoError(t, err)
		require.NoError(t, editor.Close())
		flush(t, k)
		require.Len(t, h.edits, 1)
		assert.Empty(t, h.edits[0].ByHand)
		assert.Equal(t, strings.Replace(three, "pending", "completed", 1)+"# from the editor\n", text(t, path))
		end(t, k)
	})
}

func TestASaveIntoTheReplacedFileYieldsToALaterOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		end(t, k) // what follows is the goroutine's own
		save(t, path, three+"# other\n")
		r := &late{retired: &retired{}}
		require.NoError(t, k.deliver(r, []byte("late")))
		assert.Equal(t, three+"# other\n", text(t, path))
		saved, err := filepath.Glob(path + ".saved-*")
		require.NoError(t, err)
		require.Len(t, saved, 1)
		assert.Equal(t, "late", text(t, saved[0]))
		require.Len(t, h.trouble, 1)
		require.ErrorIs(t, h.trouble[0], ErrContested)
	})
}

func TestATextThatWasOutForAMomentIsNotLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		end(t, k) // what follows is the goroutine's own
		theirs := three + "# theirs\n"
		k.takenOut(step{was: k.text}, replacement{seen: []byte(theirs)})
		k.lookAround([]byte(theirs + "# more\n"))
		only(t, filepath.Dir(path), "plan.yaml")
		k.lookAround([]byte(three + "# of one who has not seen theirs\n"))
		k.lookAround([]byte(three))
		saved, err := filepath.Glob(path + ".saved-*")
		require.NoError(t, err)
		require.Len(t, saved, 1, "once")
		assert.Equal(t, theirs, text(t, saved[0]))
		require.Len(t, h.trouble, 1)
		require.ErrorIs(t, h.trouble[0], ErrContested)

		k.takenOut(step{was: k.text}, replacement{seen: []byte(theirs)})
		time.Sleep(2 * time.Second)
		k.lookAround([]byte(three))
		only(t, filepath.Dir(path), "plan.yaml", filepath.Base(saved[0])) // whoever writes so late has seen it
	})
}

func TestWritesAreHeldWhileTheFileIsNotAPlan(t *testing.T) {
	for name, broken := range map[string]string{
		"not YAML":   "tasks: [\n",
		"empty":      "",
		"no tasks":   "just text\n",
		"ids twice":  three + "  - id: a\n",
		"not a type": strings.Replace(three, "status: pending", "status: [x]", 1),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, path, h := keep(t, three, nil)
				save(t, path, broken)
				set(k, status("a", "completed"))
				err := k.Flush(context.Background())
				require.ErrorIs(t, err, ErrInvalid)
				set(k, status("b", "completed"))
				time.Sleep(10 * time.Second)
				synctest.Wait()
				assert.Equal(t, broken, text(t, path))
				assert.Len(t, h.trouble, 1, "said once")
				assert.Empty(t, h.edits)

				save(t, path, three+"# mended\n")
				time.Sleep(3 * time.Second)
				synctest.Wait()
				assert.Equal(t, "a=completed b=completed c=pending", statuses(t, path))
				assert.Contains(t, text(t, path), "# mended")
				assert.Equal(t, 1, h.recovered)
				assert.Len(t, h.trouble, 1)
				end(t, k)
			})
		})
	}
}

func TestARemovedPlanIsNotCreatedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rescue := filepath.Join(t.TempDir(), "runs", "r1", "plan.yaml")
		k, path, h := keep(t, three, func(o *KeeperOptions) { o.Rescue = rescue })
		require.NoError(t, os.Remove(path))
		set(k, status("a", "completed"))
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Len(t, h.trouble, 1)
		require.ErrorIs(t, h.trouble[0], ErrGone)

		_, err := k.Close(context.Background())
		require.ErrorIs(t, err, ErrGone)
		assert.Contains(t, err.Error(), "the plan as it is now was saved as "+rescue)
		assert.NoFileExists(t, path)
		assert.Equal(t, strings.Replace(three, "pending", "completed", 1), text(t, rescue))
	})
}

func TestAPlanThatComesBackIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, h := keep(t, three, nil)
		require.NoError(t, os.Rename(path, path+".away"))
		set(k, status("a", "completed"))
		require.ErrorIs(t, k.Flush(context.Background()), ErrGone)
		require.NoError(t, os.Rename(path+".away", path))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, "a=completed b=pending c=pending", statuses(t, path))
		assert.Equal(t, 1, h.recovered)
		end(t, k)
	})
}

func TestAnErrorOfTheCallerHoldsTheWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("the store is full")
		calls := 0
		k, path, h := keep(t, three, func(o *KeeperOptions) {
			o.OnWriting = func([]byte) error {
				if calls++; calls == 1 {
					return full
				}
				return nil
			}
		})
		set(k, status("a", "completed"))
		require.ErrorIs(t, k.Flush(context.Background()), full)
		assert.Equal(t, three, text(t, path))
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, "a=completed b=pending c=pending", statuses(t, path))
		assert.Equal(t, 1, h.recovered)
		end(t, k)
	})
}

func TestOneValueThatCannotBeWrittenKeepsNoOtherBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		src := strings.Replace(three, "title: B\n    status: pending", "title: B\n    status: >-\n      pending", 1)
		k, path, h := keep(t, src, nil)
		set(k, status("a", "completed"), status("b", "completed"), status("c", "completed"))
		flush(t, k)
		assert.Equal(t, "a=completed b=pending c=completed", statuses(t, path))
		assert.Equal(t, []plan.Change{status("b", "completed")}, h.refused)
		set(k, status("b", "failed"))
		flush(t, k)
		assert.Len(t, h.refused, 1, "said once")

		save(t, path, strings.Replace(text(t, path), ">-\n      pending", "pending", 1))
		flush(t, k)
		assert.Equal(t, "a=completed b=failed c=completed", statuses(t, path), "it can be now")
		end(t, k)
	})
}

func TestAFileMayChangeItsTargetDuringTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, _ := keep(t, three, nil)
		dir := filepath.Dir(path)
		require.NoError(t, os.Rename(path, filepath.Join(dir, "one.yaml")))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "two.yaml"), []byte(three+"# two\n"), 0o644))
		require.NoError(t, os.Symlink("two.yaml", path))
		set(k, status("a", "completed"))
		flush(t, k)
		assert.Equal(t, strings.Replace(three, "pending", "completed", 1)+"# two\n", text(t, filepath.Join(dir, "two.yaml")))
		assert.Equal(t, three, text(t, filepath.Join(dir, "one.yaml")))
		end(t, k)
	})
}

func TestLineEndsAndMarksAreKept(t *testing.T) {
	for name, src := range map[string]string{
		"CRLF":        strings.ReplaceAll(three, "\n", "\r\n"),
		"BOM":         "\ufeff" + three,
		"BOM, CRLF":   "\ufeff" + strings.ReplaceAll(three, "\n", "\r\n"),
		"no last EOL": strings.TrimSuffix(three, "\n"),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, path, _ := keep(t, src, nil)
				set(k, status("a", "completed"), status("c", "failed"))
				end(t, k)
				want := strings.Replace(src, "pending", "completed", 1)
				i := strings.LastIndex(want, "pending")
				assert.Equal(t, want[:i]+"failed"+want[i+len("pending"):], text(t, path))
			})
		})
	}
}

func TestAResumedRunHearsOfWhatWasEditedMeanwhile(t *testing.T) {
	at := func(a, b string) string {
		return strings.Replace(strings.Replace(three, "pending", a, 1), "title: B\n    status: pending", "title: B\n    status: "+b, 1)
	}
	for name, tc := range map[string]struct {
		file, base, next string
		hand             []plan.Change
		edits            int
	}{
		"nothing":                  {at("completed", "in_progress"), at("completed", "in_progress"), "", nil, 0},
		"killed before the write":  {at("in_progress", "pending"), at("in_progress", "pending"), at("completed", "in_progress"), nil, 0},
		"killed after the write":   {at("completed", "in_progress"), at("in_progress", "pending"), at("completed", "in_progress"), nil, 0},
		"a comment after the base": {at("in_progress", "pending") + "#\n", at("in_progress", "pending"), at("completed", "in_progress"), nil, 1},
		"a comment after the next": {at("completed", "in_progress") + "#\n", at("in_progress", "pending"), at("completed", "in_progress"), nil, 1},
		"by hand":                  {at("pending", "in_progress"), at("completed", "in_progress"), "", []plan.Change{status("a", "pending")}, 1},
		"by hand after the next":   {at("completed", "skipped"), at("in_progress", "pending"), at("completed", "in_progress"), []plan.Change{status("b", "skipped")}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k, _, h := keep(t, tc.file, func(o *KeeperOptions) {
					o.Base = []byte(tc.base)
					if tc.next != "" {
						o.Next = []byte(tc.next)
					}
				})
				flush(t, k)
				require.Len(t, h.edits, tc.edits)
				if tc.edits > 0 {
					assert.Equal(t, tc.hand, h.edits[0].ByHand)
				}
				end(t, k)
			})
		})
	}
}

func TestAClosedKeeperSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path, _ := keep(t, three, nil)
		end(t, k)
		set(k, status("a", "completed"))
		require.ErrorIs(t, k.Flush(context.Background()), ErrClosed)
		last, err := k.Close(context.Background())
		require.ErrorIs(t, err, ErrClosed)
		assert.Equal(t, three, string(last))
		assert.Equal(t, three, text(t, path))
	})
}

func TestCompareTellsWhatLiesBetween(t *testing.T) {
	base := plan.Read("p", []byte(three), plan.Options{})
	theirs := strings.Replace(three, "status: pending", "status: not-started", 1)
	theirs = strings.Replace(theirs, "title: B\n    status: pending", "title: B\n    blocked_reason: x\n    status: blocked\n    flags: {flaky: true, other: 1}", 1)
	theirs = strings.Replace(theirs, "title: C", "title:   'C' # moved about", 1)
	doc := plan.Read("p", []byte(theirs), plan.Options{})
	assert.Equal(t, Edited{
		Doc: doc,
		ByHand: []plan.Change{
			status("b", "blocked"), {Task: "b", Key: "flags.flaky", Value: "true"}, {Task: "b", Key: "blocked_reason", Value: "x"},
		},
		Changed: []string{"b"}, // flags.other is not ours
	}, Compare(base, doc))
	assert.Equal(t, Edited{Doc: base}, Compare(base, base))
}

// plan10k is a plan of about 2 MB.
func plan10k() []byte {
	var b bytes.Buffer
	b.WriteString("plan_id: big\ntasks:\n")
	for i := range 10_000 {
		fmt.Fprintf(&b, "  - id: t%05d\n    title: \"task number %d\"\n    description: %s\n    agent: gem-implementer\n    status: pending\n",
			i, i, strings.Repeat("words of a plan ", 8))
	}
	return b.Bytes()
}

func BenchmarkFlush(b *testing.B) {
	src := plan10k()
	path := filepath.Join(b.TempDir(), "plan.yaml")
	require.NoError(b, os.WriteFile(path, src, 0o644))
	k, err := NewKeeper(KeeperOptions{Path: path, Doc: plan.Read(path, src, plan.Options{})})
	require.NoError(b, err)
	words := []string{"in_progress", "completed"}
	for i := range 10_000 {
		k.Set([]plan.Change{status(fmt.Sprintf("t%05d", i), "in_progress")})
	}
	require.NoError(b, k.Flush(context.Background()))
	b.ResetTimer()
	for n := range b.N {
		k.Set([]plan.Change{status(fmt.Sprintf("t%05d", n%10_000), words[(n/10_000+1)%2])})
		require.NoError(b, k.Flush(context.Background()))
	}
	b.StopTimer()
	_, err = k.Close(context.Background())
	require.NoError(b, err)
}
