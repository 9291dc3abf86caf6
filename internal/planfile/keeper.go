package planfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"time"

	"billow/plan"
)

// KeeperOptions say what a Keeper looks after. Path and Doc are needed.
type KeeperOptions struct {
	// Path is the plan file, or the folder of task files; symlinks are followed each time. Whoever makes a Keeper holds
	// its Lock.
	Path string
	// Doc is the file as it was read, without errors.
	Doc *plan.Document
	// Base is what billow wrote last, in an earlier life of the run; nil is what Doc was read from. Where the
	// file differs from it, the first look tells of it as of any other edit.
	Base []byte
	// Next is what billow was about to write after Base when it was killed (see OnWriting), nil when unknown.
	// The file may hold either, and neither is an edit.
	Next []byte
	// Read are the options Doc was read with.
	Read plan.Options
	// MaxBytes is the largest file that is read; 0 is 32 MiB.
	MaxBytes int64
	// Rescue is where Close saves the plan when the file cannot be written: a file, for a folder of task files a folder;
	// "" is nowhere.
	Rescue string

	// Interval is the least time from a Set to its write, in which others can join it, and between two writes;
	// 100 ms. After a write that took long it is 25 times as long as that took.
	Interval time.Duration
	// Look is how often the file is looked at when there is nothing to write; 2 s.
	Look time.Duration
	// Settle is how long somebody else's text has to stand still before it is taken; 50 ms.
	Settle time.Duration
	// Stale is how long before a write its author may have read the file, so that values which only are as old
	// as that reading do not count as set by hand; 1 s.
	Stale time.Duration

	// The functions below may be nil. All are called from the Keeper's own goroutine, which waits for them:
	// they may call Set, and neither Flush nor Close.

	// OnEdit is told what somebody else did to the file. Values in ByHand are theirs until they are Set again.
	OnEdit func(Edited)
	// OnTrouble is told once that nothing can be written (gone, not a plan, disk full, ...) and why; again when
	// the reason changes. Writes are held and tried again at every look. OnRecovered is told that all is well.
	OnTrouble   func(error)
	OnRecovered func()
	// OnRefused is told of a value that cannot be written into this file as it is (see plan.Edit), once until
	// the file changes. The others are written.
	OnRefused func(plan.Change, error)
	// OnUnfit is told of a task of a revision that cannot be put into this file (see plan.EditTasks), once until the file
	// changes; then it is tried again. The others are put in.
	OnUnfit func(plan.TaskEdit, error)
	// OnWriting is given each text before it is written; an error keeps it from being written. A caller that
	// keeps it can tell after a crash what is ours; see Next.
	OnWriting func(text []byte) error
}

// Keeper looks after one plan file, or one folder of task files, while its run goes on. It is told the values that
// billow owns (Set), writes them into the file without disturbing another byte, and tells of everything that
// others write there. All work with files is done in its own goroutine; Set never waits for a disk.
//
// Each write is the file as somebody else last left it, with all values set so far put into it; so nothing of
// what they wrote can be lost, and what they changed of billow's own values stays until it is Set again.
type Keeper struct {
	o KeeperOptions

	mu     sync.Mutex
	wishes map[owned]plan.Change
	// fresh are the wishes that are not in pieces yet.
	fresh []owned
	// asked are tasks of revisions that are not pending yet.
	asked []plan.TaskEdit
	// unsaved is true when there are wishes the file may not have; since says since when. urgent is true when a
	// revision is among them, which waits for nothing.
	unsaved, urgent bool
	since           time.Time

	wake    chan struct{}
	flushes chan chan error
	quit    chan struct{}
	stopped chan struct{}
	closing sync.Once

	// What follows belongs to the goroutine, and after stopped to Close.

	// ground is the file as somebody else last left it; wishes are put into it. text is what the file holds as
	// far as we know, looks what it looked like with that.
	ground *plan.Document
	text   []byte
	looks  looks
	// pending are the tasks of revisions that the file does not have yet, revising the ground with them; nil until it is
	// made. unfit are those that could not be put into the ground, landed those that the file has had for a short time.
	pending, unfit []plan.TaskEdit
	revising       *revision
	landed         []landed
	// revised is how many tasks of revisions were asked for and taken.
	revised int
	// pieces is the ground with the wishes put in, unsaid the values that the file does not say yet.
	pieces  *pieces
	unsaid  []plan.Change
	history history
	// theirs is a text of somebody else that is not taken yet; bad one that cannot be, for the reason badErr.
	theirs still
	bad    []byte
	badErr error
	// edits counts the texts of others that were taken, for each file by its name in a bundle; "" is the plan file.
	edits map[string]int
	// replaced are the files that were taken out lately and may still be written to, overlooked the texts that
	// were.
	replaced   []*late
	overlooked []overlooked
	refused    map[owned]bool
	trouble    error
	// lookAt and writeAt are when the file is looked at next and may be written next.
	lookAt, writeAt time.Time
}

// NewKeeper starts to look after a plan file. It removes what killed runs left beside it; the file itself is
// not touched before something is Set. Close must be called.
func NewKeeper(o KeeperOptions) (*Keeper, error) {
	if o.Doc == nil || o.Doc.Plan == nil || o.Doc.Source == nil {
		return nil, fmt.Errorf("cannot look after %s: %w", o.Path, ErrInvalid)
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.Interval, 100 * time.Millisecond}, {&o.Look, 2 * time.Second},
		{&o.Settle, 50 * time.Millisecond}, {&o.Stale, time.Second},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = MaxBytes
	}
	k := &Keeper{
		o:       o,
		wishes:  map[owned]plan.Change{},
		wake:    make(chan struct{}, 1),
		flushes: make(chan chan error),
		quit:    make(chan struct{}),
		stopped: make(chan struct{}),
		refused: map[owned]bool{},
		edits:   map[string]int{},
		lookAt:  time.Now().Add(o.Look),
	}
	if err := k.lay(); err != nil {
		return nil, fmt.Errorf("what billow wrote last cannot be read: %w", err)
	}
	sweep(o.Path)
	go k.run()
	return k, nil
}

// lay sets what the first look compares the file with.
func (k *Keeper) lay() error {
	doc, base := k.o.Doc, k.o.Base
	if base == nil || bytes.Equal(k.o.Next, doc.Source.Bytes) {
		base = doc.Source.Bytes
	}
	var err error
	if k.ground, err = k.reading(base); err != nil {
		return err
	}
	k.text, k.pieces = base, cut(k.ground)
	k.history = history{now: valuesOf(k.ground.Plan), keep: k.o.Stale}
	if k.o.Next == nil || bytes.Equal(k.o.Next, base) {
		return nil
	}
	next, err := k.reading(k.o.Next)
	if err != nil {
		return err
	}
	if seen, err := lookAt(k.o.Path); err == nil {
		k.history.accept(seen.newest(differences(base, k.o.Next)), next.Plan)
	}
	return nil
}

// reading reads a text as this plan; the reading we were given is not made twice.
func (k *Keeper) reading(text []byte) (*plan.Document, error) {
	if bytes.Equal(text, k.o.Doc.Source.Bytes) {
		return k.o.Doc, nil
	}
	doc := plan.Read(k.o.Path, text, k.o.Read)
	for _, p := range plan.Errors(doc.Problems) {
		return nil, invalid(p.File, p.Line, p.Text)
	}
	if doc.Plan == nil {
		return nil, invalid(k.o.Path, 0, "there is no plan in it")
	}
	// Read leaves this to Check; here it would decide by chance which of the two is written.
	seen := make(map[string]bool, len(doc.Plan.Tasks))
	for _, t := range doc.Plan.Tasks {
		if seen[t.ID] {
			file, in := doc.Source.Place(t.Pos)
			return nil, invalid(file, in.Line, "there are two tasks "+t.ID)
		}
		seen[t.ID] = true
	}
	return doc, nil
}

func invalid(at string, line int, text string) error {
	if line > 0 {
		at = fmt.Sprintf("%s:%d", at, line)
	}
	return &fileError{text: fmt.Sprintf("%s: %s; nothing is written to it until that is mended", at, text), kind: ErrInvalid}
}

// freshen takes all wishes for fresh. mu is held.
func (k *Keeper) freshen() { k.fresh = slices.Collect(maps.Keys(k.wishes)) }

// Set says what the file should say of values that billow owns. It adds to what was set before; the last word
// on a value counts. It returns at once; the write follows.
func (k *Keeper) Set(changes []plan.Change) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range changes {
		if o := name(c); k.wishes[o] != c {
			k.wishes[o] = c
			k.fresh = append(k.fresh, o)
			k.wantWrite()
		}
	}
}

// wantWrite notes that there is something to write. mu is held.
func (k *Keeper) wantWrite() {
	if k.unsaved {
		return
	}
	k.unsaved, k.since = true, time.Now()
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// Flush looks at the file, takes what others wrote, and writes what is set, all at once and however small the
// change on the file is. It returns what keeps values from being written, and waits while somebody else is
// writing the file.
func (k *Keeper) Flush(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case k.flushes <- done:
	case <-k.stopped:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-done:
		return err
	case <-k.stopped:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close flushes and stops. It returns what the file holds now: the base of the next merge. Where the last
// values could not be written, the error says so and where the plan was saved instead; a plan that was removed
// is not created again.
func (k *Keeper) Close(ctx context.Context) ([]byte, error) {
	err := ErrClosed
	k.closing.Do(func() {
		err = k.Flush(ctx)
		close(k.quit)
		<-k.stopped
		for _, r := range k.replaced {
			_ = r.close()
		}
		if err != nil {
			err = k.rescue(err)
		}
	})
	if errors.Is(err, ErrClosed) {
		<-k.stopped
	}
	return k.text, err
}

// rescue saves the plan as it should be somewhere else.
func (k *Keeper) rescue(cause error) error {
	if k.o.Rescue == "" {
		return cause
	}
	text, err := k.compose()
	if err == nil {
		err = writeAll(k.o.Rescue, text)
	}
	if err != nil {
		return errors.Join(cause, explain("write", k.o.Rescue, err))
	}
	return fmt.Errorf("%w; the plan as it is now was saved as %s", cause, k.o.Rescue)
}

// run is the Keeper's goroutine: it sleeps until something is due.
func (k *Keeper) run() {
	defer close(k.stopped)
	timer := time.NewTimer(k.o.Look)
	defer timer.Stop()
	var waiting []chan error
	for {
		select {
		case <-k.wake:
		case <-timer.C:
		case done := <-k.flushes:
			waiting = append(waiting, done)
			k.lookAt = time.Now()
		case <-k.quit:
			return
		}
		if !time.Now().Before(k.due()) {
			settled, err := k.turn(len(waiting) > 0)
			if settled {
				for _, done := range waiting {
					done <- err
				}
				waiting = nil
			}
		}
		timer.Reset(time.Until(k.due()))
	}
}

// due is when there is something to do.
func (k *Keeper) due() time.Time {
	due := k.lookAt
	earlier := func(t time.Time) {
		if !t.IsZero() && t.Before(due) {
			due = t
		}
	}
	earlier(k.theirs.due(k.o.Settle))
	for _, r := range k.replaced {
		earlier(r.theirs.due(k.o.Settle))
	}
	// In trouble, writes wait for the next look; while somebody else is writing, for them to be done.
	if k.trouble == nil && k.theirs.since.IsZero() {
		earlier(k.writeDue())
	}
	return due
}

// writeDue is when the next write may be; zero when there is nothing to write.
func (k *Keeper) writeDue() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.unsaved {
		return time.Time{}
	}
	if k.urgent {
		return k.since
	}
	due := k.since.Add(k.o.Interval)
	if due.Before(k.writeAt) {
		return k.writeAt
	}
	return due
}

// turn looks at the file and writes what is to be written: all of it when forced, else what is due. It reports
// false when somebody is writing the file and it has to be looked at again soon.
func (k *Keeper) turn(forced bool) (settled bool, err error) {
	k.lookAt = time.Now().Add(k.o.Look)
	for {
		settled, err := k.look(forced)
		if err == nil && settled {
			var again bool
			if again, settled, err = k.lookBack(); again {
				continue
			}
		}
		if err != nil {
			k.hold(err)
			return true, err
		}
		if !settled {
			return false, nil
		}
		due := k.writeDue()
		if due.IsZero() {
			k.recover()
			return true, nil
		}
		if !forced && k.trouble == nil && time.Now().Before(due) {
			return true, nil
		}
		err = k.write()
		if errors.Is(err, ErrChanged) {
			continue // theirs first
		}
		if err != nil {
			k.hold(err)
			return true, err
		}
		k.recover()
		return true, nil
	}
}

// look finds out whether somebody else has written the file, and takes it when it has stood still. A thorough
// look reads the file even if it looks as before, for clocks that are too coarse to show a change.
func (k *Keeper) look(thorough bool) (settled bool, err error) {
	seen, err := lookAt(k.o.Path)
	if err != nil {
		k.looks = nil
		k.theirs.reset()
		return true, err
	}
	if !thorough && seen.same(k.looks) {
		return true, k.badErr
	}
	text, err := read(k.o.Path, k.o.MaxBytes, k.text)
	if err != nil {
		k.looks = nil
		k.theirs.reset()
		return true, err
	}
	switch {
	case bytes.Equal(text, k.text):
		k.bad, k.badErr = nil, nil
	case k.badErr != nil && bytes.Equal(text, k.bad):
	case !k.theirs.saw(text, time.Now(), k.o.Settle):
		return false, nil
	default:
		k.take(text, seen)
	}
	k.looks = seen
	k.theirs.reset()
	return true, k.badErr
}

func sameLooks(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// take makes somebody else's text the ground of what we write.
func (k *Keeper) take(text []byte, seen looks) {
	doc, err := k.reading(text)
	if err != nil {
		k.bad, k.badErr = text, err
		return
	}
	k.bad, k.badErr = nil, nil
	k.lookAround(text)
	file := func(o owned) string { return fileOf(doc, o.task) }
	hand := byHand(k.ground.Plan, k.history.base(doc.Plan, file, seen.time), doc.Plan)
	// What is asked for or pending is nothing that they took out: it is laid into both, and so are tasks that they
	// cannot have known of.
	k.revise()
	before := k.now()
	k.pending = append(k.pending, k.unfit...)
	k.unfit = nil
	for i, edit := range k.pending {
		k.pending[i] = edit.Over(k.ground.Plan.Task(edit.ID), doc.Plan.Task(edit.ID))
	}
	k.pending = append(k.stale(doc, seen), k.pending...)
	revised, done := k.putIn(doc, k.pending)
	k.pending, k.revising = done, nil
	if revised != doc {
		k.revising = &revision{doc: revised, edits: done}
	}
	edited := compareTasks(before.Plan, revised)
	edited.Revised, edited.Unfit = k.revised, slices.Clone(k.unfit)

	k.mu.Lock()
	for _, c := range hand {
		o := name(c)
		if wish, ok := k.wishes[o]; ok && canonical(o.key, wish.Value) == canonical(o.key, c.Value) {
			continue
		}
		delete(k.wishes, o)
		edited.ByHand = append(edited.ByHand, c)
	}
	k.wantWrite()
	k.urgent = k.urgent || len(k.pending) > 0
	k.mu.Unlock()

	changed := differences(k.text, text)
	for _, file := range changed {
		k.edits[file]++
	}
	k.ground, k.text = doc, text
	k.layWishes()
	k.history.accept(seen.newest(changed), doc.Plan)
	clear(k.refused)
	if k.o.OnEdit != nil {
		k.o.OnEdit(edited)
	}
}

func (k *Keeper) hold(err error) {
	if k.trouble != nil && k.trouble.Error() == err.Error() {
		return
	}
	k.trouble = err
	k.tell(err)
}

func (k *Keeper) recover() {
	if k.trouble == nil {
		return
	}
	k.trouble = nil
	if k.o.OnRecovered != nil {
		k.o.OnRecovered()
	}
}

func (k *Keeper) tell(err error) {
	if k.o.OnTrouble != nil {
		k.o.OnTrouble(err)
	}
}
