package control

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"billow/schemas"
)

// SchemaRequest asks for the JSON Schema of a kind of file.
type SchemaRequest struct {
	// Name is the kind of file, one of Schemas.
	Name string
	// File is where the schema is to be written, with the folders it needs; "" is nowhere. A relative one is
	// relative to Dir. A file that is there is replaced.
	File string
}

// SchemaResponse is a schema.
type SchemaResponse struct {
	Name   string
	Schema json.RawMessage
}

// Schemas are the names that Schema knows.
func Schemas() []string { return schemas.Names() }

// Schema gives the JSON Schema of a kind of file.
func (s *Service) Schema(r SchemaRequest) (*SchemaResponse, error) {
	text, ok := schemas.Get(r.Name)
	if !ok {
		return nil, fmt.Errorf("%w: there is no schema %q; there are %s", ErrUsage, r.Name, strings.Join(Schemas(), ", "))
	}
	if r.File != "" {
		path := r.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.Dir, path)
		}
		if err := writeFile(path, text); err != nil {
			return nil, err
		}
	}
	return &SchemaResponse{Name: r.Name, Schema: text}, nil
}

// writeFile writes a file with the folders it needs.
func writeFile(path string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}
