package plan

import (
	"fmt"
	"strings"
)

func ruleContracts() Rule {
	return Rule{
		Code: "P050", Title: "a contract with a task that is not there", Severity: Warning,
		What: "A contract names a task that the plan does not have. Lists (T1, T2) and ranges (T01-T09) are " +
			"understood; prose is left alone.",
		Why: "The task that should be told of the contract is not.",
		Fix: "writes the id of the one task that differs in nothing but case, separators and leading zeros.",
		Bad: "contracts:\n  - from_task: api\n    to_task: webb\n    interface: GET /users\ntasks:\n  - id: api\n    run: echo a\n" +
			"  - id: web\n    depends_on: [api]\n    run: echo b\n",
		Good: "contracts:\n  - from_task: api\n    to_task: web\n    interface: GET /users\ntasks:\n  - id: api\n    run: echo a\n" +
			"  - id: web\n    depends_on: [api]\n    run: echo b\n",
		check: func(c *checker) {
			contracts := c.plan.headValue("contracts")
			if contracts == nil {
				return
			}
			for _, contract := range contracts.Items {
				for _, key := range []string{"from_task", "to_task"} {
					v := contract.Get(key)
					if v.IsNull() {
						continue
					}
					for _, word := range v.Strings() {
						for _, wrong := range c.plan.namedTasks(word).unknown {
							var fix []TextEdit
							if near, sure := c.guess(wrong); sure && v.Kind == Scalar && strings.TrimSpace(v.Text) == wrong {
								fix = c.fixer().scalar(v, near)
							}
							c.reportFixed(nil, v.Pos, fmt.Sprintf("%s of a contract names %q, which is no task of this plan", key, clip(wrong)),
								c.meant(wrong), fix)
						}
					}
				}
			}
		},
	}
}

// named is what a text says about tasks: places of those it names, and words that look like ids and are
// none.
type named struct {
	tasks   []int
	unknown []string
}

// namedTasks reads a text that names tasks: an id, a list ("T1, T2 and T3"), a range ("T01-T09", "T1..T4",
// "T1 to T4"). Of prose ("all tasks after T1") it takes the ids that are in it.
func (p *Plan) namedTasks(text string) named {
	text = strings.TrimSpace(text)
	if i, ok := p.index[text]; ok {
		return named{tasks: []int{i}}
	}
	list := strings.FieldsFunc(strings.ReplaceAll(text, " and ", ","), func(r rune) bool { return strings.ContainsRune(",;&+[]", r) })
	var out named
	for _, part := range list {
		part = strings.TrimSpace(part)
		if found, ok := p.taskRange(part); ok {
			out.tasks = append(out.tasks, found...)
			continue
		}
		words := strings.Fields(part)
		for _, word := range words {
			if i, ok := p.index[strings.Trim(word, "().:")]; ok {
				out.tasks = append(out.tasks, i)
			} else if len(words) == 1 && !isNone(word) && !strings.EqualFold(word, "all") && word != "*" {
				out.unknown = append(out.unknown, word)
			}
		}
	}
	return out
}

// taskRange reads "first-last" where both ends are tasks: those between them in the plan, ends included.
func (p *Plan) taskRange(text string) ([]int, bool) {
	for _, separator := range []string{"..", "…", " - ", "–", "—", " to ", " through ", "-"} {
		// An id can hold a hyphen, so every place is tried.
		for from := 0; ; {
			i := strings.Index(text[from:], separator)
			if i < 0 {
				break
			}
			i += from
			first, ok := p.index[strings.Trim(text[:i], " .")]
			last, found := p.index[strings.Trim(text[i+len(separator):], " .")]
			if ok && found {
				if first > last {
					first, last = last, first
				}
				var tasks []int
				for at := first; at <= last; at++ {
					tasks = append(tasks, at)
				}
				return tasks, true
			}
			from = i + len(separator)
		}
	}
	return nil, false
}
