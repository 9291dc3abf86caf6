package planfile

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"time"

	"billow/plan"
)

// revision is the ground with tasks put in that a recorded replan names, while the file does not have them yet.
type revision struct {
	doc   *plan.Document
	edits []plan.TaskEdit
}

// landed is an edit that is in the file: what its task was before, nil where there was none, and since when.
type landed struct {
	edit  plan.TaskEdit
	was   *plan.Task
	since time.Time
}

// Revise puts tasks into the file as a recorded replan has them (see plan.EditTasks): at once, with the next write, and
// again into every text of somebody else that was written meanwhile, until the file has them; from then on they are a
// part of it like any other. It returns at once. Values that are Set for a new task are written with it.
//
// After a crash the same edits are given again; those that the file has already change nothing.
func (k *Keeper) Revise(edits []plan.TaskEdit) {
	if len(edits) == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = append(k.asked, edits...)
	k.urgent, k.unsaved, k.since = true, true, time.Now()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// now is the ground, with the revision that is not in the file yet.
func (k *Keeper) now() *plan.Document {
	if k.revising != nil {
		return k.revising.doc
	}
	return k.ground
}

// revise puts the tasks that were asked for into the ground.
func (k *Keeper) revise() {
	k.mu.Lock()
	asked := k.asked
	k.asked, k.urgent = nil, false
	k.mu.Unlock()
	k.revised += len(asked)
	if len(asked) == 0 && (k.revising != nil || len(k.pending) == 0) {
		return
	}
	k.unfit = slices.DeleteFunc(k.unfit, func(old plan.TaskEdit) bool {
		return slices.ContainsFunc(asked, func(e plan.TaskEdit) bool { return e.ID == old.ID })
	})
	k.pending = append(k.pending, asked...)
	doc, done := k.putIn(k.ground, k.pending)
	k.pending, k.revising = done, nil
	if doc != k.ground {
		k.revising = &revision{doc: doc, edits: done}
	} else {
		k.pending = nil
	}
	k.layWishes()
}

// putIn puts edits into a text. Those that cannot be are left out, and OnUnfit is told; they are tried again when
// somebody has changed the file. It returns those that could.
func (k *Keeper) putIn(doc *plan.Document, edits []plan.TaskEdit) (*plan.Document, []plan.TaskEdit) {
	out, err := k.withEdits(doc, edits)
	switch {
	case err == nil:
		return out, edits
	case len(edits) == 1:
		k.unfit = append(k.unfit, edits[0])
		if k.o.OnUnfit != nil {
			k.o.OnUnfit(edits[0], err)
		}
		return doc, nil
	}
	// One bad task among many takes a few edits.
	half := len(edits) / 2
	doc, first := k.putIn(doc, edits[:half:half])
	doc, second := k.putIn(doc, edits[half:])
	return doc, append(first, second...)
}

// withEdits is a text with edits; the same document where they change nothing.
func (k *Keeper) withEdits(doc *plan.Document, edits []plan.TaskEdit) (*plan.Document, error) {
	text, err := plan.EditTasks(doc.Plan, doc.Source, edits)
	if err != nil {
		return nil, err
	}
	if bytes.Equal(text, doc.Source.Bytes) {
		return doc, nil
	}
	if err := k.free(doc.Source.Bytes, text); err != nil {
		return nil, err
	}
	return k.reading(text)
}

// free reports a file of a new task whose name is that of a file in the folder that is none of a task.
func (k *Keeper) free(was, text []byte) error {
	old, bundle := plan.Unbundle(was)
	if !bundle {
		return nil
	}
	now, _ := plan.Unbundle(text)
	for _, f := range now {
		known := slices.ContainsFunc(old, func(o plan.TaskFile) bool { return o.Name == f.Name })
		if _, err := os.Lstat(fileIn(k.o.Path, f.Name)); !known && err == nil {
			return explain("write", fileIn(k.o.Path, f.Name), errExists)
		}
	}
	return nil
}

// errExists: a file that is to be created is there.
var errExists = errors.New("it exists and is no task of the plan; give the task another id, or the file another name")

// land notes that the file has the revision.
func (k *Keeper) land() {
	if k.revising == nil {
		return
	}
	since := k.looks.newest(differences(k.ground.Source.Bytes, k.revising.doc.Source.Bytes))
	for _, edit := range k.revising.edits {
		k.landed = append(k.landed, landed{edit: edit, was: k.ground.Plan.Task(edit.ID), since: since})
	}
	k.ground, k.revising, k.pending = k.revising.doc, nil, nil
}

// layWishes lays all values anew into what is to be written.
func (k *Keeper) layWishes() {
	k.mu.Lock()
	k.freshen()
	k.mu.Unlock()
	k.unsaid, k.pieces = nil, cut(k.now())
}

// stale are the edits that the file had and that somebody's text has not, because its author read the file before: as
// the values that only are as old as that reading (see history), what it says of these tasks is not theirs.
func (k *Keeper) stale(doc *plan.Document, seen looks) []plan.TaskEdit {
	var out []plan.TaskEdit
	k.landed = slices.DeleteFunc(k.landed, func(l landed) bool {
		is, file := doc.Plan.Task(l.edit.ID), ""
		if is != nil {
			file = doc.Source.FileAt(is.Pos)
		}
		written := seen.time(file)
		if written.IsZero() { // a file of a folder was removed, which nobody does by writing an old text
			return true
		}
		if l.since.Before(written.Add(-k.o.Stale)) {
			return true
		}
		if l.was == nil && is != nil || l.was != nil && (is == nil || !plan.SameTask(l.was, is)) {
			return false
		}
		out = append(out, l.edit)
		return true
	})
	return out
}
