package text

import (
	"time"

	"billow/engine"
)

// purse is the budget of a plan and what was used of it, as far as steps have ended.
type purse struct{ limit, used engine.Budget }

// String says how much of each kind that has a limit was used, "" where none has.
func (b purse) String() string {
	if b.limit.IsZero() {
		return ""
	}
	used := b.used
	if b.limit.Tokens == 0 {
		used.Tokens = 0
	}
	if b.limit.USD == 0 {
		used.USD = 0
	}
	if b.limit.Time == 0 {
		used.Time = 0
	}
	return "used " + b.limit.Shares(used)
}

// quarter is how many quarters of a budget are used up, of the kind of which that is the most: 0 to 3. That all of it is
// used up is said where it keeps something from starting.
func (b purse) quarter() int {
	most := 0.0
	share := func(used, limit float64) {
		if limit > 0 {
			most = max(most, used/limit)
		}
	}
	share(float64(b.used.Tokens), float64(b.limit.Tokens))
	share(b.used.USD, b.limit.USD)
	share(float64(b.used.Time), float64(b.limit.Time))
	return int(4 * min(most, 0.75))
}

// spent takes up what was used of the plan's budget. Where nothing is drawn, it is said at each quarter.
func (p *Progress) spent(now time.Time, b purse) {
	if p.board == nil {
		return
	}
	p.board.purse = b
	quarter := b.quarter()
	if quarter > p.quarter && b.limit.Exhausted(b.used) == "" && !p.o.Live && p.o.Output != OutputQuiet {
		p.screen.line(toErr, p.put(now, "budget", "", "", b.String()))
	}
	p.quarter = quarter
}
