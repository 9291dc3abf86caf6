package failure

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// longestWait bounds what is believed of a reset time; weekly limits exist.
const longestWait = 8 * 24 * time.Hour

// waitIn finds the time to wait that a message about a limit names, 0 where it names none:
//
//	retry after 30s, Retry-After: 120, try again in 5 minutes, retry in 1h20m, in 1 day 9 hours
//	resets at 3pm, try again at 5:42 PM, resets Oct 9 at 10am, resets at 2026-11-21T03:00:00Z
//	usage limit reached|1749924000
//
// Times of day need now, and are the next such time in its time zone, which is taken to be the one that the
// message means: tools speak of the zone of the machine they run on.
func waitIn(text string, now time.Time) time.Duration {
	wait := waitLength(text)
	if wait == 0 && !now.IsZero() {
		if at := resetTime(text, now); at.After(now) {
			// A second is added, for the times named are cut to whole ones.
			wait = at.Sub(now).Truncate(time.Second) + time.Second
		}
	}
	if wait > longestWait {
		return 0
	}
	return wait
}

// waitLength reads a wait given as a length of time.
func waitLength(text string) time.Duration {
	const one = `(\d+(?:\.\d+)?)\s*(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)?`
	start := regexp.MustCompile(`(?i)(?:retry[- ]after|(?:try again|retry|resets?|available(?: again)?) (?:in|after)|wait)["']?[:=]?\s*["']?(?:about |another )?(` + one + `(?:[\s,]*(?:and )?` + one + `)*)`)
	found := start.FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	var total float64
	for _, part := range regexp.MustCompile(`(?i)`+one).FindAllStringSubmatch(found[1], -1) {
		n, err := strconv.ParseFloat(part[1], 64)
		if err != nil {
			return 0
		}
		total += n * float64(unit(part[2]))
	}
	if total > float64(longestWait) {
		return 0
	}
	return time.Duration(total)
}

func unit(word string) time.Duration {
	word = strings.ToLower(word)
	switch {
	case strings.HasPrefix(word, "ms"), strings.HasPrefix(word, "milli"):
		return time.Millisecond
	case strings.HasPrefix(word, "m"):
		return time.Minute
	case strings.HasPrefix(word, "h"):
		return time.Hour
	case strings.HasPrefix(word, "d"):
		return 24 * time.Hour
	}
	return time.Second
}

// resetTime reads a wait given as the time when it ends; zero where there is none.
func resetTime(text string, now time.Time) time.Time {
	if m := regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)`).FindString(text); m != "" {
		at, err := time.Parse(time.RFC3339, strings.Replace(m, " ", "T", 1))
		if err == nil {
			return at
		}
	}
	if m := regexp.MustCompile(`(?i)(?:limit reached\||resets?[_ ]?(?:at)?["']?[:= ]\s*)(1\d{9})(\d{3})?\b`).FindStringSubmatch(text); m != nil {
		seconds, _ := strconv.ParseInt(m[1], 10, 64)
		return time.Unix(seconds, 0)
	}
	clock := regexp.MustCompile(`(?i)(?:resets?(?: at)?|again at|available at) (?:([a-z]{3})[a-z]* (\d{1,2}),? (?:\d{4},? )?(?:at )?)?(\d{1,2})(?::(\d\d))?(?::\d\d)? ?([ap]m)?\b`)
	m := clock.FindStringSubmatch(text)
	if m == nil || m[4] == "" && m[5] == "" {
		return time.Time{}
	}
	hour, _ := strconv.Atoi(m[3])
	minute, _ := strconv.Atoi(m[4])
	if half := strings.ToLower(m[5]); half != "" {
		hour %= 12
		if half == "pm" {
			hour += 12
		}
	}
	if hour > 23 || minute > 59 {
		return time.Time{}
	}
	year, month, day := now.Date()
	if m[1] == "" {
		at := time.Date(year, month, day, hour, minute, 0, 0, now.Location())
		if !at.After(now) {
			at = time.Date(year, month, day+1, hour, minute, 0, 0, now.Location())
		}
		return at
	}
	date, err := time.Parse("Jan 2", strings.ToUpper(m[1][:1])+strings.ToLower(m[1][1:])+" "+m[2])
	if err != nil {
		return time.Time{}
	}
	at := time.Date(year, date.Month(), date.Day(), hour, minute, 0, 0, now.Location())
	if !at.After(now) {
		at = time.Date(year+1, date.Month(), date.Day(), hour, minute, 0, 0, now.Location())
	}
	return at
}
