package failure

import (
	"strings"
	"unicode/utf8"
)

// clip shortens a text of the user's for a message.
func clip(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}

// didYouMean is the end of a message about an unknown word: the word that was probably meant, else all
// there are; "" where there are none.
func didYouMean(word string, known []string, all string) string {
	switch best := near(word, known); {
	case best != "":
		return " (did you mean " + best + "?)"
	case len(known) > 0:
		return " (" + all + strings.Join(known, ", ") + ")"
	}
	return ""
}

// near finds the known word that is at most a third of the given word's letters away from it, "" where none
// is.
func near(word string, known []string) string {
	best, limit := "", min(len(word)/3, 3)
	for _, k := range known {
		if d := distance(clip(word), k); d <= limit {
			best, limit = k, d-1
		}
	}
	return best
}

// distance is the number of letters to add, leave out or replace to get from one word to another.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, corner+1)
		}
	}
	return row[len(b)]
}
