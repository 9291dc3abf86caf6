package plan_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// valueOf is the value of the key v in a small document.
func valueOf(t *testing.T, text string) *plan.Value {
	t.Helper()
	src, problems := plan.Parse("", []byte(text), plan.Limits{})
	require.Empty(t, plan.Errors(problems), text)
	return src.Root.Get("v")
}

func TestToAnyTypesByTheCoreSchema(t *testing.T) {
	for text, want := range map[string]any{
		"v:": nil, "v: ~": nil, "v: null": nil, "v: 'null'": "null",
		"v: true": true, "v: FALSE": false, "v: 'true'": "true", "v: yes": "yes",
		"v: 12": 12, "v: -3": -3, "v: +7": 7, "v: 017": 17, "v: 0o17": 15, "v: 0x1F": 31, "v: \"12\"": "12",
		"v: 1.5": 1.5, "v: .5": .5, "v: 1e3": 1000.0, "v: 1_000": "1_000", "v: 0x": "0x", "v: 0b1": "0b1",
		"v: .inf": math.Inf(1), "v: -.Inf": math.Inf(-1), "v: inf": "inf", "v: 1.2.3": "1.2.3",
		"v: 2026-01-02": "2026-01-02", "v: 123456789012345678901234567890": 123456789012345678901234567890.0,
		"v: !!str 5": "5", "v: |\n  5\n": "5\n",
		"v: [1, a, ~]":          []any{1, "a", nil},
		"v: {a: 1, b: {c: []}}": map[string]any{"a": 1, "b": map[string]any{"c": []any{}}},
	} {
		assert.Equal(t, want, plan.ToAny(valueOf(t, text)), text)
	}
	assert.True(t, math.IsNaN(plan.ToAny(valueOf(t, "v: .nan")).(float64)))
	assert.Nil(t, plan.ToAny(nil))
}

func TestStringsReadsAValueAsPlansMeanIt(t *testing.T) {
	for text, want := range map[string][]string{
		"v:":                        nil,
		"v: one":                    {"one"},
		"v: ''":                     {""},
		"v: []":                     {},
		"v: [a, ~, 007]":            {"a", "007"},
		"v:\n  - returns: 201\n":    {"returns: 201"},
		"v:\n  - a: b\n    c: d\n":  {"a: b, c: d"},
		"v:\n  - [a, b]\n  - e:\n":  {"a, b", "e:"},
		"v: {a: 1}":                 {"a: 1"},
		"v:\n  - url: http://x:1\n": {"url: http://x:1"},
	} {
		assert.Equal(t, want, valueOf(t, text).Strings(), text)
	}
}

func TestAsBoolAndAsIntSayWhatIsNone(t *testing.T) {
	for text, want := range map[string]bool{"v: true": true, "v: 'Yes'": true, "v: on": true, "v: False": false, "v: no": false} {
		got, ok := valueOf(t, text).AsBool()
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for text, want := range map[string]int{"v: 3": 3, "v: '3'": 3, "v: 2.0": 2, "v: -1": -1} {
		got, ok := valueOf(t, text).AsInt()
		assert.True(t, ok, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{"v:", "v: maybe", "v: [true]", "v: 1.5", "v: 1e300", "v: {a: 1}"} {
		_, isBool := valueOf(t, text).AsBool()
		_, isInt := valueOf(t, text).AsInt()
		assert.False(t, isBool || isInt, text)
	}
	var none *plan.Value
	_, ok := none.AsBool()
	assert.False(t, ok)
	_, ok = none.AsInt()
	assert.False(t, ok)
	assert.Nil(t, none.Strings())
}
