package intake

import (
	"cmp"
	"path"
	"slices"
	"strings"
)

// Item is something that is remembered.
type Item struct {
	// Kind is fact, pattern, gotcha, failure_mode, decision or convention.
	Kind string `json:"kind"`
	Text string `json:"text"`
	// Topic is what it is about, in a word or two; of several items about one topic one counts.
	Topic string `json:"topic,omitempty"`
	// At is the day it was learnt, as YYYY-MM-DD, "" where nobody knows.
	At string `json:"at,omitempty"`
	// AppliesTo are globs of files that it is about; none is the whole of its scope.
	AppliesTo []string `json:"applies_to,omitempty"`
	// Scope is session, repository or global.
	Scope string `json:"scope"`
}

// scopes are the scopes of memory, the one that counts most first. What the user says and what the plan says count before
// all of them.
func scopes() []string { return []string{"session", "repository", "global"} }

// Kinds are the kinds of items.
func Kinds() []string {
	return []string{"fact", "pattern", "gotcha", "failure_mode", "decision", "convention"}
}

// MostRemembered is how many items are given on at most.
const MostRemembered = 30

// Relevant chooses what matters to an objective and the files it names: what is about one of the files, what shares a
// telling word with it, and conventions and decisions that are about no file in particular. Of items about one topic the
// nearest scope counts, then the one that is about files, then the newest. What is left out says nothing.
func Relevant(items []Item, objective string, files []string) []Item {
	words := telling(objective + " " + strings.Join(files, " "))
	chosen := slices.Clone(items)
	slices.SortStableFunc(chosen, func(a, b Item) int {
		return cmp.Or(
			cmp.Compare(slices.Index(scopes(), a.Scope), slices.Index(scopes(), b.Scope)),
			cmp.Compare(min(len(b.AppliesTo), 1), min(len(a.AppliesTo), 1)),
			cmp.Compare(b.At, a.At),
		)
	})
	topics := map[string]bool{}
	var out []Item
	for _, item := range chosen {
		if topic := strings.ToLower(strings.TrimSpace(item.Topic)); topic != "" {
			if topics[topic] {
				continue
			}
			topics[topic] = true
		}
		if concerns(item, words, files) && len(out) < MostRemembered {
			out = append(out, item)
		}
	}
	return out
}

func concerns(item Item, words map[string]bool, files []string) bool {
	for _, glob := range item.AppliesTo {
		for _, file := range files {
			if ok, _ := path.Match(glob, file); ok {
				return true
			}
			if dir, isTree := strings.CutSuffix(glob, "/**"); isTree && strings.HasPrefix(file, dir+"/") {
				return true
			}
		}
	}
	for word := range telling(item.Text + " " + item.Topic) {
		if words[word] {
			return true
		}
	}
	return len(item.AppliesTo) == 0 && (item.Kind == "convention" || item.Kind == "decision")
}

// telling are the words of a text that are long enough to tell it from others.
func telling(text string) map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 127) }) {
		if len(word) > 3 && !slices.Contains([]string{"with", "that", "this", "from", "into", "must", "should", "when", "then", "have", "make", "does", "file", "files", "code", "test", "tests", "always", "never", "before", "after", "every"}, word) {
			out[strings.TrimSuffix(word, "s")] = true
		}
	}
	return out
}
