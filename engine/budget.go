package engine

import (
	"time"

	"billow/plan"
)

// Budget is how much agents may use up, or have used.
type Budget = plan.Budget

// Spent is what agents have used up in the run so far, as far as steps have ended.
func (s *State) Spent() Budget { return s.spent }

// spend takes down what a step of a task has used up. The items of a foreach use up their parent's budget.
func (s *State) spend(i int, cost Budget) {
	t := &s.tasks[i]
	t.Spent = t.Spent.Plus(cost)
	if t.Parent != "" {
		p := &s.tasks[s.index[t.Parent]]
		p.Spent = p.Spent.Plus(cost)
	}
	s.spent = s.spent.Plus(cost)
	if !s.stale && s.limits.Budget.Exhausted(s.spent) != "" {
		s.shift()
	}
}

// clockOn begins to measure a step, where it is an agent's work; clockOff ends that.
func (s *State) clockOn(i int, at time.Time) {
	t := &s.tasks[i]
	t.Clock = time.Time{}
	if t.costs(t.Step) {
		t.Clock = at
	}
}

func (s *State) clockOff(i int, at time.Time) {
	t := &s.tasks[i]
	if !t.Clock.IsZero() && at.After(t.Clock) {
		s.spend(i, Budget{Time: at.Sub(t.Clock)})
	}
	t.Clock = time.Time{}
}

// costs reports whether a step is an agent's work; commands and people cost nothing.
func (t *task) costs(step string) bool {
	class, _ := t.seatOf(step)
	return class == ClassAgent && acceptance(step) == 0
}

// purse is the task whose budget a task uses up.
func (s *State) purse(i int) *task {
	if p := s.tasks[i].parent; p >= 0 {
		return &s.tasks[p]
	}
	return &s.tasks[i]
}

// exhausted names what is used up of the budget that a task has, "" for nothing.
func (s *State) exhausted(i int) string {
	p := s.purse(i)
	return p.Spec.Budget.Exhausted(p.Spent.Minus(p.Granted))
}

// overBudget reports whether a step may not start because the task's own budget is used up.
func (s *State) overBudget(i int, step string) bool {
	return s.tasks[i].costs(step) && s.exhausted(i) != ""
}

// grant lets a task use up its budget once more.
func (s *State) grant(i int) {
	p := &s.tasks[i]
	if p.Parent != "" {
		p = &s.tasks[s.index[p.Parent]]
	}
	p.Granted = p.Spent
}

// budgetResource is the place of the resource that is full once the plan's budget is used up.
func (s *State) budgetResource() int {
	k := s.namedResource("budget", "plan", 0)
	if !s.named[k].budget {
		s.named[k].budget, s.named[k].shut = true, s.limits.Budget.Exhausted(s.spent) != ""
		s.doors = append(s.doors, k)
	}
	return k
}

// nextExceeded gives the command to say that the plan's budget keeps something from starting, once in a driver's life.
func (s *State) nextExceeded(out []Command) []Command {
	if s.exceeded || s.limits.Budget.IsZero() || !s.awaited(s.budgetResource()) {
		return out
	}
	return append(out, Command{Do: Exceed})
}

// Exceeded is the event by which a driver answers the command Exceed: the budget of a task, or with "" that of the plan,
// is used up.
func (s *State) Exceeded(id string) Event {
	ev := Event{Type: BudgetExceeded, Task: id, By: "driver"}
	limit, used, whose, next := s.limits.Budget, s.spent, "the plan's", ""
	if i, ok := s.index[id]; ok {
		p := s.purse(i)
		limit, used, whose, next = p.Spec.Budget, p.Spent.Minus(p.Granted), "its", "; billow retry grants it once more"
		ev.Attempt, ev.Step = s.tasks[i].Attempt, s.tasks[i].NextStep
	}
	ev.Exceeded = &Exceeded{What: limit.Exhausted(used)}
	switch ev.Exceeded.What {
	case plan.BudgetTokens:
		ev.Exceeded.Used, ev.Exceeded.Limit = float64(used.Tokens), float64(limit.Tokens)
	case plan.BudgetUSD:
		ev.Exceeded.Used, ev.Exceeded.Limit = used.USD, limit.USD
	default:
		ev.Exceeded.Used, ev.Exceeded.Limit = used.Time.Seconds(), limit.Time.Seconds()
	}
	ev.Reason = usedUp(whose, limit, used) + next
	return ev
}

func usedUp(whose string, limit, used Budget) string {
	return whose + " budget is used up: " + limit.Share(limit.Exhausted(used), used)
}

// exceed takes down that a budget is used up. A task that cannot go on is a person's to decide about; what is left of a
// remedy is kept.
func (s *State) exceed(i int, ev Event) {
	if s.tasks[i].State == Running {
		s.tasks[i].putOff()
	}
	s.set(i, Blocked, ev)
	s.tasks[i].Exceeded = true
}

// raise lets a task go on whose budget was used up and no longer is.
func (s *State) raise(i int, ev Event) {
	for _, k := range append([]int{i}, s.tasks[i].Children...) {
		t := &s.tasks[k]
		of := t
		if t.Parent != "" {
			of = &s.tasks[s.index[t.Parent]]
		}
		if t.Exceeded && of.Spec.Budget.Exhausted(of.Spent.Minus(of.Granted)) == "" {
			s.set(k, Waiting, Event{At: ev.At})
		}
	}
}
