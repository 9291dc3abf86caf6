package review

import (
	"cmp"
	"slices"
	"time"

	"billow/engine"
)

// review puts together what was noted. It may be called once.
func (f *fold) review() *Review {
	f.clock.total.add(f.clock.pendingLife())
	views := f.state.Tasks()
	f.close()
	r := &Review{Run: f.state.Run(), PlanID: f.state.PlanID(), PlanHash: f.state.Hash(), Outcome: cmp.Or(f.state.Finished(), "open"),
		Counts: f.state.Counts(), Began: f.began, Ended: f.ended, Elapsed: Seconds(f.ended.Sub(f.began)), Events: f.events,
		Budget: f.state.Limits().Budget, LeftOut: map[string]int{}}
	for _, t := range f.order {
		r.add(t.Totals)
	}
	f.waveEntries()
	r.Timeline = f.timeline.sorted()
	r.Revisions = f.state.Revisions()
	r.leftOut("revisions", len(r.Revisions)-Listed)
	r.Revisions = r.Revisions[:min(len(r.Revisions), Listed)]
	r.leftOut("timeline", f.timeline.leftOut)
	r.Waves = f.reviewWaves(r)
	r.Agents = f.reviewAgents(r)
	r.Causes = f.reviewCauses(r)
	r.Waiting = f.reviewWaiting()
	r.Path = f.path(r)
	r.Tasks = f.reviewTasks(r, append(slices.Clip(views), f.state.Gates()...))
	f.judge(r, views)
	if len(r.LeftOut) == 0 {
		r.LeftOut = nil
	}
	return r
}

// pendingLife is what has passed since the last sign of a driver; after the end of a run that is nobody's time.
func (c *clock) pendingLife() tally {
	if c.lives == 0 {
		return tally{}
	}
	return c.pending
}

// close ends, as of the last event, what still goes on.
func (f *fold) close() {
	for _, r := range f.order {
		if r.state == engine.Running && !r.expanded && !r.started.IsZero() {
			r.shares.metered = true // it has not had its chance to say
			f.endAttempt(r, f.ended, false)
		}
		if r.state == engine.Blocked && !r.expanded {
			r.people += positive(f.ended.Sub(r.since))
		}
	}
}

func (t *Totals) add(o Totals) {
	t.Attempts += o.Attempts
	t.Failures += o.Failures
	t.Retries += o.Retries
	t.Lost += o.Lost
	t.Work += o.Work
	t.Wasted += o.Wasted
	t.InputTokens += o.InputTokens
	t.OutputTokens += o.OutputTokens
	t.USD += o.USD
	t.WastedUSD += o.WastedUSD
}

func (r *Review) leftOut(list string, n int) {
	if n > 0 {
		r.LeftOut[list] = n
	}
}

// longest keeps the entries with the largest keys, as many as a list may have, in the order they are in.
func longest[T any](r *Review, name string, list []T, key func(*T) time.Duration) []T {
	r.leftOut(name, len(list)-Listed)
	if len(list) <= Listed {
		return list
	}
	places := make([]int, len(list))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return cmp.Compare(key(&list[b]), key(&list[a])) })
	places = places[:Listed]
	slices.Sort(places)
	out := make([]T, 0, Listed)
	for _, i := range places {
		out = append(out, list[i])
	}
	return out
}

func (f *fold) reviewWaves(r *Review) []Wave {
	counts := f.state.Waves()
	waves := make([]Wave, len(counts))
	at := make(map[int]*Wave, len(counts))
	for i := range counts {
		waves[i].WaveCounts = counts[i]
		at[counts[i].Wave] = &waves[i]
		if s := f.waves[counts[i].Wave]; s != nil {
			waves[i].Began, waves[i].Ended = s.began, s.ended
			waves[i].Took = Seconds(positive(s.ended.Sub(s.began)))
		}
	}
	for _, t := range f.order {
		if w := at[t.wave]; w != nil {
			w.add(t.Totals)
		}
	}
	return longest(r, "waves", waves, func(w *Wave) time.Duration { return time.Duration(w.Took) })
}

func (f *fold) reviewAgents(r *Review) []Agent {
	agents := []Agent{}
	at := map[string]int{}
	for _, t := range f.order {
		for _, share := range t.shares.all {
			i, ok := at[share.Name]
			if !ok {
				i = len(agents)
				at[share.Name] = i
				agents = append(agents, Agent{Name: share.Name})
			}
			a := &agents[i]
			a.Tasks++
			if t.state == engine.Done {
				a.Done++
			}
			a.Unmetered += share.Unmetered
			a.add(share.Totals)
		}
	}
	slices.SortFunc(agents, func(a, b Agent) int { return cmp.Compare(a.Name, b.Name) })
	return longest(r, "agents", agents, func(a *Agent) time.Duration { return time.Duration(a.Work) })
}

func (f *fold) reviewCauses(r *Review) []Cause {
	causes := make([]Cause, len(f.causes))
	for i, c := range f.causes {
		causes[i] = *c
	}
	slices.SortStableFunc(causes, func(a, b Cause) int {
		return cmp.Or(cmp.Compare(b.Wasted+b.Backoff, a.Wasted+a.Backoff), cmp.Compare(b.Failures, a.Failures))
	})
	return longest(r, "causes", causes, func(c *Cause) time.Duration { return time.Duration(c.Wasted + c.Backoff) })
}

func (f *fold) reviewWaiting() Waiting {
	t := f.clock.total
	w := Waiting{
		People:    f.waits(func(r *record) time.Duration { return r.people }),
		Limits:    f.waits(func(r *record) time.Duration { return r.limits }),
		Conflicts: f.waits(func(r *record) time.Duration { return r.conflicts }),
		Backoff:   f.waits(func(r *record) time.Duration { return r.backoff }),
		Away:      Seconds(f.clock.away), Gaps: f.clock.gaps,
		Idle: Seconds(t.idle), IdlePeople: Seconds(t.idlePeople), IdleBackoff: Seconds(t.idleBackoff),
		Slots: []Slots{}, Peak: f.clock.peak[0],
	}
	if t.active > 0 {
		w.Parallel = round2(float64(t.used[0]) / float64(t.active))
	}
	for i, class := range slotClasses() {
		if t.slots[i] > 0 && f.clock.peak[i] > 0 {
			w.Slots = append(w.Slots, Slots{Class: class, Limit: f.clock.limits[i], Peak: f.clock.peak[i],
				Used: round2(float64(t.used[i]) / float64(t.slots[i]))})
		}
	}
	return w
}

// round2 keeps two places: more would be noise.
func round2(x float64) float64 { return float64(int64(x*100+0.5)) / 100 }

func (f *fold) waits(of func(*record) time.Duration) Waits {
	const most = 3
	w := Waits{Longest: []Wait{}}
	for _, r := range f.order {
		d := of(r)
		if d <= 0 {
			continue
		}
		w.Tasks++
		w.Total += Seconds(d)
		at, _ := slices.BinarySearchFunc(w.Longest, d, func(x Wait, d time.Duration) int {
			if time.Duration(x.For) >= d {
				return -1
			}
			return 1
		})
		if at < most {
			w.Longest = slices.Insert(w.Longest, at, Wait{r.id, Seconds(d)})
			w.Longest = w.Longest[:min(len(w.Longest), most)]
		}
	}
	return w
}

// path follows the task that ended last back to the beginning.
func (f *fold) path(r *Review) []Link {
	var last *record
	for _, t := range f.order {
		if t.Attempts > 0 && !t.expanded && (last == nil || t.ended.After(last.ended)) {
			last = t
		}
	}
	path := []Link{}
	seen := map[string]bool{}
	for end := f.ended; last != nil && !seen[last.id]; {
		seen[last.id] = true
		if len(path) == 0 {
			end = last.ended
		}
		began := last.began
		if last.Attempts == 0 {
			began = end // it was skipped
		}
		before := f.records[last.after]
		since := f.began
		if before != nil {
			since = last.afterAt
		}
		path = append(path, Link{Task: last.id, Wave: last.wave, Because: last.because, Waited: Seconds(positive(began.Sub(since))),
			Took: Seconds(positive(end.Sub(began))), Work: last.Work, Attempts: last.Attempts})
		if before != nil && before.expanded && before.last != "" {
			before = f.records[before.last]
		}
		last, end = before, since
	}
	slices.Reverse(path)
	return longest(r, "critical_path", path, func(l *Link) time.Duration { return time.Duration(l.Took + l.Waited) })
}

func (f *fold) reviewTasks(r *Review, views []engine.TaskView) []Task {
	tasks := make([]Task, 0, len(views))
	for i := range views {
		v := &views[i]
		t := f.records[v.ID]
		if v.Removed || t == nil {
			continue
		}
		tasks = append(tasks, Task{ID: v.ID, Wave: v.Wave, Agent: v.Agent, State: v.State, Unreachable: v.Unreachable,
			Flags: v.Flags, Totals: t.Totals, Began: t.began, Waited: Seconds(t.people + t.limits + t.conflicts + t.backoff)})
	}
	return longest(r, "tasks", tasks, func(t *Task) time.Duration { return time.Duration(t.Work) })
}
