package intake

import (
	"regexp"
	"slices"
	"strings"

	"billow/plan"
)

// Task is one piece of the work of an objective that needs no planner.
type Task struct {
	ID, Title string
	// Agent does it; "" where Run is a command.
	Agent, Run string
	Needs      []string
	// ReadOnly: nothing is to be changed.
	ReadOnly bool
	// Environment is the one a deployment is for, "" for any other work.
	Environment string
}

// route is who does work of an intent, most suitable first; where the text is about phones, mobile counts before agents.
type route struct {
	intent         Intent
	agents, mobile []string
}

func routes() []route {
	implementers, mobile := []string{"gem-implementer"}, []string{"gem-implementer-mobile", "gem-implementer"}
	return []route{
		{Implement, implementers, mobile},
		{Debug, implementers, mobile},
		{Simplify, []string{"gem-code-simplifier", "gem-implementer"}, nil},
		{Document, []string{"gem-documentation-writer"}, nil},
		{Test, []string{"gem-browser-tester", "gem-reviewer"}, []string{"gem-mobile-tester", "gem-browser-tester"}},
		{Review, []string{"gem-reviewer"}, nil},
		{Challenge, []string{"gem-critic", "gem-reviewer"}, nil},
		{Research, []string{"gem-researcher"}, nil},
		{Design, []string{"gem-designer"}, []string{"gem-designer-mobile", "gem-designer"}},
		{Deploy, []string{"gem-devops"}, nil},
		{Skill, []string{"gem-skill-creator", "gem-documentation-writer"}, nil},
	}
}

var mobileWords = regexp.MustCompile(`(?i)\b(ios|android|mobile|react native|flutter|swiftui|jetpack compose|iphone|ipad|expo)\b`)

// Work is what a TRIVIAL or LOW objective comes to without a planner: one task for the most suitable agent that can be
// reached, else for the default agent; for a fault of class LOW a diagnosis first, where a debugger can be reached. A
// command is a task that needs no agent. Where nobody can be reached the task names the agent that was wanted.
func Work(objective string, a Assessment, reachable func(agent string) bool, defaultAgent string) []Task {
	if a.Command != "" {
		return []Task{{ID: "run", Title: "Run " + a.Command, Run: a.Command}}
	}
	does := Task{ID: string(a.Intent), Title: "Do what is asked", Agent: agentFor(objective, a.Intent, reachable, defaultAgent),
		ReadOnly: slices.Contains([]Intent{Review, Challenge, Research, Test}, a.Intent)}
	if a.Intent == Deploy {
		does.Environment = environmentOf(objective, a)
	}
	if a.Intent == Debug {
		does.ID = "fix"
		if a.Class == plan.Low && reachable("gem-debugger") {
			does.Needs = []string{"diagnose"}
			return []Task{{ID: "diagnose", Title: "Find the root cause", Agent: "gem-debugger", ReadOnly: true}, does}
		}
	}
	return []Task{does}
}

func agentFor(objective string, intent Intent, reachable func(string) bool, defaultAgent string) string {
	for _, r := range routes() {
		if r.intent != intent {
			continue
		}
		candidates := r.agents
		if len(r.mobile) > 0 && mobileWords.MatchString(objective) {
			candidates = r.mobile
		}
		for _, name := range candidates {
			if reachable(name) {
				return name
			}
		}
		if defaultAgent == "" {
			return candidates[0]
		}
	}
	return defaultAgent
}

// environmentOf is the environment that a deployment is for: the one that was answered, else the one that is named.
func environmentOf(objective string, a Assessment) string {
	for _, g := range a.GrayAreas {
		if g.Rule == "environment" {
			return g.Answer
		}
	}
	switch word := strings.ToLower(environments.FindString(objective)); word {
	case "prod":
		return "production"
	case "dev":
		return "development"
	default:
		return word
	}
}

var environments = regexp.MustCompile(`(?i)\b(production|prod|staging|development|dev|preview)\b`)
