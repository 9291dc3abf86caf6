package engine

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestASnapshotHasEverythingThatCannotBeDerived(t *testing.T) {
	kept := reflect.TypeFor[snapshot]()
	for field := range fieldsOf(reflect.TypeFor[State]()) {
		_, ok := kept.FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, field) })
		assert.True(t, ok || field == "index" || field == "derived", field)
	}
	// What a task has of its own is what JSON sees of it.
	for field, of := range fieldsOf(reflect.TypeFor[task]()) {
		if of.IsExported() {
			assert.NotContains(t, []string{"", "-"}, of.Tag.Get("json"), field)
		}
	}
}

func fieldsOf(of reflect.Type) map[string]reflect.StructField {
	out := map[string]reflect.StructField{}
	for i := range of.NumField() {
		out[of.Field(i).Name] = of.Field(i)
	}
	return out
}
