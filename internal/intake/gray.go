package intake

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"billow/plan"
)

// GrayArea is something that an objective leaves open: it has a Question where nothing should be done before it is
// answered, else an Assumption.
type GrayArea struct {
	// Rule is the rule that found it.
	Rule       string    `json:"rule"`
	Question   *Question `json:"question,omitempty"`
	Answer     string    `json:"answer,omitempty"`
	Assumption string    `json:"assumption,omitempty"`
}

// Question is what a person has to say first.
type Question struct {
	// ID names it for an answer.
	ID   string `json:"id"`
	Text string `json:"text"`
	// Options are all there is to answer, none for a free text.
	Options []string `json:"options,omitempty"`
}

// Check reads an answer: one of the options, by its word or number, or any text where there are none.
func (q Question) Check(answer string) (string, error) {
	answer = strings.TrimSpace(answer)
	if answer == "" {
		return "", fmt.Errorf("%s: the answer is empty", q.ID)
	}
	if len(q.Options) == 0 {
		return answer, nil
	}
	for i, o := range q.Options {
		if strings.EqualFold(o, answer) || answer == fmt.Sprint(i+1) {
			return o, nil
		}
	}
	return "", fmt.Errorf("%s: %q is none of %s", q.ID, answer, strings.Join(q.Options, ", "))
}

// grayRule finds gray areas of one kind.
type grayRule struct {
	name string
	find func(Input, facts, Assessment) []GrayArea
}

func grayRules() []grayRule {
	return []grayRule{
		{"target", func(in Input, f facts, _ Assessment) []GrayArea {
			if f.command != "" || len(in.Refs) > 0 || hasTarget(strings.ToLower(in.Objective)) {
				return nil
			}
			return ask("target", "What is to be worked on, and how is it seen that it is done?")
		}},
		{"placeholder", func(in Input, _ facts, _ Assessment) []GrayArea {
			word := regexp.MustCompile(`\b(?:TBD|TBA|TODO|FIXME)\b|\?{3,}|\{\{[^}]*\}\}`).FindString(in.Objective)
			if word == "" || strings.Contains(strings.ToLower(in.Objective), "todos") {
				return nil
			}
			return ask("placeholder", fmt.Sprintf("The objective says %s: what stands in its place?", word))
		}},
		{"alternative", func(in Input, f facts, _ Assessment) []GrayArea {
			m := regexp.MustCompile(`(?i)\beither (.{1,60}?) or (.{1,60}?)(?:[.,;?]|$)`).FindStringSubmatch(in.Objective)
			if m == nil {
				return nil
			}
			second, _, _ := strings.Cut(m[2], " for ")
			return ask("alternative", "Which of the two?", strings.TrimSpace(m[1]), strings.TrimSpace(second))
		}},
		{"environment", func(in Input, _ facts, a Assessment) []GrayArea {
			if a.Intent != Deploy || environments.MatchString(in.Objective) || regexp.MustCompile(`(?i)\b(ci|npm|pypi|registry|package|crate|docs)\b`).MatchString(in.Objective) {
				return nil
			}
			return ask("environment", "Which environment is it for?", "development", "staging", "production")
		}},
		{"file", func(in Input, f facts, a Assessment) []GrayArea {
			var out []GrayArea
			for _, file := range f.files {
				switch {
				case in.Exists == nil || in.Exists(file):
				case slices.Contains([]Intent{Debug, Simplify, Review, Test, Challenge}, a.Intent) || f.mechanical != "":
					out = append(out, ask("file", fmt.Sprintf("There is no file %s: which one is meant?", file))...)
				default:
					out = append(out, assume(file+" does not exist yet and is to be made."))
				}
			}
			return out[:min(len(out), 3)]
		}},
		{"opinion", func(in Input, _ facts, _ Assessment) []GrayArea {
			if in.Opinion == nil {
				return nil
			}
			var out []GrayArea
			for _, q := range in.Opinion.Questions {
				out = append(out, ask("opinion", q.Text, q.Options...)...)
			}
			for _, s := range in.Opinion.Assumptions {
				out = append(out, assume(s))
			}
			return out
		}},
		{"criteria", func(_ Input, f facts, a Assessment) []GrayArea {
			if !a.Class.AtLeast(plan.Medium) || regexp.MustCompile(`\b(so that|must|should|acceptance|done when|until|such that)\b`).MatchString(f.text) {
				return nil
			}
			return []GrayArea{assume("No acceptance criteria were given: it is done when the objective holds and the project's own tests pass.")}
		}},
		{"size", func(_ Input, _ facts, a Assessment) []GrayArea {
			if a.Certain {
				return nil
			}
			return []GrayArea{assume("The objective does not say how much it touches: it is taken to be small and bounded.")}
		}},
	}
}

func ask(id, text string, options ...string) []GrayArea {
	return []GrayArea{{Question: &Question{ID: id, Text: text, Options: options}}}
}

func assume(text string) GrayArea { return GrayArea{Assumption: text} }

// grayAreas applies the rules, gives each question an id of its own and takes in the answers.
func grayAreas(in Input, f facts, a Assessment) []GrayArea {
	var out []GrayArea
	seen := map[string]int{}
	for _, r := range grayRules() {
		for _, g := range r.find(in, f, a) {
			g.Rule = r.name
			if g.Question != nil {
				if seen[g.Question.ID]++; seen[g.Question.ID] > 1 {
					g.Question.ID += fmt.Sprint("-", seen[g.Question.ID])
				}
				g.Answer = in.Answers[g.Question.ID]
			}
			out = append(out, g)
		}
	}
	return out
}

// hasTarget reports whether an objective names anything: a word that is no verb of work, no pronoun and no praise.
func hasTarget(text string) bool {
	verbs := []string{}
	for _, r := range intentRules() {
		verbs = append(verbs, r.words)
	}
	empty := regexp.MustCompile(`^(?:` + strings.Join(verbs, "|") +
		`|an?|the|it|this|that|these|those|them|some|all|any|my|our|your|and|or|to|of|in|on|for|with|is|be|please|can|could|you|me|do|does|go|work|works|working` +
		`|better|faster|nicer|cleaner|good|great|right|proper|properly|well|more|less|stuff|things?|something|anything|everything|issues?|problems?|bugs?|errors?|again|now|up|out)$`)
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127 || strings.ContainsRune("./-_'", r))
	}) {
		if !empty.MatchString(strings.Trim(word, ".'-")) && strings.Trim(word, ".'-") != "" {
			return true
		}
	}
	return false
}
