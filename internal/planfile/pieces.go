package planfile

import (
	"maps"
	"slices"

	"billow/plan"
)

// maxPieces is into how many pieces a file is cut at most.
const maxPieces = 2048

// pieces is a document with changes, cut into runs of tasks. At the end of a large run every task has changed,
// and to make all changes anew for the sake of the latest ones would cost more than the run can spare; so the
// text of each piece is kept and only those that were touched are made again.
type pieces struct {
	doc *plan.Document
	all []piece
	// tasks is the number of tasks in each piece but the last.
	tasks int
	// head is the piece in which the plan's own values stand; -1 until it is known.
	head int
}

type piece struct {
	// start and end are where the piece stands in the document's bytes.
	start, end int
	changes    map[owned]plan.Change
	// text is the piece with its changes; nil when it has to be made.
	text []byte
}

func cut(doc *plan.Document) *pieces {
	tasks := doc.Plan.Tasks
	p := &pieces{doc: doc, tasks: max(1, (len(tasks)+maxPieces-1)/maxPieces), head: -1}
	at := 0
	for i := p.tasks; i < len(tasks); i += p.tasks {
		start := tasks[i].Pos.Offset
		if start <= at || start > len(doc.Source.Bytes) {
			// Tasks do not stand in order (some are aliases, say): one piece.
			p.all, at, p.tasks = nil, 0, len(tasks)
			break
		}
		p.all = append(p.all, piece{start: at, end: start, changes: map[owned]plan.Change{}})
		at = start
	}
	p.all = append(p.all, piece{start: at, end: len(doc.Source.Bytes), changes: map[owned]plan.Change{}})
	for i := range p.all {
		p.all[i].text = doc.Source.Bytes[p.all[i].start:p.all[i].end]
	}
	return p
}

// set makes a change; of two of one value the last counts. What the document says anyway is no change, and
// what it has no task for is left out. Retries are counted where this document counts them.
func (p *pieces) set(c plan.Change) {
	o := name(c)
	have, there := valueOf(p.doc.Plan, o)
	if !there {
		return
	}
	if o.key == keyRetries {
		c.Key = retriesKey(p.doc.Plan, p.doc.Plan.Task(c.Task))
	}
	at := &p.all[p.of(c)]
	if have == canonical(o.key, c.Value) {
		delete(at.changes, o)
	} else {
		at.changes[o] = c
	}
	at.text = nil
}

// of returns the piece a change belongs to.
func (p *pieces) of(c plan.Change) int {
	if c.Task != "" {
		return p.doc.Plan.Task(c.Task).Index / p.tasks
	}
	if p.head < 0 {
		p.head = p.findHead(c)
	}
	return p.head
}

// findHead tries where a key of the plan's own goes: that is for Edit to know.
func (p *pieces) findHead(c plan.Change) int {
	c.Value = string(plan.Completed)
	if have, _ := valueOf(p.doc.Plan, name(c)); have == c.Value {
		c.Value = string(plan.Failed)
	}
	src := p.doc.Source.Bytes
	out, err := plan.Edit(p.doc.Plan, p.doc.Source, []plan.Change{c})
	if err != nil {
		return 0 // it will be refused there as well as anywhere
	}
	same := 0
	for same < min(len(src), len(out)) && src[same] == out[same] {
		same++
	}
	i := 0
	for i < len(p.all)-1 && p.all[i].end <= same {
		i++
	}
	return i
}

// render returns the whole text. A change that cannot be made is dropped, and refused is told of it.
func (p *pieces) render(refused func(plan.Change, error)) ([]byte, error) {
	size := 0
	for i := range p.all {
		if p.all[i].text == nil {
			if err := p.make(i, refused); err != nil {
				return nil, err
			}
		}
		size += len(p.all[i].text)
	}
	out := make([]byte, 0, size)
	for i := range p.all {
		out = append(out, p.all[i].text...)
	}
	return out, nil
}

// make makes the text of a piece.
func (p *pieces) make(i int, refused func(plan.Change, error)) error {
	at := &p.all[i]
	out, err := p.edit(at, slices.Collect(maps.Values(at.changes)))
	if err != nil {
		p.sift(at, slices.Collect(maps.Values(at.changes)), func(c plan.Change, err error) {
			delete(at.changes, name(c))
			refused(c, err)
		})
		if out, err = p.edit(at, slices.Collect(maps.Values(at.changes))); err != nil {
			return err
		}
	}
	at.text = out
	return nil
}

func (p *pieces) edit(at *piece, changes []plan.Change) ([]byte, error) {
	return plan.EditRange(p.doc.Plan, p.doc.Source, changes, at.start, at.end)
}

// sift finds the changes that cannot be made, by halving: one bad value among many takes a few edits.
func (p *pieces) sift(at *piece, changes []plan.Change, refused func(plan.Change, error)) {
	_, err := p.edit(at, changes)
	switch {
	case err == nil:
	case len(changes) == 1:
		refused(changes[0], err)
	default:
		half := len(changes) / 2
		p.sift(at, changes[:half], refused)
		p.sift(at, changes[half:], refused)
	}
}
