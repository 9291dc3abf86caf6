package plan

import "unicode/utf8"

// maxClip is the number of characters of a plan's own text that a message repeats.
const maxClip = 60

// clip shortens a text of the plan for a message.
func clip(text string) string {
	if utf8.RuneCountInString(text) <= maxClip {
		return text
	}
	n := 0
	for i := range text {
		if n == maxClip-1 {
			return text[:i] + "…"
		}
		n++
	}
	return text
}

// nearest finds the known word that a word was probably meant to be: one slip away, or two where the word
// is longer than five letters. It returns "" when none is near.
func nearest(word string, known []string) string {
	best, limit := "", 1
	if len(word) > 5 {
		limit = 2
	}
	if len(word) < 3 || len(word) > 40 {
		return ""
	}
	for _, k := range known {
		if d := slips(word, k, limit); d <= limit {
			best, limit = k, d-1
		}
		if limit < 1 {
			break
		}
	}
	return best
}

// surely is nearest, and says whether there is no doubt: the word is long enough not to be another one, and no
// other known word is as near.
func surely(word string, known []string) (near string, sure bool) {
	near = nearest(word, known)
	if near == "" || len(word) < 5 {
		return near, false
	}
	limit := slips(word, near, 2)
	for _, k := range known {
		if k != near && slips(word, k, limit) <= limit {
			return near, false
		}
	}
	return near, true
}

// slips counts the letters that were added, left out, replaced or swapped with their neighbour between
// two words, and stops counting above limit.
func slips(a, b string, limit int) int {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	var older, old, row [64]int
	if len(b) >= len(row) {
		return limit + 1
	}
	for j := range len(b) + 1 {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(old[j]+1, row[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], older[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		older, old = old, row
	}
	return old[len(b)]
}
