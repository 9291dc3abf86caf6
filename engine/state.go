package engine

// TaskState is where a task is; each constant says who moves it on.
type TaskState string

const (
	// Waiting: needs, a barrier, a conflict, a cap or a time; Next moves it on.
	Waiting TaskState = "waiting"
	// Running: a step is out; the driver reports.
	Running TaskState = "running"
	// Blocked: a question, an approval or an escalation; a person moves it on.
	Blocked TaskState = "blocked"
	// Done: final, unless a person or a gate reopens it.
	Done TaskState = "done"
	// Skipped: its condition was false, or it was skipped by hand; satisfies its dependants.
	Skipped TaskState = "skipped"
	// Failed: its remedies are used up; retry reopens it.
	Failed TaskState = "failed"
	// Cancelled: by a person, once its process is gone.
	Cancelled TaskState = "cancelled"
)
