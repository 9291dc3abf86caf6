// Package schemas holds the JSON Schemas (2020-12) of the files that people and agents write for billow, as
// internal/gen makes them. It knows nothing of what they describe. Start with Get.
package schemas

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.schema.json
var files embed.FS

// suffix ends the name of every file.
const suffix = ".schema.json"

// Get is the text of a schema by its name, such as "plan".
func Get(name string) (text []byte, ok bool) {
	text, err := files.ReadFile(name + suffix)
	return text, err == nil
}

// Names are the names of all schemas, in order.
func Names() []string {
	var out []string
	found, _ := fs.Glob(files, "*"+suffix) // the pattern is right
	for _, file := range found {
		out = append(out, strings.TrimSuffix(file, suffix))
	}
	return out
}
