package plan

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads a length of time as people write it in plans: `90` (seconds), `1.5`, `90s`, `5m`,
// `1h30m`, `250ms`, `2 hours`, `1 h 30 min`, `3d`. A day is 24 hours, a week seven days. It refuses
// negative times and those too long for a time.Duration (292 years).
func ParseDuration(text string) (time.Duration, error) {
	rest := strings.TrimSpace(text)
	if rest == "" {
		return 0, errors.New("an empty text is no duration")
	}
	if strings.HasPrefix(rest, "-") {
		return 0, fmt.Errorf("%q is less than nothing", clip(text))
	}
	var total float64
	for first := true; rest != ""; first = false {
		n := leading(rest, func(c byte) bool { return c >= '0' && c <= '9' || c == '.' })
		number, err := strconv.ParseFloat(rest[:n], 64)
		if err != nil {
			return 0, fmt.Errorf("%q is no duration", clip(text))
		}
		rest = strings.TrimLeft(rest[n:], " ")
		n = leading(rest, func(c byte) bool { return c != ' ' && (c < '0' || c > '9') })
		unit, ok := durationUnit(rest[:n])
		if !ok || n == 0 && !first {
			return 0, fmt.Errorf("%q is no duration: the unit %q is unknown", clip(text), clip(rest[:n]))
		}
		rest = strings.TrimLeft(rest[n:], " ")
		if n == 0 && rest != "" {
			return 0, fmt.Errorf("%q is no duration", clip(text))
		}
		total += number * float64(unit)
	}
	if total >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is too long", clip(text))
	}
	return time.Duration(math.Round(total)), nil
}

// durationUnit is the length of a unit; no unit is seconds.
func durationUnit(name string) (time.Duration, bool) {
	switch strings.ToLower(name) {
	case "", "s", "sec", "secs", "second", "seconds":
		return time.Second, true
	case "ns":
		return time.Nanosecond, true
	case "us", "µs", "μs":
		return time.Microsecond, true
	case "ms", "millisecond", "milliseconds":
		return time.Millisecond, true
	case "m", "min", "mins", "minute", "minutes":
		return time.Minute, true
	case "h", "hr", "hrs", "hour", "hours":
		return time.Hour, true
	case "d", "day", "days":
		return 24 * time.Hour, true
	case "w", "week", "weeks":
		return 7 * 24 * time.Hour, true
	}
	return 0, false
}

// leading counts the bytes at the start of a text for which a condition holds.
func leading(text string, holds func(byte) bool) int {
	n := 0
	for n < len(text) && holds(text[n]) {
		n++
	}
	return n
}
