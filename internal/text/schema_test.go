package text

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// validSARIF holds a log against the schema of the standard.
func validSARIF(t *testing.T, log string) error {
	t.Helper()
	data, err := os.ReadFile("testdata/sarif-schema-2.1.0.json")
	require.NoError(t, err)
	var s schema
	require.NoError(t, json.Unmarshal(data, &s.root))
	var v any
	require.NoError(t, json.Unmarshal([]byte(log), &v))
	s.check("", s.root, v)
	return errors.Join(s.found...)
}

// schema is as much of JSON Schema, draft 4, as the schema of SARIF uses. A word it does not know is a fault, so
// that nothing is left unlooked at.
type schema struct {
	root  map[string]any
	found []error
}

func (s *schema) fault(at, format string, args ...any) {
	s.found = append(s.found, fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...)))
}

func (s *schema) check(at string, rule map[string]any, v any) {
	for word, want := range rule {
		switch word {
		case "$schema", "id", "title", "description", "default", "definitions":
		case "$ref":
			name := strings.TrimPrefix(want.(string), "#/definitions/")
			s.check(at, s.root["definitions"].(map[string]any)[name].(map[string]any), v)
		case "type":
			if !isType(want, v) {
				s.fault(at, "%v is no %v", v, want)
			}
		case "enum":
			if !slices.Contains(want.([]any), v) {
				s.fault(at, "%v is none of %v", v, want)
			}
		case "anyOf", "oneOf":
			s.alternatives(at, word, want.([]any), v)
		case "properties", "required", "additionalProperties":
			if object, ok := v.(map[string]any); ok {
				s.object(at, word, rule, object)
			}
		case "items", "minItems", "uniqueItems":
			if list, ok := v.([]any); ok {
				s.list(at, word, want, list)
			}
		case "minimum", "maximum":
			if n, ok := v.(float64); ok && (word == "minimum" && n < want.(float64) || word == "maximum" && n > want.(float64)) {
				s.fault(at, "%v: %s is %v", n, word, want)
			}
		case "pattern", "format":
			if text, ok := v.(string); ok {
				s.text(at, word, want.(string), text)
			}
		default:
			s.fault(at, "this test does not know %q", word)
		}
	}
}

func (s *schema) object(at, word string, rule, object map[string]any) {
	properties, _ := rule["properties"].(map[string]any)
	switch word {
	case "properties":
		for name, of := range properties {
			if v, ok := object[name]; ok {
				s.check(at+"/"+name, of.(map[string]any), v)
			}
		}
	case "required":
		for _, name := range rule["required"].([]any) {
			if _, ok := object[name.(string)]; !ok {
				s.fault(at, "%v is missing", name)
			}
		}
	case "additionalProperties":
		for name, v := range object {
			if _, ok := properties[name]; ok {
				continue
			}
			switch more := rule["additionalProperties"].(type) {
			case bool:
				if !more {
					s.fault(at, "%s is unknown", name)
				}
			case map[string]any:
				s.check(at+"/"+name, more, v)
			}
		}
	}
}

func (s *schema) list(at, word string, want any, list []any) {
	switch word {
	case "items":
		for i, v := range list {
			s.check(fmt.Sprintf("%s/%d", at, i), want.(map[string]any), v)
		}
	case "minItems":
		if float64(len(list)) < want.(float64) {
			s.fault(at, "%d items", len(list))
		}
	case "uniqueItems":
		for i, v := range list {
			if want.(bool) && slices.ContainsFunc(list[:i], func(w any) bool { return reflect.DeepEqual(v, w) }) {
				s.fault(at, "item %d is there twice", i)
			}
		}
	}
}

func (s *schema) text(at, word, want, text string) {
	switch {
	case word == "pattern":
		if !regexp.MustCompile(want).MatchString(text) {
			s.fault(at, "%q does not match %s", text, want)
		}
	case want == "uri" || want == "uri-reference":
		u, err := url.Parse(text)
		if err != nil || want == "uri" && !u.IsAbs() {
			s.fault(at, "%q is no %s", text, want)
		}
	}
}

func (s *schema) alternatives(at, word string, rules []any, v any) {
	fit := 0
	for _, rule := range rules {
		one := schema{root: s.root}
		if one.check(at, rule.(map[string]any), v); len(one.found) == 0 {
			fit++
		}
	}
	if fit == 0 || word == "oneOf" && fit > 1 {
		s.fault(at, "%d of %d alternatives fit", fit, len(rules))
	}
}

func isType(want, v any) bool {
	if several, ok := want.([]any); ok {
		return slices.ContainsFunc(several, func(w any) bool { return isType(w, v) })
	}
	switch v := v.(type) {
	case nil:
		return want == "null"
	case bool:
		return want == "boolean"
	case string:
		return want == "string"
	case float64:
		return want == "number" || want == "integer" && v == float64(int64(v))
	case []any:
		return want == "array"
	}
	return want == "object"
}
