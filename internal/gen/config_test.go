package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/internal/config"
)

// TestEverySettingHasTheEffectThatTheReferenceNames holds the table to the code: what billow is said to heed,
// some package but config's own looks at; what agents are said to be given, a role names.
func TestEverySettingHasTheEffectThatTheReferenceNames(t *testing.T) {
	var code strings.Builder
	for _, folder := range []string{"../control", "../../cmd/billow/command", "../text"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if !strings.HasSuffix(file, "_test.go") {
				text, err := os.ReadFile(file)
				require.NoError(t, err)
				code.Write(text)
			}
		}
	}
	source, err := os.ReadFile("../config/setting.go")
	require.NoError(t, err)
	for _, s := range config.Settings() {
		switch s.Effect {
		case config.ForBillow:
			m := regexp.MustCompile(`"` + regexp.QuoteMeta(s.Key) + `".*&c\.(\w+)`).FindSubmatch(source)
			require.NotNil(t, m, s.Key)
			field := string(m[1])
			used := strings.Contains(code.String(), "."+field) || field == "DefaultAgent" && strings.Contains(code.String(), "Config.Route(") ||
				strings.HasPrefix(s.Key, "model_routing.") && strings.Contains(code.String(), ".ModelFor(")
			assert.True(t, used, "nobody looks at Config.%s; is %s for briefs, or for billow do?", field, s.Key)
		case config.ForBriefs:
			assert.NotEmpty(t, briefed(s.Gem), "no role is given %s", s.Gem)
		default:
			assert.Fail(t, "a setting without an effect", s.Key)
		}
	}
}

// TestEveryKeyOfGemTeamIsTried holds the scripts to the table: each key of .gem-team.yaml stands in a file that is run
// with, not only in the reference.
func TestEveryKeyOfGemTeamIsTried(t *testing.T) {
	var scripts strings.Builder
	for _, name := range []string{"gem-team", "gates"} {
		text, err := os.ReadFile("../../cmd/billow/testdata/script/" + name + ".txtar")
		require.NoError(t, err)
		scripts.Write(text)
	}
	for _, s := range config.Settings() {
		if _, key, nested := strings.Cut(s.Gem, "."); nested {
			assert.Contains(t, scripts.String(), key[strings.LastIndexByte(key, '.')+1:]+":", s.Gem)
		}
	}
}
