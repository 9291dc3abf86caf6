package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"billow/engine"
	"billow/internal/planfile"
	"billow/internal/store"
)

// RunsRequest asks for the runs that are stored.
type RunsRequest struct {
	// Plan is named as for Run; with All the runs of every plan of the project are listed, as they are where no
	// plan is named and none found. Limit is the most that is given, 0 is 20.
	Plan  string
	All   bool
	Limit int
}

// RunsResponse is the list of runs, newest first.
type RunsResponse struct {
	Runs []StoredRun `json:"runs"`
	// Now is when this was asked, for ages.
	Now time.Time `json:"now"`
}

// StoredRun is what is kept of a run beside its events; see store.Run.
type StoredRun = store.Run

// Runs lists stored runs, newest first.
func (s *Service) Runs(ctx context.Context, r RunsRequest) (*RunsResponse, error) {
	o, log, err := s.stored(r.Plan, "")
	if errors.Is(err, ErrNoRun) {
		return &RunsResponse{Runs: []StoredRun{}, Now: s.Now().UTC()}, nil
	}
	if err != nil {
		return nil, err
	}
	defer log.Close()
	limit := r.Limit
	if limit == 0 {
		limit = 20
	}
	only := o.Key
	if r.All {
		only = ""
	}
	runs, err := log.Runs(ctx, only, limit)
	for i := range runs {
		if runs[i].Status != "running" {
			continue
		}
		// A driver that was killed could not say so.
		path := filepath.Join(o.Root, filepath.FromSlash(runs[i].Plan))
		if real, err := filepath.EvalSymlinks(path); err != nil || !planfile.Held(planfile.LockDir(real), real) {
			runs[i].Status = engine.OutcomeInterrupted
		}
	}
	if err != nil {
		return nil, err
	}
	return &RunsResponse{Runs: append([]StoredRun{}, runs...), Now: s.Now().UTC()}, nil
}

// stored opens the store of the project that a plan, or the working folder, belongs to. Where no plan is
// named, or a run is, the plan's file need not be there.
func (s *Service) stored(arg, run string) (*Opened, store.Log, error) {
	o, err := s.open(arg)
	if err != nil && (arg == "" || run != "") {
		o, err = s.project()
	}
	if err != nil {
		return nil, nil, err
	}
	log, err := s.log(o.Root, false)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil, fmt.Errorf("%w: nothing has been run in this project yet", ErrNoRun)
	}
	return o, log, err
}

// which finds the run that is meant: by its id, else the latest of the plan.
func which(ctx context.Context, o *Opened, log store.Log, id string) (store.Run, error) {
	if id != "" {
		run, err := log.Run(ctx, id)
		if errors.Is(err, store.ErrNotFound) {
			err = fmt.Errorf("%w: there is no run %q; billow runs lists them", ErrNoRun, id)
		}
		return run, err
	}
	runs, err := log.Runs(ctx, o.Key, 1)
	if err != nil {
		return store.Run{}, err
	}
	if len(runs) == 0 {
		return store.Run{}, fmt.Errorf("%w: %s has not been run yet", ErrNoRun, cmp.Or(o.Path, "the project"))
	}
	return runs[0], nil
}

// EventsRequest asks for the history of a run.
type EventsRequest struct {
	Plan, Run string
	// After leaves out events up to this number. Follow waits for more until the run is over.
	After  int64
	Follow bool
	// Each is called for every event in its order; an error ends it.
	Each func(engine.Event) error
}

// followEvery is how often a followed history is looked at.
const followEvery = 100 * time.Millisecond

// Events tells the history of a run.
func (s *Service) Events(ctx context.Context, r EventsRequest) error {
	o, log, err := s.stored(r.Plan, r.Run)
	if err != nil {
		return err
	}
	defer log.Close()
	run, err := which(ctx, o, log, r.Run)
	if err != nil {
		return err
	}
	after := r.After
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		events, err := log.Read(ctx, run.ID, after, 0)
		if err != nil {
			return err
		}
		over := false
		for _, ev := range events {
			if err := r.Each(ev); err != nil {
				return err
			}
			after = ev.Seq
			over = ev.Type == engine.RunFinished
		}
		if !r.Follow || over {
			return nil
		}
		if len(events) == 0 && o.Real != "" && !s.isLive(o) {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
