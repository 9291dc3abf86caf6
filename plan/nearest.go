package plan

// Nearest finds the known word that somebody probably meant: one slip away, or two where the word is longer
// than five letters; "" when none is near.
func Nearest(word string, known []string) string { return nearest(word, known) }
