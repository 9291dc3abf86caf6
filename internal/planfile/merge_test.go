package planfile

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/plan"
)

// modelTask is a task of the model: what the file should say of it.
type modelTask struct{ id, title, status, reason, comment string }

// model is a plan file that two parties write, and what the one of them that is billow wants of it.
type model struct {
	tasks  []modelTask
	footer string
	wishes map[owned]string
	next   int
}

func (m *model) text() string {
	var b strings.Builder
	b.WriteString("plan_id: m\ntasks:\n")
	for _, t := range m.tasks {
		fmt.Fprintf(&b, "  - id: %s%s\n    title: %s\n    status: %s\n", t.id, t.comment, t.title, t.status)
		if t.reason != "" {
			fmt.Fprintf(&b, "    blocked_reason: %s\n", t.reason)
		}
	}
	return b.String() + m.footer
}

// want is what the file should say once everything is written.
func (m *model) want() []modelTask {
	out := slices.Clone(m.tasks)
	for i := range out {
		if v, ok := m.wishes[owned{out[i].id, "status"}]; ok {
			out[i].status = v
		}
		if v, ok := m.wishes[owned{out[i].id, "blocked_reason"}]; ok {
			out[i].reason = v
		}
	}
	return out
}

// byHand does to one value what a person does: theirs counts until it is set again.
func (m *model) byHand(o owned, have *string, value string) {
	if *have != value && m.wishes[o] != value {
		delete(m.wishes, o)
	}
	*have = value
}

// edit does one random thing that somebody with an editor does to the file as it is.
func (m *model) edit(t *rapid.T) {
	m.tasks = m.want()
	m.next++
	some := rapid.IntRange(0, len(m.tasks)-1).Draw(t, "task")
	task := &m.tasks[some]
	switch rapid.SampledFrom([]string{"title", "comment", "footer", "status", "reason", "add", "remove", "move"}).Draw(t, "edit") {
	case "title":
		task.title = fmt.Sprintf("title %d", m.next)
	case "comment":
		task.comment = fmt.Sprintf("   # comment %d", m.next)
	case "footer":
		m.footer += fmt.Sprintf("# line %d\n", m.next)
	case "status":
		m.byHand(owned{task.id, "status"}, &task.status, drawStatus(t))
	case "reason":
		m.byHand(owned{task.id, "blocked_reason"}, &task.reason, fmt.Sprintf("theirs %d", m.next))
	case "add":
		m.tasks = slices.Insert(m.tasks, some, modelTask{id: fmt.Sprintf("new%d", m.next), title: "new", status: "pending"})
	case "remove":
		if len(m.tasks) > 1 {
			m.tasks = slices.Delete(m.tasks, some, some+1)
		}
	case "move":
		moved := *task
		m.tasks = append(slices.Delete(m.tasks, some, some+1), moved)
	}
}

func drawStatus(t *rapid.T) string {
	return rapid.SampledFrom([]string{"pending", "in_progress", "blocked", "completed", "failed"}).Draw(t, "status")
}

// timeless hides the deadline of a test, which is not known in a bubble.
type timeless struct{ testing.TB }

func TestTheMergeSaysWhatTheModelSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		rapid.Check(timeless{t}, func(rt *rapid.T) {
			m := &model{wishes: map[owned]string{}}
			for i := range rapid.IntRange(1, 5).Draw(rt, "tasks") {
				m.tasks = append(m.tasks, modelTask{id: fmt.Sprintf("t%d", i), title: "first", status: "pending"})
			}
			path := filepath.Join(dir, "plan.yaml")
			src := m.text()
			require.NoError(rt, os.WriteFile(path, []byte(src), 0o644))
			k, err := NewKeeper(KeeperOptions{Path: path, Doc: plan.Read(path, []byte(src), plan.Options{})})
			require.NoError(rt, err)
			defer k.Close(context.Background())

			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				switch rapid.SampledFrom([]string{"set", "set", "edit", "break", "flush", "wait"}).Draw(rt, "step") {
				case "set":
					ids := []string{"t0", "t1", "t2", "new1", "new2", "new3"}
					c := plan.Change{Task: rapid.SampledFrom(ids).Draw(rt, "id"), Key: "status", Value: drawStatus(rt)}
					if rapid.Bool().Draw(rt, "reason") {
						c.Key, c.Value = "blocked_reason", fmt.Sprintf("ours %d", m.next)
					}
					m.wishes[name(c)] = c.Value
					k.Set([]plan.Change{c})
				case "edit":
					// Their reading is of what is written; what is set and not written yet must survive it.
					require.NoError(rt, k.Flush(context.Background()))
					m.edit(rt)
					m.save(rt, path)
					require.NoError(rt, k.Flush(context.Background()))
				case "break":
					require.NoError(rt, k.Flush(context.Background()))
					m.tasks = m.want()
					require.NoError(rt, os.WriteFile(path, []byte("tasks: ["), 0o644))
					require.Error(rt, k.Flush(context.Background()))
					m.save(rt, path)
				case "flush":
					require.NoError(rt, k.Flush(context.Background()))
				case "wait":
					time.Sleep(150 * time.Millisecond)
				}
			}
			last, err := k.Close(context.Background())
			require.NoError(rt, err)
			m.tasks, m.wishes = m.want(), nil
			got := plan.Read(path, last, plan.Options{}).Plan
			require.NotNil(rt, got)
			var tasks []modelTask
			for i, task := range got.Tasks {
				tasks = append(tasks, modelTask{task.ID, task.Title, task.RawStatus, task.BlockedReason, m.tasks[i].comment})
			}
			assert.Equal(rt, m.tasks, tasks)
			for _, task := range m.tasks {
				assert.Contains(rt, string(last), "- id: "+task.id+task.comment+"\n")
			}
			assert.True(rt, strings.HasSuffix(string(last), m.footer))
		})
	})
}

// save writes the model as a person's edit, made long after whatever was written before (see history).
func (m *model) save(t *rapid.T, path string) {
	require.NoError(t, os.WriteFile(path, []byte(m.text()), 0o644))
	m.next++
	at := time.Date(2100, 1, 1, 0, m.next, 0, 0, time.UTC)
	require.NoError(t, os.Chtimes(path, at, at))
}

func TestPiecesSayWhatOneEditSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 3*maxPieces).Draw(t, "tasks")
		doc := plan.Read("p", []byte(randomPlan(t, n)), plan.Options{})
		require.NotNil(t, doc.Plan)
		require.Empty(t, plan.Errors(doc.Problems))
		p, all := cut(doc), map[owned]plan.Change{}
		for range 4 {
			for range rapid.IntRange(0, 10).Draw(t, "changes") {
				c := plan.Change{Key: "status", Value: drawStatus(t)}
				if i := rapid.IntRange(-1, n-1).Draw(t, "task"); i >= 0 {
					c.Task = fmt.Sprintf("t%d", i)
					c.Key = rapid.SampledFrom([]string{"status", "blocked_reason", "approval_state"}).Draw(t, "key")
				}
				p.set(c)
				all[name(c)] = c
			}
			var changes []plan.Change
			for o, c := range all {
				if have, _ := valueOf(doc.Plan, o); have != canonical(o.key, c.Value) {
					changes = append(changes, c)
				}
			}
			want, err := plan.Edit(doc.Plan, doc.Source, changes)
			require.NoError(t, err)
			got, err := p.render(func(c plan.Change, err error) { t.Fatalf("refused %v: %v", c, err) })
			require.NoError(t, err)
			require.Equal(t, string(want), string(got))
		}
	})
}

// randomPlan has tasks t0, t1 ... in one of the layouts that plans have.
func randomPlan(t *rapid.T, n int) string {
	eol := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "eol")
	var b strings.Builder
	flow := rapid.Bool().Draw(t, "flow")
	status := rapid.SampledFrom([]string{"before", "after", "none"}).Draw(t, "plan status")
	if status == "before" {
		b.WriteString("status: pending\n")
	}
	b.WriteString("plan_id: p\ntasks:\n")
	for i := range n {
		switch {
		case flow:
			fmt.Fprintf(&b, "  - {id: t%d, status: pending}\n", i)
		case i%3 == 0:
			fmt.Fprintf(&b, "  - id: t%d\n    status: pending\n", i)
		default:
			fmt.Fprintf(&b, "  - id: t%d # comment\n    title: x\n\n", i)
		}
	}
	if status == "after" {
		b.WriteString("status: pending # at the end\n")
	}
	return strings.ReplaceAll(b.String(), "\n", eol)
}

func TestTheBaseIsTheNearestVersionThatTheAuthorCanHaveRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 4
		read := func(v []string) *plan.Plan {
			var b strings.Builder
			b.WriteString("tasks:\n")
			for i, s := range v {
				fmt.Fprintf(&b, "  - {id: t%d, status: %s}\n", i, s)
			}
			return plan.Read("p", []byte(b.String()), plan.Options{}).Plan
		}
		now := slices.Repeat([]string{"pending"}, n)
		h := history{now: valuesOf(read(now)), keep: time.Second}
		// replaced is when a version was no longer the file; the last still is.
		type past struct {
			values   []string
			replaced time.Time
		}
		var versions []past
		at := time.Unix(1000, 0)
		for range rapid.IntRange(0, 6).Draw(t, "versions") {
			at = at.Add(time.Duration(rapid.IntRange(0, 800).Draw(t, "ms")) * time.Millisecond)
			versions = append(versions, past{slices.Clone(now), at})
			h.begin(at)
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				i := rapid.IntRange(0, n-1).Draw(t, "task")
				now[i] = drawStatus(t)
				h.set(owned{fmt.Sprintf("t%d", i), "status"}, now[i])
			}
		}
		written := at.Add(time.Duration(rapid.IntRange(0, 800).Draw(t, "ms")) * time.Millisecond)
		theirs := make([]string, n)
		for i := range theirs {
			theirs[i] = drawStatus(t)
		}

		distance := func(v []string) (d int) {
			for i := range v {
				if v[i] != theirs[i] {
					d++
				}
			}
			return d
		}
		want := now
		for _, v := range slices.Backward(versions) {
			if v.replaced.Before(written.Add(-time.Second)) {
				break
			}
			if distance(v.values) < distance(want) {
				want = v.values
			}
		}
		assert.Equal(t, valuesOf(read(want)), h.base(read(theirs), onlyFile, func(string) time.Time { return written }))
	})
}

// onlyFile is the file of every value of a plan that is one file.
func onlyFile(owned) string { return "" }
