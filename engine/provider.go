package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"billow/failure"
)

// provider is a service whose limit work has run into.
type provider struct {
	Name string `json:"name"`
	// Until is when its limit resets, zero while it is not paused; Reason is what it said.
	Until  time.Time `json:"until,omitzero"`
	Reason string    `json:"reason,omitempty"`
	// Times is how often it was paused since work of it last succeeded.
	Times int `json:"times,omitempty"`
}

// Pause is a provider of which nothing is started for a while.
type Pause struct {
	Provider string `json:"provider"`
	// Until is when its limit resets; Reason is what it said.
	Until  time.Time `json:"until"`
	Reason string    `json:"reason,omitempty"`
}

// Paused reports whether nothing of a provider is started now.
func (s *State) Paused(name string) bool {
	return slices.ContainsFunc(s.providers, func(p provider) bool { return p.Name == name && !p.Until.IsZero() })
}

// Pauses are the providers of which nothing is started now, by name.
func (s *State) Pauses() []Pause {
	var out []Pause
	for _, p := range s.providers {
		if !p.Until.IsZero() {
			out = append(out, Pause{p.Name, p.Until, p.Reason})
		}
	}
	slices.SortFunc(out, func(a, b Pause) int { return strings.Compare(a.Provider, b.Provider) })
	return out
}

// maxDoubled bounds how often the wait is doubled for a provider that names no reset time: 5 minutes become 5 hours.
const maxDoubled = 6

// PauseFor is the event that the failure of a task at a provider's limit means for all work of that provider
// (provider_paused), to be recorded before the failure. The delay of the failure's remedy goes over to it: the task waits
// for the provider as all others do. A provider that names no reset time is left alone for twice as long each time, until
// work of it has succeeded. ok is false where the failure is none of that kind, or the provider is paused for as long
// already.
func (s *State) PauseFor(id string, sig failure.Signal, r *failure.Remedy, at time.Time) (ev Event, ok bool) {
	if !sig.Quota || sig.Provider == "" {
		return Event{}, false
	}
	delay := r.Delay
	if i, known := s.index[id]; known && slices.Contains(s.tasks[i].providersOf(s.tasks[i].Step), sig.Provider) {
		r.Delay = 0
	}
	p := provider{}
	if i := s.provider(sig.Provider); i >= 0 {
		p = s.providers[i]
	}
	if sig.RetryIn == 0 {
		times := p.Times
		if p.Until.After(at) {
			times-- // it ran beside the work that met the limit
		}
		delay <<= min(times, maxDoubled)
	}
	until := at.Add(delay)
	return Event{Type: ProviderPaused, Provider: sig.Provider, Until: until, Reason: sig.Message}, until.After(p.Until)
}

// provider is the place of a provider in providers, -1 for one that was never paused.
func (s *State) provider(name string) int {
	return slices.IndexFunc(s.providers, func(p provider) bool { return p.Name == name })
}

// pause takes down that a provider's limit is reached.
func (s *State) pause(ev Event) {
	i := s.provider(ev.Provider)
	if i < 0 {
		i = len(s.providers)
		s.providers = append(s.providers, provider{Name: ev.Provider})
	}
	p := &s.providers[i]
	if p.Until.IsZero() {
		p.Times++
	}
	if ev.Until.After(p.Until) {
		p.Until, p.Reason = ev.Until, ev.Reason
	}
	s.shift()
}

// resume takes a pause away.
func (s *State) resume(name string) {
	if i := s.provider(name); i >= 0 {
		s.providers[i].Until, s.providers[i].Reason = time.Time{}, ""
	}
	s.shift()
}

// served notes that a provider did what was asked of it, as far as is known: an agent that has several may have been
// reached by any that is not paused.
func (s *State) served(t *task, step string) {
	if len(s.providers) == 0 {
		return
	}
	for _, name := range t.providersOf(step) {
		if i := s.provider(name); i >= 0 && s.providers[i].Until.IsZero() {
			s.providers[i].Times = 0
		}
	}
}

// providersOf are the services by which the agent of a step can be reached, none for a step that is no agent's.
func (t *task) providersOf(step string) []string {
	if class, _ := t.seatOf(step); class != ClassAgent || acceptance(step) > 0 {
		return nil
	}
	if k := t.mending(step); k >= 0 && t.Mend.Steps[k].Agent != "" {
		return t.Mend.Steps[k].Providers
	}
	return t.Spec.Providers
}

// providerResource is the place of the resource that is full while all of these providers are paused.
func (s *State) providerResource(names []string) int {
	k := s.namedResource("provider", strings.Join(names, " or "), 0)
	if s.named[k].providers == nil {
		s.named[k].providers = names
		s.named[k].shut = s.allPaused(names)
		s.doors = append(s.doors, k)
	}
	return k
}

func (s *State) allPaused(names []string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return !s.Paused(name) })
}

// shift shuts and opens what depends on pauses and on the plan's budget. Tasks that waited for what is open again go
// back to their queues: each is moved once for a pause, however many events come while it lasts.
func (s *State) shift() {
	for _, k := range s.doors {
		r := &s.named[k]
		was := r.shut
		if r.budget {
			r.shut = s.limits.Budget.Exhausted(s.spent) != ""
		} else {
			r.shut = s.allPaused(r.providers)
		}
		switch {
		case was && !r.shut:
			s.requeueAll(k)
		case r.budget && r.shut && !was:
			// It comes before all else that agents' work may wait for.
			for other := range s.named {
				s.requeueAll(other)
			}
		}
	}
}

// requeueAll lets everything try again that waits for a resource.
func (s *State) requeueAll(k int) {
	waiting := s.named[k].waiting
	s.named[k].waiting = [3]queue{}
	for _, e := range slices.Concat(waiting[:]...) {
		s.requeue(e.task)
	}
}

// nextResumes gives a command for every pause that is over.
func (s *State) nextResumes() []Command {
	var out []Command
	for _, p := range s.providers {
		if !p.Until.IsZero() && !p.Until.After(s.now) {
			out = append(out, Command{Do: Resume, Provider: p.Name})
		}
	}
	return out
}

// awaited reports whether something waits for a resource that is shut, and for nothing else.
func (s *State) awaited(k int) bool {
	r := &s.named[k]
	if !r.shut {
		return false
	}
	for _, i := range s.steps {
		t := &s.tasks[i]
		if t.NextStep == "" || t.Cancelling || t.seated {
			continue
		}
		if first := slices.IndexFunc(t.resources[:t.seats], func(k int) bool { return s.named[k].shut }); first >= 0 && t.resources[first] == k {
			return true
		}
	}
	for slot := range r.waiting {
		q := &r.waiting[slot]
		for len(*q) > 0 && !s.eligible((*q)[0].task) {
			s.tasks[q.pop().task].queued = false
		}
		if slices.ContainsFunc(*q, func(e entry) bool { return s.eligible(e.task) && s.mayStart(e.task) }) {
			return true
		}
	}
	return false
}

// resumption is when the first provider can be used again; where nothing else goes on, the first that something waits
// for, if that is worth waiting for.
func (s *State) resumption(busy bool) (at time.Time, ok bool) {
	first := func(until time.Time) {
		if !ok || until.Before(at) {
			at, ok = until, true
		}
	}
	if busy {
		for _, p := range s.Pauses() {
			first(p.Until)
		}
		return at, ok
	}
	for _, k := range s.doors {
		if !s.awaited(k) {
			continue
		}
		for _, name := range s.named[k].providers {
			first(s.providers[s.provider(name)].Until)
		}
	}
	return at, ok && at.Sub(s.now) <= s.limits.QuotaWait
}

// whyShut says what a resource that is shut waits for.
func (s *State) whyShut(r *resource) string {
	if r.budget {
		return usedUp("the plan's", s.limits.Budget, s.spent)
	}
	var first provider
	for _, name := range r.providers {
		if p := s.providers[s.provider(name)]; first.Until.IsZero() || p.Until.Before(first.Until) {
			first = p
		}
	}
	text := fmt.Sprintf("it waits for %s until %s", first.Name, momentText(first.Until, s.now))
	if first.Reason != "" {
		text += ": " + first.Reason
	}
	return text
}

// momentText is a time as people read it, with its date unless that is the one of now.
func momentText(at, now time.Time) string {
	at, now = at.UTC(), now.UTC()
	if at.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return at.Format(time.TimeOnly) + " UTC"
	}
	return at.Format(time.DateTime) + " UTC"
}
