package schemas_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"billow/internal/config"
	"billow/plan"
)

// agreeOnSettings fails where billow.yaml is taken by the reader and refused by the schema, or the other way
// round. What an agent leads to and what a route works out (C004, C005) is no matter of shape.
func agreeOnSettings(t *testing.T, schema *jsonschema.Schema, text string) {
	t.Helper()
	source, problems := plan.Parse("billow.yaml", []byte(text), plan.Limits{})
	require.Empty(t, problems, text)
	read := func(name string) ([]byte, error) {
		if filepath.Base(name) == "billow.yaml" && filepath.Dir(name) == "/project" {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
	c, err := config.Load(config.Sources{Root: "/project", ReadFile: read})
	require.NoError(t, err)
	var reader []string
	for _, p := range c.Problems {
		if p.Code == "C003" && p.Severity == plan.Error || strings.Contains(p.Text, "needs a `when`") {
			reader = append(reader, p.Text)
		}
	}
	bySchema := schema.Validate(plain(plan.ToAny(source.Root)))
	if (len(reader) == 0) != (bySchema == nil) {
		t.Errorf("%s the reader says %s, the schema says %s", text, orFine(strings.Join(reader, "\n")), orFine(told(bySchema)))
	}
}

func settingValues() []string {
	return []string{"", "a", "true", "'no'", "0", "1", "0.5", "'0.5'", "1.5", "-1", "2.0", "'3'", "10001", "5m", "soon", "[]", "[a, b]", "[~]", "{}", "{a: b}",
		"auto", "AUTO", "HIGH", "high", "[HIGH, low]", "[wibble]", "'HIGH, low'", "'HIGH wibble'", "block", "Block", "rerun", "off", "plain", "full", "canary",
		"64 MiB", "65536", "100", "64 parsecs", "bash -c", "' '", "{total: 5m}", "{total: soon}", "{total: }", "{idle: 5m, wibble: 1}"}
}

func TestSchemaAndReaderAgreeOnSettings(t *testing.T) {
	schema := compiled(t, "config")
	for _, s := range config.Settings() {
		for _, v := range settingValues() {
			path := strings.Split(s.Key, ".")
			agreeOnSettings(t, schema, strings.Join(path, ": {")+": "+v+strings.Repeat("}", len(path)-1)+"\n")
		}
	}
	for _, key := range []string{"adapter", "model", "model_flag", "fallback", "max", "timeout", "timeouts", "grace", "script", "command",
		"args", "more_args", "prompt", "env", "report_file", "report", "wibble"} {
		for _, v := range append(settingValues(), "stdin", "optional", "{'A=B': c}", "{a: [b]}") {
			agreeOnSettings(t, schema, "agents: {claude: {"+key+": "+v+"}}\n")
		}
	}
	for _, key := range []string{"agents", "adapters", "routes", "timeouts", "wibble"} {
		for _, v := range append(settingValues(), "{claude: codex}", "{claude: }", "{claude: [x]}", "[{when: 'true', agent: claude}]",
			"[{when: 'true'}]", "[{when: 'true', agent: ''}]", "[{when: [x], agent: y}]", "[{when: x y, agent: z, more: 1}]") {
			agreeOnSettings(t, schema, key+": "+v+"\n")
		}
	}
}
