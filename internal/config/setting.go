package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"billow/plan"
)

// setting is one value that can be set by a scalar or a list, from any layer.
type setting struct {
	// key is its path in billow.yaml; gem the one in .gem-team.yaml, "" where it has none there.
	key, gem string
	// variable sets it in the environment; "" for none.
	variable string
	// set takes a value over and says what would be right where it is none ("a whole number ...").
	set func(*Config, *plan.Value) (want string)
	// doubt says what is odd about a value that was taken all the same; nil for nothing.
	doubt func(*plan.Value) (text, hint string)
	// show is the value for people; many is true for lists, which show as texts with commas between.
	show func(*Config) string
	many bool
	// effect is what comes of it.
	effect Effect
	// shape is what a value may look like, for the schema.
	shape Shape
}

// Effect is what comes of a setting.
type Effect string

// The effects. A setting may have a lesser one besides: those for briefs are given to agents whatever else
// they do.
const (
	// ForBillow: billow itself heeds it.
	ForBillow Effect = "billow"
	// ForBriefs: the agents whose roles name it are given it.
	ForBriefs Effect = "briefs"
)

// settings is the table of what can be set, in the order of the manual. The fields of Config say what each is.
func settings() []setting {
	classes := []string{"TRIVIAL", "LOW", "MEDIUM", "HIGH"}
	table := []setting{
		text("default_agent", func(c *Config) *string { return &c.DefaultAgent }),
		number("jobs", 0, 10_000, func(c *Config) *int { return &c.Jobs }),
		number("max_concurrent_agents", 1, 10_000, func(c *Config) *int { return &c.MaxConcurrentAgents }).as("orchestrator.max_concurrent_agents"),
		truth("fail_fast", func(c *Config) *bool { return &c.FailFast }),
		word("failure_rules", func(c *Config) *string { return &c.FailureRules }, "classic", "latest"),
		word("complexity_floor", func(c *Config) *string { return &c.ComplexityFloor }, append([]string{"auto"}, classes...)...).as("orchestrator.default_complexity_threshold"),
		environments("approval_required_for", func(c *Config) *[]string { return &c.ApprovalRequiredFor }).as("devops.approval_required_for"),
		duration("approval_timeout", func(c *Config) *time.Duration { return &c.ApprovalTimeout }),
		duration("answer_timeout", func(c *Config) *time.Duration { return &c.AnswerTimeout }),
		duration("quota_wait", func(c *Config) *time.Duration { return &c.QuotaWait }),
		amount("budget.tokens", plan.BudgetTokens, func(c *Config) *plan.Budget { return &c.Budget }),
		amount("budget.usd", plan.BudgetUSD, func(c *Config) *plan.Budget { return &c.Budget }),
		amount("budget.time", plan.BudgetTime, func(c *Config) *plan.Budget { return &c.Budget }),
		command("shell", func(c *Config) *[]string { return &c.Shell }),
		duration("timeouts.total", func(c *Config) *time.Duration { return &c.Timeouts.Total }),
		duration("timeouts.idle", func(c *Config) *time.Duration { return &c.Timeouts.Idle }),
		duration("timeouts.first_output", func(c *Config) *time.Duration { return &c.Timeouts.FirstOutput }),
		either("on_lost", "rerun", "block", func(c *Config) *bool { return &c.BlockLost }),
		word("gates", func(c *Config) *string { return &c.Gates }, "auto", "off"),
		number("gate_revisions", 0, 100, func(c *Config) *int { return &c.GateRevisions }),
		text("assess_agent", func(c *Config) *string { return &c.AssessAgent }),
		number("plan_revisions", 0, 100, func(c *Config) *int { return &c.PlanRevisions }),
		truth("write_back", func(c *Config) *bool { return &c.WriteBack }),
		word("output", func(c *Config) *string { return &c.Output }, "auto", "plain", "quiet"),
		size("limits.max_file_bytes", func(c *Config) *int64 { return &c.Limits.MaxFileBytes }),
		number("limits.max_tasks", 1, 10_000_000, func(c *Config) *int { return &c.Limits.MaxTasks }),

		truth("orchestrator.git_commit_on_gate_pass", func(c *Config) *bool { return &c.Gem.GitCommitOnGatePass }),
		words("planning.enable_critic_for", func(c *Config) *[]string { return &c.Gem.EnableCriticFor }, classes...),
		truth("model_routing.enabled", func(c *Config) *bool { return &c.Gem.ModelRouting }),
		text("model_routing.tiers.premium", func(c *Config) *string { return &c.Gem.PremiumModel }),
		text("model_routing.tiers.explore", func(c *Config) *string { return &c.Gem.ExploreModel }),
		truth("quality.visual_regression_enabled", func(c *Config) *bool { return &c.Gem.VisualRegression }).has(ForBriefs),
		share("quality.visual_diff_threshold", func(c *Config) *float64 { return &c.Gem.VisualDiffThreshold }).has(ForBriefs),
		word("quality.a11y_audit_level", func(c *Config) *string { return &c.Gem.A11yAuditLevel }, "none", "basic", "full").has(ForBriefs),
		word("devops.deployment_strategy", func(c *Config) *string { return &c.Gem.DeploymentStrategy }, "rolling", "blue_green", "canary").has(ForBriefs),
		truth("devops.auto_rollback_on_failure", func(c *Config) *bool { return &c.Gem.AutoRollback }).has(ForBriefs),
		truth("testing.screenshot_on_failure", func(c *Config) *bool { return &c.Gem.ScreenshotOnFailure }).has(ForBriefs),
	}
	for i := range table {
		s := &table[i]
		if s.effect == "" {
			s.effect = ForBillow
		}
		s.variable = "BILLOW_" + strings.ToUpper(strings.ReplaceAll(s.key, ".", "_"))
		switch first, _, nested := strings.Cut(s.key, "."); {
		case s.key == "output":
			// BILLOW_OUTPUT is the file that a task writes its outputs to; a billow within a task has it set.
			s.variable = ""
		case s.gem == "" && nested && slices.Contains(gemBlocks(), first):
			s.gem = s.key
		}
	}
	return table
}

// gemBlocks are the blocks of .gem-team.yaml.
func gemBlocks() []string {
	return []string{"orchestrator", "planning", "model_routing", "quality", "devops", "testing"}
}

// as gives a setting the key that it has in .gem-team.yaml.
func (s setting) as(gem string) setting {
	s.gem = gem
	return s
}

// has gives a setting an effect other than ForBillow.
func (s setting) has(e Effect) setting {
	s.effect = e
	return s
}

// value is what a setting says, as it would stand in a file.
func (s setting) value(c *Config) *plan.Value {
	if !s.many {
		return &plan.Value{Kind: plan.Scalar, Text: s.show(c)}
	}
	list := &plan.Value{Kind: plan.List}
	for _, word := range strings.FieldsFunc(s.show(c), func(r rune) bool { return r == ',' || r == ' ' }) {
		list.Items = append(list.Items, &plan.Value{Kind: plan.Scalar, Text: word})
	}
	return list
}

func text(key string, at func(*Config) *string) setting {
	return setting{
		key:   key,
		shape: Shape{Kind: "text"},
		set: func(c *Config, v *plan.Value) string {
			if v.Kind != plan.Scalar {
				return "a text"
			}
			*at(c) = strings.TrimSpace(v.Text)
			return ""
		},
		show: func(c *Config) string { return *at(c) },
	}
}

// word is one of a few words, in any case.
func word(key string, at func(*Config) *string, known ...string) setting {
	return setting{
		key:   key,
		shape: Shape{Kind: "word", Words: known},
		set: func(c *Config, v *plan.Value) string {
			// An unquoted off is a truth value to many readers of YAML, and a word to this one.
			i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, strings.TrimSpace(v.Text)) })
			if v.Kind != plan.Scalar || i < 0 {
				return oneOf(known)
			}
			*at(c) = known[i]
			return ""
		},
		show: func(c *Config) string { return *at(c) },
	}
}

// either is a word that stands for false or for true.
func either(key, no, yes string, at func(*Config) *bool) setting {
	return setting{
		key:   key,
		shape: Shape{Kind: "exactly", Words: []string{no, yes}},
		set: func(c *Config, v *plan.Value) string {
			if v.Kind != plan.Scalar || v.Text != no && v.Text != yes {
				return oneOf([]string{no, yes})
			}
			*at(c) = v.Text == yes
			return ""
		},
		show: func(c *Config) string {
			if *at(c) {
				return yes
			}
			return no
		},
	}
}

// environments is a list of names of environments. The format knows three; teams have others, and a name that
// is not among the three must not be refused: it would leave its environment without an approval. So any name
// is taken, compared as tasks' environments are (without case, with _ for blanks and hyphens), and one that
// looks like a slip of the three is doubted aloud.
func environments(key string, at func(*Config) *[]string) setting {
	known := []string{"development", "staging", "production"}
	s := words(key, at)
	s.shape.Kind = "names"
	plain := s.set
	s.set = func(c *Config, v *plan.Value) string {
		const want = "a list of environments, such as [production], or [] for none"
		if _, truth := v.AsBool(); truth {
			return want
		}
		if plain(c, v) != "" {
			return want
		}
		for i, name := range *at(c) {
			(*at(c))[i] = strings.NewReplacer("-", "_", " ", "_").Replace(strings.ToLower(strings.TrimSpace(name)))
		}
		return ""
	}
	s.doubt = func(v *plan.Value) (string, string) {
		var c Config
		s.set(&c, v)
		for _, name := range *at(&c) {
			i := slices.IndexFunc(known, func(k string) bool {
				return k != name && (len(name) > 2 && strings.HasPrefix(k, name) || plan.Nearest(name, known) == k)
			})
			if i >= 0 && !slices.Contains(known, name) {
				return fmt.Sprintf("holds for tasks whose environment is %q, and for no other", clip(name)), fmt.Sprintf("did you mean %s?", known[i])
			}
		}
		return "", ""
	}
	return s
}

// words is a list, of known words where there are any.
func words(key string, at func(*Config) *[]string, known ...string) setting {
	return setting{
		key:   key,
		shape: Shape{Kind: "words", Words: known},
		set: func(c *Config, v *plan.Value) string {
			list := v.Strings()
			if v.Kind == plan.Scalar {
				list = strings.FieldsFunc(v.Text, func(r rune) bool { return r == ',' || r == ' ' })
			}
			for i, item := range list {
				k := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, item) })
				switch {
				case k >= 0:
					list[i] = known[k]
				case len(known) > 0:
					return "a list of " + strings.Join(known, ", ")
				}
			}
			if v.Kind == plan.Map {
				return "a list"
			}
			*at(c) = list
			return ""
		},
		show: func(c *Config) string { return strings.Join(*at(c), ", ") },
		many: true,
	}
}

func command(key string, at func(*Config) *[]string) setting {
	return setting{
		key:   key,
		shape: Shape{Kind: "command"},
		set: func(c *Config, v *plan.Value) string {
			list := commandWords(v)
			if len(list) == 0 {
				return "a command, such as `bash -eu -c`"
			}
			*at(c) = list
			return ""
		},
		show: func(c *Config) string { return strings.Join(*at(c), " ") },
	}
}

// commandWords is a command as its words: a list, or a text that is cut at blanks.
func commandWords(v *plan.Value) []string {
	switch v.Kind {
	case plan.Scalar:
		return strings.Fields(v.Text)
	case plan.List:
		return v.Strings()
	}
	return nil
}

func number(key string, least, most int, at func(*Config) *int) setting {
	return setting{
		key:   key,
		shape: Shape{Kind: "number", Least: least, Most: most},
		set: func(c *Config, v *plan.Value) string {
			n, ok := v.AsInt()
			if !ok || n < least || n > most {
				return fmt.Sprintf("a whole number from %d to %d", least, most)
			}
			*at(c) = n
			return ""
		},
		show: func(c *Config) string { return strconv.Itoa(*at(c)) },
	}
}

func share(key string, at func(*Config) *float64) setting {
	return setting{
		key:   key,
		shape: Shape{Kind: "share"},
		set: func(c *Config, v *plan.Value) string {
			n, err := strconv.ParseFloat(strings.TrimSpace(v.Text), 64)
			if v.Kind != plan.Scalar || err != nil || !(n >= 0 && n <= 1) {
				return "a number from 0 to 1"
			}
			*at(c) = n
			return ""
		},
		show: func(c *Config) string { return strconv.FormatFloat(*at(c), 'g', -1, 64) },
	}
}

func truth(key string, at func(*Config) *bool) setting {
	return setting{
		key:   key,
		shape: Shape{Kind: "truth"},
		set: func(c *Config, v *plan.Value) string {
			yes, ok := v.AsBool()
			if !ok {
				return "true or false"
			}
			*at(c) = yes
			return ""
		},
		show: func(c *Config) string { return strconv.FormatBool(*at(c)) },
	}
}

func duration(key string, at func(*Config) *time.Duration) setting {
	return setting{
		key:   key,
		shape: Shape{Kind: "duration"},
		set: func(c *Config, v *plan.Value) string {
			d, ok := durationOf(v)
			if !ok {
				return wantDuration
			}
			*at(c) = d
			return ""
		},
		show: func(c *Config) string { return at(c).String() },
	}
}

const wantDuration = "a length of time, such as 90s or 5m"

func durationOf(v *plan.Value) (time.Duration, bool) {
	if v.Kind != plan.Scalar {
		return 0, false
	}
	d, err := plan.ParseDuration(v.Text)
	return d, err == nil
}

// amount is one kind of a budget.
func amount(key, kind string, at func(*Config) *plan.Budget) setting {
	return setting{
		key:   key,
		shape: Shape{Kind: "amount", Words: []string{kind}},
		set: func(c *Config, v *plan.Value) string {
			if v.Kind != plan.Scalar || at(c).Set(kind, v.Text) != nil {
				return "an amount above 0, such as " + map[string]string{plan.BudgetTokens: "200k or 2M", plan.BudgetUSD: "5 or 0.50", plan.BudgetTime: "90m or 2h"}[kind]
			}
			return ""
		},
		show: func(c *Config) string {
			switch b := at(c); {
			case kind == plan.BudgetTokens && b.Tokens > 0:
				return strconv.FormatInt(b.Tokens, 10)
			case kind == plan.BudgetUSD && b.USD > 0:
				return strconv.FormatFloat(b.USD, 'f', -1, 64)
			case kind == plan.BudgetTime && b.Time > 0:
				return b.Time.String()
			}
			return ""
		},
	}
}

// size is a number of bytes: 1048576, 32MiB, 10 MB.
func size(key string, at func(*Config) *int64) setting {
	return setting{
		key:   key,
		shape: Shape{Kind: "size"},
		set: func(c *Config, v *plan.Value) string {
			n, ok := bytesOf(v)
			if !ok {
				return "a number of bytes from 1 KiB to 4 GiB, such as 64 MiB"
			}
			*at(c) = n
			return ""
		},
		show: func(c *Config) string { return strconv.FormatInt(*at(c), 10) },
	}
}

func bytesOf(v *plan.Value) (int64, bool) {
	text := strings.ToLower(strings.TrimSpace(v.Text))
	unit := 1.0
	for _, u := range []struct {
		name string
		size float64
	}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"gib", 1 << 30}, {"kb", 1e3}, {"mb", 1e6}, {"gb", 1e9}, {"b", 1}} {
		if rest, ok := strings.CutSuffix(text, u.name); ok {
			text, unit = strings.TrimSpace(rest), u.size
			break
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	n *= unit
	return int64(n), v.Kind == plan.Scalar && err == nil && n >= 1<<10 && n <= 4<<30
}

func oneOf(known []string) string {
	return strings.Join(known[:len(known)-1], ", ") + " or " + known[len(known)-1]
}
