package plan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/plan"
)

// placed checks that every value of a tree stands where it says. It returns how many there are.
func placed(t require.TestingT, src *plan.Source, v *plan.Value, budget *int) {
	if *budget--; *budget < 0 {
		return
	}
	require.Equal(t, v.Pos, src.Pos(v.Pos.Offset), "line, column and offset say the same")
	require.Equal(t, v.Pos.Offset, src.Offset(v.Pos.Line, v.Pos.Column))
	if v.End > 0 && v.Style != plan.Alias {
		require.LessOrEqual(t, v.Pos.Offset, v.End)
		raw := string(src.Bytes[v.Pos.Offset:v.End])
		switch {
		case v.Kind == plan.Map || v.Kind == plan.List:
			require.Contains(t, []string{"{}", "[]"}, raw[:1]+raw[len(raw)-1:])
		case v.Style == plan.Plain:
			require.Equal(t, v.Text, raw)
		default:
			require.Contains(t, []string{"''", `""`}, raw[:1]+raw[len(raw)-1:])
		}
	}
	for _, item := range v.Items {
		placed(t, src, item, budget)
	}
	for _, f := range v.Fields {
		require.Equal(t, f.Pos, src.Pos(f.Pos.Offset))
		// A key after `? ` may go over several lines; its first word is enough.
		if words := strings.Fields(f.Key); len(words) > 0 && !strings.ContainsAny(string(src.Bytes[f.Pos.Offset]), "'\"*|>") {
			require.True(t, strings.HasPrefix(string(src.Bytes[f.Pos.Offset:]), words[0]), "the key %q stands at %v", f.Key, f.Pos)
		}
		placed(t, src, f.Value, budget)
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range seeds() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		src, problems := plan.Parse("plan.yaml", data, plan.Limits{})
		assert.Equal(t, string(data), string(src.Bytes))
		if src.Root == nil {
			require.NotEmpty(t, plan.Errors(problems), "what is not read has a reason")
		} else {
			budget := 10_000
			placed(t, src, src.Root, &budget)
		}
		for _, p := range problems {
			require.NotEmpty(t, p.Text)
			require.LessOrEqual(t, p.Line, src.Lines())
			for _, fix := range p.Fix {
				require.True(t, 0 <= fix.Start && fix.Start <= fix.End && fix.End <= len(data))
			}
		}
	})
}
