package engine

import (
	"cmp"
	"slices"
	"time"

	"billow/plan"
)

// SpecOptions are what the plan alone does not say of its tasks.
type SpecOptions struct {
	// Class says which limit a task falls under. A nil Class takes tasks with `run` as shell tasks and all
	// others as agents.
	Class func(*plan.Task) Class
	// Agent is who does a task; "" for shell tasks. A nil Agent takes the task's own.
	Agent func(*plan.Task) string
	// Providers are the services by which a task's agent can be reached. A nil Providers knows of none.
	Providers func(*plan.Task) []string
	// Approval says why somebody must agree before the task starts; "" when nobody must. A nil Approval
	// takes requires_approval.
	Approval func(*plan.Task) string
	// AnswerTimeout and ApprovalTimeout are for tasks that have none of their own; 0 is for ever.
	AnswerTimeout, ApprovalTimeout time.Duration
	// Durations are how long tasks took before, by id; they order the ready tasks.
	Durations map[string]time.Duration
	// Hand says that somebody changed the file during the run: what it says of statuses is not taken here.
	Hand bool
}

// Specs says what the engine needs to know of each task, in the order of the plan.
func Specs(p *plan.Plan, sched *plan.Schedule, o SpecOptions) []TaskSpec {
	tails := sched.Tail(sched.Weights(o.Durations))
	apart := plan.FindExclusions(p)
	var expressions plan.Expressions
	out := make([]TaskSpec, len(p.Tasks))
	for i, t := range p.Tasks {
		spec := TaskSpec{ID: t.ID, Wave: sched.Wave[i], Needs: t.Needs, Class: ClassAgent, Agent: t.Agent,
			Pool: t.Pool, Locks: apart.Locks[i], Accept: len(t.Accept), Foreach: t.Foreach(), Weight: tails[i],
			Budget: t.Budget, Policy: t.Failure, DefaultAnswer: t.DefaultAnswer,
			AnswerTimeout:   cmp.Or(t.AnswerTimeout, o.AnswerTimeout),
			ApprovalTimeout: cmp.Or(t.ApprovalTimeout, o.ApprovalTimeout)}
		if o.Class != nil {
			spec.Class = o.Class(t)
		} else if t.Run != "" {
			spec.Class = ClassRun
		}
		if o.Agent != nil {
			spec.Agent = o.Agent(t)
		}
		if o.Providers != nil {
			spec.Providers = o.Providers(t)
		}
		if t.When != "" {
			spec.When, spec.Tolerant = true, expressions.Tolerant(t.When)
		}
		if o.Approval != nil {
			spec.ApprovalReason = o.Approval(t)
			spec.Approval = spec.ApprovalReason != ""
		} else {
			spec.Approval = t.RequiresApproval
			if t.ApprovalState != ApprovalDenied { // then it is why somebody said no
				spec.ApprovalReason = t.ApprovalReason
			}
		}
		for _, x := range apart.With[i] {
			// One side is enough for the engine; the earlier one keeps it.
			if x > i {
				spec.Conflicts = append(spec.Conflicts, p.Tasks[x].ID)
			}
		}
		if !o.Hand {
			spec.Start, spec.RetriesUsed = fromFile(t), t.RetriesUsed
		}
		if t.Retry != nil {
			spec.Policy = spec.Policy.WithRetry(t.Retry.Limit, t.Retry.Backoff, t.Retry.On)
		}
		spec.Needs, spec.Locks = slices.Clip(spec.Needs), slices.Clip(spec.Locks)
		out[i] = spec
	}
	return out
}
