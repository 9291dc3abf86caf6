package text

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"billow/internal/control"
)

// mostLogs is how many bytes of logs all failures of a JUnit report hold together; the first get them.
const mostLogs = 16 << 20

// JUnit writes a run as a JUnit report, the format in which nearly every CI takes results of tests: the plan
// is the suite, each task a case, its wave the class. A failed task is a failure with the end of its log, one
// that was cut off or cancelled an error, one that did not run is skipped and says why. What ended the run
// beside its tasks is an error of a case named after the plan.
//
// It keeps to what both schemas in use allow, that of Ant and the stricter parts of Jenkins's.
func JUnit(w io.Writer, r RunReport) error {
	suite := junitSuite{Name: r.planID(), Package: r.planID(), Host: r.Host, Stamp: r.Began.UTC().Format("2006-01-02T15:04:05")}
	if suite.Host == "" {
		suite.Host = "localhost"
	}
	if r.Run != nil {
		suite.Time = seconds(r.Run.Ended.Sub(r.Run.Started))
		suite.property("plan", r.Run.Plan)
		suite.property("run", r.Run.Run)
		suite.property("outcome", r.Run.Outcome)
	} else {
		suite.Time = seconds(0)
		suite.property("plan", r.Plan)
	}
	logs := mostLogs
	if r.Tasks != nil {
		for i := range r.Tasks.Tasks {
			suite.add(junitTask(&r, &r.Tasks.Tasks[i], suite.Name, &logs))
		}
	}
	if r.Err != nil {
		suite.add(junitError(&r))
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{Suites: []junitSuite{suite}}); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func junitTask(r *RunReport, t *control.StatusTask, plan string, logs *int) junitCase {
	c := junitCase{Name: Clean(t.ID), Class: plan, Time: seconds(took(t))}
	if t.Wave > 0 {
		c.Class = fmt.Sprintf("%s.wave %d", plan, t.Wave)
	}
	what, word, why := r.resultOf(t)
	said := word
	if why != "" {
		said = word + ": " + why
	}
	switch what {
	case failed, broken:
		d := &junitDetail{Message: why, Type: word}
		if why == "" {
			d.Message = word
		}
		if t.Signal != nil && t.Signal.Kind != "" && what == failed {
			d.Type = string(t.Signal.Kind)
		}
		if *logs > 0 {
			d.Text = xmlText(r.logs(t))
			*logs -= len(d.Text)
		} else {
			d.Text = "see billow logs " + t.ID
		}
		if what == failed {
			c.Failure = d
		} else {
			c.Error = d
		}
	case notRun:
		c.Skipped = &junitSkipped{Message: said}
	}
	return c
}

// junitError is a case for what went wrong with the run itself.
func junitError(r *RunReport) junitCase {
	d := &junitDetail{Message: Clean(r.Err.Error()), Type: "run"}
	var problems *control.ProblemsError
	if errors.As(r.Err, &problems) {
		var b strings.Builder
		Problems(&b, problems.Problems, Style{})
		d.Type, d.Text = "plan", xmlText(b.String())
	}
	return junitCase{Name: r.planID(), Class: r.planID(), Time: seconds(0), Error: d}
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", max(d, 0).Seconds()) }

// add counts a case and adds it.
func (s *junitSuite) add(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

func (s *junitSuite) property(name, value string) {
	if value != "" {
		s.Properties.List = append(s.Properties.List, junitProperty{name, value})
	}
}

// What follows is the part of the format that is used. In attributes, what XML cannot hold becomes U+FFFD when
// it is written.

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

// junitSuite has empty outputs because the schema of Ant wants them.
type junitSuite struct {
	ID         int             `xml:"id,attr"`
	Package    string          `xml:"package,attr"`
	Name       string          `xml:"name,attr"`
	Stamp      string          `xml:"timestamp,attr"`
	Host       string          `xml:"hostname,attr"`
	Tests      int             `xml:"tests,attr"`
	Failures   int             `xml:"failures,attr"`
	Errors     int             `xml:"errors,attr"`
	Skipped    int             `xml:"skipped,attr"`
	Time       string          `xml:"time,attr"`
	Properties junitProperties `xml:"properties"`
	Cases      []junitCase     `xml:"testcase"`
	Out        string          `xml:"system-out"`
	Err        string          `xml:"system-err"`
}

type junitProperties struct {
	List []junitProperty `xml:"property"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

// junitCase holds at most one of Skipped, Error and Failure.
type junitCase struct {
	Name    string        `xml:"name,attr"`
	Class   string        `xml:"classname,attr"`
	Time    string        `xml:"time,attr"`
	Skipped *junitSkipped `xml:"skipped"`
	Error   *junitDetail  `xml:"error"`
	Failure *junitDetail  `xml:"failure"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

type junitDetail struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	// Text is written as it is, so that people can read it: xmlText makes it fit.
	Text string `xml:",cdata"`
}

// xmlText replaces what XML cannot hold, not even escaped.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
			return r
		}
		return '\ufffd'
	}, s)
}
