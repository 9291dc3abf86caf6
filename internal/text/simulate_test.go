package text

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"billow/internal/control"
)

func TestATimelineFitsTheTerminalAndShowsEveryTask(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := control.Simulation{Order: control.CriticalPath, Slots: rapid.IntRange(1, 1000).Draw(t, "slots"),
			MakespanMS: rapid.Int64Range(0, 1e9).Draw(t, "makespan")}
		for range rapid.IntRange(1, 5).Draw(t, "tasks") {
			task := control.SimulatedTask{Task: rapid.String().Draw(t, "id"), Slot: rapid.IntRange(1, s.Slots).Draw(t, "slot"),
				Critical: rapid.Bool().Draw(t, "critical")}
			task.StartsMS = rapid.Int64Range(0, s.MakespanMS).Draw(t, "starts")
			task.EndsMS = rapid.Int64Range(task.StartsMS, s.MakespanMS).Draw(t, "ends")
			s.Timeline = append(s.Timeline, task)
		}
		st := Style{Width: rapid.SampledFrom([]int{0, 20, 40, 80, 200}).Draw(t, "width"), Color: rapid.Bool().Draw(t, "color")}
		var b strings.Builder
		timeline(&b, &s, st)
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")[1:]
		assert.Len(t, lines, len(s.Timeline))
		for _, line := range lines {
			assert.LessOrEqual(t, width(line), wide(st), "%q", line)
			assert.True(t, strings.ContainsAny(line, "█▒"), "%q has no bar", line)
		}
	})
}
