package engine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/stretchr/testify/require"

	"billow/failure"
	"billow/plan"
)

// TestStories plays the files of testdata/story. A file holds a plan, one task a line (`b needs a, wave 2,
// conflicts c, pool p`), limits, and a story: what happens, a line each, and after `>` what Next must ask
// for; the storyteller then does it. `why a: ...`, `state a: ...`, `retries a: ...` and `flags a: ...` look at the
// state; `limit a claude 30m` lets a fail at the limit of its provider,
// `uses a tokens=10 usd=1` lets it report what it used, `raise tokens=20` is a driver with other limits, and `limits tokens=20`
// the budget that the plan has now. A line `crew ...` in the plan names the agents that remedies may call, and `policy latest` the stricter rules.
func TestStories(t *testing.T) {
	files, err := filepath.Glob("testdata/story/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			ar := txtar.Parse(data)
			st := &teller{T: t, now: time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC), s: New()}
			for _, f := range ar.Files {
				switch f.Name {
				case "plan":
					st.start(string(f.Data))
				case "story":
					st.tell(string(f.Data))
				}
			}
			require.NotEmpty(t, st.events, "the file holds no plan")
			st.replays()
		})
	}
}

// teller plays a story.
type teller struct {
	*testing.T
	s      *State
	now    time.Time
	events []Event
	crew   []string
}

func (st *teller) start(text string) {
	run := &RunSpec{ID: "r1", PlanID: "p", Policy: failure.Default()}
	for _, line := range lines(text) {
		if rest, ok := strings.CutPrefix(line, "limits "); ok {
			readLimits(st.T, rest, &run.Limits)
			continue
		}
		if rest, ok := strings.CutPrefix(line, "crew "); ok {
			st.crew = strings.Fields(rest)
			continue
		}
		if line == "policy latest" {
			run.Policy = failure.Latest()
			continue
		}
		run.Tasks = append(run.Tasks, readTask(st.T, line))
	}
	for _, task := range run.Tasks {
		if len(task.Needs) > 0 {
			run.Limits.Edgeless = false
		}
	}
	st.apply(Event{Type: RunStarted, Run: run})
}

func lines(text string) []string {
	var out []string
	for _, line := range strings.Split(text, "\n") {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) != "" {
			out = append(out, strings.TrimSpace(line))
		}
	}
	return out
}

func readLimits(t *testing.T, text string, l *Limits) {
	for _, word := range strings.Fields(text) {
		name, value, _ := strings.Cut(word, "=")
		n, _ := strconv.Atoi(value)
		kind, of, named := strings.Cut(name, ":")
		switch {
		case named && kind == "pool":
			if l.Pools == nil {
				l.Pools = map[string]int{}
			}
			l.Pools[of] = n
		case named && kind == "agent":
			if l.PerAgent == nil {
				l.PerAgent = map[string]int{}
			}
			l.PerAgent[of] = n
		case slices.Contains(plan.BudgetKinds(), name):
			require.NoError(t, l.Budget.Set(name, value))
		case name == "quota-wait":
			l.QuotaWait, _ = time.ParseDuration(value)
		case name == "all":
			l.All = n
		case name == "run":
			l.Run = n
		case name == "agents":
			l.Agents = n
		case name == "strict":
			l.Strict = true
		case name == "edgeless":
			l.Edgeless, l.Strict = true, true
		case name == "order":
			l.Order = Order(value)
		case name == "fail-fast":
			l.FailFast = true
		default:
			t.Fatalf("limits: %q", word)
		}
	}
}

func readTask(t *testing.T, line string) TaskSpec {
	parts := strings.Split(line, ",")
	id, first, _ := strings.Cut(strings.TrimSpace(parts[0]), " ")
	spec := TaskSpec{ID: id, Class: ClassRun, Weight: 1}
	for _, part := range append([]string{first}, parts[1:]...) {
		word, arg, _ := strings.Cut(strings.TrimSpace(part), " ")
		n, _ := strconv.Atoi(arg)
		switch word {
		case "":
		case "needs":
			spec.Needs = strings.Fields(arg)
		case "conflicts":
			spec.Conflicts = strings.Fields(arg)
		case "locks":
			spec.Locks = strings.Fields(arg)
		case "pool":
			spec.Pool = arg
		case "agent":
			spec.Class, spec.Agent = ClassAgent, arg
		case "budget":
			for _, amount := range strings.Fields(arg) {
				kind, value, _ := strings.Cut(amount, "=")
				require.NoError(t, spec.Budget.Set(kind, value))
			}
		case "providers":
			spec.Providers = strings.Fields(arg)
		case "wave":
			spec.Wave = n
		case "weight":
			spec.Weight = int64(n)
		case "accept":
			spec.Accept = n
		case "approval":
			spec.Approval = true
		case "answer-timeout", "approval-timeout":
			d, err := time.ParseDuration(arg)
			require.NoError(t, err)
			if spec.AnswerTimeout = d; word == "approval-timeout" {
				spec.AnswerTimeout, spec.ApprovalTimeout = 0, d
			}
		case "default":
			spec.DefaultAnswer = arg
		case "tolerant":
			spec.When, spec.Tolerant = true, true
		case "foreach":
			spec.Foreach = true
		case "is":
			state, ok := byHand(arg)
			require.True(t, ok, arg)
			spec.Start.State = state
		case "retry":
			spec.Policy = failure.Policy{}.WithRetry(n, 0, nil)
		case "gate": // that may send tasks back so often
			spec.Gate, spec.Class, spec.Agent, spec.Revisions = true, ClassAgent, "gem-reviewer", n
			spec.Policy = gatePolicy()
		default:
			t.Fatalf("task %s: %q", id, part)
		}
	}
	return spec
}

// gatePolicy tries again once, and leaves it to the run's policy what is done about a plan that is wrong.
func gatePolicy() failure.Policy {
	return failure.Policy{}.WithRetry(1, 0, slices.DeleteFunc(failure.Kinds(), func(k failure.Kind) bool { return k == failure.NeedsReplan }))
}

func (st *teller) tell(text string) {
	for _, line := range lines(text) {
		if want, ok := strings.CutPrefix(line, ">"); ok {
			cmds := st.s.Next()
			require.Equal(st, strings.TrimSpace(want), st.words(cmds), "after %d events", len(st.events))
			require.Equal(st, cmds, st.s.Next(), "Next twice is the same")
			for _, c := range cmds {
				st.do(c)
			}
			continue
		}
		word, arg, _ := strings.Cut(line, " ")
		switch word {
		case "why", "state", "retries", "flags", "used":
			id, want, _ := strings.Cut(arg, ":")
			st.look(word, id, strings.TrimSpace(want))
		default:
			st.happens(word, strings.Fields(arg))
		}
	}
}

func (st *teller) words(cmds []Command) string {
	var out []string
	for _, c := range cmds {
		switch c.Do {
		case Wake:
			out = append(out, "wake +"+c.At.Sub(st.now).String())
		case Resume:
			out = append(out, "resume "+c.Provider)
		case Exceed:
			out = append(out, strings.TrimSpace("exceed "+c.Task))
		case Finish:
			word := "pause "
			if c.Final {
				word = "finish "
			}
			out = append(out, word+c.Outcome)
		case StartStep:
			out = append(out, fmt.Sprintf("step %s %s", c.Task, c.Step))
		case Start:
			out = append(out, strings.TrimSuffix(fmt.Sprintf("start %s %s", c.Task, c.Step), " "+StepDo))
		default:
			out = append(out, fmt.Sprintf("%s %s", c.Do, c.Task))
		}
	}
	return strings.Join(out, ", ")
}

// do carries a command out as a driver would.
func (st *teller) do(c Command) {
	ev := Event{Task: c.Task, Attempt: c.Attempt, Step: c.Step}
	switch c.Do {
	case Start:
		ev.Type = AttemptStarted
	case StartStep:
		ev.Type = StepStarted
	case Ask:
		ev.Type, ev.Attempt = ApprovalAsked, 0
	case GiveUp:
		ev = st.s.GivenUp(c.Task)
	case Resume:
		ev = Event{Type: ProviderResumed, Provider: c.Provider}
	case Exceed:
		ev = st.s.Exceeded(c.Task)
	case Finish:
		if !c.Final {
			return
		}
		ev.Type, ev.Status = RunFinished, c.Outcome
	default:
		return
	}
	st.apply(ev)
}

func (st *teller) happens(word string, args []string) {
	arg := func(i int) string {
		if i < len(args) {
			return args[i]
		}
		return ""
	}
	ev := Event{Task: arg(0)}
	view, _ := st.s.Task(ev.Task)
	ev.Attempt, ev.Step = view.Attempt, view.Step
	illegal := word == "illegal"
	if illegal {
		word, args = args[0], args[1:]
		ev.Task = arg(0)
	}
	switch word {
	case "done":
		ev.Type = StepDone
		for _, field := range args[1:] {
			if ev.Handoff == nil {
				ev.Handoff = map[string]string{}
			}
			ev.Handoff[field] = "{}"
		}
	case "fail":
		sig := failure.Signal{Kind: failure.Kind(arg(1)), Rule: "report", Quota: arg(2) == "quota"}
		remedy := st.s.Remedy(ev.Task, sig, crew(view, st.crew...))
		ev.Type, ev.Signal, ev.Remedy, ev.Reason = StepFailed, &sig, &remedy, remedy.Reason
	case "pass": // with the steps that follow
		review := Review{Passed: true}
		for _, name := range args[1:] {
			review.Steps = append(review.Steps, failure.Step{Name: name, Agent: "writer", Purpose: failure.ForLearnings})
		}
		ev = st.s.Reviewed(ev.Task, review)
	case "replan": // another plan is needed, and then these tasks are to be done again
		review := Review{Replan: true, Findings: []string{"it is wrong"}}
		remedy := st.s.Remedy(ev.Task, review.Signal(), crew(view, st.crew...))
		review.Remedy = &remedy
		ev = st.s.Reviewed(ev.Task, review)
	case "find": // what is wrong with these tasks
		review := Review{Findings: []string{"it is wrong"}}
		for _, id := range args[1:] {
			review.Reopen = append(review.Reopen, Reopened{Task: id, Finding: "it is wrong"})
		}
		ev = st.s.Reviewed(ev.Task, review)
	case "uses":
		ev.Type, ev.Usage = UsageAdded, &Usage{}
		for _, amount := range args[1:] {
			kind, value, _ := strings.Cut(amount, "=")
			var used plan.Budget
			require.NoError(st, used.Set(kind, value))
			ev.Usage.InputTokens += used.Tokens / 2
			ev.Usage.OutputTokens += used.Tokens - used.Tokens/2
			ev.Usage.USD += used.USD
		}
	case "limit":
		sig := failure.Signal{Kind: failure.Transient, Quota: true, Provider: arg(1), Message: "usage limit reached"}
		if arg(2) != "" {
			d, err := time.ParseDuration(arg(2))
			require.NoError(st, err)
			sig.RetryIn = d
		}
		remedy := st.s.Remedy(ev.Task, sig, crew(view, st.crew...))
		if pause, ok := st.s.PauseFor(ev.Task, sig, &remedy, st.now); ok {
			st.apply(pause)
		}
		ev.Type, ev.Signal, ev.Remedy, ev.Reason = StepFailed, &sig, &remedy, remedy.Reason
	case "lost":
		ev.Type = AttemptLost
	case "adopted":
		ev.Type, ev.Claim = AttemptAdopted, &Claim{}
	case "stopped":
		ev.Type = AttemptCancelled
	case "approve":
		ev.Type = Approved
	case "deny":
		ev.Type = Denied
	case "ask":
		ev.Type, ev.Question = QuestionAsked, &Question{Text: "which?", Options: args[1:]}
		ev.Reason = ev.Question.Text
	case "ask-two":
		ev.Type, ev.Question = QuestionAsked, &Question{Text: "which?", Then: []Question{{Text: "sure?", Type: YesNo}}}
	case "needs-approval":
		ev.Type, ev.Question = ApprovalAsked, &Question{Text: "may I?"}
	case "answer":
		ev.Type, ev.Reason = Answered, arg(1)
	case "skip":
		ev.Type = TaskSkipped
	case "cancel":
		ev.Type, ev.By = CancelAsked, "someone"
	case "retry":
		ev.Type = RetryAsked
	case "reopen":
		ev.Type = TaskReopened
	case "set":
		ev.Type, ev.Status = TaskSetByHand, arg(1)
	case "remove":
		ev.Type = TaskRemoved
	case "add", "change":
		spec := readTask(st.T, strings.Join(args, " "))
		ev.Type, ev.Task, ev.Spec = TaskAdded, spec.ID, &spec
		if word == "change" {
			ev.Type = TaskChanged
		}
	case "revise":
		ev.Type, ev.Reason, ev.Revision = PlanRevised, "it was revised", st.revision(strings.Join(args[1:], " "))
	case "items":
		ev.Type, ev.Items = TaskExpanded, args[1:]
	case "drain":
		ev = Event{Type: DrainAsked}
	case "driver":
		ev = Event{Type: DriverStarted, Only: args}
	case "raise":
		limits := st.s.Limits()
		readLimits(st.T, strings.Join(args, " "), &limits)
		ev = Event{Type: DriverStarted, Limits: &limits}
	case "limits": // somebody has changed them in the plan
		limits := st.s.Limits()
		limits.Budget = plan.Budget{}
		readLimits(st.T, strings.Join(args, " "), &limits)
		ev = Event{Type: LimitsChanged, Limits: &limits}
	case "reopen-run":
		ev = Event{Type: RunReopened}
	case "time":
		d, err := time.ParseDuration(arg(0))
		require.NoError(st, err)
		st.now = st.now.Add(d)
		ev = Event{Type: TimeReached, Until: st.now}
	default:
		st.Fatalf("unknown word %q", word)
	}
	if illegal {
		before, _ := json.Marshal(st.s)
		require.ErrorIs(st, st.s.Apply(ev), ErrIllegal)
		after, _ := json.Marshal(st.s)
		require.JSONEq(st, string(before), string(after), "a refused event leaves no trace")
		return
	}
	st.apply(ev)
}

// revision reads another plan: what is added, changed, adjusted and removed, with a semicolon between.
func (st *teller) revision(text string) *Revision {
	r := &Revision{Number: len(st.s.Revisions()) + 1, Kind: failure.NeedsReplan}
	for _, part := range strings.Split(text, ";") {
		word, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
		switch word {
		case "add":
			r.Added = append(r.Added, readTask(st.T, rest))
		case "change":
			r.Changed = append(r.Changed, readTask(st.T, rest))
		case "adjust":
			r.Adjusted = append(r.Adjusted, readTask(st.T, rest))
		case "remove":
			r.Removed = append(r.Removed, strings.Fields(rest)...)
		case "reopen":
			r.Reopen = append(r.Reopen, Reopened{Task: rest, Finding: "it is wrong"})
		case "":
		default:
			st.Fatalf("revise: %q", part)
		}
	}
	return r
}

func (st *teller) apply(ev Event) {
	ev.Seq, ev.At = int64(len(st.events)+1), st.now
	require.NoError(st, st.s.Apply(ev))
	st.events = append(st.events, ev)
}

func (st *teller) look(word, id, want string) {
	got, err := st.s.Why(id)
	view, ok := st.s.Task(id)
	require.True(st, ok)
	switch word {
	case "state":
		got = string(view.State)
		if view.Unreachable {
			got = "unreachable"
		}
	case "retries":
		got = strconv.Itoa(view.Retries)
	case "flags":
		got = strings.Join(view.Flags, " ")
	case "used":
		got = view.Budget.Shares(view.Used)
	}
	require.NoError(st, err)
	require.Equal(st, want, got, "%s of %s", word, id)
}

// crew is what remedies can count on where these agents are configured; "*" is everybody.
func crew(task TaskView, names ...string) failure.Abilities {
	return failure.Abilities{Command: task.Class == ClassRun, Who: func(part string) failure.Hand {
		switch part {
		case "suitable_implementer":
			part = "gem-implementer"
		case "suitable_reviewer_or_tester":
			part = "gem-reviewer"
		}
		return failure.Hand{Agent: part, Class: string(ClassAgent),
			Providers: task.Providers, Ready: slices.Contains(names, part) || slices.Contains(names, "*")}
	}}
}

// replays checks that the history alone, and every snapshot with the tail behind it, give the same state.
func (st *teller) replays() { sameWhenReplayed(st, st.s, st.events) }

type failer interface {
	require.TestingT
	Helper()
}

func sameWhenReplayed(t failer, s *State, events []Event) {
	t.Helper()
	want, err := json.Marshal(s)
	require.NoError(t, err)
	var stored []Event
	body, err := json.Marshal(events)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, &stored))
	for _, at := range []int{0, len(stored) / 2, len(stored) - 1, len(stored)} {
		again := New()
		for i, ev := range stored {
			if i == at && i > 0 {
				snap, err := json.Marshal(again)
				require.NoError(t, err)
				again = New()
				require.NoError(t, json.Unmarshal(snap, again))
			}
			require.NoError(t, again.Apply(ev))
		}
		got, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, byTask(t, want), byTask(t, got), "snapshot after %d of %d events", at, len(stored))
		require.Equal(t, slices.Clip(s.Next()), slices.Clip(again.Next()))
	}
}

// byTask lays a snapshot out, a line each task, so that a difference is easy to see.
func byTask(t failer, data []byte) []string {
	var snap map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &snap))
	var tasks []json.RawMessage
	require.NoError(t, json.Unmarshal(snap["tasks"], &tasks))
	delete(snap, "tasks")
	rest, err := json.Marshal(snap)
	require.NoError(t, err)
	out := []string{string(rest)}
	for _, task := range tasks {
		out = append(out, string(task))
	}
	return out
}
