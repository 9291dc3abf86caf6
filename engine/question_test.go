package engine

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestAnswersAreReadAsTheQuestionWantsThem(t *testing.T) {
	work := Question{Options: []string{"done", "failed: why", "blocked: what is wanted"}}
	for name, c := range map[string]struct {
		q    Question
		want map[string]string // "" is refused
	}{
		"text":    {Question{}, map[string]string{" yes ": "yes", "2": "2", "  ": ""}},
		"yes, no": {Question{Type: YesNo}, map[string]string{"Y": "yes", "no": "no", "ok": "", "yes please": ""}},
		"yes, no by its options": {Question{Options: []string{"Yes", "no"}},
			map[string]string{"y": "yes", "NO": "no", "1": ""}},
		"number": {Question{Type: Number}, map[string]string{"3": "3", "-1.5": "-1.5", "three": "", "NaN": "", "1e999": ""}},
		"choice": {Question{Options: []string{"the new one", "the old one"}}, map[string]string{"The New One": "the new one",
			"2": "the old one", "3": "", "0": "", "new": "", "the new one, please": ""}},
		"choice of numbers": {Question{Options: []string{"10", "20"}}, map[string]string{"20": "20", "2": ""}},
		"a word and a text": {work, map[string]string{"done": "done", "Done": "done", "failed": "failed",
			"FAILED: no disk ": "failed: no disk", "failed:": "failed", "2": "failed", "failed: why": "failed: why",
			"done: all of it": "", "no disk": ""}},
		"a type without options": {Question{Type: Choice}, map[string]string{"this": "this"}},
	} {
		t.Run(name, func(t *testing.T) {
			for answer, want := range c.want {
				got, err := c.q.Read(answer)
				assert.Equal(t, want, got, answer)
				if want == "" {
					assert.ErrorContains(t, err, c.q.Expects(), answer)
				}
			}
		})
	}
}

func TestWhatIsKeptOfAnAnswerIsAnAnswer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[ a-c1-3:]{0,6}`)
		q := Question{Options: rapid.SliceOfN(text, 0, 4).Draw(t, "options"),
			Type: rapid.SampledFrom([]AnswerType{"", Choice, YesNo, Number, FreeText}).Draw(t, "type")}
		kept, err := q.Read(text.Draw(t, "answer"))
		if err != nil {
			return
		}
		_, err = q.Read(kept)
		require.NoError(t, err)
	})
}

func TestADefaultMustAnswerTheQuestion(t *testing.T) {
	q := Question{Options: []string{"red", "blue"}, Recommended: "Blue"}
	assert.Equal(t, "red", q.Default("red"))
	assert.Equal(t, "blue", q.Default("green"))
	q.Recommended = "whatever"
	assert.Empty(t, q.Default(""))
}

func TestOnlyAYesOrNoCanBeApproved(t *testing.T) {
	for _, c := range []struct {
		q       Question
		yes, no string
	}{
		{Question{Type: YesNo}, "yes", "no"},
		{Question{Options: []string{"done", "failed: why"}}, "done", "failed"},
		{Question{Options: []string{"the new one", "the old one"}}, "", ""},
		{Question{}, "", ""},
	} {
		yes, _ := c.q.IsYes(true)
		no, ok := c.q.IsYes(false)
		assert.Equal(t, []string{c.yes, c.no}, []string{yes, no}, strings.Join(c.q.Options, ", "))
		assert.Equal(t, c.yes != "", ok)
	}
}
