package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// firstRounds is how often the first task is waited for: it is over in a moment, and one number says little.
const firstRounds = 15

// firstTask is how long billow takes from its own start to that of the first task, by its history.
func firstTask(work string, o options) (time.Duration, error) {
	var all []time.Duration
	p := peers(o.billow)[0]
	for range firstRounds {
		dir := filepath.Join(work, "first")
		if err := p.prepare(dir, layered(100), "/bin/true"); err != nil {
			return 0, err
		}
		began := time.Now()
		if _, err := timed(dir, p.args(o.jobs)...); err != nil {
			return 0, err
		}
		at, err := firstStart(dir)
		if err != nil {
			return 0, err
		}
		all = append(all, at.Sub(began))
	}
	slices.Sort(all)
	return all[len(all)/2], nil
}

// firstStart finds the first attempt in the one history of a project.
func firstStart(dir string) (time.Time, error) {
	files, err := filepath.Glob(filepath.Join(dir, ".billow", "log", "*.jsonl"))
	if err != nil || len(files) != 1 {
		return time.Time{}, fmt.Errorf("%d histories in %s", len(files), dir)
	}
	f, err := os.Open(files[0])
	if err != nil {
		return time.Time{}, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var ev struct {
			Type string    `json:"type"`
			At   time.Time `json:"at"`
		}
		if err := json.Unmarshal(lines.Bytes(), &ev); err != nil {
			return time.Time{}, err
		}
		if ev.Type == "attempt_started" {
			return ev.At, nil
		}
	}
	return time.Time{}, fmt.Errorf("no task was started in %s", dir)
}
