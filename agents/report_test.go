package agents

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"billow/failure"
)

func TestAReportIsFoundHoweverItIsWrapped(t *testing.T) {
	want := Report{Summary: "all good", Confidence: 0.9, Files: []string{"a.go"}}
	plain := `{"status":"completed","summary":"all good","confidence":0.9,"files":{"modified":["a.go"]}}`
	escaped := strings.ReplaceAll(plain, `"`, `\"`)
	for name, out := range map[string]string{
		"alone":           plain,
		"fenced":          "Done.\n\n```json\n" + plain + "\n```\n",
		"after prose":     "func f() { return }\nI changed {something}.\n" + plain,
		"before prose":    plain + "\nThat is all {as you see}.",
		"last of two":     `{"status":"failed","summary":"first try"}` + "\n" + plain,
		"in an array":     "[" + plain + "]",
		"with comments":   "{\n// state\n\"status\": \"completed\", # done\n\"summary\": \"all good\", /* sure */ \"confidence\": 0.9,\n\"files\": {\"modified\": [\"a.go\",],},\n}",
		"commas missing":  "{\"status\": \"completed\"\n\"summary\": \"all good\"\n\"confidence\": 0.9\n\"files\": [\"a.go\"]}",
		"bare":            "{status: completed, summary: 'all good', confidence: 90%, files: ['a.go']}",
		"per cent":        `{"status":"completed","summary":"all good","confidence":90,"files_changed":[{"path":"a.go"}]}`,
		"in a report key": `{"report":` + plain + `}`,
		"claude json":     `{"type":"result","subtype":"success","is_error":false,"result":"Here:\n` + escaped + `"}`,
		"claude stream": `{"type":"system","subtype":"init","tools":["Bash"]}
{"type":"user","message":{"content":[{"type":"tool_result","content":"{\"status\":\"failed\",\"summary\":\"a file\"}"}]}}
{"type":"assistant","message":{"content":[{"type":"text","text":"` + escaped + `"}]}}
{"type":"result","is_error":false,"result":"` + escaped + `"}`,
		"claude schema": `{"type":"result","is_error":false,"result":"","structured_output":` + plain + `}`,
		"codex": `{"type":"thread.started","thread_id":"1"}
{"type":"error","message":"Reconnecting... 1/5"}
{"type":"item.completed","item":{"id":"0","type":"command_execution","command":"ls","aggregated_output":"{\"status\":\"failed\",\"fail\":\"fixable\"}","status":"completed"}}
{"type":"item.completed","item":{"id":"1","type":"agent_message","text":"` + escaped + `"}}
{"type":"turn.completed","usage":{"input_tokens":1}}`,
		"opencode": `{"type":"step_start","sessionID":"s","part":{"type":"step-start"}}
{"type":"tool_use","part":{"tool":"bash","state":{"status":"completed","output":"x"}}}
{"type":"text","sessionID":"s","part":{"type":"text","text":"` + escaped + `"}}
{"type":"step_finish","part":{"reason":"stop"}}`,
		"gemini json": `{"session_id":"x","response":"` + escaped + `","stats":{"models":{}}}`,
		"gemini stream": `{"type":"init","model":"m"}
{"type":"tool_result","tool_id":"1","status":"success","output":"x"}
{"type":"message","role":"user","content":"{\"status\":\"failed\",\"task_id\":\"echo of the brief\"}"}
{"type":"message","role":"assistant","content":"` + escaped[:30] + `","delta":true}
{"type":"message","role":"assistant","content":"` + escaped[30:] + `","delta":true}
{"type":"result","status":"success","stats":{"input_tokens":1}}`,
		"copilot": `{"type":"assistant.message","data":{"messageId":"1","content":"` + escaped + `"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseReport([]byte(out))
			require.Nil(t, err)
			assert.NotEmpty(t, got.Raw)
			got.Raw, got.Usage = nil, Usage{}
			assert.Equal(t, want, got)
		})
	}
}

func TestRawIsTheReportAsTheAgentWroteIt(t *testing.T) {
	const own = "{status: completed, // fine\n extra: [1,2,],}"
	got, err := ParseReport([]byte("so:\n" + own + "\nbye"))
	require.Nil(t, err)
	assert.Equal(t, own, string(got.Raw))

	got, err = ParseReport([]byte(`{"type":"result","result":"ok {\"status\":\"completed\"}"}`))
	require.Nil(t, err)
	assert.Equal(t, `{"status":"completed"}`, string(got.Raw))
}

func TestEveryStatusOfEveryEraIsUnderstood(t *testing.T) {
	for status, done := range map[string]bool{
		"completed": true, "done": true, "COMPLETE": true, "success": true,
		"failed": false, "blocked": false, "in_progress": false, "in-progress": false, "needs_retry": false,
		"needs_revision": false, "needs_replan": false, "needs_approval": false, "needs revision": false,
	} {
		r, err := ParseReport([]byte(`{"task_id":"t","status":"` + status + `","fail":null}`))
		require.Nil(t, err, status)
		if done {
			assert.Nil(t, r.Failure, status)
			continue
		}
		require.NotNil(t, r.Failure, status)
		assert.Equal(t, status, r.Failure.Status)
		assert.NotEmpty(t, r.Failure.Message, status)
	}
}

func TestAFailureIsReportedInTheAgentsWords(t *testing.T) {
	for name, c := range map[string]struct {
		report string
		want   failure.Observation
	}{
		"fail":          {`{"status":"failed","fail":"regression","summary":"login broke"}`, failure.Observation{Status: "failed", Reported: "regression", Message: "login broke"}},
		"failure_type":  {`{"status":"failed","failure_type":"needs_replan"}`, failure.Observation{Status: "failed", Reported: "needs_replan", Message: "the agent reported failed: needs_replan"}},
		"blocked":       {`{"status":"blocked","blocked_reason":"no database","summary":"x"}`, failure.Observation{Status: "blocked", Message: "no database"}},
		"no status":     {`{"task_id":"t","fail":"transient"}`, failure.Observation{Status: "failed", Reported: "transient", Message: "the agent reported failed: transient"}},
		"contradiction": {`{"status":"completed","fail":"new_failure"}`, failure.Observation{Status: "completed", Reported: "new_failure", Message: "the agent reported completed and a failure: new_failure"}},
		"finding":       {`{"status":"failed","critical_findings":[{"severity":"HIGH","file":"a.go","line":7,"finding":"race"}]}`, failure.Observation{Status: "failed", Message: "HIGH a.go:7 — race"}},
		"several lines": {`{"status":"failed","reason":"one\n  two"}`, failure.Observation{Status: "failed", Message: "one two"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := ParseReport([]byte(c.report))
			require.Nil(t, err)
			require.NotNil(t, r.Failure)
			assert.Equal(t, c.want, *r.Failure)
		})
	}
}

func TestFlakyAndOtherPlatformsAreFlagsWhereTheWorkIsDone(t *testing.T) {
	for _, kind := range []string{"flaky", "platform_specific"} {
		r, err := ParseReport([]byte(`{"status":"completed","fail":"` + kind + `"}`))
		require.Nil(t, err)
		assert.Nil(t, r.Failure)
		assert.Equal(t, kind, r.Flag)

		r, err = ParseReport([]byte(`{"status":"failed","fail":"` + kind + `"}`))
		require.Nil(t, err)
		require.NotNil(t, r.Failure)
		assert.Empty(t, r.Flag)
	}
}

func TestAnUnknownStatusIsAnErrorThatNamesIt(t *testing.T) {
	_, err := ParseReport([]byte(`{"status":"mostly fine","summary":"x"}`))
	require.NotNil(t, err)
	assert.False(t, err.Missing)
	assert.Contains(t, err.Error(), `"mostly fine"`)
	assert.Contains(t, err.Hint, "completed")
}

func TestNoReportIsAnErrorAndNeverSuccess(t *testing.T) {
	for name, out := range map[string]string{
		"nothing":         "",
		"blanks":          " \n\t",
		"prose":           "All done! Everything is completed.",
		"other JSON":      `{"name":"billow","version":"1"} {"status":"ok","data":[1]} {"status":200}`,
		"an API reply":    `{"status":"success"}`,
		"tool result":     `{"type":"tool_result","status":"success","output":"x"}`,
		"half a report":   `{"status":"completed","summary":"x`,
		"echoed template": "```json\n{\"status\": \"completed | failed\", \"summary\": \"one line\"}\n```",
		"echoed brief":    Brief("gem-implementer", BriefInput{}),
		"another's words": `{"type":"user","message":{"content":[{"type":"text","text":"{\"status\":\"completed\"}"}]}}`,
		"deep":            strings.Repeat(`{"a":`, 5000) + `{"status":"completed"}` + strings.Repeat("}", 4000),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := ParseReport([]byte(out))
			if name == "deep" {
				// The innermost object is a report of its own; what must not happen is a crash.
				return
			}
			require.NotNil(t, err)
			assert.Nil(t, r.Failure)
		})
	}
}

func TestAReportThatBreaksOffIsNoReportAndSaysWhere(t *testing.T) {
	for name, c := range map[string]struct{ out, want string }{
		"in a text":            {`{"status":"completed","summary":"all go`, "a text is not closed after `{\"status\":\"completed\",\"summary\":\"all go`"},
		"in a list":            {"Done.\n```json\n" + `{"task_id":"t","status":"completed","learn":["a",`, `"status":"completed","learn":["a",` + "`"},
		"behind a key":         {`{"status":"failed","fail"`, "a colon should stand behind the key \"fail\", not the end after"},
		"behind a colon":       {`{"status":"failed","fail":`, "a value is missing after"},
		"in an object in it":   {`{"status":"completed","extra":{"status":"failed","fail":"fixable"},"handoff":{"a":1`, "an object is not closed after"},
		"after an earlier one": {`{"status":"completed","task_id":"t"} no: {"status":"failed","fail":"regression","summary":"log`, "a text is not closed after"},
		"in a CLI's result":    {`{"type":"result","is_error":false,"result":"{\"status\":\"completed\",\"summary\":\"x"}`, "a text is not closed after"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := ParseReport([]byte(c.out))
			require.NotNil(t, err)
			assert.False(t, err.Missing, "an adapter for which reports are optional must not take this for none")
			assert.Contains(t, err.Error(), "the report at the end of the output breaks off: ")
			assert.Contains(t, err.Error(), c.want)
			assert.NotEmpty(t, r.Raw)
			assert.Nil(t, r.Failure)
		})
	}
	r, err := ParseReport([]byte("{\"status\":\"failed\",\n\"summary\":\"x\n\n" + `and then {"status":"completed","task_id":"t"}`))
	require.Nil(t, err, "what comes to an end counts, whatever was begun before it")
	assert.Nil(t, r.Failure)
}

func TestACLIThatEndsWithAnErrorHasNotSucceeded(t *testing.T) {
	for name, c := range map[string]struct{ out, want string }{
		"claude":              {`{"type":"result","subtype":"error_max_turns","is_error":true}`, "error_max_turns"},
		"claude usage limit":  {`{"type":"result","is_error":true,"result":"Claude AI usage limit reached|1760000400"}`, "usage limit reached"},
		"codex":               {`{"type":"turn.failed","error":{"message":"stream disconnected"}}`, "stream disconnected"},
		"gemini":              {`{"error":{"type":"ApiError","message":"quota exceeded","code":429}}`, "quota exceeded"},
		"gemini stream":       {`{"type":"result","status":"error","error":{"type":"X","message":"turn limit"}}`, "turn limit"},
		"opencode":            {`{"type":"error","error":{"name":"APIError","data":{"message":"overloaded"}}}`, "overloaded"},
		"error after success": {`{"type":"item.completed","item":{"type":"agent_message","text":"{\"status\":\"completed\"}"}}` + "\n" + `{"type":"turn.failed","error":{"message":"gone"}}`, "gone"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseReport([]byte(c.out))
			require.NotNil(t, err)
			assert.Contains(t, err.Error(), c.want)
		})
	}
}

func TestUsageIsKeptEvenWithoutAReport(t *testing.T) {
	for name, c := range map[string]struct {
		out  string
		want Usage
	}{
		"claude":   {`{"type":"result","result":"no report","total_cost_usd":0.25,"usage":{"input_tokens":10,"cache_read_input_tokens":100,"cache_creation_input_tokens":5,"output_tokens":7}}`, Usage{115, 7, 0.25}},
		"codex":    {`{"type":"turn.completed","usage":{"input_tokens":10,"cached_input_tokens":4,"output_tokens":2}}` + "\n" + `{"type":"turn.completed","usage":{"input_tokens":1,"output_tokens":1}}`, Usage{11, 3, 0}},
		"opencode": {`{"type":"step_finish","part":{"cost":0.05,"tokens":{"input":200,"output":80,"cache":{"read":10,"write":5}}}}`, Usage{215, 80, 0.05}},
		"gemini":   {`{"response":"hi","stats":{"models":{"a":{"tokens":{"prompt":3,"candidates":2}},"b":{"tokens":{"prompt":1,"candidates":1}}}}}`, Usage{4, 3, 0}},
		"cursor":   {`{"type":"result","result":"","usage":{"inputTokens":5,"outputTokens":6,"cacheReadTokens":1}}`, Usage{6, 6, 0}},
		"absurd":   {`{"type":"result","result":"","total_cost_usd":1e300,"usage":{"input_tokens":-4,"output_tokens":"NaN"}}`, Usage{}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := ParseReport([]byte(c.out))
			require.NotNil(t, err)
			assert.Equal(t, c.want, r.Usage)
		})
	}
}

func TestFieldsOfEveryEraAreRead(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want Report
	}{
		"learn text":      {`"learn":"a"`, Report{Learn: []string{"a"}}},
		"learn objects":   {`"learn":[{"text":"a","confidence":0.9},"b"]`, Report{Learn: []string{"a", "b"}}},
		"learnings":       {`"learnings":{"facts":["a"],"patterns":["b"]}`, Report{Learn: []string{"a", "b"}}},
		"files list":      {`"files":["a","a"],"files_changed":["b"]`, Report{Files: []string{"a", "b"}}},
		"files map":       {`"files":{"modified":["a"],"created":["b"]}`, Report{Files: []string{"a", "b"}}},
		"writer":          {`"created":["a"],"updated":["b"]`, Report{Files: []string{"a", "b"}}},
		"outputs map":     {`"outputs":{"url":"http://x","n":7,"o":{}}`, Report{Outputs: map[string]string{"url": "http://x", "n": "7"}}},
		"outputs list":    {`"outputs":[{"id":"api","type":"artifact","path":"a.yaml"}]`, Report{Outputs: map[string]string{"api": "a.yaml"}}},
		"tests":           {`"tests":{"passed":3,"failed":1}`, Report{Tests: Tests{3, 1}}},
		"odd tests":       {`"tests":"all pass"`, Report{}},
		"findings":        {`"findings":["b"],"critical_findings":["a"]`, Report{Findings: []string{"a", "b"}}},
		"questions":       {`"questions":["why?",{"question":"which?","options":["x",{"label":"y"}],"context":"c","risk":"r"}]`, Report{Questions: []Question{{Text: "why?"}, {Text: "which?", Options: []string{"x", "y"}, Context: "c", Risk: "r"}}}},
		"typed questions": {`"questions":[{"text":"Go on?","type":"boolean","recommended":"yes","decision":"to go on"},{"text":"how many?","type":"number","default":3},{"text":"why?","type":"decision_blocker"}]`, Report{Questions: []Question{{Text: "Go on?", Type: "yes_no", Recommended: "yes", Decision: "to go on"}, {Text: "how many?", Type: "number", Recommended: "3"}, {Text: "why?"}}}},
		"no longer asked": {`"clarification_needed":false,"questions":["why?"]`, Report{}},
		"clarification":   {`"clarification_needed":"which database?"`, Report{Questions: []Question{{Text: "which database?"}}}},
		"unsaid":          {`"clarification_needed":true,"summary":"which one"`, Report{Summary: "which one", Questions: []Question{{Text: "which one"}}}},
		"tldr":            {`"tldr":"short"`, Report{Summary: "short"}},
		"bad confidence":  {`"confidence":"high"`, Report{}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseReport([]byte(`{"status":"completed",` + c.in + `}`))
			require.Nil(t, err)
			got.Raw = nil
			assert.Equal(t, c.want, got)
		})
	}
}

func TestAnEscalationSaysWhatIsNeededOfAPerson(t *testing.T) {
	for in, want := range map[string][2]string{
		`"required_input":"the\nlicence key","recommended_next_step":"ask sales"`: {"the licence key", "ask sales"},
		`"required_input":["a key","a host"],"next_step":"ask"`:                   {"a key; a host", "ask"},
		`"summary":"no"`: {},
	} {
		r, err := ParseReport([]byte(`{"status":"blocked","blocked_reason":"no licence",` + in + "}"))
		require.Nil(t, err, in)
		require.NotNil(t, r.Failure, in)
		assert.Equal(t, "no licence", r.Failure.Message)
		assert.Equal(t, want, [2]string{r.Failure.RequiredInput, r.Failure.NextStep}, in)
	}
}

func TestApprovalIsAskedForWhereTheAgentWantsIt(t *testing.T) {
	for in, want := range map[string]*Question{
		`"status":"needs_approval","approval_reason":"prod"`:                                             {Text: "prod"},
		`"status":"completed","approval_needed":true,"approval_reason":"prod"`:                           {Text: "prod"},
		`"status":"failed","approval_state":"pending","approval_reason":"p","risk":"r"`:                  {Text: "p", Risk: "r"},
		`"status":"completed","needs_approval":true,"summary":"drop table"`:                              {Text: "drop table"},
		`"status":"failed","fail":"needs_approval","context":"c","requested_decision":"d","summary":"s"`: {Text: "s", Context: "c", Decision: "d"},
		`"status":"completed","approval_needed":true,"approval_state":"approved"`:                        nil,
		`"status":"completed","approval_needed":false,"approval_state":"not_required"`:                   nil,
		`"status":"failed","fail":"fixable","approval_needed":false,"approval_reason":""`:                nil,
	} {
		r, err := ParseReport([]byte("{" + in + "}"))
		require.Nil(t, err, in)
		assert.Equal(t, want, r.NeedsApproval, in)
		if want != nil {
			assert.NotNil(t, r.Failure, "work that waits for an approval is not done: %s", in)
		}
	}
}

func TestStringsKeepWhatTheAgentMeant(t *testing.T) {
	for in, want := range map[string]string{
		`"a\"b\\c\/d"`:                `a"b\c/d`,
		`"\u00e9\ud83d\ude00 \ud83d"`: "é😀 \uFFFD",
		`"C:\path \d+"`:               `C:\path \d+`,
		`'it\'s'`:                     "it's",
		"\"\xff\"":                    "\uFFFD",
		`"\u12"`:                      `\u12`,
	} {
		r, err := ParseReport([]byte(`{"status":"completed","learn":[` + in + `]}`))
		require.Nil(t, err, in)
		assert.Equal(t, []string{want}, r.Learn, in)
	}
}

func TestOnlyTheEndOfAHugeOutputIsSearched(t *testing.T) {
	out := append([]byte(`{"status":"failed","summary":"old"}`), make([]byte, MaxReport)...)
	_, err := ParseReport(out)
	require.NotNil(t, err)
	assert.True(t, err.Missing)
	r, err := ParseReport(append(out, `{"status":"completed"}`...))
	require.Nil(t, err)
	assert.Nil(t, r.Failure)
}

// hostile are texts that make a careless search start again and again.
func hostile(n int) []string {
	return []string{
		strings.Repeat("{", n), strings.Repeat(`{"a":`, n/5), strings.Repeat(`{a:[`, n/4), strings.Repeat("{/*", n/3),
		strings.Repeat("{//", n/3), strings.Repeat("{#", n/2), strings.Repeat(`{"a":1,`, n/7), strings.Repeat(`{'`, n/2),
		strings.Repeat(`{a:"\"`, n/6), strings.Repeat(`{"a":{},`, n/8), "{a:[" + strings.Repeat("1,", n/2),
		strings.Repeat(`{"a":"{\"b\":`, n/13), strings.Repeat("{a:"+strings.Repeat("b", 500), n/503),
		strings.Repeat(`{"type":"text","part":{"text":"{"}}`, n/36),
	}
}

func TestTheSearchTakesLinearTime(t *testing.T) {
	const n = 1 << 15
	for i, text := range hostile(n) {
		// Text in a string of an event is looked at once more, and once more in that.
		f := finder{}
		f.scan(text)
		assert.LessOrEqual(t, f.work, 3*(retryBudget+2)*len(text), "text %d", i)
		assert.Nil(t, f.report, "text %d", i)
	}
}

func FuzzParseReport(f *testing.F) {
	for _, s := range hostile(64) {
		f.Add([]byte(s))
	}
	f.Add([]byte(`{"status":"completed","learn":[{"text":"x"}],"files":{"modified":["a"]}} // end`))
	f.Add([]byte(`{"type":"result","is_error":true,"result":"x {\"status\":\"failed\"}","usage":{"input_tokens":1}}`))
	f.Add([]byte("{status: done, summary: 'x', questions: [{text: y, options: [a]}], # c\n}"))
	f.Fuzz(func(t *testing.T, out []byte) {
		r, err := ParseReport(out)
		if err == nil {
			assert.NotEmpty(t, r.Raw)
			assert.GreaterOrEqual(t, r.Confidence, 0.0)
			assert.LessOrEqual(t, r.Confidence, 1.0)
		} else {
			assert.NotEmpty(t, err.Error())
			assert.NotContains(t, err.Error(), "\n")
		}
		assert.GreaterOrEqual(t, r.Usage.USD, 0.0)
	})
}
