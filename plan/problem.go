package plan

// Severity says what a Problem means for a run.
type Severity string

const (
	// Error: the plan does not run.
	Error Severity = "error"
	// Warning: it runs, and probably not as meant.
	Warning Severity = "warning"
	// Info: worth knowing.
	Info Severity = "info"
)

// Problem is something wrong with a plan, worded for its author.
type Problem struct {
	// Code is P000 (not YAML), P001 ... ; one code is one rule.
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// File is the name given to Read; Line and Column count from 1, 0 where there is no place.
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column int    `json:"column"`
	// Task is the id of the task concerned, "" for the plan as a whole.
	Task string `json:"task,omitempty"`
	// Text says what is wrong, Hint what to write instead; lower case, no full stop.
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
	// Source is the line of the file, without its line end.
	Source string `json:"source,omitempty"`
	// Repaired is true for what was found in the text as Repair would make it, because the file itself cannot be
	// read that far.
	Repaired bool `json:"repaired,omitempty"`
	// Fix, where there is one, mends it and keeps the meaning: what the plan says, or what its author without
	// doubt meant to say. What is less sure is a Hint alone. One Fix can mend several problems of a kind; then
	// the first of them carries it.
	Fix []TextEdit `json:"fix,omitempty"`

	// more is the number of problems beyond itself that this one stands for, where there are too many to list.
	more int
}

// TextEdit replaces the bytes [Start, End) of the source with New.
type TextEdit struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	New   string `json:"new"`
}

// Errors returns the problems that keep a plan from running.
func Errors(problems []Problem) []Problem {
	var out []Problem
	for _, p := range problems {
		if p.Severity == Error {
			out = append(out, p)
		}
	}
	return out
}
