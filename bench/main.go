// Bench measures whole runs of billow beside other executors of the same graph and beside the floor of
// starting its programs, interleaved, so that a noisy machine is noisy for all of them. `make bench` runs it.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	var o options
	flag.StringVar(&o.billow, "billow", "bin/billow", "the program to measure")
	flag.StringVar(&o.out, "out", "bench/results.md", "where the results go")
	flag.IntVar(&o.rounds, "rounds", 3, "how often each is measured")
	flag.IntVar(&o.jobs, "j", 2, "tasks at once")
	flag.StringVar(&o.only, "only", "", "measure one case, SHAPE:N:CMD, such as layered:10000:true")
	flag.Parse()
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	billow, out, only string
	rounds, jobs      int
}

// job is one graph with one command.
type job struct {
	shape string
	n     int
	cmd   string
}

// jobs is what is measured: `true` is a program as tasks are, `one` is one system call and shows the engine.
func jobs() []job {
	return []job{
		{"layered", 100, "true"}, {"layered", 1_000, "true"}, {"layered", 10_000, "true"}, {"wide", 10_000, "true"},
		{"chain", 1_000, "true"}, {"diamonds", 1_000, "true"}, {"layered", 1_000, "one"}, {"layered", 10_000, "one"},
		{"layered", 100_000, "true"},
	}
}

func run(o options) error {
	work, err := os.MkdirTemp("", "billow-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if o.billow, err = filepath.Abs(o.billow); err != nil {
		return err
	}
	floor, one, err := compile(work)
	if err != nil {
		return err
	}
	todo := jobs()
	if o.only != "" {
		part := strings.Split(o.only, ":")
		if len(part) != 3 || shape(part[0], 1) == nil {
			return fmt.Errorf("-only %s: want SHAPE:N:CMD", o.only)
		}
		n, err := strconv.Atoi(part[1])
		if err != nil {
			return err
		}
		todo = []job{{part[0], n, part[2]}}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# Measured\n\n%d processors, %s/%s, -j %d, medians of %d interleaved rounds, everything on (log, write-back, log files). "+
		"The floor starts the same program as often and does nothing else; only ratios within a table are worth anything.\n",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, o.jobs, o.rounds)
	took, floors := map[job]time.Duration{}, map[job]time.Duration{}
	for _, j := range todo {
		program := map[string]string{"true": "/bin/true", "one": one}[j.cmd]
		if program == "" {
			return fmt.Errorf("no program %s", j.cmd)
		}
		rows, err := measure(work, o, j, floor, program)
		if err != nil {
			return err
		}
		table(&b, j, rows)
		floors[j], took[j] = median(rows[0].samples, wall), median(rows[1].samples, wall)
		fmt.Fprintf(os.Stderr, "measured %s %d %s\n", j.shape, j.n, j.cmd)
	}
	if o.only != "" {
		fmt.Print(b.String())
		return nil
	}
	flatness(&b, took, floors)
	first, err := firstTask(work, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n## The first task\n\nOf a layered plan of 100 tasks the first is started %v after billow itself (median of %d).\n",
		first.Round(100*time.Microsecond), firstRounds)
	return os.WriteFile(o.out, []byte(b.String()), 0o644)
}

// compile builds the two small C programs.
func compile(work string) (floor, one string, err error) {
	floor, one = filepath.Join(work, "floor"), filepath.Join(work, "one")
	for _, args := range [][]string{
		{"-O2", "-o", floor, "bench/floor/floor.c"},
		{"-O2", "-static", "-nostdlib", "-o", one, "bench/one/one.c"},
	} {
		if out, err := exec.Command("cc", args...).CombinedOutput(); err != nil {
			return "", "", fmt.Errorf("cc %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	return floor, one, nil
}

// sample is one measured run; cpu is of the tool and its children together.
type sample struct {
	wall, cpu time.Duration
	rss       int64 // KiB, the largest of the tool and its children
}

// row is one tool's samples.
type row struct {
	name    string
	samples []sample
	noop    []sample
}

func measure(work string, o options, j job, floor, program string) ([]row, error) {
	g := shape(j.shape, j.n)
	tools := slices.DeleteFunc(peers(o.billow), func(p peer) bool { return p.most < j.n })
	rows := []row{{name: "floor"}}
	for _, p := range tools {
		rows = append(rows, row{name: p.name})
	}
	for range o.rounds {
		s, err := timed(work, floor, strconv.Itoa(len(g)), strconv.Itoa(o.jobs), program)
		if err != nil {
			return nil, err
		}
		rows[0].samples = append(rows[0].samples, s)
		for i, p := range tools {
			dir := filepath.Join(work, p.name)
			if err := p.prepare(dir, g, program); err != nil {
				return nil, err
			}
			args := p.args(o.jobs)
			if s, err = timed(dir, args...); err != nil {
				return nil, fmt.Errorf("%s: %w", p.name, err)
			}
			rows[i+1].samples = append(rows[i+1].samples, s)
			if !p.noop {
				continue
			}
			if s, err = timed(dir, args...); err != nil {
				return nil, fmt.Errorf("%s again: %w", p.name, err)
			}
			rows[i+1].noop = append(rows[i+1].noop, s)
		}
	}
	return rows, nil
}

func timed(dir string, args ...string) (sample, error) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CI=1")
	began := time.Now()
	out, err := cmd.CombinedOutput()
	s := sample{wall: time.Since(began)}
	if err != nil {
		return s, fmt.Errorf("%s: %w: %.300s", strings.Join(args, " "), err, out)
	}
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return s, errors.New("no resource usage on this system")
	}
	s.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	s.rss = usage.Maxrss
	return s, nil
}
