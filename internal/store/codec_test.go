package store_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"billow/engine"
	"billow/internal/store"
	"billow/internal/store/storetest"
)

// TestEncodeWritesWhatJSONWould compares meanings, not bytes: the order of keys may differ.
func TestEncodeWritesWhatJSONWould(t *testing.T) {
	generator := storetest.Events(5)
	rapid.Check(t, func(t *rapid.T) {
		events := generator.Draw(t, "events")
		after := rapid.Int64Range(0, 1<<40).Draw(t, "after")
		body, err := store.Encode([]byte("before\n"), after, events)
		require.NoError(t, err)
		lines := strings.Split(strings.TrimSuffix(string(body), "\n"), "\n")
		require.Equal(t, "before", lines[0])
		require.Len(t, lines[1:], len(events))
		for i, line := range lines[1:] {
			require.Equal(t, after+int64(i)+1, events[i].Seq)
			want, err := json.Marshal(events[i])
			require.NoError(t, err)
			require.JSONEq(t, string(want), line)
		}
	})
}

// TestEachFieldAloneIsWritten sees to the fields that are written by hand: whatever else is in an event sends all
// of it through encoding/json.
func TestEachFieldAloneIsWritten(t *testing.T) {
	full := storetest.Full()
	events := []engine.Event{{}, {Claim: new(engine.Claim)}}
	// each adds events with one field of what, which is in a new event.
	each := func(filled reflect.Value, what func(*engine.Event) reflect.Value) {
		for i := range filled.NumField() {
			var e, plain engine.Event
			what(&e).Field(i).Set(filled.Field(i))
			events = append(events, e)
			if field := what(&plain).Field(i); field.Kind() == reflect.String { // the other has escapes in it
				field.SetString("plain " + filled.Type().Field(i).Name)
				events = append(events, plain)
			}
		}
	}
	each(reflect.ValueOf(full), func(e *engine.Event) reflect.Value { return reflect.ValueOf(e).Elem() })
	each(reflect.ValueOf(*full.Claim), func(e *engine.Event) reflect.Value {
		e.Claim = new(engine.Claim)
		return reflect.ValueOf(e.Claim).Elem()
	})
	body, err := store.Encode(nil, 0, events)
	require.NoError(t, err)
	require.Equal(t, events, throughJSON(t, body))
	var d store.Decoder
	got, err := d.Decode(nil, body)
	require.NoError(t, err)
	require.Equal(t, events, got)
}

func TestDecodeReadsWhatJSONWould(t *testing.T) {
	generator := storetest.Events(5)
	rapid.Check(t, func(t *rapid.T) {
		events := generator.Draw(t, "events")
		body, err := store.Encode(nil, 0, events)
		require.NoError(t, err)
		var d store.Decoder
		got, err := d.Decode(nil, body)
		require.NoError(t, err)
		require.Equal(t, throughJSON(t, body), got)
		for i := range got {
			require.Equal(t, events[i].Seq, got[i].Seq)
			require.True(t, events[i].At.Equal(got[i].At))
		}
	})
}

// throughJSON reads lines with encoding/json alone.
func throughJSON(t require.TestingT, body []byte) []engine.Event {
	var out []engine.Event
	for line := range strings.Lines(string(body)) {
		var e engine.Event
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		out = append(out, e)
	}
	return out
}

func TestCommonEventsAreWrittenWithoutAllocation(t *testing.T) {
	events, body := storetest.Typical(3), make([]byte, 0, 1<<12)
	assert.Zero(t, testing.AllocsPerRun(100, func() { _, _ = store.Encode(body, 0, events) }))
}

func TestOldAndStrangeLinesAreRead(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	base := engine.Event{Seq: 7, At: at, Type: "note_added"}
	task := base
	task.Task = "a"
	claimed := base
	claimed.Claim = &engine.Claim{PID: 3}
	for line, want := range map[string]engine.Event{
		`{"seq":7,"at":"2026-01-02T03:04:05Z","type":"note_added"}`:                                      base,
		`{"seq":7,"at":"2026-01-02T03:04:05Z","type":"note_added","later_field":{"x":[1,{"y":null}]}}`:   base,
		`{"type":"note_added","at":"2026-01-02T03:04:05Z","seq":7}`:                                      base,
		`  { "seq" : 7, "at":"2026-01-02T03:04:05Z", "type":"note\u005fadded" }  `:                       base,
		`{"SEQ":7,"at":"2026-01-02T03:04:05Z","type":"note_added","task":"a"}`:                           task,
		`{"seq":7,"at":"2026-01-02T03:04:05Z","type":"note_added","task":null}`:                          base,
		`{"seq":7,"at":"2026-01-02T03:04:05Z","type":"note_added","task":"b","task":"a"}`:                task,
		`{"seq":7,"at":"2026-01-02T03:04:05Z","type":"note_added","claim":{"pid":3,"cgroup":"x"}}`:       claimed,
		`{"seq":7,"at":"2026-01-02T03:04:05Z","type":"note_added","claim":{"pid":3,"supervised":false}}`: claimed,
		`{"seq":7,"at":"2026-01-02T03:04:05Z","type":"note_added","claim":null}`:                         base,
	} {
		var d store.Decoder
		got, err := d.Decode(nil, []byte(line))
		require.NoError(t, err, line)
		require.Equal(t, []engine.Event{want}, got, line)
	}
}

func TestALineThatIsNoEventIsRefusedAndShown(t *testing.T) {
	good := `{"seq":7,"at":"2026-01-02T03:04:05Z","type":"note_added"}` + "\n"
	for _, line := range []string{"", "x", "{", "null5", `{"seq":"7"}`, `{"seq":7.5}`, `{"seq":7}}`,
		`{"seq":99999999999999999999}`, `{"at":"yesterday"}`, `{"at":"2026-01-02 03:04:05Z"}`, `{"type":"a` + "\n" + `b"}`,
		`{"claim":[1]}`, `{"seq":07}`} {
		before := []engine.Event{{Seq: 1}}
		var d store.Decoder
		got, err := d.Decode(before, []byte(good+line+"\n"+good))
		require.ErrorContains(t, err, "cannot be read", line)
		require.Equal(t, before, got)
	}
}

func TestShortNamesAreHeldInMemoryOnce(t *testing.T) {
	body, err := store.Encode(nil, 0, storetest.Typical(30_000))
	require.NoError(t, err)
	var d store.Decoder
	events := make([]engine.Event, 0, 30_000)
	perEvent := testing.AllocsPerRun(1, func() { events, err = d.Decode(events[:0], body) }) / 30_000
	require.NoError(t, err)
	assert.Less(t, perEvent, 0.8, "one claim and its folder for every third event")
}

func FuzzDecodeAgreesWithJSON(f *testing.F) {
	for _, seed := range []string{
		`{"seq":1,"at":"2026-01-02T03:04:05.000000678Z","type":"attempt_claimed","claim":{"pid":3,"started":4,"boot":"b"}}`,
		`{"seq":-1,"at":"2026-01-02T03:04:05+01:00","type":"é\n","task":"a"}`, `{}`, `{"claim":{}}`,
		`{"claim":{"pid":1},"claim":{"boot":"x"}}`, "{\"task\":\"\xff\"}",
		`{"outputs":{"a":"b"},"until":"2026-01-02T03:04:05Z"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if strings.Contains(string(line), "\n") || len(line) == 0 {
			t.Skip("not one line")
		}
		var want engine.Event
		wantErr := json.Unmarshal(line, &want)
		var d store.Decoder
		got, err := d.Decode(nil, line)
		if wantErr != nil {
			require.Error(t, err)
			return
		}
		require.NoError(t, err)
		if !reflect.DeepEqual([]engine.Event{want}, got) {
			require.Equal(t, []engine.Event{want}, got)
		}
	})
}

func BenchmarkEncode3(b *testing.B) {
	events, body := storetest.Typical(3), make([]byte, 0, 1<<12)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := store.Encode(body, 0, events); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode300000(b *testing.B) {
	body, err := store.Encode(nil, 0, storetest.Typical(300_000))
	require.NoError(b, err)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var d store.Decoder
		if _, err := d.Decode(make([]engine.Event, 0, 300_000), body); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRunStarted is the one large event of a run: ten thousand tasks.
func BenchmarkRunStarted(b *testing.B) {
	spec := &engine.RunSpec{ID: "r"}
	for i := range 10_000 {
		spec.Tasks = append(spec.Tasks, engine.TaskSpec{ID: fmt.Sprintf("layer-%02d-task-%04d", i%7, i), Wave: i / 100,
			Needs: []string{"layer-00-task-0001", "layer-01-task-0002"}, Class: engine.ClassRun, Weight: 17})
	}
	events := []engine.Event{{Type: engine.RunStarted, Run: spec}}
	body, err := store.Encode(nil, 0, events)
	require.NoError(b, err)
	b.Run("encode", func(b *testing.B) {
		for b.Loop() {
			_, _ = store.Encode(nil, 0, events)
		}
	})
	b.Run("decode", func(b *testing.B) {
		for b.Loop() {
			var d store.Decoder
			_, _ = d.Decode(nil, body)
		}
	})
}
