package control

import (
	"context"
	"fmt"
	"path/filepath"

	"billow/agents"
	"billow/engine"
	"billow/failure"
	"billow/internal/intake"
	"billow/plan"
)

// grown looks whether the work of a small objective has turned out to be larger than that, and puts it into the class that
// its tasks show; again is true where it then goes back to planning, with what is completed kept. Each time the class is
// higher, so that this comes to an end.
func (d *doing) grown(ctx context.Context) (again bool, err error) {
	if !d.st.InMemory || d.resp.Run.Interrupted || d.resp.Run.TimedOut || d.resp.Outcome == engine.OutcomeCompleted {
		return false, nil
	}
	v, err := d.look(ctx, filepath.Join(d.o.Root, filepath.FromSlash(d.st.Path)), "")
	if err != nil {
		return false, err
	}
	var reasons []plan.Reason
	for _, t := range v.state.Tasks() {
		if t.Removed || t.Parent != "" || t.Attempt == 0 || asksQuestion(t) || asksApproval(t) {
			continue
		}
		shown := intake.Shown{Task: t.ID, Done: t.State == engine.Done || t.State == engine.Skipped, Why: reasonOf(t),
			NeedsReplan: t.Signal != nil && t.Signal.Kind == failure.NeedsReplan}
		_, report, err := d.said(ctx, d.st.Path, t.ID)
		if err != nil {
			return false, err
		}
		if report != nil {
			shown.Complexity = report.Get("complexity").Inline()
			if r, err := agents.ReadReport(report); err == nil {
				shown.Files = r.Files
			}
		}
		reasons = append(reasons, intake.Grows(d.st.Assessment.Class, shown)...)
	}
	before := d.st.Assessment.Class
	for _, reason := range reasons {
		d.st.Assessment.Raise(reason.Class, reason.Rule, reason.Saw)
	}
	if d.st.Assessment.Class == before {
		return false, nil
	}
	why := fmt.Sprintf("the scope has grown from %s to %s: %s", before, d.st.Assessment.Class, d.st.Assessment.Reasons[0].Saw)
	d.notice("info", "%s", why)
	d.st.Phase = phasePlan
	if d.st.Assessment.Class.AtLeast(plan.Medium) {
		d.st.Findings = []string{why}
		if !d.reachable(plannerAgent) {
			d.needsPlanner(why)
			return false, d.save()
		}
	}
	d.resp.Run, d.resp.Outcome = nil, ""
	return true, d.save()
}

// needsPlanner says that there must be a plan, and that nobody can make one.
func (d *doing) needsPlanner(why string) {
	d.escalate(why + "; nothing says how " + plannerAgent + ", which would plan it, is reached")
	d.st.Escalation.Required = "an agent that plans it, or an objective that needs no plan"
	d.st.Escalation.Next = []string{d.o.Config.AgentHint(plannerAgent) + ", then billow do --plan-id " + d.st.PlanID,
		"billow do 'a smaller OBJECTIVE'"}
}
