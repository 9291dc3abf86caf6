package control

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"billow/engine"
	"billow/plan"
)

// laterRevisions is a text of somebody else with the revisions that have been taken since it was seen. known is how many of
// the edits that the keeper was given it has: those of earlier lives, then those of each revision, all at once.
func (r *runner) laterRevisions(doc *plan.Document, known int) *plan.Document {
	known -= len(r.revising.missed)
	for _, edits := range r.revising.taken {
		if known > 0 {
			known -= len(edits)
			continue
		}
		doc = r.withEdits(doc, edits)
	}
	return doc
}

// withEdits is a text with tasks of revisions that the file does not have: they are a part of the run all the same. Of one
// that does not go with the text it is said, and that task is as the file has it.
func (r *runner) withEdits(doc *plan.Document, edits []plan.TaskEdit) *plan.Document {
	text, err := plan.EditTasks(doc.Plan, doc.Source, edits)
	switch {
	case err == nil && bytes.Equal(text, doc.Source.Bytes):
	case err == nil:
		if with := plan.Read(r.o.Path, text, r.o.readOptions()); with.Plan != nil {
			return with
		}
	case len(edits) == 1:
		r.notice("warning", "task %s of a revision of the plan does not go with what %s is now: %v", edits[0].ID, r.o.Path, err)
	default:
		for i := range edits {
			doc = r.withEdits(doc, edits[i:i+1])
		}
	}
	return doc
}

// missedRevisions lays into the plan what the file does not have of the revisions behind the event up to which it is known
// to be true: a driver was killed before it could write them, or was to leave the file alone. What somebody has changed
// since stays, but for what a revision has changed too.
func (r *runner) missedRevisions(ctx context.Context, from int64) error {
	revisions := slices.DeleteFunc(r.state.Revisions(), func(rev engine.Revised) bool { return rev.Seq <= from })
	if len(revisions) == 0 || r.o.Plan() == nil {
		return nil
	}
	failed := func(rev engine.Revised, err error) error {
		return fmt.Errorf("revision %d of the plan: %w", rev.Number, err)
	}
	base, err := r.log.Blob(ctx, revisions[0].Base)
	if err != nil {
		return failed(revisions[0], err)
	}
	before := plan.Read(r.o.Path, base, r.o.readOptions())
	if before.Plan == nil {
		return failed(revisions[0], fmt.Errorf("the plan that it was made from cannot be read"))
	}
	versions := map[string][]plan.TaskEdit{}
	var order []string
	for _, rev := range revisions {
		data, err := r.log.Blob(ctx, rev.Delta)
		if err != nil {
			return failed(rev, err)
		}
		var delta plan.Delta
		if err := json.Unmarshal(data, &delta); err != nil {
			return failed(rev, err)
		}
		for _, e := range slices.Concat(delta.Added, delta.Changed) {
			if versions[e.ID] == nil {
				order = append(order, e.ID)
			}
			versions[e.ID] = append(versions[e.ID], e)
		}
	}
	theirs := editIDs(plan.Compare(before.Plan, r.o.Plan()).Changed)
	for _, id := range order {
		all := versions[id]
		last := all[len(all)-1]
		was, is := before.Plan.Task(id), r.o.Plan().Task(id)
		switch {
		case r.holds(last), was != nil && is == nil:
			continue
		case was != nil && slices.Contains(theirs, id) && !slices.ContainsFunc(all, r.holds):
			last.Value = onto(is.Source, was.Source, last.Value)
		}
		r.revising.missed = append(r.revising.missed, last)
	}
	if len(r.revising.missed) == 0 {
		return nil
	}
	file := r.o.Doc
	r.o.Doc = r.withEdits(file, r.revising.missed)
	r.revising.file = file
	r.o.Schedule = plan.Order(r.o.Doc.Plan)
	return nil
}

// onto is a task as somebody has left it, with what a revision has changed of it.
func onto(theirs, base, revised *plan.Value) *plan.Value {
	out := *theirs
	out.Fields = slices.Clone(theirs.Fields)
	for _, f := range slices.Concat(revised.Fields, base.Fields) {
		is := revised.Get(f.Key)
		if reflect.DeepEqual(plan.ToAny(is), plan.ToAny(base.Get(f.Key))) {
			continue
		}
		at := slices.IndexFunc(out.Fields, func(o plan.Field) bool { return o.Key == f.Key })
		switch {
		case is == nil && at >= 0:
			out.Fields = slices.Delete(out.Fields, at, at+1)
		case is != nil && at >= 0:
			out.Fields[at].Value = is
		case is != nil:
			out.Fields = append(out.Fields, plan.Field{Key: f.Key, Value: is})
		}
	}
	return &out
}

// holds reports whether the plan has a task as an edit has it.
func (r *runner) holds(e plan.TaskEdit) bool {
	text, err := plan.EditTasks(r.o.Plan(), r.o.Doc.Source, []plan.TaskEdit{e})
	return err == nil && bytes.Equal(text, r.o.Doc.Source.Bytes)
}
