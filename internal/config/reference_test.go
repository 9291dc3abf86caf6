package config

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryCodeIsExplained(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, code := range regexp.MustCompile(`"C\d\d\d"`).FindAllString(string(text), -1) {
			assert.True(t, slices.ContainsFunc(Codes(), func(c Code) bool { return c.Code == strings.Trim(code, `"`) }),
				"%s: %s is not in Codes", file, code)
		}
	}
}

func TestSettingsAreThoseOfValues(t *testing.T) {
	c, err := Load(Sources{})
	require.NoError(t, err)
	var want, got []string
	for _, v := range c.Values() {
		want = append(want, v.Key+"="+v.Value)
	}
	for _, s := range Settings() {
		got = append(got, s.Key+"="+s.Default)
	}
	assert.Equal(t, want, got)
}
