package schemas_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/plan"
	"billow/schemas"
)

// compiled makes a schema ready to be asked.
func compiled(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	text, ok := schemas.Get(name)
	require.True(t, ok, name)
	return compile(t, name, text)
}

func compile(t testing.TB, name string, text []byte) *jsonschema.Schema {
	t.Helper()
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("urn:billow:schema:"+name, tree))
	schema, err := compiler.Compile("urn:billow:schema:" + name)
	require.NoError(t, err)
	return schema
}

// refused are the errors of Read that are about the shape of a file: what a schema can see. Not among them:
// YAML itself (P001 to P008), what is wrong between places (P020), and how many tasks there are (P021).
func refused(problems []plan.Problem) []string {
	codes := []string{"P010", "P011", "P012", "P013", "P015", "P016", "P017", "P018", "P019"}
	var out []string
	for _, p := range problems {
		if p.Severity == plan.Error && slices.Contains(codes, p.Code) {
			out = append(out, fmt.Sprintf("%s %d:%d %s", p.Code, p.Line, p.Column, p.Text))
		}
	}
	return out
}

// verdicts are what reader and schema have against a plan; ok is false where it is no YAML, or no mapping.
func verdicts(schema *jsonschema.Schema, text []byte) (reader []string, bySchema error, ok bool) {
	doc := plan.Read("plan.yaml", text, plan.Options{})
	if doc.Plan == nil || doc.Source.Root == nil {
		return nil, nil, false
	}
	for _, p := range doc.Problems {
		if p.Severity == plan.Error && p.Code < "P010" {
			return nil, nil, false
		}
	}
	return refused(doc.Problems), schema.Validate(plain(plan.ToAny(doc.Source.Root))), true
}

// plain takes out what is no JSON: .inf and .nan, which YAML has.
func plain(v any) any {
	switch v := v.(type) {
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Sprint(v)
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plain(v[key])
		}
	}
	return v
}

// agree fails where one takes a plan that the other refuses.
func agree(t rapid.TB, schema *jsonschema.Schema, name string, text []byte) {
	t.Helper()
	reader, bySchema, ok := verdicts(schema, text)
	if !ok {
		return
	}
	if (len(reader) == 0) != (bySchema == nil) {
		t.Errorf("%s: the reader says %s, the schema says %s\n%s", name, orFine(strings.Join(reader, "\n")), orFine(told(bySchema)), clipped(text))
	}
}

func told(err error) string {
	var all *jsonschema.ValidationError
	if errors.As(err, &all) {
		return fmt.Sprintf("%#v", all)
	}
	return ""
}

func orFine(s string) string {
	if s == "" {
		return "it is fine"
	}
	return s
}

func clipped(text []byte) string {
	if len(text) > 2000 {
		return string(text[:2000]) + "…"
	}
	return string(text)
}

// plans are plan files of the repository and, where it is there, of the collection beside it.
func plans(t testing.TB) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	for _, pattern := range []string{"../examples/*/*.yaml", "../plan/testdata/*/*.yaml", "../../shared/corpus/plans/*/*.yaml"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, file := range found {
			switch filepath.Base(file) {
			case "billow.yaml", "agents.yaml":
				continue
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			out[file] = text
		}
	}
	return out
}

func TestSchemaAndReaderAgreeOnPlans(t *testing.T) {
	schema := compiled(t, "plan")
	for name, text := range plans(t) {
		agree(t, schema, name, text)
	}
}

// The language server for YAML, which most editors use, knows JSON Schema up to draft 7.
func TestTheSchemaMeansTheSameInDraft7(t *testing.T) {
	text, _ := schemas.Get("plan")
	older := bytes.Replace(text, []byte("https://json-schema.org/draft/2020-12/schema"), []byte("http://json-schema.org/draft-07/schema#"), 1)
	require.NotEqual(t, text, older)
	schema := compile(t, "plan", older)
	for name, text := range plans(t) {
		agree(t, schema, name, text)
	}
	for _, c := range plan.Codes() {
		agree(t, schema, c.Code+" bad", []byte(c.Bad))
		agree(t, schema, c.Code+" good", []byte(c.Good))
	}
}

func TestBillowsOwnPolicyIsRight(t *testing.T) {
	schema := compiled(t, "policy")
	text, err := os.ReadFile("../failure/policy.yaml")
	require.NoError(t, err)
	source, problems := plan.Parse("policy.yaml", text, plan.Limits{})
	require.Empty(t, problems)
	require.NoError(t, schema.Validate(plan.ToAny(source.Root)))
	require.NoError(t, schema.Validate(plan.ToAny(source.Root.Get("failure_handling"))))
	require.Error(t, schema.Validate(map[string]any{"failure_handling": map[string]any{"wibble": map[string]any{}}}))
}

// Whatever is done to a plan that is right, both see it, or neither.
func TestSchemaAndReaderAgreeOnPlansThatWereSpoilt(t *testing.T) {
	schema := compiled(t, "plan")
	var sources [][]byte
	for name, text := range plans(t) {
		if reader, _, ok := verdicts(schema, text); ok && len(reader) == 0 && strings.HasPrefix(name, "../examples/") {
			sources = append(sources, text)
		}
	}
	slices.SortFunc(sources, bytes.Compare)
	sources = append(sources,
		[]byte("plan: {status: pending, phases: [{tasks: [{id: a, wave: W2}, {id: b, deps: [a]}]}]}\nobjective: x\n"),
		[]byte("waves: {one: [{task_id: a, retry: {limit: 1, on: [flaky]}}], two: {tasks: {b: {ownership: {paths: [x]}}, c: }}}\n"),
		[]byte("wave_1: [{id: a, foreach: {items: [1], max_items: 2}}]\nwave_2: {tasks: [{id: b, timeout: {total: 5m}}]}\n"),
		[]byte("failure_handling: {fixable: {retry_limit: 1, action: [log_issue, {delegate: x, purpose: y}]}}\nclassify: [{when: x, kind: flaky}]\nvars: {a: 1}\npools: {p: 1}\ntasks: {a: {env: [A=b], inputs: {X: item}}}\n"),
	)
	rapid.Check(t, func(t *rapid.T) {
		root, problems := plan.Parse("", rapid.SampledFrom(sources).Draw(t, "plan"), plan.Limits{})
		require.Empty(t, plan.Errors(problems))
		tree := plain(plan.ToAny(root.Root))
		for range rapid.IntRange(1, 3).Draw(t, "times") {
			tree = spoil(t, tree)
		}
		text, err := json.Marshal(tree)
		require.NoError(t, err)
		if _, isMap := tree.(map[string]any); isMap {
			agree(t, schema, "spoilt", text)
		}
	})
}

// spoil changes, takes out or misspells one thing somewhere in a tree.
func spoil(t *rapid.T, tree any) any {
	deeper := rapid.IntRange(0, 9).Draw(t, "deeper") > 1
	switch v := tree.(type) {
	case map[string]any:
		if len(v) == 0 || !deeper {
			break
		}
		key := rapid.SampledFrom(slices.Sorted(maps.Keys(v))).Draw(t, "key")
		switch rapid.IntRange(0, 9).Draw(t, "what") {
		case 0:
			delete(v, key)
		case 1:
			v[key+"s"] = v[key]
			delete(v, key)
		default:
			v[key] = spoil(t, v[key])
		}
		return v
	case []any:
		if len(v) == 0 || !deeper {
			break
		}
		i := rapid.IntRange(0, len(v)-1).Draw(t, "item")
		v[i] = spoil(t, v[i])
		return v
	}
	source, _ := plan.Parse("", []byte("v: "+rapid.SampledFrom(values()).Draw(t, "value")), plan.Limits{})
	return plain(plan.ToAny(source.Root.Get("v")))
}

func TestSchemaAndReaderAgreeOnThePagesOfCodes(t *testing.T) {
	schema := compiled(t, "plan")
	for _, c := range plan.Codes() {
		agree(t, schema, c.Code+" bad", []byte(c.Bad))
		agree(t, schema, c.Code+" good", []byte(c.Good))
	}
}

// values are what people and models write where something else is meant, and what they mean.
func values() []string {
	return []string{
		"", "~", "''", "' '", "a", "a b", "'A=b'", "'=b'", "'A B=c'", "true", "False", "yes", "'ON'", "maybe", "0", "1", "-1", "7", "007", "1.0", "1.5", "100", "101",
		"1000", "1001", "100000", "100001", "'3'", "' 3 '", "'3.0'", "'100'", "'101'", "'100000'", "'100001'", "'-1'", "'+1'", "'1.5'", "2026-01-02",
		"90s", "5m", "1h30m", "1 h 30 min", "2 Hours", "250ms", ".5h", "1h .5m", "1h.5m", "1h 30", "soon", "'-5m'", "5 parsecs", "3d", "'1.5'", "'.'", "10000000000",
		"[]", "[a]", "[a, b c]", "['']", "[~]", "[[a]]", "[{a: b}]", "[{}]", "[{task: a}]", "[{task_id: '', id: x}]", "[{task: ~, output: x}]", "[{a: 1, b: 2}]", "[1, true]",
		"{}", "{a: b}", "{a: ~}", "{a: [b]}", "{a: {b: c}}", "{'A B': c}", "{'': c}", "{a-b: c}", "{1: 2}", "{a: 0}", "{a: 2}", "{a: '2'}", "{run: {dir: x}, agents: {g: {timeout: 5m}}}",
		"{agents: {g: 5}}", "{agents: {g: ~}}", "{g: {timeout: soon}}", "{run: [a]}", "{run: {timeout: soon}}", "{status: {}}", "{flags: {flaky: maybe}}", "{timeout: soon}", "{wibble: 5}",
		"W2", "'w-2'", "'wp2'", "wave_3", "Phase 4", "stage 100001", "'wave_'", "strict", "SOFT", "'2'", "pending", "In Progress", "wating",
		"{paths: [src/**], mode: exclusive}", "{paths: {a: b}}", "{mode: [a]}", "{mode: banana}", "{files: x}", "{path: [[x]]}",
		"{total: 5m, idle: 1m}", "{total: soon}", "{total: ~}", "{first_output: [1]}", "{wibble: soon}",
		"{items: [a], max_items: 3}", "{items: {a: b}}", "{max_items: 0}", "{max_items: ~}", "{items: f()}",
		"{limit: 2, on: [transient, ' Test-Bug ']}", "{on: flaky}", "{limit: ~}", "{limit: 101}", "{limit: 1, on: wibble}", "{limit: 1, on: ''}", "{limit: 1, on: [{flaky: x}]}", "{limit: 1, backoff: soon}",
		"{limit: 1, backoff: 500ms, wibble: 1}", "{limit: '1'}", "{flaky: true}", "{flaky: sometimes, retries_used: x}", "{retries_used: x}", "[flaky]",
		"[{when: 'exit == 1', kind: flaky}]", "[{when: x}]", "[{when: '', kind: flaky}]", "[{when: x, kind: wibble}]", "[{when: x, kind: New Failure}]", "[{when: [x], kind: flaky}]", "[~]", "[{when: 1, kind: flaky, more: x}]",
		"{transient: {retry_limit: 3}}", "{Transient: {retry_limit: '3'}}", "{transient: {retry_limit: ' 3'}}", "{transient: {retry_limit: 1001}}", "{transient: {}}", "{transient: ~}", "{transient: 3}", "{wibble: {retry_limit: 3}}",
		"{failure_handling: {flaky: {retry_limit: 1}}}", "{failure_handling: ~}", "{failure_handling: {}, flaky: {}}", "{flaky: {backoff: 5s}}", "{flaky: {backoff: 5}}", "{flaky: {backoff: '5'}}", "{flaky: {backoff: 2h45m}}",
		"{flaky: {backoff: soon}}", "{flaky: {backoff: ~}}", "{flaky: {backoff: 86401}}", "{flaky: {limit: 3}}", "{flaky: {action: log_issue}}", "{flaky: {action: Log-Issue}}", "{flaky: {action: []}}", "{flaky: {action: ~}}",
		"{flaky: {action: [log_issue, {mark_task: completed}, {add_flag: flaky}]}}", "{flaky: {action: [mark_task]}}", "{flaky: {action: [{mark_task: done}]}}", "{flaky: {action: [{Mark Task: completed}]}}",
		"{fixable: {action: [{delegate: gem-debugger, purpose: diagnosis}]}}", "{fixable: {action: [{delegate: gem-debugger}]}}", "{fixable: {action: [{purpose: diagnosis}]}}", "{fixable: {action: [{delegate: gem-debugger, reason: x}]}}",
		"{fixable: {action: [{delegate: [a]}]}}", "{fixable: {action: [{delegate: ''}]}}", "{fixable: {action: [{delegate: x, mark_task: blocked}]}}", "{escalate: {action: [{escalate_to_user: {include: [reason]}}]}}",
		"{escalate: {action: [{escalate_to_user: {wibble: [reason]}}]}}", "{escalate: {action: [escalate_to_user, {log_issue: ~}, {log_issue: true}]}}", "{escalate: {action: [{log_issue: now}]}}", "{escalate: {action: [{}]}}", "{escalate: {action: [5]}}",
		"[{id: x}]", "[{task_id: x}]", "[{id: ~, task_id: x}]", "[{id: [x], task_id: y}]", "[{id: ' '}]", "[{title: x}]", "[x]", "[[{id: x}]]", "{x: {run: make}, y: ~}", "{x: {run: {}}}", "{x: make}", "{x: [a]}", "{id: x, run: make}", "{id: ~}",
		"{1: [{id: x}], wave_2: [{id: y}]}", "{W1: {run: make}}", "{1: [x]}", "[{wave: 1, tasks: [{id: x}]}]", "[{name: one, tasks: [{id: x}, {id: y, run: {}}]}]", "[{tasks: [x]}]", "[{tasks: {x: {run: make}}}]",
		"[{waves: [{tasks: [{id: x}]}]}]", "{one: [{id: x}]}", "{one: {tasks: [{id: x}]}, two: {tasks: {y: }}}", "{one: {tasks: [{id: x}]}, two: {tasks: soon}}", "{one: {tasks: [{id: x, wave: soon}]}}",
		"{tasks: [{id: x}]}", "{tasks: [{id: x, timeout: soon}]}", "{tasks: [{id: x}], status: pending, pools: 5}", "{phases: [{tasks: [{id: x}]}]}", "{tasks: [soon]}",
	}
}

// few are some of the values, for what has been tried with all of them elsewhere.
func few() []string {
	var out []string
	for i := 0; i < len(values()); i += 11 {
		out = append(out, values()[i])
	}
	return out
}

// Of keys of a plan that have one shape the first is tried with every value, the others with a few, as are those
// whose shape keys of tasks have too.
func TestSchemaAndReaderAgreeOnEveryKeyOfAPlan(t *testing.T) {
	schema := compiled(t, "plan")
	tasks := "tasks:\n  - id: a\n    depends_on: [b]\n  - id: b\n"
	tried := map[plan.Shape]bool{}
	for _, k := range plan.TaskKeys() {
		tried[k.Shape] = true
	}
	for _, k := range plan.PlanKeys() {
		all := values()
		if tried[k.Shape] {
			all = few()
		}
		tried[k.Shape] = true
		for _, v := range all {
			text := k.Name + ": " + v + "\n"
			switch k.Shape {
			case plan.ShapeTasks, plan.ShapePlan:
				agree(t, schema, k.Name, []byte(text))
			case plan.ShapeGroups, plan.ShapeWaves:
				agree(t, schema, k.Name, []byte(text))
			default:
				agree(t, schema, k.Name, []byte(text+tasks))
			}
		}
	}
	for _, v := range values() {
		for _, key := range []string{"wave_1", "Phase-2", "work"} {
			agree(t, schema, key, []byte(key+": "+v+"\n"))
		}
		// Beside tasks, groups mostly name them again: only the reader can tell what is a task of its own.
		text := "phases: " + v + "\n" + tasks
		if reader, bySchema, ok := verdicts(schema, []byte(text)); ok && len(reader) == 0 {
			require.NoError(t, bySchema, text)
		}
	}
}

func TestSchemaAndReaderAgreeOnEveryKeyOfATask(t *testing.T) {
	schema := compiled(t, "plan")
	tasks := "tasks:\n  - id: a\n    depends_on: [b]\n  - id: b\n"
	for _, k := range plan.TaskKeys() {
		switch k.Name {
		case "id", "task_id":
			for _, v := range values() {
				agree(t, schema, k.Name, []byte("tasks:\n  - "+k.Name+": "+v+"\n"))
			}
			continue
		case "outputs":
			agreeOnTasks(t, schema, k.Name, "    run: make\n", values())
		}
		for some := range slices.Chunk(values(), 40) { // of many problems the reader only counts the last
			agreeOnTasks(t, schema, k.Name, "", some)
		}
		for _, v := range few() {
			agree(t, schema, k.Name, []byte("defaults: {"+k.Name+": "+v+"}\n"+tasks))
			agree(t, schema, k.Name, []byte("defaults: {g: {"+k.Name+": "+v+"}}\n"+tasks))
		}
	}
}

// agreeOnTasks makes a plan of one task for each value. The reader says of each what is wrong with it; the schema
// is asked of each alone.
func agreeOnTasks(t *testing.T, schema *jsonschema.Schema, key, also string, values []string) {
	t.Helper()
	var text strings.Builder
	text.WriteString("tasks:\n")
	for i, v := range values {
		fmt.Fprintf(&text, "  - id: v%d\n    %s: %s\n%s", i, key, v, also)
	}
	doc := plan.Read("plan.yaml", []byte(text.String()), plan.Options{})
	byTask := map[string][]string{}
	for _, p := range doc.Problems {
		require.NotEmpty(t, p.Task, "%s: %s", key, p.Text)
		byTask[p.Task] = append(byTask[p.Task], refused([]plan.Problem{p})...)
	}
	for i, task := range doc.Plan.Tasks {
		if v := values[i]; key == "secrets" && strings.HasPrefix(v, "[{") {
			continue // A mapping among texts is read as the text that was meant, which can be a name or none.
		}
		reader := byTask[task.ID]
		bySchema := schema.Validate(map[string]any{"tasks": []any{plain(plan.ToAny(task.Source))}})
		if (len(reader) == 0) != (bySchema == nil) {
			t.Errorf("%s: %s: the reader says %s, the schema says %s", key, values[i], orFine(strings.Join(reader, "\n")), orFine(told(bySchema)))
		}
	}
}
