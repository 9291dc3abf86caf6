package text

import (
	"path/filepath"
	"strings"
)

// Places turns the names of files into names that hold for somebody who looks at the whole repository. The
// zero Places leaves them as they are.
type Places struct {
	// Dir is the folder that the names are relative to, Root the one they are to be relative to; both absolute.
	Dir, Root string
}

// name is a file's name with slashes; inside is false where the file is not below Root, and the name then
// absolute or, where nothing is known, as it was.
func (p Places) name(file string) (name string, inside bool) {
	if p.Dir == "" || p.Root == "" {
		return filepath.ToSlash(file), !filepath.IsAbs(file)
	}
	path := file
	if !filepath.IsAbs(path) {
		path = filepath.Join(p.Dir, path)
	}
	rel, err := filepath.Rel(p.Root, path)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return filepath.ToSlash(path), false
	}
	return filepath.ToSlash(rel), true
}
