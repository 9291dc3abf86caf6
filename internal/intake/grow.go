package intake

import (
	"fmt"
	"strings"

	"billow/plan"
)

// Shown is what a task of a small objective has shown of how large the work is.
type Shown struct {
	Task string
	// Done is true where it was completed: then it was as large as it was.
	Done bool
	// NeedsReplan: its agent says that the work needs another plan. Why says why it is not done, in a line.
	NeedsReplan bool
	Why         string
	// Complexity is the class that its agent reported, in any spelling; Files are those that it reports to have touched.
	Complexity string
	Files      []string
}

// growthRule raises the class of an objective by what a task of it has shown.
type growthRule struct {
	name string
	// class is the one that a task speaks for, "" where it speaks for none.
	class func(s Shown) (class plan.Class, saw string)
}

// growthRules is the table, the most telling first. Its numbers are those of the classes: one file is TRIVIAL, two are
// LOW, three are several.
func growthRules() []growthRule {
	return []growthRule{
		{"needs another plan", func(s Shown) (plan.Class, string) {
			if !s.NeedsReplan {
				return "", ""
			}
			return plan.Medium, s.Why
		}},
		{"reported complexity", func(s Shown) (plan.Class, string) {
			class, _ := plan.ParseClass(s.Complexity)
			return class, "its agent says that it is " + string(class)
		}},
		{"files touched", func(s Shown) (plan.Class, string) {
			saw := fmt.Sprintf("it has touched %s, and is not done", strings.Join(s.Files[:min(len(s.Files), 5)], ", "))
			switch n := len(s.Files); {
			case n >= 3:
				return plan.Medium, saw
			case n == 2:
				return plan.Low, saw
			}
			return "", ""
		}},
	}
}

// Grows says whether a task has shown that its objective is of a higher class than it was taken to be, and which rules say
// so, those of the highest class first. What is done has not grown.
func Grows(now plan.Class, s Shown) []plan.Reason {
	if s.Done {
		return nil
	}
	var out []plan.Reason
	for _, r := range growthRules() {
		if class, saw := r.class(s); class != "" && !now.AtLeast(class) {
			out = append(out, plan.Reason{Rule: r.name, Class: class, Saw: s.Task + ": " + saw})
		}
	}
	sortReasons(out)
	return out
}
