package plan

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Budget is how much agents may use up, or have used. As a limit 0 is none.
type Budget struct {
	// Tokens is what they read and write together, as they report it.
	Tokens int64 `json:"tokens,omitempty"`
	// USD is what they cost, as they report it.
	USD float64 `json:"usd,omitempty"`
	// Time is how long they worked, all added up.
	Time time.Duration `json:"time,omitempty"`
}

// The kinds of a budget, by the names of its keys.
const (
	BudgetTokens = "tokens"
	BudgetUSD    = "usd"
	BudgetTime   = "time"
)

// BudgetKinds are the keys of a budget.
func BudgetKinds() []string { return []string{BudgetTokens, BudgetUSD, BudgetTime} }

// The largest amounts that are understood: what is beyond is a slip.
const (
	maxTokens = 1_000_000_000_000
	maxUSD    = 1_000_000_000
)

// Set reads the amount of one kind: tokens as 200000, 200k or 1.5M, usd as 5, 0.50 or $5, time as any duration. None can
// be 0: work that may cost nothing is work that needs no agent. The error says what is wrong with the text.
func (b *Budget) Set(kind, text string) error {
	switch kind {
	case BudgetTokens:
		n, err := tokensOf(text)
		if err != nil {
			return err
		}
		b.Tokens = n
	case BudgetUSD:
		n, err := amountOf(strings.TrimPrefix(strings.TrimSpace(text), "$"))
		if err != nil || n > maxUSD {
			return fmt.Errorf("%q is no sum of dollars above 0, such as 5 or 0.50", clip(text))
		}
		b.USD = n
	case BudgetTime:
		d, err := ParseDuration(text)
		if err == nil && d == 0 {
			err = errors.New("no time at all is no budget")
		}
		if err != nil {
			return err
		}
		b.Time = d
	default:
		return fmt.Errorf("there is no budget of %q: it is of tokens, usd or time", clip(kind))
	}
	return nil
}

func tokensOf(text string) (int64, error) {
	digits, unit := strings.TrimSpace(text), 1.0
	if cut := strings.TrimRight(digits, "kKmM"); len(cut) == len(digits)-1 {
		unit = 1e3
		if strings.ContainsAny(digits, "mM") {
			unit = 1e6
		}
		digits = cut
	}
	n, err := amountOf(digits)
	if n = math.Ceil(n * unit); err != nil || n > maxTokens {
		return 0, fmt.Errorf("%q is no number of tokens above 0, such as 200000, 200k or 2M", clip(text))
	}
	return int64(n), nil
}

// amountOf reads a number above 0 as people write it: digits with at most one point.
func amountOf(text string) (float64, error) {
	text = strings.TrimSpace(text)
	if text == "" || strings.Trim(text, "0123456789.") != "" {
		return 0, errors.New("no number")
	}
	n, err := strconv.ParseFloat(text, 64)
	if err == nil && n <= 0 {
		err = errors.New("not above 0")
	}
	return n, err
}

// IsZero reports whether it sets no limit, or nothing is used.
func (b Budget) IsZero() bool { return b == Budget{} }

// Over lays one budget over another, kind by kind.
func (b Budget) Over(base Budget) Budget {
	if b.Tokens == 0 {
		b.Tokens = base.Tokens
	}
	if b.USD == 0 {
		b.USD = base.USD
	}
	if b.Time == 0 {
		b.Time = base.Time
	}
	return b
}

// Plus adds what was used.
func (b Budget) Plus(o Budget) Budget {
	return Budget{b.Tokens + o.Tokens, b.USD + o.USD, b.Time + o.Time}
}

// Minus takes away what does not count.
func (b Budget) Minus(o Budget) Budget {
	return Budget{b.Tokens - o.Tokens, b.USD - o.USD, b.Time - o.Time}
}

// Exhausted names the first kind of which what was used has come to the limit, "" for none.
func (b Budget) Exhausted(used Budget) string {
	switch {
	case b.Tokens > 0 && used.Tokens >= b.Tokens:
		return BudgetTokens
	case b.USD > 0 && used.USD >= b.USD:
		return BudgetUSD
	case b.Time > 0 && used.Time >= b.Time:
		return BudgetTime
	}
	return ""
}

// Share says how much of one kind of the limit was used: "1.2M of 2M tokens".
func (b Budget) Share(kind string, used Budget) string {
	switch kind {
	case BudgetTokens:
		return fmt.Sprintf("%s of %s tokens", tokensText(used.Tokens), tokensText(b.Tokens))
	case BudgetUSD:
		return fmt.Sprintf("%.2f of %.2f USD", used.USD, b.USD)
	}
	return fmt.Sprintf("%s of %s of work", workText(used.Time), workText(b.Time))
}

// String is what a budget comes to: "2M tokens, 5.00 USD, 1h of work"; kinds that are 0 are left out.
func (b Budget) String() string {
	var parts []string
	if b.Tokens != 0 {
		parts = append(parts, tokensText(b.Tokens)+" tokens")
	}
	if b.USD != 0 {
		parts = append(parts, fmt.Sprintf("%.2f USD", b.USD))
	}
	if b.Time != 0 {
		parts = append(parts, workText(b.Time)+" of work")
	}
	return strings.Join(parts, ", ")
}

// Shares says of every kind of the limit how much was used, and of the others what.
func (b Budget) Shares(used Budget) string {
	var parts []string
	for _, of := range []struct {
		kind    string
		limited bool
		used    Budget
	}{
		{BudgetTokens, b.Tokens > 0, Budget{Tokens: used.Tokens}},
		{BudgetUSD, b.USD > 0, Budget{USD: used.USD}},
		{BudgetTime, b.Time > 0, Budget{Time: used.Time}},
	} {
		switch {
		case of.limited:
			parts = append(parts, b.Share(of.kind, used))
		case !of.used.IsZero():
			parts = append(parts, of.used.String())
		}
	}
	return strings.Join(parts, ", ")
}

// tokensText is a number of tokens with three digits or so.
func tokensText(n int64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e6, "M"}, {1e3, "k"}} {
		if x := float64(n) / unit.size; x >= 1 {
			return strings.TrimSuffix(strings.TrimRight(strconv.FormatFloat(x, 'f', 2, 64), "0"), ".") + unit.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// workText is a length of time to the second, or shorter where it is short.
func workText(d time.Duration) string {
	if d >= time.Minute {
		d = d.Truncate(time.Second)
	} else {
		d = d.Truncate(time.Millisecond)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// budget reads `{tokens, usd, time}`. What is not understood is an error: money that nobody watches is not to be spent.
func (r *reader) budget(f Field) Budget {
	var b Budget
	switch {
	case f.Value.IsNull():
		return b
	case f.Value.Kind != Map:
		r.wrongType(Error, f, "a mapping of tokens, usd and time", "{usd: 5}")
		return b
	}
	r.inner(f, BudgetKinds()...)
	for _, k := range f.Value.Fields {
		switch {
		case k.Value.IsNull() || !contains(BudgetKinds(), k.Key):
		case k.Value.Kind != Scalar:
			r.wrongType(Error, k, "an amount", map[string]string{BudgetTokens: "2M", BudgetUSD: "5", BudgetTime: "1h"}[k.Key])
		default:
			if err := b.Set(k.Key, k.Value.Text); err != nil {
				r.badValue(Error, k, err.Error(), "write `budget: {tokens: 2M, usd: 5, time: 1h}`, or a part of it")
			}
		}
	}
	return b
}
