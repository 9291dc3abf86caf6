package proc

import (
	"os"
	"time"
)

// DefaultGrace is how long a group has between TERM and KILL.
const DefaultGrace = 10 * time.Second

// Spec says what to start and under which limits.
type Spec struct {
	// Path is the program. Without a slash it is looked for in the PATH of Env; a relative path counts
	// from Dir.
	Path string
	// Name is what the program is told that it was called as; "" is Path.
	Name string
	// Args are the arguments after the program's name.
	Args []string
	// Env is the whole environment, KEY=VALUE; nil is billow's own.
	Env []string
	// Dir is where it runs; "" is billow's own folder.
	Dir string
	// Stdin, Stdout and Stderr are given to the child; nil is /dev/null. They stay the caller's to close.
	Stdin, Stdout, Stderr *os.File
	// Watch are the files whose growth counts as output for the deadlines. Empty means Stdout and Stderr,
	// which is right unless those are pipes.
	Watch []*os.File
	// Timeouts are the deadlines.
	Timeouts Timeouts
	// Grace is how long the group has between TERM and KILL; 0 is DefaultGrace.
	Grace time.Duration

	// session starts a session instead of a group: for the supervisor, which must not hear of the end of
	// billow's terminal.
	session bool
}

func (s *Spec) name() string {
	if s.Name != "" {
		return s.Name
	}
	return s.Path
}

// Timeouts are the deadlines of a process; 0 is none.
type Timeouts struct {
	// Total counts from the start, FirstOutput from the start until anything is printed. Idle counts from
	// the latest output; from the start as long as there was none and FirstOutput is not set.
	Total, FirstOutput, Idle time.Duration
}

// The names of the deadlines, as they stand in Exit.Timeout.
const (
	TimeoutTotal       = "total"
	TimeoutFirstOutput = "first_output"
	TimeoutIdle        = "idle"
)

// Exit is how a process ended.
type Exit struct {
	// Status is the exit status, -1 when there was none.
	Status int `json:"status"`
	// Signal names the signal that ended it, such as "killed"; "" when it ended by itself.
	Signal string `json:"signal,omitempty"`
	// Timeout names the deadline that passed: "total", "first_output" or "idle".
	Timeout string `json:"timeout,omitempty"`
	// Stopped is true when Stop or Kill was called before it ended.
	Stopped bool `json:"stopped,omitempty"`
	// Lost says why nothing is known about the end: somebody else waited for the child, or its supervisor
	// died. Status is -1 then.
	Lost string `json:"lost,omitempty"`
	// Started and Ended are wall-clock times.
	Started time.Time `json:"started"`
	Ended   time.Time `json:"ended"`
	// User and System are the processor time of the process and of the children it waited for.
	User   time.Duration `json:"user_ns"`
	System time.Duration `json:"system_ns"`
	// MaxRSS is the largest memory of any of them, in bytes. The system counts what billow itself used when
	// it started the child, so small programs seem to have used that.
	MaxRSS int64 `json:"max_rss"`
}

// OK is true when the process ended by itself with status 0.
func (e Exit) OK() bool {
	return e.Status == 0 && e.Signal == "" && e.Timeout == "" && e.Lost == ""
}
