package plan

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEveryKeyThatIsReadIsExplained(t *testing.T) {
	ofPlan, ofTask := readKeys()
	for _, c := range []struct {
		read []string
		told []Key
	}{{ofPlan, PlanKeys()}, {ofTask, TaskKeys()}} {
		var names []string
		for _, k := range c.told {
			names = append(names, k.Name)
			assert.True(t, strings.HasSuffix(k.What, "."), "%s: says in sentences what it is for", k.Name)
			assert.NotEmpty(t, k.Shape, k.Name)
		}
		slices.Sort(names)
		slices.Sort(c.read)
		assert.Equal(t, slices.Compact(c.read), names, "the keys of the reader and those of keys.go")
	}
}

func TestTheExampleOfEveryKeyIsRight(t *testing.T) {
	for _, k := range PlanKeys() {
		if k.Example != "" {
			doc := Read("plan.yaml", []byte(k.Name+": "+k.Example+"\ntasks: [{id: a, run: make}]\n"), Options{})
			assert.Empty(t, doc.Problems, k.Name)
		}
	}
	for _, k := range TaskKeys() {
		id := "id: a\n    "
		if k.Name == "id" || k.Name == "task_id" {
			id = ""
		}
		doc := Read("plan.yaml", []byte("tasks:\n  - "+id+k.Name+": "+k.Example+"\n"), Options{})
		assert.Empty(t, doc.Problems, k.Name)
	}
}

func TestDefaultsCanHaveWhatTheKeysSay(t *testing.T) {
	for _, k := range TaskKeys() {
		if k.Name == "id" || k.Name == "task_id" {
			continue
		}
		doc := Read("plan.yaml", []byte("defaults:\n  "+k.Name+": "+k.Example+"\ntasks: [{id: a, run: make}]\n"), Options{})
		assert.Equal(t, k.InDefaults, !hasCode(doc.Problems, codeKey), k.Name)
	}
}

// readKeys are the keys that Read looks at, of a plan and of a task.
func readKeys() (ofPlan, ofTask []string) {
	ofPlan = append(slices.Collect(maps.Keys(planFields())), "tasks", "plan")
	ofTask = append(slices.Collect(maps.Keys(taskFields())), "id", "task_id")
	return append(ofPlan, groupKeys()...), ofTask
}
