package control

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"billow/engine"
	"billow/internal/store"
	"billow/plan"
)

// durations are how long tasks take.
type durations struct {
	// tasks has every task of the plan; of a foreach, it is what an item takes. given is what the file says, also of
	// items.
	tasks, given map[string]time.Duration
}

func (d durations) of(t engine.TaskView, task *plan.Task) time.Duration {
	if took, ok := d.given[t.ID]; ok {
		return took
	}
	return d.tasks[task.ID]
}

// durations puts together what is known of how long tasks take.
func (s *Service) durations(ctx context.Context, o *Opened, req SimulateRequest, from *DurationSources) (durations, error) {
	given, err := s.givenDurations(o, req.Durations)
	if err != nil {
		return durations{}, err
	}
	learnt, err := s.learntDurations(ctx, o)
	if err != nil {
		return durations{}, err
	}
	d := durations{tasks: map[string]time.Duration{}, given: given}
	var sum float64 // seconds
	var unknown []string
	for _, t := range o.Plan().Tasks {
		took, ok := given[t.ID]
		// What was learnt of a foreach is how long all its items took.
		was, before := learnt[t.ID]
		before = before && !t.Foreach()
		switch {
		case ok:
			from.Given++
		case before:
			took = was
			from.Learnt++
		case t.Estimate > 0:
			took = t.Estimate
			from.Estimated++
		default:
			unknown = append(unknown, t.ID)
			continue
		}
		d.tasks[t.ID] = took
		sum += took.Seconds()
	}
	if len(unknown) == 0 {
		return d, d.bounded(o.Plan())
	}
	each := req.Default
	if known := len(d.tasks); each == 0 && known > 0 {
		each, from.Mean = time.Duration(sum/float64(known)*float64(time.Second)), true
	} else if each == 0 {
		each = unknownTakes
	}
	from.Unknown, from.UnknownMS = len(unknown), each.Milliseconds()
	for _, id := range unknown {
		d.tasks[id] = each
	}
	return d, d.bounded(o.Plan())
}

// longest is how long all tasks may take together: what is summed up below stays within a time.Duration.
const longest = 100 * 365 * 24 * time.Hour

func (d durations) bounded(p *plan.Plan) error {
	var sum float64
	for _, t := range p.Tasks {
		sum += float64(d.tasks[t.ID]) * float64(max(1, len(t.ForeachItems)))
	}
	for _, took := range d.given {
		sum += float64(took)
	}
	if sum > float64(longest) {
		return fmt.Errorf("%w: the tasks take more than a hundred years", ErrUsage)
	}
	return nil
}

func (s *Service) learntDurations(ctx context.Context, o *Opened) (map[string]time.Duration, error) {
	log, err := s.log(o.Root, false)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer log.Close()
	return log.Durations(ctx, o.Key)
}

// givenDurations reads a file of durations and says which of them are for nothing.
func (s *Service) givenDurations(o *Opened, file string) (map[string]time.Duration, error) {
	if file == "" {
		return nil, nil
	}
	path := file
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.Dir, path)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the durations: %w", err)
	}
	given, err := readDurations(file, data)
	if err != nil {
		return nil, err
	}
	var strangers []string
	for _, id := range slices.Sorted(maps.Keys(given)) {
		parent := id[:max(0, strings.LastIndexByte(id, '/'))]
		if t := o.Plan().Task(parent); o.Plan().Task(id) == nil && (t == nil || !t.Foreach()) {
			strangers = append(strangers, id)
		}
	}
	if len(strangers) > 0 {
		s.notice("warning", "%s: %s has no task %s", file, o.Path, list(strangers))
	}
	return given, nil
}

// readDurations reads how long tasks take, by id. A .csv or .tsv file has the id in its first column and the duration
// in its second; a first line whose second column is no duration is a heading. Any other file is a mapping in YAML or
// JSON. A number is seconds; 90s, 5m and what else plan.ParseDuration reads will do, too.
func readDurations(name string, data []byte) (map[string]time.Duration, error) {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return readTable(name, data, ',')
	case ".tsv":
		return readTable(name, data, '\t')
	}
	doc, problems := plan.Parse(name, data, plan.Limits{})
	if errs := plan.Errors(problems); len(errs) > 0 {
		p := errs[0]
		return nil, fmt.Errorf("%w: %s:%d:%d: %s; durations are lines such as `build: 90s`", ErrUsage, name, p.Line, p.Column, p.Text)
	}
	out := make(map[string]time.Duration, len(doc.Root.Fields))
	for _, f := range doc.Root.Fields {
		took, err := duration(f.Value)
		if err != nil {
			return nil, fmt.Errorf("%w: %s:%d:%d: %s: %w", ErrUsage, name, f.Value.Pos.Line, f.Value.Pos.Column, f.Key, err)
		}
		out[f.Key] = took
	}
	return out, nil
}

func duration(v *plan.Value) (time.Duration, error) {
	if v.Kind != plan.Scalar {
		return 0, errors.New("a duration is a number of seconds, or such as 90s or 5m")
	}
	return plan.ParseDuration(v.Text)
}

func readTable(name string, data []byte, comma rune) (map[string]time.Duration, error) {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(data, []byte("\ufeff"))))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = comma, -1, comma == '\t', true
	out := map[string]time.Duration{}
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrUsage, name, err)
		}
		line, _ := r.FieldPos(0)
		if len(row) < 2 {
			return nil, fmt.Errorf("%w: %s:%d: a line is an id and a duration", ErrUsage, name, line)
		}
		took, err := plan.ParseDuration(row[1])
		switch {
		case err != nil && first:
			continue
		case err != nil:
			return nil, fmt.Errorf("%w: %s:%d: %s: %w", ErrUsage, name, line, row[0], err)
		}
		out[strings.Clone(strings.TrimSpace(row[0]))] = took
	}
}
