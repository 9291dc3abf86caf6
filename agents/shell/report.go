package shell

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"billow/agents"
	"billow/failure"
)

const (
	// maxTail is how much of the output goes into a failure; errors have at least half of it.
	maxTail = 64 << 10
	// maxLine is the longest line of output that becomes part of a message, in bytes.
	maxLine = 300
	// exitNotFound is the status by which a shell says that there is no such program.
	exitNotFound = 127
)

// report says how the command went.
func (w *Work) report() agents.Report {
	r := agents.Report{Stopped: w.exit.Stopped, Started: w.exit.Started, Ended: w.exit.Ended}
	outputs, err := takeOutputs(w.outputs, w.assignment.OutputFile != "" && len(w.assignment.Secrets) == 0)
	switch {
	case !w.exit.OK():
		r.Failure = w.observe()
	case err != nil:
		r.Failure = &failure.Observation{Exited: true, Message: agents.NewMask(w.assignment.Secrets).Text(err.Error())}
	default:
		// Outputs are written into the log of the run, where no secret may be.
		if len(w.assignment.Secrets) > 0 {
			for name, value := range outputs {
				outputs[name] = agents.NewMask(w.assignment.Secrets).Text(value)
			}
		}
		r.Outputs = outputs
	}
	return r
}

func (w *Work) observe() *failure.Observation {
	exit := &w.exit
	o := &failure.Observation{Signal: exit.Signal, Timeout: exit.Timeout}
	if exit.Status >= 0 && exit.Signal == "" && exit.Lost == "" {
		o.Exit, o.Exited = exit.Status, true
	}
	stdout, stderr := w.tails()
	o.Output = stdout
	if stderr != "" {
		if stdout != "" && !strings.HasSuffix(stdout, "\n") {
			o.Output += "\n"
		}
		o.Output += stderr
	}
	o.Message = w.what()
	line := lastLine(stderr)
	if line == "" {
		line = lastLine(stdout)
	}
	if o.Exited && o.Exit == exitNotFound && w.missing != nil {
		line = agents.NewMask(w.assignment.Secrets).Text(w.missing.Error())
	}
	if line != "" {
		o.Message += ": " + line
	}
	return o
}

// what says in a few words how the process ended.
func (w *Work) what() string {
	limits := w.assignment.Timeouts
	switch {
	case w.exit.Timeout == "total":
		return fmt.Sprintf("took longer than its %v", limits.Total)
	case w.exit.Timeout == "first_output":
		return fmt.Sprintf("printed nothing in its first %v", limits.FirstOutput)
	case w.exit.Timeout == "idle":
		return fmt.Sprintf("printed nothing for %v", limits.Idle)
	case w.exit.Stopped:
		return "stopped"
	case w.exit.Lost != "":
		return w.exit.Lost
	case w.exit.Signal != "":
		return "ended by signal: " + w.exit.Signal
	}
	return fmt.Sprintf("exit status %d", w.exit.Status)
}

// tails reads the ends of both outputs, together at most maxTail less the line break between them.
func (w *Work) tails() (stdout, stderr string) {
	const room = maxTail - 1
	out, err := w.slot.stdout.size(), w.slot.stderr.size()
	forErr := min(err, max(room/2, room-out))
	return text(w.slot.stdout.tail(out, room-forErr)), text(w.slot.stderr.tail(err, forErr))
}

// text drops what is not UTF-8, such as half a letter at a cut.
func text(b []byte) string { return strings.ToValidUTF8(string(b), "") }

// lastLine gives the last line that has anything on it, without the colours and the cursor movements of
// terminals.
func lastLine(s string) string {
	for s != "" {
		s = strings.TrimRightFunc(s, unicode.IsSpace)
		cut := strings.LastIndexAny(s, "\n\r")
		if line := strings.TrimSpace(withoutControls(s[cut+1:])); line != "" {
			return shorten(line)
		}
		s = s[:cut+1]
	}
	return ""
}

func withoutControls(line string) string {
	var b strings.Builder
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRuneInString(line[i:])
		switch {
		case r == '\x1b' && strings.HasPrefix(line[i+1:], "["):
			i += 2
			for i < len(line) && (line[i] < '@' || line[i] > '~') {
				i++
			}
			n = min(1, len(line)-i) // the letter that ends the sequence
		case r == '\t':
			b.WriteByte(' ')
		case !unicode.IsControl(r):
			b.WriteRune(r)
		}
		i += n
	}
	return b.String()
}

func shorten(line string) string {
	if len(line) <= maxLine {
		return line
	}
	return text([]byte(line[:maxLine])) + "…"
}
