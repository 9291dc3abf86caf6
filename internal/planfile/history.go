package planfile

import (
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

// base returns the version that a plan written at the given time was made from: of those that the author can
// have read, the one with which it has most in common, the latest of equals.
func (h *history) base(p *plan.Plan, written time.Time) values {
	// different holds the values in which the version at hand differs from the plan.
	different := map[owned]bool{}
	for _, c := range h.now.differences(p) {
		different[name(c)] = true
	}
	least, steps := len(different), 0
	for i := len(h.versions) - 1; i >= 0; i-- {
		v := h.versions[i]
		if v.written.Before(written.Add(-h.keep)) {
			break // what was before it was gone when the author can have looked
		}
		for o, was := range v.before {
			have, there := valueOf(p, o)
			if !there {
				continue
			}
			if have == was {
				delete(different, o)
			} else {
				different[o] = true
			}
		}
		if len(different) < least {
			least, steps = len(different), len(h.versions)-i
		}
	}
	return h.back(steps)
}

// back returns the version so many steps before the latest.
func (h *history) back(steps int) values {
	if steps == 0 {
		return h.now
	}
	v := values{}
	for o, text := range h.now {
		v[o] = text
	}
	for i := range steps {
		for o, was := range h.versions[len(h.versions)-1-i].before {
			v.set(o, was)
		}
	}
	return v
}
