// Package storetest is the suite that every implementation of store.Log passes.
//
// It holds the contract only: what a call promises, in sequence and beside others. What an implementation
// adds (files, crashes, forms) it tests itself. Start with Run.
package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"billow/engine"
	"billow/internal/store"
)

// Run runs the suite. open returns an empty store; the suite closes it.
func Run(t *testing.T, open func(t *testing.T) store.Log) {
	for name, test := range map[string]func(*testing.T, store.Log){
		"AppendNumbersEventsInPlace":             appendNumbers,
		"AppendTakesAllEventsOrNone":             appendConflict,
		"AppendOfNothingDoesNothing":             appendNothing,
		"AppendRefusesARunWithoutID":             noID,
		"AppendCopiesWhatItIsGiven":              appendCopies,
		"ReadGivesWhatLiesBehindUpToTheLimit":    readWindow,
		"ReadOfAnUnknownRunIsEmpty":              readUnknown,
		"EveryFieldOfAnEventComesBack":           everyField,
		"AnyEventComesBack":                      anyEvent,
		"AnUnknownEventTypeIsKept":               unknownType,
		"OneOfManyAppendersWins":                 concurrentAppend,
		"ReadersSeeWholeBatches":                 wholeBatches,
		"ALargeEventIsKept":                      largeEvent,
		"RunsAreListedNewestFirst":               runsNewestFirst,
		"RunIsFoundByAUniquePrefix":              runByPrefix,
		"PutRunReplaces":                         runReplaced,
		"ABlobIsKeptUnderItsHash":                blobs,
		"TheNewestSnapshotIsKept":                snapshots,
		"TheLastProjectionIsKept":                projections,
		"DurationsAreAddedAndReplaced":           durations,
		"AnEndedContextIsRefused":                endedContext,
		"NothingWorksAfterClose":                 afterClose,
		"SyncMayBeCalledByManyAndAtAnyTime":      syncs,
		"TimesComeBackInUTC":                     timesInUTC,
		"WhatIsNotThereIsErrNotFound":            notFound,
		"TextsAreDataAndNeverPartOfAQuery":       hostileTexts,
		"AnEventThatHasNoJSONFormIsRefusedWhole": unwritable,
		"AnySequenceOfCallsDoesWhatAModelDoes":   model,
	} {
		t.Run(name, func(t *testing.T) {
			l := open(t)
			defer func() { require.NoError(t, l.Close()) }()
			test(t, l)
		})
	}
}

// RunShared runs the part of the suite that needs two handles, as two processes would have them, on one empty
// store. open returns both; the suite closes them.
func RunShared(t *testing.T, open func(t *testing.T) (store.Log, store.Log)) {
	for name, test := range map[string]func(*testing.T, store.Log, store.Log){
		"WhatOneWritesTheOtherReads": sharedRead,
		"OnlyOneHandleWinsARace":     sharedRace,
	} {
		t.Run(name, func(t *testing.T) {
			a, b := open(t)
			defer func() {
				require.NoError(t, a.Close())
				require.NoError(t, b.Close())
			}()
			test(t, a, b)
		})
	}
}

// start is the time of the first event in all tests.
func start() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678, time.UTC) }

// notes are n small events.
func notes(n int, reason string) []engine.Event {
	out := make([]engine.Event, n)
	for i := range out {
		out[i] = engine.Event{At: start(), Type: engine.NoteAdded, Task: "a", Attempt: 1, Step: "do", Reason: reason}
	}
	return out
}

func read(t require.TestingT, l store.Log, run string, after int64, limit int) []engine.Event {
	got, err := l.Read(context.Background(), run, after, limit)
	require.NoError(t, err)
	return got
}

func last(t require.TestingT, l store.Log, run string) int64 {
	got, err := l.Last(context.Background(), run)
	require.NoError(t, err)
	return got
}
