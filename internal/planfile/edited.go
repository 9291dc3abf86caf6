package planfile

import (
	"billow/plan"
)

// Edited is what somebody else did to the plan file, told against what billow wrote last.
type Edited struct {
	// Doc is the file as they left it, with the revisions that it does not have yet (see Keeper.Revise), free of errors;
	// Doc.Source.Bytes is its text.
	Doc *plan.Document
	// Revised is how many tasks of revisions the Keeper had been given by then: Doc knows nothing of later ones.
	Revised int
	// Unfit are the tasks of revisions that cannot be put into the file as it is now (see KeeperOptions.OnUnfit). Doc is
	// without them, and so are Added, Changed and Removed.
	Unfit []plan.TaskEdit
	// ByHand are the values billow owns that they changed, with what they say now ("" where they took a value
	// away), in the order of the file. Values that were changed to what billow wanted anyway are not in it.
	ByHand []plan.Change
	// Added, Removed and Changed are the ids of tasks; Changed are those of which more is different than the
	// values billow owns (see plan.SameTask). The first and last are in the order of the new file, Removed in that of
	// the old.
	Added, Removed, Changed []string
}

// Compare says what lies between two readings of one plan: what a Keeper does with base, what was written
// last, and theirs, what the file says now. Neither may have errors.
func Compare(base, theirs *plan.Document) Edited {
	e := compareTasks(base.Plan, theirs)
	e.ByHand = byHand(base.Plan, valuesOf(base.Plan), theirs.Plan)
	return e
}

// byHand are the values of theirs that are not as base has them, but for new tasks, which had none.
func byHand(old *plan.Plan, base values, theirs *plan.Plan) []plan.Change {
	var out []plan.Change
	for _, c := range base.differences(theirs) {
		if c.Task == "" || old.Task(c.Task) != nil {
			out = append(out, c)
		}
	}
	return out
}

func compareTasks(old *plan.Plan, theirs *plan.Document) Edited {
	e := Edited{Doc: theirs}
	for _, t := range theirs.Plan.Tasks {
		switch was := old.Task(t.ID); {
		case was == nil:
			e.Added = append(e.Added, t.ID)
		case !plan.SameTask(was, t):
			e.Changed = append(e.Changed, t.ID)
		}
	}
	for _, t := range old.Tasks {
		if theirs.Plan.Task(t.ID) == nil {
			e.Removed = append(e.Removed, t.ID)
		}
	}
	return e
}
