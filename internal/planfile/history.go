package planfile

import (
	"maps"
	"time"

	"billow/plan"
)

// history is what the file has said lately of the values billow owns. It answers which of its versions
// somebody had before them when they wrote: an editor or a script that read the file a moment before we wrote
// and saved a moment after would otherwise seem to have set every status back by hand.
type history struct {
	// now is the latest version; older ones are reached by taking back what each newer one did.
	now      values
	versions []version
	// keep is how long before a write its author may have read the file.
	keep time.Duration
}

// version is one text the file had.
type version struct {
	// written is the time of the file's last change, by the file system's clock, as is everything here.
	written time.Time
	// before holds, for each value this version changed, what it was.
	before map[owned]string
}

// begin starts a version; set changes a value in it.
func (h *history) begin(written time.Time) {
	h.versions = append(h.versions, version{written: written, before: map[owned]string{}})
	for len(h.versions) > 1 && h.versions[0].written.Before(written.Add(-h.keep)) {
		h.versions = h.versions[1:]
	}
}

func (h *history) set(o owned, text string) {
	was := h.now.get(o)
	if was == text {
		return
	}
	before := h.versions[len(h.versions)-1].before
	if _, ok := before[o]; !ok {
		before[o] = was
	}
	h.now.set(o, text)
}

// accept starts a version with what somebody else wrote.
func (h *history) accept(written time.Time, p *plan.Plan) {
	changes := h.now.differences(p)
	h.begin(written)
	for _, c := range changes {
		o := name(c)
		h.set(o, canonical(o.key, c.Value))
	}
}

// base returns what a plan was made from by whoever wrote it: for each file, of the versions that the author can have
// read, the one with which the file has most in common, the latest of equals. file is the file of a value and written
// when a file was written; a plan that is one file calls it "".
func (h *history) base(p *plan.Plan, file func(owned) string, written func(file string) time.Time) values {
	// different holds the values in which the version at hand of each file differs from the plan.
	different := map[string]map[owned]bool{}
	for _, c := range h.now.differences(p) {
		o := name(c)
		if different[file(o)] == nil {
			different[file(o)] = map[owned]bool{}
		}
		different[file(o)][o] = true
	}
	least, steps := map[string]int{}, map[string]int{}
	for f, values := range different {
		least[f] = len(values)
	}
	for i := len(h.versions) - 1; i >= 0 && len(least) > 0; i-- {
		v, touched := h.versions[i], map[string]bool{}
		for o, was := range v.before {
			f := file(o)
			have, there := valueOf(p, o)
			// What was before a version that old was gone when the author can have looked. A file that is as we
			// left it has no other author.
			if different[f] == nil || !there || v.written.Before(written(f).Add(-h.keep)) {
				continue
			}
			touched[f] = true
			if have == was {
				delete(different[f], o)
			} else {
				different[f][o] = true
			}
		}
		for f := range touched {
			if len(different[f]) < least[f] {
				least[f], steps[f] = len(different[f]), len(h.versions)-i
			}
		}
	}
	return h.back(steps, file)
}

// back returns, for each file, the version so many steps before the latest.
func (h *history) back(steps map[string]int, file func(owned) string) values {
	if len(steps) == 0 {
		return h.now
	}
	v := maps.Clone(h.now)
	for i := range h.versions {
		for o, was := range h.versions[len(h.versions)-1-i].before {
			if i < steps[file(o)] {
				v.set(o, was)
			}
		}
	}
	return v
}
