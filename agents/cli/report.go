package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"billow/agents"
	"billow/failure"
	"billow/internal/proc"
)

// maxOutput is how much of the output goes into an observation, from its end: 64 KiB.
const maxOutput = 64 << 10

// report makes a Report of how the program ended and what it left.
func (w *work) report(exit proc.Exit) agents.Report {
	stdout, readErr := tail(filepath.Join(w.dir, stdoutName), agents.MaxReport)
	stderr, _ := tail(filepath.Join(w.dir, stderrName), maxOutput)
	r, err := w.parse(stdout)
	r.Started, r.Ended, r.Stopped = exit.Started, exit.Ended, exit.Stopped
	if r.Raw != nil {
		r.Raw = []byte(agents.NewMask(w.a.Secrets).Text(string(r.Raw)))
		// The report is in stdout.log too; that it could not be written apart changes nothing for the task.
		_ = os.WriteFile(filepath.Join(w.dir, reportName), append(r.Raw, '\n'), 0o600)
	}

	name := w.agent.preset.Name
	message := ""
	switch {
	case exit.Stopped:
		message = name + " was stopped"
	case exit.Timeout != "":
		message = timeoutText(name, exit.Timeout, w.agent.timeouts(w.a))
	case exit.Lost != "":
		message = name + ": " + exit.Lost
	case exit.Signal != "":
		message = name + " ended by signal: " + exit.Signal
	case readErr != nil:
		message = "the output of " + name + " cannot be read: " + readErr.Error()
	case err == nil && r.Failure != nil:
		message = r.Failure.Message
	case exit.Status != 0:
		message = withLine(fmt.Sprintf("%s ended with exit status %d", name, exit.Status), err, stderr)
	case err != nil && err.Missing && w.agent.opts.ReportOptional:
		return r
	case err != nil:
		message = name + ": " + err.Text
	default:
		return r
	}
	if r.Failure == nil {
		r.Failure = &failure.Observation{}
	}
	f := r.Failure
	f.Message, f.Signal, f.Timeout = message, exit.Signal, exit.Timeout
	if f.Exited = exit.Status >= 0 && exit.Signal == "" && exit.Lost == ""; f.Exited {
		f.Exit = exit.Status
	}
	f.Output = outputOf(stdout, stderr)
	return r
}

// parse finds the report: in its file where the options name one, else in what was printed. What the work cost
// is in what was printed either way.
func (w *work) parse(stdout []byte) (agents.Report, *agents.ReportError) {
	printed, err := agents.ParseReport(stdout)
	if w.agent.opts.ReportFile == "" {
		return printed, err
	}
	path := strings.ReplaceAll(w.agent.opts.ReportFile, "{dir}", w.dir)
	if !filepath.IsAbs(path) {
		path = filepath.Join(w.a.WorkDir, path)
	}
	left, readErr := tail(path, agents.MaxReport)
	if readErr != nil {
		return printed, err
	}
	r, err := agents.ParseReport(left)
	r.Usage = printed.Usage
	return r, err
}

func timeoutText(name, timeout string, t proc.Timeouts) string {
	switch timeout {
	case proc.TimeoutFirstOutput:
		return fmt.Sprintf("%s printed nothing within %s", name, t.FirstOutput)
	case proc.TimeoutIdle:
		return fmt.Sprintf("%s printed nothing for %s", name, t.Idle)
	}
	return fmt.Sprintf("%s took longer than %s", name, t.Total)
}

// withLine adds what explains a failure best: the CLI's own error, else the last line on standard error.
func withLine(message string, err *agents.ReportError, stderr []byte) string {
	if err != nil && !err.Missing {
		return message + ": " + err.Text
	}
	text := strings.TrimSpace(string(stderr))
	if line := strings.TrimSpace(text[strings.LastIndexByte(text, '\n')+1:]); line != "" {
		if r := []rune(line); len(r) > 300 {
			line = string(r[:299]) + "…"
		}
		return message + ": " + line
	}
	return message
}

// outputOf is the end of both outputs, errors last, at most maxOutput together.
func outputOf(stdout, stderr []byte) string {
	room := max(maxOutput-len(stderr), maxOutput/2)
	if len(stdout) > room {
		stdout = stdout[len(stdout)-room:]
	}
	if room = maxOutput - len(stdout); len(stderr) > room {
		stderr = stderr[len(stderr)-room:]
	}
	return strings.ToValidUTF8(string(stdout)+string(stderr), "\uFFFD")
}

// tail is the end of a file, at most limit bytes.
func tail(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > limit {
		if _, err := f.Seek(-limit, io.SeekEnd); err != nil {
			return nil, err
		}
	}
	return io.ReadAll(io.LimitReader(f, limit))
}
