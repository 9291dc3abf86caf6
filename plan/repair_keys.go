package plan

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
)

// progress matches the keys that are written as work goes on: of two, the later one is true.
var progress = regexp.MustCompile(`^(status|retries_used|blocked_reason|approval_state|approval_reason|\w+_at)$`)

// mendKeys makes comments of keys that stand in a mapping a second time, where it is certain which of them
// is meant: they say the same, or were written as work went on.
func (r *repairer) mendKeys() {
	text := r.src
	if len(r.mended) > 0 {
		text = newSource(r.src.Name, carryOut(r.src.Bytes, r.repairs()))
	}
	tree, err := produce(text, r.lim)
	if err != nil || !slices.ContainsFunc(tree.problems, func(p Problem) bool { return p.Code == "P006" }) {
		return
	}
	for _, mapping := range sameKeys(tree.root, nil) {
		if r.splitTasks(text, mapping) {
			continue
		}
		var all []proposal
		for _, same := range mapping {
			if p, ok := r.oneKey(text, same); ok {
				all = append(all, p)
			}
		}
		// Where one key is in doubt, as when two plans were put into one file, the others are no slip either.
		if len(all) < len(mapping) || r.work > maxRepairWork {
			continue
		}
		for i, p := range all {
			if f, _ := r.fault(p.apply(r.lines)); f != nil {
				continue
			}
			second := mapping[i][1]
			r.keep(fault{line: second.Pos.Line - 1, column: second.Pos.Offset - text.lines[second.Pos.Line-1],
				code: "P006", text: repeatedText(mapping[i][0], second)}, p)
		}
	}
}

// splitTasks puts the dashes before the ids of tasks that run into the one above: the id stands twice, with two names,
// and other keys of a task do so too.
func (r *repairer) splitTasks(text *Source, mapping [][]Field) bool {
	at := slices.IndexFunc(mapping, func(same []Field) bool { return same[0].Key == "id" || same[0].Key == "task_id" })
	if at < 0 || len(mapping) < 2 {
		return false
	}
	p := proposal{reason: reason{"R008", lostDash}}
	ids := mapping[at]
	first := dissect(r.lines[ids[0].Pos.Line-1])
	names := map[string]bool{ids[0].Value.Inline(): true}
	for _, f := range ids[1:] {
		line, id := r.lines[f.Pos.Line-1], f.Value.Inline()
		if !first.isTask() || first.body-first.dash != 2 || !r.startsLine(f) || names[id] {
			return false
		}
		names[id] = true
		p.changes = append(p.changes, change{f.Pos.Line - 1, line[:first.dash] + "- " + line[first.body:]})
	}
	_, before := r.fault(r.lines)
	f, after := r.fault(p.apply(r.lines))
	twice := 0
	for _, same := range mapping {
		twice += len(same) - 1
	}
	if f != nil || before-after != twice {
		return false
	}
	second := ids[1]
	r.keep(fault{line: second.Pos.Line - 1, column: second.Pos.Offset - text.lines[second.Pos.Line-1],
		code: "P006", text: repeatedText(ids[0], second), hint: "where another task begins, write `- ` before its id"}, p)
	return true
}

// sameKeys collects, for each mapping with keys that stand in it more than once, the fields of each of them.
func sameKeys(v *Value, found [][][]Field) [][][]Field {
	if v == nil || v.Style == Alias {
		return found
	}
	for _, item := range v.Items {
		found = sameKeys(item, found)
	}
	byKey := make(map[string]int, len(v.Fields))
	groups := make([][]Field, 0, len(v.Fields))
	for _, f := range v.Fields {
		if f.Merged {
			continue
		}
		if g, known := byKey[f.Key]; known {
			groups[g] = append(groups[g], f)
		} else {
			byKey[f.Key] = len(groups)
			groups = append(groups, []Field{f})
		}
		found = sameKeys(f.Value, found)
	}
	groups = slices.DeleteFunc(groups, func(g []Field) bool { return len(g) == 1 })
	if len(groups) > 0 {
		found = append(found, groups)
	}
	return found
}

// oneKey leaves one of the fields of a key.
func (r *repairer) oneKey(text *Source, same []Field) (proposal, bool) {
	raws := make([]string, len(same))
	for i, f := range same {
		raw, ok := onOneLine(text, f)
		if !ok || i > 0 && !r.startsLine(f) {
			return proposal{}, false
		}
		raws[i] = raw
	}
	p := proposal{reason: reason{"R006", "a key that stands twice: make the line that does not hold a comment"}}
	keep, end := 0, len(same)-1
	switch {
	case !slices.ContainsFunc(raws, func(raw string) bool { return raw != raws[0] }) && !progress.MatchString(same[0].Key):
	case !progress.MatchString(same[0].Key):
		return proposal{}, false
	case r.startsLine(same[0]):
		keep = end
	default:
		// The line of a dash cannot become a comment; it is given the value that holds.
		f := same[0]
		line := r.lines[f.Pos.Line-1]
		head := f.Value.Pos.Offset - text.lines[f.Pos.Line-1]
		p.changes = append(p.changes, change{f.Pos.Line - 1, line[:head] + raws[end] + line[head+len(raws[0]):]})
	}
	for i, f := range same {
		if i == keep {
			continue
		}
		line := r.lines[f.Pos.Line-1]
		indent := skipBlanks(line, 0)
		p.changes = append(p.changes, change{f.Pos.Line - 1, line[:indent] + "# " + line[indent:]})
	}
	return p, true
}

// startsLine reports whether a field is alone on its line.
func (r *repairer) startsLine(f Field) bool {
	line := r.lines[f.Pos.Line-1]
	indent := skipBlanks(line, 0)
	return f.Pos.Column == indent+1
}

// onOneLine returns the value of a field as it was written, where it ends on the line of its key.
func onOneLine(text *Source, f Field) (raw string, ok bool) {
	v := f.Value
	if v == nil || v.Tagged || v.Anchored || v.Style == Alias || v.Pos.Line != f.Pos.Line || v.End < v.Pos.Offset || v.End == 0 {
		return "", false
	}
	written := text.Bytes[v.Pos.Offset:v.End]
	rest := strings.TrimLeft(text.Line(f.Pos.Line)[v.End-text.lines[f.Pos.Line-1]:], " \t")
	if bytes.ContainsAny(written, "\r\n") || rest != "" && rest[0] != '#' {
		return "", false
	}
	return string(written), true
}
