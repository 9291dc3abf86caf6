package plan

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// editor collects what Edit will do to the bytes. Places and offsets are those of Source.Bytes.
type editor struct {
	src     *Source
	splices []splice
	// begun are the empty braces that a key has been put into.
	begun map[*Value]bool
}

func newEditor(src *Source) *editor { return &editor{src: src, begun: map[*Value]bool{}} }

// splice replaces the bytes [start, end) with text; where start is end, it inserts.
type splice struct {
	start, end int
	text       string
	// key is true where whole keys are inserted. At one place they come behind a value that was missing.
	key bool
	// checks are the scalars within text, which are read again in the result.
	checks []check
}

// check is a scalar that has to be found at an offset of a splice's text.
type check struct {
	at, size int
	want     string
	flow     bool
}

// set makes one change in a mapping, or several changes of the same mapping within it (`flags`).
func (e *editor) set(target *Value, run []Change) error {
	change := run[0]
	key, _, nested := strings.Cut(change.Key, ".")
	entries := make([]entry, len(run))
	for i, c := range run {
		s, err := scalarOf(c)
		if err != nil {
			return fmt.Errorf("%s: %w", e.src.Name, err)
		}
		entries[i] = entry{key: c.Key[strings.IndexByte(c.Key, '.')+1:], scalar: s}
		if !safeWord(key) || !safeWord(entries[i].key) {
			return fmt.Errorf("%s: %q is no key that can be changed", e.src.Name, c.Key)
		}
	}
	if err := e.writable(target, change); err != nil {
		return err
	}
	field, err := e.find(target, key, change)
	switch {
	case err != nil:
		return err
	case field == nil && nested:
		return e.insert(target, newKey{key: key, entries: entries})
	case field == nil:
		return e.insert(target, newKey{key: key, scalar: entries[0].scalar})
	case !nested:
		return e.replace(target, field, entries[0].scalar, change)
	}

	flags := field.Value
	if flags.Kind == Null && flags.Style != Alias {
		return e.fill(target, field, entries, change)
	}
	for i, c := range run {
		if err := e.writable(flags, c); err != nil {
			return err
		}
		_, inner, _ := strings.Cut(c.Key, ".")
		field, err := e.find(flags, inner, c)
		switch {
		case err != nil:
			return err
		case field == nil:
			err = e.insert(flags, newKey{key: inner, scalar: entries[i].scalar})
		default:
			err = e.replace(flags, field, entries[i].scalar, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *editor) refuse(change Change, pos Pos, reason, hint string) error {
	return &refusal{src: e.src, change: change, pos: pos, reason: reason, hint: hint}
}

// writable refuses a mapping that cannot be written into.
func (e *editor) writable(v *Value, change Change) error {
	switch {
	case v.Pos.Line < 1:
		return e.refuse(change, v.Pos, "the folder has no file for it", "add an epic.md with a front matter")
	case v.Style == Alias:
		return e.refuse(change, v.Pos, "an alias stands there", "write the mapping out instead of the alias")
	case v.Shared:
		return e.refuse(change, v.Pos, "an alias or a merge key shows it elsewhere too", "write the mapping out there")
	case v.Kind != Map:
		return e.refuse(change, v.Pos, "what it belongs to is no mapping", "write it as `key: value` lines")
	case v.Flow && v.End == 0:
		return e.refuse(change, v.Pos, "it is in a mapping without braces", "put braces around it")
	case v.Pos.Offset < 0 || v.Pos.Offset >= len(e.src.Bytes) || v.End > len(e.src.Bytes):
		return e.stale()
	}
	return nil
}

// stale is the error for a plan that was not read from these bytes.
func (e *editor) stale() error {
	return fmt.Errorf("%s: the plan was not read from these bytes; read it again", e.src.Name)
}

// find returns a mapping's own field, nil where it has none.
func (e *editor) find(target *Value, key string, change Change) (*Field, error) {
	var found *Field
	for i := range target.Fields {
		f := &target.Fields[i]
		switch {
		case f.Key != key:
		case f.Merged:
			return nil, e.refuse(change, f.Pos, "it comes from a merge key (`<<`)",
				"write `"+key+":` in the mapping itself")
		case found != nil:
			return nil, e.refuse(change, f.Pos, "the key stands twice", "delete one of the two")
		default:
			found = f
		}
	}
	return found, nil
}

// replace puts a scalar in the place of a field's value.
func (e *editor) replace(target *Value, field *Field, s newScalar, change Change) error {
	lead, err := e.place(target, field, change)
	if err != nil {
		return err
	}
	written := s.write(field.Value.Style)
	e.splices = append(e.splices, splice{
		start: field.Value.Pos.Offset, end: field.Value.End,
		text:   lead + written,
		checks: []check{{at: len(lead), size: len(written), want: s.text, flow: target.Flow}},
	})
	return nil
}

// fill writes a flow mapping where a key has no value.
func (e *editor) fill(target *Value, field *Field, entries []entry, change Change) error {
	text, err := e.place(target, field, change)
	if err != nil {
		return err
	}
	sp := splice{start: field.Value.Pos.Offset, end: field.Value.End, text: text}
	sp.braces(entries, Plain)
	e.splices = append(e.splices, sp)
	return nil
}

// place checks that a field's value can be replaced, and returns what has to come before a new one.
func (e *editor) place(target *Value, field *Field, change Change) (lead string, err error) {
	v := field.Value
	refuse := func(reason, hint string) (string, error) { return "", e.refuse(change, v.Pos, reason, hint) }
	switch {
	case v.Style == Alias:
		return refuse("it is an alias", "write the value instead")
	case v.Shared:
		return refuse("an alias shows it elsewhere too", "write the value there")
	case v.Kind == List || v.Kind == Map:
		return refuse("it is a list or a mapping, not a single value", "write one value on one line")
	case v.Style == Literal || v.Style == Folded || v.End == 0:
		return refuse("it goes over several lines", "write it on one line")
	case !e.stands(v):
		return "", e.stale()
	case v.Tagged && !e.textTag(v.Pos):
		return refuse("it has a tag that another value may not fit", "delete the tag")
	}
	if v.Pos.Offset < v.End {
		return "", nil
	}
	// Nothing stands there: a value goes directly behind the `:`, the tag or the anchor.
	switch {
	case v.Tagged, v.Anchored, e.src.Bytes[v.End-1] == ':':
		return " ", nil
	case target.Flow:
		return ": ", nil
	}
	return refuse("its key has no `:`", "write `"+field.Key+":`")
}

// stands reports whether a scalar really stands where it says.
func (e *editor) stands(v *Value) bool {
	start, end := v.Pos.Offset, v.End
	if start < 1 || end < start || end > len(e.src.Bytes) {
		return false
	}
	raw := e.src.Bytes[start:end]
	switch v.Style {
	case SingleQuoted:
		return len(raw) >= 2 && raw[0] == '\'' && raw[len(raw)-1] == '\''
	case DoubleQuoted:
		return len(raw) >= 2 && raw[0] == '"' && raw[len(raw)-1] == '"'
	}
	return string(raw) == v.Text
}

// textTag reports whether the tag before a place is `!!str` or `!`, which any text fits.
func (e *editor) textTag(pos Pos) bool {
	const far = 200
	start := max(e.src.lines[pos.Line-1], pos.Offset-far)
	words := strings.Fields(string(e.src.Bytes[start:pos.Offset]))
	for _, word := range slices.Backward(words) {
		switch {
		case word[0] == '!':
			return word == "!!str" || word == "!"
		case word[0] != '&':
			return false
		}
	}
	return false
}

// apply makes the splices, which have to lie between two offsets, reads again what they wrote, and returns what
// stands there then.
func (e *editor) apply(start, end int) ([]byte, error) {
	rank := func(s splice) int {
		switch {
		case s.end > s.start:
			return 2 // what is inserted at the place stands before what is replaced there
		case s.key:
			return 1
		}
		return 0
	}
	slices.SortStableFunc(e.splices, func(a, b splice) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(rank(a), rank(b)))
	})
	// What follows a value decides how it reads, so the checks see a little more than the result.
	seen := min(end+lookahead, len(e.src.Bytes))
	size := seen - start
	for _, sp := range e.splices {
		size += len(sp.text)
	}
	out := make([]byte, 0, size)
	from := start
	for i := range e.splices {
		sp := &e.splices[i]
		if sp.start < from || sp.end > end {
			return nil, e.stale()
		}
		out = append(out, e.src.Bytes[from:sp.start]...)
		for j := range sp.checks {
			sp.checks[j].at += len(out)
		}
		out = append(out, sp.text...)
		from = sp.end
	}
	out = append(out, e.src.Bytes[from:seen]...)
	for _, sp := range e.splices {
		for _, c := range sp.checks {
			if !c.holds(out) {
				return nil, fmt.Errorf("%s:%d: %w: what would be written there does not read as %q", e.src.Name,
					e.src.Pos(sp.start).Line, ErrRefuse, c.want)
			}
		}
	}
	return out[: len(out)-(seen-end) : len(out)-(seen-end)], nil
}

// lookahead is how many bytes behind a value are looked at to tell how it reads.
const lookahead = 64

// holds reads the scalar at the check's place in the result. It looks at little more than what was written,
// so that the cost is that of the change, even where a whole plan is one line.
func (c check) holds(out []byte) bool {
	line := out[c.at:min(c.at+c.size+lookahead, len(out))]
	if n := bytes.IndexAny(line, "\r\n"); n >= 0 {
		line = line[:n]
	}
	text := string(line)
	var got scalar
	var err error
	switch {
	case strings.HasPrefix(text, "'"):
		got, err = singleQuoted(text, 0)
	case strings.HasPrefix(text, `"`):
		got, err = doubleQuoted(text, 0)
	case plainStart(text, 0, c.flow):
		got, err = plain(text, 0, -1, c.flow, false)
	default:
		return false
	}
	if err != nil || got.text != c.want {
		return false
	}
	rest := strings.TrimLeft(text[got.end:], " \t")
	return rest == "" || c.flow && flowIndicator(rest[0]) || rest[0] == '#' && len(rest) < len(text)-got.end
}
