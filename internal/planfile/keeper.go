package planfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"billow/plan"
)

// KeeperOptions say what a Keeper looks after. Path and Doc are needed.
type KeeperOptions struct {
	// Path is the plan file; symlinks are followed each time. Whoever makes a Keeper holds its Lock.
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
	// Rescue is where Close saves the plan when the file cannot be written; "" is nowhere.
	Rescue string

	// Interval is the least time from a Set to its write, in which others can join it, and between two writes;
	// 100 ms. After a write that took long it is ten times as long as that took.
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
	// OnWriting is given each text before it is written; an error keeps it from being written. A caller that
	// keeps it can tell after a crash what is ours; see Next.
	OnWriting func(text []byte) error
}

// Keeper looks after one plan file while its run goes on. It is told the values that billow owns (Set), writes
// them into the file without disturbing another byte, and tells of everything that others write there. All
// work with files is done in its own goroutine; Set never waits for a disk.
//
// Each write is the file as somebody else last left it, with all values set so far put into it; so nothing of
// what they wrote can be lost, and what they changed of billow's own values stays until it is Set again.
type Keeper struct {
	o KeeperOptions

	mu     sync.Mutex
	wishes map[owned]plan.Change
	// unsaved is true when there are wishes the file may not have; since says since when.
	unsaved bool
	since   time.Time

	wake    chan struct{}
	flushes chan chan error
	quit    chan struct{}
	stopped chan struct{}
	closing sync.Once

	// What follows belongs to the goroutine, and after stopped to Close.

	// ground is the file as somebody else last left it; wishes are put into it. text is what the file holds as
	// far as we know, looks what it looked like with that.
	ground  *plan.Document
	text    []byte
	looks   os.FileInfo
	history history
	// theirs is a text of somebody else that is not taken yet; bad one that cannot be, for the reason badErr.
	theirs still
	bad    []byte
	badErr error
	// replaced are the files that were replaced lately and may still be written to.
	replaced []*late
	refused  map[owned]bool
	trouble  error
	// lookAt and writeAt are when the file is looked at next and may be written next.
	lookAt, writeAt time.Time
}

// NewKeeper starts to look after a plan file. It removes what killed runs left beside it; the file itself is
// not touched before something is Set. Close must be called.
func NewKeeper(o KeeperOptions) (*Keeper, error) {
	if o.Doc == nil || o.Doc.Plan == nil {
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
		lookAt:  time.Now().Add(o.Look),
	}
	if err := k.lay(); err != nil {
		return nil, err
	}
	if real, err := realPath(o.Path); err == nil {
		sweep(real)
	}
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
	k.text = base
	k.history = history{now: valuesOf(k.ground.Plan), keep: k.o.Stale}
	if k.o.Next == nil || bytes.Equal(k.o.Next, base) {
		return nil
	}
	next, err := k.reading(k.o.Next)
	if err != nil {
		return err
	}
	if info, err := os.Stat(k.o.Path); err == nil {
		k.history.accept(info.ModTime(), next.Plan)
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
		return nil, k.invalid(p.Line, p.Text)
	}
	if doc.Plan == nil {
		return nil, k.invalid(1, "there is no plan in it")
	}
	// Read leaves this to Check; here it would decide by chance which of the two is written.
	seen := make(map[string]bool, len(doc.Plan.Tasks))
	for _, t := range doc.Plan.Tasks {
		if seen[t.ID] {
			return nil, k.invalid(t.Pos.Line, "there are two tasks "+t.ID)
		}
		seen[t.ID] = true
	}
	return doc, nil
}

func (k *Keeper) invalid(line int, text string) error {
	return &fileError{
		text: fmt.Sprintf("%s:%d: %s; nothing is written to it until that is mended", k.o.Path, line, text),
		kind: ErrInvalid,
	}
}

// Set says what the file should say of values that billow owns. It adds to what was set before; the last word
// on a value counts. It returns at once; the write follows.
func (k *Keeper) Set(changes []plan.Change) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, c := range changes {
		if o := name(c); k.wishes[o] != c {
			k.wishes[o] = c
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
	text, _ := k.compose()
	if k.o.Rescue == "" {
		return cause
	}
	err := os.MkdirAll(filepath.Dir(k.o.Rescue), 0o755)
	if err == nil {
		err = os.WriteFile(k.o.Rescue, text, 0o644)
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
	info, err := os.Stat(k.o.Path)
	if err != nil {
		k.looks = nil
		k.theirs.reset()
		return true, explain("read", k.o.Path, err)
	}
	if !thorough && sameLooks(info, k.looks) {
		return true, k.badErr
	}
	text, err := read(k.o.Path, k.o.MaxBytes)
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
		k.take(text, info.ModTime())
	}
	k.looks = info
	k.theirs.reset()
	return true, k.badErr
}

func sameLooks(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// take makes somebody else's text the ground of what we write.
func (k *Keeper) take(text []byte, written time.Time) {
	doc, err := k.reading(text)
	if err != nil {
		k.bad, k.badErr = text, err
		return
	}
	k.bad, k.badErr = nil, nil
	edited := compareTasks(k.ground.Plan, doc)
	hand := byHand(k.ground.Plan, k.history.base(doc.Plan, written), doc.Plan)

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
	k.mu.Unlock()

	k.ground, k.text = doc, text
	k.history.accept(written, doc.Plan)
	clear(k.refused)
	if k.o.OnEdit != nil {
		k.o.OnEdit(edited)
	}
}

// write puts what is set into the file, if that changes it.
func (k *Keeper) write() error {
	began := time.Now()
	text, said := k.compose()
	if bytes.Equal(text, k.text) {
		return nil
	}
	if err := k.replace(text); err != nil {
		k.mu.Lock()
		k.unsaved = true
		k.mu.Unlock()
		return err
	}
	k.history.begin(k.looks.ModTime())
	for _, c := range said {
		o := name(c)
		k.history.set(o, canonical(o.key, c.Value))
	}
	now := time.Now()
	k.writeAt = now.Add(max(k.o.Interval, 10*now.Sub(began)))
	return nil
}

// replace writes a text and remembers what it replaced.
func (k *Keeper) replace(text []byte) error {
	if k.o.OnWriting != nil {
		if err := k.o.OnWriting(text); err != nil {
			return err
		}
	}
	info, old, err := replace(k.o.Path, k.text, text, exchange)
	if errors.Is(err, ErrContested) {
		k.tell(err)
		err = ErrChanged
	}
	if err != nil {
		k.looks = nil // the next look reads it, whatever it looks like
		return err
	}
	if old != nil {
		k.replaced = append(k.replaced, &late{retired: old})
	}
	k.text, k.looks = text, info
	return nil
}

// compose puts what is set into the ground (see splice), and returns the text with the values it says. Nothing is unsaved
// from then on but what is set later.
func (k *Keeper) compose() (text []byte, said []plan.Change) {
	k.mu.Lock()
	k.unsaved = false
	wishes := make(map[owned]plan.Change, len(k.wishes))
	for o, c := range k.wishes {
		if !k.refused[o] {
			wishes[o] = c
		}
	}
	k.mu.Unlock()
	text = k.splice(wanted(k.ground.Plan, wishes))
	for o, c := range wishes {
		if !k.refused[o] {
			said = append(said, c)
		}
	}
	return text, said
}

// splice puts changes into the ground. One that cannot be written there is told of and left out.
func (k *Keeper) splice(changes []plan.Change) []byte {
	text, err := plan.Edit(k.ground.Plan, k.ground.Source, changes)
	if err == nil {
		return text
	}
	text, err = plan.Edit(k.ground.Plan, k.ground.Source, k.sift(changes))
	if err != nil {
		k.hold(err) // each can be written, but not together: our fault, and no reason to touch the file
		return k.text
	}
	return text
}

// sift returns the changes that can be written, by halving: one bad value among ten thousand is found in a
// few edits.
func (k *Keeper) sift(changes []plan.Change) []plan.Change {
	_, err := plan.Edit(k.ground.Plan, k.ground.Source, changes)
	if err == nil {
		return changes
	}
	if len(changes) == 1 {
		k.refused[name(changes[0])] = true
		if k.o.OnRefused != nil {
			k.o.OnRefused(changes[0], err)
		}
		return nil
	}
	half := len(changes) / 2
	return slices.Concat(k.sift(changes[:half]), k.sift(changes[half:]))
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
