package command

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"billow/internal/control"
	"billow/internal/text"
)

// runReports are what run leaves for other programs: a JUnit report, and on GitHub's runner annotations and a
// summary.
type runReports struct {
	m     *program
	s     *control.Service
	plan  string
	junit string
	// github is true on GitHub's runner; commands takes its commands, summary is the file for the summary.
	github   bool
	commands io.Writer
	summary  string
	began    time.Time
	host     string
}

// runReports prepares the reports of a run, and how the run is shown where they are. It fails where a report
// could not be written later: after an hour's work that would be late.
func (m *program) runReports(s *control.Service, f *runFlags, o *text.ProgressOptions) (*runReports, error) {
	r := &runReports{m: m, s: s, plan: f.request.Plan, junit: f.junit, began: s.Now(), commands: o.Out}
	r.host, _ = os.Hostname()
	if r.junit != "" {
		if err := preparePlace(r.junit); err != nil {
			return nil, fmt.Errorf("--junit: %w", err)
		}
	}
	if r.github = onGitHub(os.Getenv); r.github {
		r.summary = os.Getenv("GITHUB_STEP_SUMMARY")
		o.Fold = "billow-" + rand.Text()
		o.Masks = !isFile(m.Err)
	}
	return r, nil
}

// write writes the reports, however the run ended. What cannot be written is said and returned.
func (r *runReports) write(ctx context.Context, resp *control.RunResponse, ended error) error {
	if r.junit == "" && !r.github {
		return nil
	}
	report := text.RunReport{Plan: r.plan, Run: resp, Err: ended, Began: r.began, Host: r.host}
	if resp != nil {
		report.Plan = resp.Plan
		var err error
		if report.Tasks, err = r.s.Status(context.WithoutCancel(ctx), control.StatusRequest{Plan: resp.Plan, Run: resp.Run}); err != nil && ended == nil {
			report.Err = fmt.Errorf("how its tasks stand is not known: %w", err)
		}
	}
	var failed []error
	if r.junit != "" {
		failed = append(failed, replaceFile(r.junit, func(w io.Writer) error { return text.JUnit(w, report) }))
	}
	if r.github {
		r.annotate(report)
		if r.summary != "" {
			failed = append(failed, appendFile(r.summary, func(w io.Writer) { text.GitHubSummary(w, report) }))
		}
	}
	err := errors.Join(failed...)
	if err != nil {
		fmt.Fprintf(r.m.Err, "billow: a report was not written: %s\n", err)
	}
	return err
}

func (r *runReports) annotate(report text.RunReport) {
	places := annotationPlaces(r.s.Dir, os.Getenv)
	var problems *control.ProblemsError
	if errors.As(report.Err, &problems) {
		checked := &control.CheckResponse{Plans: []control.CheckedPlan{{File: problems.File, Problems: problems.Problems}}}
		text.GitHubProblems(r.commands, checked, control.Codes(), places)
	} else if report.Err != nil {
		text.GitHubError(r.commands, report.Err)
	}
	if report.Run != nil {
		text.GitHubFailures(r.commands, report.Run, places)
	}
}

// onGitHub reports whether GitHub's runner, or one that works like it, runs us.
func onGitHub(getenv func(string) string) bool { return getenv("GITHUB_ACTIONS") == "true" }

// annotationPlaces are names as annotations want them: relative to the workspace.
func annotationPlaces(dir string, getenv func(string) string) text.Places {
	return text.Places{Dir: dir, Root: cmp.Or(getenv("GITHUB_WORKSPACE"), repository(dir))}
}
