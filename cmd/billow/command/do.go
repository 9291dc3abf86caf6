package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"billow/internal/control"
	"billow/internal/intake"
	"billow/internal/text"
	"billow/plan"
)

func (m *program) do() *cobra.Command {
	var r control.DoRequest
	var output string
	var budget []string
	cmd := &cobra.Command{
		Use:   "do [OBJECTIVE|FEEDBACK]",
		Short: "Reach an objective: assess, ask, plan, review, run",
		Long: `Works out what an objective comes to, asks what must be known first, has it planned and reviewed where it is
large enough, runs the plan, and says how it stands.

How large it is, is told by rules; --dry-run shows what they say. A TRIVIAL or LOW objective goes straight to the most
suitable agent that can be reached, or is run where it is nothing but a command in backticks. For a MEDIUM or HIGH one
gem-planner writes docs/plan/ID/plan.yaml, which is checked, reviewed by gem-reviewer, where its risks call for it
challenged by gem-critic, and given back with what was found, plan_revisions times at most; then a person decides.

With --plan-id the objective of that id is gone on with: where it stopped, or with FEEDBACK from the planner on. What is
completed stays. Questions are asked on a terminal; elsewhere billow do ends with exit status 4, and --answer answers.`,
		Example: "  billow do 'Add a --json flag to the status command'\n  billow do --dry-run 'Migrate the sessions to Redis'\n" +
			"  billow do 'Fix the crash' --ref crash.log\n  billow do --plan-id 20261103-add-a-flag 'also document it'\n" +
			"  billow do --plan-id 20261103-deploy --answer environment=staging",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("jobs") && r.Jobs < 1 {
				return usageError{fmt.Errorf("--jobs %d: at least 1", r.Jobs)}
			}
			var err error
			if r.Budget, err = budgetOf(budget); err != nil {
				return usageError{err}
			}
			if r.New && r.PlanID == "" {
				return usageError{fmt.Errorf("--new needs the --plan-id that is to be made")}
			}
			switch said := first(args); {
			case r.PlanID != "" && !r.New:
				r.Feedback = said
			default:
				r.Objective = said
			}
			return m.carryOut(cmd.Context(), r, output)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&r.PlanID, "plan-id", "", "go on with the objective or plan of this `ID`")
	flags.BoolVar(&r.New, "new", false, "make a new one of the --plan-id, which must not be there yet")
	flags.StringArrayVar(&r.Refs, "ref", nil, "a `FILE` that belongs to the objective: an error message, notes, an issue")
	flags.StringArrayVar(&r.Answers, "answer", nil, "answer a question, `ID=TEXT`; the text alone where there is one question")
	flags.StringVar(&r.Intent, "intent", "", "what kind of work it is: "+strings.Join(intents(), ", "))
	flags.StringVar(&r.Complexity, "complexity", "", "how much care it needs: TRIVIAL, LOW, MEDIUM or HIGH")
	flags.BoolVar(&r.DryRun, "dry-run", false, "say what it comes to, and ask and do nothing")
	flags.IntVarP(&r.Jobs, "jobs", "j", 0, "run at most `N` tasks at once (default: see billow config)")
	flags.DurationVar(&r.Timeout, "timeout", 0, "end each run after this long, such as 90s or 2h")
	flags.StringSliceVar(&budget, "budget", nil, "let agents use up at most so much in each run, `KIND=AMOUNT` of tokens, usd and time: usd=5,tokens=2M,time=2h")
	flags.StringVar(&output, "output", "", "what tasks print: prefix, group or quiet; see billow run")
	m.complete(cmd, "intent", cobra.FixedCompletions(intents(), cobra.ShellCompDirectiveNoFileComp))
	m.complete(cmd, "complexity", cobra.FixedCompletions(classes(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func intents() []string {
	var out []string
	for _, i := range intake.Intents() {
		if i != intake.Run {
			out = append(out, string(i))
		}
	}
	return out
}

func classes() []string {
	var out []string
	for _, c := range plan.Classes() {
		out = append(out, string(c))
	}
	return out
}

// carryOut carries out do.
func (m *program) carryOut(ctx context.Context, r control.DoRequest, output string) error {
	f := runFlags{output: output, request: control.RunRequest{Jobs: r.Jobs, Timeout: r.Timeout}}
	switch text.Output(output) {
	case text.OutputAuto, text.OutputPrefix, text.OutputGroup, text.OutputQuiet:
	default:
		return usageError{fmt.Errorf("--output %q: it is prefix, group or quiet", output)}
	}
	s, err := m.service()
	if err != nil {
		return err
	}
	keys := m.keyboard()
	defer keys.close()
	terminated := false
	r.Execute = func(ctx context.Context, run control.RunRequest) (*control.RunResponse, error) {
		f := f
		f.request = run
		resp, ended, err := m.watchRun(ctx, s, f, keys)
		terminated = terminated || ended
		return resp, err
	}
	if keys != nil {
		r.Ask = m.askAt(keys)
	}
	resp, err := s.Do(ctx, r)
	if resp == nil || err != nil {
		return err
	}
	closing := !m.json && terminalOf(m.out.to) != nil && os.Getenv("CI") == ""
	err = m.show(resp, func(w io.Writer, st text.Style) {
		near := *resp
		if resp.Run != nil {
			run := *resp.Run
			run.Root = nearer(s.Dir, run.Root)
			near.Run = &run
		}
		text.Do(w, &near, st, closing)
	})
	if err != nil {
		return err
	}
	switch {
	case len(resp.Questions) > 0 || resp.Escalation != nil:
		return statusError(exitBlocked)
	case resp.Run == nil:
		return nil
	}
	if status := runStatus(resp.Run, terminated); status != exitDone {
		return statusError(status)
	}
	return nil
}

// watchRun carries out one of the runs of do, with its progress.
func (m *program) watchRun(ctx context.Context, s *control.Service, f runFlags, keys *keyboard) (resp *control.RunResponse, terminated bool, err error) {
	o := m.progressOptions(s, &f)
	if keys != nil {
		o.Ask = &text.AskOptions{Begin: keys.begin, Decide: decideFor(ctx, s, f.request.Plan)}
	}
	progress := text.NewProgress(o)
	defer progress.Close()
	notice := s.Notice
	defer func() { s.Notice = notice }()
	s.Notice = func(n control.Notice) { progress.Notice(n.Text) }
	r := f.request
	signals := attach(s, &r, progress, keys != nil)
	defer signals.stop()
	resp, err = s.Run(ctx, r)
	return resp, signals.terminated(), err
}

// askAt asks at the keyboard, one question after the other. An answer that does not fit is asked for again; the end of
// the input leaves all of them open.
func (m *program) askAt(keys *keyboard) func([]control.Question) (map[string]string, error) {
	return func(questions []control.Question) (map[string]string, error) {
		typed, err := keys.begin(false)
		if err != nil {
			return nil, err
		}
		defer keys.close()
		answers := map[string]string{}
		for _, q := range questions {
			fmt.Fprintf(m.Err, "%s\n", text.Clean(q.Text))
			for i, option := range q.Options {
				fmt.Fprintf(m.Err, "  %d  %s\n", i+1, text.Clean(option))
			}
			for answers[q.ID] == "" {
				fmt.Fprint(m.Err, "> ")
				line, more := <-typed
				if !more {
					fmt.Fprintln(m.Err)
					return nil, nil
				}
				answer, err := q.Check(string(line))
				if err != nil {
					fmt.Fprintf(m.Err, "  %v\n", err)
				}
				answers[q.ID] = answer
			}
		}
		return answers, nil
	}
}
