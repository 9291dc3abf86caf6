package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// peer is one tool that runs the graph.
type peer struct {
	name string
	// file is what the graph is written to, write makes its text.
	file  string
	write func(g graph, cmd string) string
	// args run it; noop is true where a second run has nothing to do, for which some want each task to have a file.
	args  func(jobs int) []string
	noop  bool
	files bool
	// most is the largest graph it is asked to run: some grow faster than linear.
	most int
}

// peers are billow and the tools that are on this machine.
func peers(billow string) []peer {
	all := []peer{
		{name: "billow", file: "plan.yaml", write: writePlan, most: 1_000_000, noop: true, args: func(j int) []string {
			return []string{billow, "run", "-j", strconv.Itoa(j), "--output", "quiet", "plan.yaml"}
		}},
		{name: "ninja", file: "build.ninja", write: writeNinja, most: 1_000_000, noop: true, files: true, args: func(j int) []string {
			return []string{"ninja", "-j", strconv.Itoa(j), "--quiet"}
		}},
		{name: "make", file: "Makefile", write: writeMake, most: 1_000_000, args: func(j int) []string {
			return []string{"make", "-s", "-j", strconv.Itoa(j)}
		}},
		{name: "samu", file: "build.ninja", write: writeNinja, most: 1_000_000, noop: true, files: true, args: func(j int) []string {
			return []string{"samu", "-j", strconv.Itoa(j)}
		}},
		{name: "task", file: "Taskfile.yml", write: writeTask, most: 1_000, args: func(j int) []string {
			return []string{"task", "-C", strconv.Itoa(j)}
		}},
		{name: "dagu", file: "bench.yaml", write: writeDagu, most: 1_000, args: func(int) []string {
			return []string{"dagu", "start", "bench.yaml"}
		}},
	}
	var found []peer
	for _, p := range all {
		if p.name == "billow" {
			found = append(found, p)
		} else if _, err := exec.LookPath(p.name); err == nil {
			found = append(found, p)
		}
	}
	return found
}

func writePlan(g graph, cmd string) string {
	var b strings.Builder
	b.WriteString("plan_id: bench\ntasks:\n")
	for i, needs := range g {
		fmt.Fprintf(&b, "  - id: t%d\n    status: pending\n    depends_on: [%s]\n    title: \"task number %d of the plan, with a line of prose in it\"\n    run: %s\n",
			i, names(needs, ", "), i, strconv.Quote(cmd))
	}
	return b.String()
}

func writeNinja(g graph, cmd string) string {
	var b strings.Builder
	b.WriteString("rule r\n  command = " + cmd + "\n  description = t\n")
	for i, needs := range g {
		fmt.Fprintf(&b, "build t%d: r %s\n", i, names(needs, " "))
	}
	return b.String()
}

func writeMake(g graph, cmd string) string {
	all := make([]int, len(g))
	for i := range all {
		all[i] = i
	}
	var b strings.Builder
	fmt.Fprintf(&b, ".PHONY: all %[1]s\nall: %[1]s\n", names(all, " "))
	for i, needs := range g {
		fmt.Fprintf(&b, "t%d: %s\n\t@%s\n", i, names(needs, " "), cmd)
	}
	return b.String()
}

func writeTask(g graph, cmd string) string {
	all := make([]int, len(g))
	for i := range all {
		all[i] = i
	}
	var b strings.Builder
	fmt.Fprintf(&b, "version: '3'\nsilent: true\ntasks:\n  default:\n    deps: [%s]\n", names(all, ", "))
	for i, needs := range g {
		fmt.Fprintf(&b, "  t%d:\n    run: once\n    deps: [%s]\n    cmds: [%q]\n", i, names(needs, ", "), cmd)
	}
	return b.String()
}

func writeDagu(g graph, cmd string) string {
	var b strings.Builder
	b.WriteString("name: bench\ntype: graph\nmax_active_steps: 2\nsteps:\n")
	for i, needs := range g {
		fmt.Fprintf(&b, "  - name: t%d\n    command: %q\n", i, cmd)
		if len(needs) > 0 {
			fmt.Fprintf(&b, "    depends: [%s]\n", names(needs, ", "))
		}
	}
	return b.String()
}

// prepare makes a fresh folder with the graph in it.
func (p peer) prepare(dir string, g graph, cmd string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if p.name == "billow" {
		if err := os.WriteFile(filepath.Join(dir, "billow.yaml"), nil, 0o644); err != nil {
			return err
		}
	}
	if p.files {
		if err := touchAll(dir, len(g)); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, p.file), []byte(p.write(g, cmd)), 0o644)
}

// touchAll makes the files that n tasks are said to make, all of one age, so that none is older than what it needs.
func touchAll(dir string, n int) error {
	at := time.Now()
	for i := range n {
		file := filepath.Join(dir, "t"+strconv.Itoa(i))
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			return err
		}
		if err := os.Chtimes(file, at, at); err != nil {
			return err
		}
	}
	return nil
}
