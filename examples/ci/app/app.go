// Package app has something to build, vet and test.
package app

import "strings"

// Shout says it louder.
func Shout(text string) string { return strings.ToUpper(text) + "!" }
