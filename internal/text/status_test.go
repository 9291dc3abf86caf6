package text

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"billow/engine"
	"billow/internal/control"
)

// noon is when everything is asked here.
func noon() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }

// halfway is a plan of three waves in which something of everything has happened.
func halfway() *control.StatusResponse {
	ago := func(d time.Duration) time.Time { return noon().Add(-d) }
	task := func(v engine.TaskView, title, why string) control.StatusTask {
		return control.StatusTask{TaskView: v, Title: title, Why: why}
	}
	return &control.StatusResponse{
		Plan: "plan.yaml", PlanID: "release", Objective: "Ship version 2", Run: "20261121-113000-ab12", Status: "running",
		Live: true, Gates: "off", Class: "MEDIUM", Now: noon(),
		Counts: engine.Counts{Total: 7, Done: 1, Skipped: 1, Running: 1, Blocked: 1, Failed: 1, Waiting: 2, Unreachable: 1},
		Waves: []engine.WaveCounts{
			{Wave: 1, Counts: engine.Counts{Total: 2, Done: 1, Skipped: 1}},
			{Wave: 2, Counts: engine.Counts{Total: 3, Running: 1, Blocked: 1, Failed: 1}},
			{Wave: 3, Counts: engine.Counts{Total: 2, Waiting: 2, Unreachable: 1}},
		},
		Tasks: []control.StatusTask{
			task(engine.TaskView{ID: "fetch", State: engine.Done, Took: 1300 * time.Millisecond}, "Fetch it", "it is done"),
			task(engine.TaskView{ID: "mac", State: engine.Skipped, Since: ago(time.Minute)}, "", "it was skipped: its condition is false"),
			task(engine.TaskView{ID: "build", State: engine.Running, Attempt: 2, Step: "do", Began: ago(125 * time.Second)}, "Build it", "it is running: attempt 2"),
			task(engine.TaskView{ID: "review", State: engine.Blocked, Since: ago(26 * time.Hour)}, "", "it waits for an answer: ship | wait?"),
			task(engine.TaskView{ID: "lint", State: engine.Failed, Since: ago(4 * time.Second)}, "", "it failed: exit status 3"),
			task(engine.TaskView{ID: "report", State: engine.Waiting, Unreachable: true}, "", "it needs lint, which failed"),
			task(engine.TaskView{ID: "deploy", State: engine.Waiting}, "Deploy", "it waits for build (running)"),
		},
		Next: []string{"billow approve -p plan.yaml review", "billow logs -p plan.yaml lint"},
	}
}

func written(write func(w *strings.Builder)) string {
	var b strings.Builder
	write(&b)
	return b.String()
}

func TestStatusShowsWhatRunsAndWhatIsStuck(t *testing.T) {
	got := written(func(w *strings.Builder) { Status(w, halfway(), StatusOptions{}, Style{}) })
	assert.Equal(t, `release: Ship version 2
plan.yaml, run 20261121-113000-ab12
1 of 7 done, 1 skipped, 1 running, 1 blocked, 1 failed, 1 unreachable, 1 waiting; a driver runs it now
complexity MEDIUM, gates off

wave 1  2/2  1 skipped
wave 2  0/3  1 running, 1 blocked, 1 failed
wave 3  0/2  1 unreachable, 1 waiting

running
  build  2m05s  Build it (attempt 2, do)

blocked
  review  1d2h  it waits for an answer: ship | wait?

failed
  lint  4s  it failed: exit status 3

unreachable
  report    it needs lint, which failed

next
  billow approve -p plan.yaml review
  billow logs -p plan.yaml lint
`, got)
}

func TestStatusListsEveryTaskWhenAsked(t *testing.T) {
	r := halfway()
	r.Next = nil
	got := written(func(w *strings.Builder) { Status(w, r, StatusOptions{All: true}, Style{}) })
	_, list, _ := strings.Cut(got, "1 waiting\n\n")
	assert.Equal(t, `done         fetch   1.3s   Fetch it
skipped      mac     1m00s  it was skipped: its condition is false
running      build   2m05s  Build it (attempt 2, do)
blocked      review  1d2h   it waits for an answer: ship | wait?
failed       lint    4s     it failed: exit status 3
unreachable  report         it needs lint, which failed
waiting      deploy         it waits for build (running)
`, list)
}

func TestStatusNamesAFewOfMany(t *testing.T) {
	r := halfway()
	r.Tasks = nil
	for range 2 * listed {
		r.Tasks = append(r.Tasks, control.StatusTask{TaskView: engine.TaskView{ID: "t", State: engine.Failed}, Why: "it failed"})
	}
	got := written(func(w *strings.Builder) { Status(w, r, StatusOptions{}, Style{}) })
	assert.Equal(t, listed, strings.Count(got, "it failed"))
	assert.Contains(t, got, "  and 20 more; --all lists them\n")
}

func TestStatusPaintsOnlyWhereItMay(t *testing.T) {
	plain := written(func(w *strings.Builder) { Status(w, halfway(), StatusOptions{}, Style{}) })
	assert.NotContains(t, plain, "\x1b")
	painted := written(func(w *strings.Builder) { Status(w, halfway(), StatusOptions{}, Style{Color: true}) })
	assert.Contains(t, painted, "\x1b[31mfailed\x1b[0m")
	assert.Contains(t, painted, "\x1b[32m2/2\x1b[0m")
}

func TestStatusObeysNoTextOfThePlan(t *testing.T) {
	r := halfway()
	r.Objective, r.Tasks[4].ID, r.Tasks[4].Why = "\x1b[2J\nnext", "a\x1b[31m\u202eb", "it\tfailed\r\nbadly"
	for _, all := range []bool{false, true} {
		got := written(func(w *strings.Builder) { Status(w, r, StatusOptions{All: all}, Style{}) })
		assert.NotContains(t, got, "\x1b")
		assert.NotContains(t, got, "\u202e")
		assert.Contains(t, got, "it failed badly\n")
	}
}

func TestStatusMarkdownIsTheOrchestratorsFormat(t *testing.T) {
	got := written(func(w *strings.Builder) { StatusMarkdown(w, halfway()) })
	assert.Equal(t, "## Plan Status\n\nPlan: `release` | `Ship version 2`\n\nProgress: `2/7` tasks completed (`28%`)\n\n"+
		"Waves: Wave `2` (`0/3`)\n\nBlocked: `1`\n`review`\n\nNext: Wave `3` (`2` tasks)\n\n## Blocked Tasks\n\n"+
		"| Task ID  | Why Blocked                             | Waiting Time |\n"+
		"| -------- | --------------------------------------- | ------------ |\n"+
		"| `review` | `it waits for an answer: ship \\| wait?` | `1d2h`       |\n", got)
}

func TestStatusMarkdownOfWhatHasNoWavesOrTasks(t *testing.T) {
	got := written(func(w *strings.Builder) { StatusMarkdown(w, &control.StatusResponse{PlanID: "empty"}) })
	assert.Contains(t, got, "Progress: `0/0` tasks completed (`100%`)")
	assert.Contains(t, got, "Waves: Wave `1` (`0/0`)")
	assert.Contains(t, got, "Blocked: `0`\n\nNext: Wave `2` (`0` tasks)")
	assert.True(t, strings.HasSuffix(got, "| Task ID | Why Blocked | Waiting Time |\n| ------- | ----------- | ------------ |\n"), got)

	one := &control.StatusResponse{PlanID: "one", Waves: []engine.WaveCounts{{Counts: engine.Counts{Total: 2, Done: 1, Waiting: 1}}}}
	got = written(func(w *strings.Builder) { StatusMarkdown(w, one) })
	assert.Contains(t, got, "Waves: Wave `1` (`1/2`)")
	assert.Contains(t, got, "Next: Wave `2` (`0` tasks)")
}
