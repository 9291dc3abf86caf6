package agents

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/plan"
)

func TestEnvelopesOfEveryFormReadAsOne(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want Envelope
	}{
		"the first": {`{"context_envelope": {"tech_stack": ["Go"], "conventions": ["tabs"],
			"architecture_snapshot": {"key_dirs": {"cmd/": "programs"}, "patterns": ["ports"], "key_components": [{"name": "Log", "location": "log.go:3", "responsibility": "keeps events"}]},
			"research_digest": {"relevant_files": [{"path": "a.go", "purpose": "start"}], "patterns_found": ["table tests"],
				"dependencies": {"internal": ["plan"], "external": ["yaml"]}, "gotchas": ["a BOM"], "open_questions": ["which port?"]},
			"prior_decisions": [{"decision": "SQLite", "rationale": "one file"}], "do_not_re_read": ["README.md"]}}`,
			Envelope{
				TechStack: []Tech{{Name: "Go"}}, Conventions: []string{"tabs"},
				Architecture: ArchitectureSnapshot{KeyDirs: []KeyDir{{"cmd/", []string{"programs"}}}, Patterns: []string{"ports"},
					KeyComponents: []KeyComponent{{Name: "Log", Location: "log.go:3", Responsibility: []string{"keeps events"}}}},
				Research: ResearchDigest{RelevantFiles: []RelevantFile{{Path: "a.go", Purpose: []string{"start"}}},
					PatternsFound: []FoundPattern{{Name: "table tests"}}, Dependencies: EnvelopeDependencies{Internal: []string{"plan"}, External: []string{"yaml"}},
					Gotchas: []Gotcha{{Text: "a BOM"}}, OpenQuestions: []OpenQuestion{{Question: "which port?"}}},
				PriorDecisions: []PriorDecision{{Decision: "SQLite", Rationale: []string{"one file"}}}, DoNotReRead: []string{"README.md"},
			}},
		"the full one": {`{"context_envelope": {
			"meta": {"plan_id": "p", "created_at": "2026-06-08T10:00:00Z", "last_updated": "2026-06-09", "version": 2, "previous_version_fields_changed": ["constraints"], "source": ["a.go:1-9"]},
			"scope": {"purpose": ["fix"], "applies_to": ["a.go"], "non_goals": ["speed"]},
			"tech_stack": [{"name": "Go", "version": 1.26, "usage_context": "all", "config_files": ["go.mod"]}],
			"constraints": {"hard": ["h"], "soft": ["s"], "compatibility": ["c"], "security_requirements": ["r"]},
			"research_digest": {
				"relevant_files": [{"path": "a.go", "why_relevant": ["w"], "key_elements": [{"element": "F", "type": "function", "location": "a.go:1", "description": "d"}],
					"security_sensitivity": "internal", "contains_secrets": true, "reliability": "codebase", "confidence": 0.9}],
				"patterns_found": [{"name": "n", "category": "c", "confidence": 1, "source": "s", "example_location": ["a.go:2"]}],
				"gotchas": [{"text": "g", "confidence": 0.5}],
				"domain_context": {"security_considerations": [{"area": "a", "location": "l", "concern": "c"}],
					"testing_patterns": {"framework": "testing", "coverage_areas": ["x"], "test_organization": "o", "mock_patterns": ["m"]}, "error_handling": "e", "data_flow": "f"},
				"open_questions": [{"question": "q", "context": "c", "type": "research", "affects": ["T1"]}]},
			"prior_decisions": [{"decision": "d", "evidence": ["e"], "confidence": 0.8, "linked_constraints": ["h"], "linked_patterns": ["n"]}],
			"evidence_map": [{"claim": "c", "evidence_paths": ["a.go"]}],
			"reuse_notes": {"do_not_re_read": ["a.go"], "safe_to_assume": ["b"], "verify_before_use": ["c"]},
			"plan_summary": {"tldr": "t", "complexity": "medium", "risk_level": "low", "key_assumptions": ["k"], "critical_risks": ["r"]}}}`,
			Envelope{
				Meta:        EnvelopeMeta{PlanID: "p", CreatedAt: "2026-06-08T10:00:00Z", LastUpdated: "2026-06-09", Version: 2, ChangedFields: []string{"constraints"}, Source: []string{"a.go:1-9"}},
				Scope:       EnvelopeScope{Purpose: []string{"fix"}, AppliesTo: []string{"a.go"}, NonGoals: []string{"speed"}},
				TechStack:   []Tech{{Name: "Go", Version: "1.26", UsageContext: "all", ConfigFiles: []string{"go.mod"}}},
				Constraints: Constraints{Hard: []string{"h"}, Soft: []string{"s"}, Compatibility: []string{"c"}, SecurityRequirements: []string{"r"}},
				Research: ResearchDigest{
					RelevantFiles: []RelevantFile{{Path: "a.go", WhyRelevant: []string{"w"}, KeyElements: []KeyElement{{Element: "F", Type: "function", Location: "a.go:1", Description: "d"}},
						SecuritySensitivity: "internal", ContainsSecrets: true, Reliability: "codebase", Confidence: 0.9}},
					PatternsFound: []FoundPattern{{Name: "n", Category: "c", Confidence: 1, Source: "s", ExampleLocation: []string{"a.go:2"}}},
					Gotchas:       []Gotcha{{Text: "g", Confidence: 0.5}},
					DomainContext: DomainContext{SecurityConsiderations: []SecurityConsideration{{Area: "a", Location: "l", Concern: "c"}},
						TestingPatterns: TestingPatterns{Framework: "testing", CoverageAreas: []string{"x"}, TestOrganization: "o", MockPatterns: []string{"m"}}, ErrorHandling: "e", DataFlow: "f"},
					OpenQuestions: []OpenQuestion{{Question: "q", Context: "c", Type: "research", Affects: []string{"T1"}}},
				},
				PriorDecisions: []PriorDecision{{Decision: "d", Evidence: []string{"e"}, Confidence: 0.8, LinkedConstraints: []string{"h"}, LinkedPatterns: []string{"n"}}},
				EvidenceMap:    []Evidence{{Claim: "c", EvidencePaths: []string{"a.go"}}},
				ReuseNotes:     ReuseNotes{DoNotReRead: []string{"a.go"}, SafeToAssume: []string{"b"}, VerifyBeforeUse: []string{"c"}},
				PlanSummary:    PlanSummary{TLDR: "t", Complexity: "medium", RiskLevel: "low", KeyAssumptions: []string{"k"}, CriticalRisks: []string{"r"}},
			}},
		"the short one": {`{"context_envelope": {"meta": {"plan_id": "p", "version": 1}, "architecture_snapshot": {"key_dirs": ["cmd/", "plan/"]},
			"research_digest": {"relevant_files": [{"path": "a.go", "purpose": ["start"], "confidence": 1}]}, "reuse_notes": [{"path": "a.go", "trust": "high"}]}}`,
			Envelope{
				Meta:         EnvelopeMeta{PlanID: "p", Version: 1},
				Architecture: ArchitectureSnapshot{KeyDirs: []KeyDir{{Path: "cmd/"}, {Path: "plan/"}}},
				Research:     ResearchDigest{RelevantFiles: []RelevantFile{{Path: "a.go", Purpose: []string{"start"}, Confidence: 1}}},
				ReuseNotes:   ReuseNotes{Files: []TrustedFile{{Path: "a.go", Trust: "high"}}},
			}},
		"fenced, as models write": {"\ufeffHere it is:\n```json\n{// context\n'context_envelope': {conventions: ['tabs',], # all\n}}\n```\n", Envelope{Conventions: []string{"tabs"}}},
		"without the outer key":   {`{"conventions": ["tabs"]}`, Envelope{Conventions: []string{"tabs"}, Bare: true}},
		"nothing in it":           {`{}`, Envelope{Bare: true}},
	} {
		t.Run(name, func(t *testing.T) {
			got, problems := ReadEnvelope("e.json", []byte(c.in))
			assert.Empty(t, problems)
			assert.Equal(t, &c.want, got)

			again, err := json.Marshal(got)
			require.NoError(t, err)
			same, problems := ReadEnvelope("e.json", again)
			assert.Empty(t, problems)
			assert.Equal(t, got, same, "what is written reads as what it was made of")
		})
	}
}

func TestWhatAnEnvelopeHasNoFieldForIsKept(t *testing.T) {
	for _, in := range []string{
		`{"context_envelope":{"known_issues":{"a":[1,true,null,"x"]},"meta":{"tool":"v1"}},"checksum":"abc"}`,
		`{"tech_stack":{"frontend":"React"},"constraints":["no any"],"conventions":{"order":"x"},"prior_decisions":{"a":true}}`,
		`{"context_envelope":{"meta":{"version":"two","plan_id":null,"source":[]},"tech_stack":[{"name":"Go","version":""}],"research_digest":{"relevant_files":[{"path":"a","contains_secrets":false,"confidence":0}]}}}`,
		`{"architecture_snapshot":{"key_dirs":{"a":null,"b":{"c":1}}},"reuse_notes":{"do_not_re_read":[["x"]]},"research_digest":{"gotchas":[{"text":"a"},null]}}`,
		`{"scope":{"purpose":["",1,"x"]},"tech_stack":[{}],"meta":"v1","plan_summary":{"tldr":true}}`,
	} {
		e, problems := ReadEnvelope("e.json", []byte(in))
		require.NotNil(t, e, in)
		for _, p := range problems {
			assert.Equal(t, plan.Info, p.Severity, "%s: %s", in, p.Text)
		}
		again, err := json.Marshal(e)
		require.NoError(t, err)
		if strings.Contains(in, `"purpose"`) {
			in = strings.Replace(strings.Replace(in, `1,"x"`, `"1","x"`, 1), `"meta":"v1"`, `"meta":{"plan_id":"v1"}`, 1)
		}
		assert.JSONEq(t, in, string(again))
	}
}

func TestAnEnvelopeCanBeWritten(t *testing.T) {
	e := Envelope{
		Meta:        EnvelopeMeta{PlanID: "p", Version: 1},
		Constraints: Constraints{Hard: []string{"no \"any\""}},
		ReuseNotes:  ReuseNotes{SafeToAssume: []string{"x"}, Files: []TrustedFile{{Path: "a.go", Trust: "low"}}},
		Other:       []plan.Field{{Key: "constraints", Value: scalarOf("replaced")}, {Key: "notes", Value: scalarOf("n")}},
	}
	got, err := json.MarshalIndent(e, "", "  ")
	require.NoError(t, err)
	assert.Equal(t, `{
  "context_envelope": {
    "meta": {
      "plan_id": "p",
      "version": 1
    },
    "constraints": {
      "hard": [
        "no \"any\""
      ]
    },
    "reuse_notes": {
      "safe_to_assume": [
        "x"
      ],
      "files": [
        {
          "path": "a.go",
          "trust": "low"
        }
      ]
    },
    "notes": "n"
  }
}`, string(got))
	empty, err := json.Marshal(Envelope{Bare: true})
	require.NoError(t, err)
	assert.Equal(t, "{}", string(empty))
}

// fill sets every field of a struct to something that says something.
func fill(t *rapid.T, v reflect.Value) {
	word := rapid.StringN(1, 6, -1)
	switch v.Kind() {
	case reflect.String:
		v.SetString(word.Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "truth"))
	case reflect.Int:
		v.SetInt(int64(rapid.IntRange(0, 99).Draw(t, "number")))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(0, 1).Draw(t, "share"))
	case reflect.Slice:
		for range rapid.IntRange(0, 2).Draw(t, "length") {
			item := reflect.New(v.Type().Elem()).Elem()
			fill(t, item)
			v.Set(reflect.Append(v, item))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "Other" && name != "Beside" {
				fill(t, v.Field(i))
			}
		}
	}
}

func TestEveryEnvelopeReadsAsItWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var e Envelope
		fill(t, reflect.ValueOf(&e).Elem())
		seen := map[string]bool{}
		for i, d := range e.Architecture.KeyDirs {
			if seen[d.Path] {
				e.Architecture.KeyDirs[i].Path += fmt.Sprint(i)
			}
			seen[d.Path] = true
		}
		text, err := json.Marshal(e)
		require.NoError(t, err)
		got, problems := ReadEnvelope("e.json", text)
		require.Empty(t, problems)
		again, err := json.Marshal(got)
		require.NoError(t, err)
		require.JSONEq(t, string(text), string(again))
		require.Equal(t, e.Research, got.Research)
	})
}

func TestProblemsOfAnEnvelopeSayWhereTheyAre(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string
		read bool
	}{
		"empty":            {"", []string{"warning E001 1:1 there is no JSON object in the file"}, false},
		"no object":        {"[1, 2]\n", []string{"warning E001 1:1 there is no JSON object in the file"}, false},
		"not text":         {"{\"a\": \"\xff\"}", []string{"warning E001 0:0 the file is not UTF-8 text"}, false},
		"too large":        {"{}" + strings.Repeat(" ", MaxEnvelope), []string{"warning E001 0:0 the file is larger than 8388608 bytes and is not read"}, false},
		"cut off":          {"{\n  \"meta\": {\n    \"plan_id\": \"p\"\n", []string{"warning E001 2:11 an object is not closed"}, false},
		"a colon too few":  {"{\"é\": 1,\n  \"conventions\" [\"a\"]}", []string{`warning E001 2:17 a colon should stand behind the key "conventions", not '['`}, false},
		"a text too long":  {"\ufeff{\"a\": \"b}", []string{"warning E001 1:7 a text is not closed"}, false},
		"too deep":         {strings.Repeat(`{"a":`, 70), []string{"warning E001 1:321 values stand in each other more than 64 deep"}, false},
		"too many":         {`{"a":[` + strings.Repeat("1,", 100_000) + "]}", []string{"warning E001 1:200003 there are more than 100000 values in it"}, false},
		"two of them":      {"{\"conventions\": [\"a\"]}\n{\"conventions\": [\"b\"]}\n", []string{"warning E001 2:1 more stands behind the object, and is not read"}, true},
		"a slip":           {"{\"convention\": [\"a\"],\r\n \"meta\": {\"plan-id\": \"p\"}}", []string{`warning E003 1:2 the format has no key "convention" here (did you mean "conventions"?)`, `warning E003 2:11 the format has no key "meta.plan-id" here (did you mean "plan_id"?)`}, true},
		"no slip":          {`{"tags": 1, "meta": {"plan_id": "p", "plan_ids": ["p"]}}`, nil, true},
		"another shape":    {"{\"tech_stack\":\n {\"a\": \"b\"}, \"conventions\": [[\"c\"]], \"meta\": {\"version\": \"two\"}}", []string{"info E002 2:2 tech_stack is an object where the format has a list of objects with name, version, usage_context, config_files", "info E002 2:29 conventions is a list with other items where the format has a list of texts", `info E002 2:58 meta.version is "two" where the format has a number`}, true},
		"a key twice":      {`{"conventions": ["a"], "conventions": ["b"]}`, []string{`warning E004 1:2 the key "conventions" stands twice in this object; the later one counts`}, true},
		"an item is wrong": {`{"research_digest": {"gotchas": [{"text": "a"}, [1]]}}`, []string{"info E002 1:33 research_digest.gotchas is a list with other items where the format has a list of objects with text, confidence"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			e, problems := ReadEnvelope("e.json", []byte(c.in))
			var got []string
			for _, p := range problems {
				assert.Equal(t, "e.json", p.File)
				s := fmt.Sprintf("%s %s %d:%d %s", p.Severity, p.Code, p.Line, p.Column, p.Text)
				if strings.HasPrefix(p.Hint, "did you") {
					s += " (" + p.Hint + ")"
				}
				got = append(got, s)
			}
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.read, e != nil)
		})
	}
	_, problems := ReadEnvelope("e.json", []byte("{\r\n  \"meta\" 1\r\n}"))
	require.Len(t, problems, 1)
	assert.Equal(t, `  "meta" 1`, problems[0].Source)
}

func TestTheLaterOfTwoValuesCounts(t *testing.T) {
	e, _ := ReadEnvelope("e.json", []byte(`{"conventions": ["a"], "conventions": ["b"], "x": {"y": 1, "y": 2}}`))
	assert.Equal(t, []string{"b"}, e.Conventions)
	assert.Equal(t, "2", e.Section("x").Get("y").Text)
}

func TestTheFirstFormHasReuseNotesToo(t *testing.T) {
	e := &Envelope{DoNotReRead: []string{"README.md"}}
	assert.Equal(t, `{"do_not_re_read":["README.md"]}`, string(appendJSON(nil, e.Section("reuse_notes"))))
	assert.Nil(t, (&Envelope{}).Section("reuse_notes"))
	assert.Nil(t, (*Envelope)(nil).Section("reuse_notes"))
}

func TestAnEnvelopeThatNamesAnotherPlanIsDoubted(t *testing.T) {
	e := &Envelope{Meta: EnvelopeMeta{PlanID: "other"}}
	require.Len(t, e.Belongs("d/e.json", "p"), 1)
	assert.Equal(t, `the envelope is for the plan "other", and this one is "p"`, e.Belongs("d/e.json", "p")[0].Text)
	assert.Empty(t, e.Belongs("e.json", "other"))
	assert.Empty(t, e.Belongs("e.json", ""))
	assert.Empty(t, (&Envelope{}).Belongs("e.json", "p"))
	assert.Empty(t, (*Envelope)(nil).Belongs("e.json", "p"))
}

func TestHostileEnvelopesAreBounded(t *testing.T) {
	for i, text := range append(hostile(1<<15), `{"a":{`+strings.Repeat(`"k":1,`, 30_000)+`}}`, "{"+strings.Repeat("\"convention\":1,\n", 30_000)+"}") {
		_, problems := ReadEnvelope("e.json", []byte(text))
		assert.LessOrEqual(t, len(problems), maxEnvelopeProblems, "text %d", i)
	}
}

func FuzzReadEnvelope(f *testing.F) {
	for _, s := range hostile(64) {
		f.Add([]byte(s))
	}
	f.Add([]byte(`{"context_envelope":{"meta":{"version":1},"tech_stack":["Go",{"name":"x","y":[null]}],"architecture_snapshot":{"key_dirs":{"a":"b"}},"reuse_notes":[{"path":"a"}]},"z":1}`))
	f.Add([]byte(`{"conventions":"a","constraints":[1],"research_digest":{"gotchas":[""],"relevant_files":[{"contains_secrets":"yes","confidence":"1e999"}]}}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		e, problems := ReadEnvelope("e.json", src)
		require.True(t, e != nil || len(problems) > 0)
		for _, p := range problems {
			require.NotContains(t, p.Text, "\n")
			require.LessOrEqual(t, p.Line, strings.Count(string(src), "\n")+1)
		}
		if e == nil {
			return
		}
		text, err := json.Marshal(e)
		require.NoError(t, err)
		same, _ := ReadEnvelope("e.json", text)
		again, err := json.Marshal(same)
		require.NoError(t, err)
		require.JSONEq(t, string(text), string(again))
	})
}
