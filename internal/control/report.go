package control

import (
	"context"
	"fmt"

	"billow/internal/review"
	"billow/plan"
)

// ReportRequest asks for the after-action review of a run.
type ReportRequest struct {
	// Of is a run's id, a plan, whose latest run is meant, or a history as a file.
	Of string
}

// Report reviews a run, from its history and the plan that it began with.
func (s *Service) Report(ctx context.Context, r ReportRequest) (*review.Review, error) {
	t, err := s.tell(ctx, r.Of)
	if err != nil {
		return nil, err
	}
	defer t.close()
	resp, err := review.Of(t.events(ctx))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.name(), err)
	}
	if t.log == nil {
		return resp, nil
	}
	// A review is worth having without its title.
	if data, err := t.log.Blob(ctx, resp.PlanHash); err == nil {
		if p := plan.Read(t.run.Plan, data, t.o.readOptions()).Plan; p != nil {
			resp.Objective = p.Objective
		}
	}
	return resp, nil
}
