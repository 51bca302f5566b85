package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// Command is a change of the store. Everything that decides its outcome is in
// it: the time, the actor, new ids. Applied to the same state it does the same
// again.
//
// apply checks first and writes afterwards: an error that it returns before its
// first write leaves the other commands of its transaction undisturbed.
type Command[R any] interface {
	apply(tx *tx) (R, error)
}

// Do applies the command and returns when its change is durable. An error means
// that nothing was changed, unless the disk failed while it was being saved: see
// [Store.Stopped]. A [*crm.Error] says what the caller did wrong.
//
// When ctx ends before the command's turn has come, the command is dropped.
func Do[R any](ctx context.Context, s *Store, c Command[R]) (R, error) {
	var result R
	err := s.committer.submit(ctx, func(tx *tx) (err error) {
		result, err = c.apply(tx)
		return err
	})
	if err != nil {
		var none R
		return none, err
	}
	return result, nil
}

// tx is the transaction that a command works in.
type tx struct {
	*kv.Tx
	*schema
	store *Store

	// What becomes known to others after the commit.
	lastSeq   uint64 // of the log
	events    [numOutcomes]int64
	newlySeen []eventHash
	seenNow   map[eventHash]bool // newlySeen, to look up
	seenRow   uint64             // the row of newlySeen
	forgotten int                // rows of events seen before
	queued    bool               // something for ATHS
	topMoved  bool               // customers have come into top, or out of it
}

// maxGroup bounds the commands of one transaction, and with it how long the
// first of them waits.
const maxGroup = 512

// committer commits all the commands that are waiting together, so that
// concurrent writers share the price of making a change durable, which is nearly
// all of it. There is no goroutine for it: of the callers who wait, one leads. It
// commits the group that it finds, its own command among them, and hands the
// lead to the first of those who came meanwhile: their group is applied while the
// first one's waits for the disk. A writer who is alone so waits for nobody.
type committer struct {
	store *Store

	mu      sync.Mutex
	waiting []*request
	led     bool // by a caller who takes what is waiting
	syncing int  // groups that are committed and not answered
	alone   int  // commands in a row beside which there were no others
	closed  bool
	idle    sync.Cond // led or syncing have ended; with mu

	working sync.Mutex // held while a group is committed
}

// pause runs fn while no command is applied.
func (c *committer) pause(fn func() error) error {
	c.working.Lock()
	defer c.working.Unlock()
	return fn()
}

// request is a command on its way through the committer.
type request struct {
	ctx   context.Context
	apply func(*tx) error
	err   error
	turn  chan turn // with room for one
}

// turn is what a caller waits for.
type turn bool

const (
	answered turn = false // its err is final
	leads    turn = true  // it is to commit the next group
)

func newCommitter(s *Store) *committer {
	c := &committer{store: s}
	c.idle.L = &c.mu
	return c
}

var errClosed = &crm.Error{Kind: crm.Unavailable, Message: "The service is shutting down"}

func (c *committer) submit(ctx context.Context, apply func(*tx) error) error {
	r := &request{ctx: ctx, apply: apply, turn: make(chan turn, 1)}
	if err := c.enqueue(r); err != nil {
		return err
	}
	if <-r.turn == leads {
		c.lead(r)
	}
	return r.err
}

// enqueue lets the request wait, or lead when nobody does.
func (c *committer) enqueue(r *request) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return errClosed
	}
	c.waiting = append(c.waiting, r)
	if !c.led {
		c.led = true
		r.turn <- leads
	}
	return nil
}

// lead commits the group of those who wait, of whom r is the first, hands the
// lead on, and answers the group when it is durable.
func (c *committer) lead(r *request) {
	if !c.isAlone() {
		runtime.Gosched() // those who can run now join the group
	}
	c.mu.Lock()
	group := c.waiting[:min(len(c.waiting), maxGroup)]
	c.waiting = slices.Clone(c.waiting[len(group):])
	c.mu.Unlock()

	began := time.Now()
	state, err := c.commit(group)
	c.handOn()
	c.settle(group, state, err, began)

	for _, other := range group {
		if other != r {
			other.turn <- answered
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.syncing--
	c.idle.Broadcast()
}

// alonesInARow is how many commands beside which there are no others have to come in a
// row until whoever sends them is taken to write alone. The first other one ends that.
const alonesInARow = 8

// isAlone reports whether the command that leads is one of many beside which there are
// no others. Its caller does not make way: with nobody to go first, the scheduler would
// wake another thread to take over what this one was about to do.
func (c *committer) isAlone() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) > 1 || c.syncing > 0 {
		c.alone = 0
	} else {
		c.alone++
	}
	return c.alone > alonesInARow
}

// handOn hands the lead to the first of those who wait.
func (c *committer) handOn() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.syncing++
	if len(c.waiting) > 0 {
		c.waiting[0].turn <- leads
	} else {
		c.led = false
	}
}

// queued is how many commands wait.
func (c *committer) queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)
}

// close refuses new commands, finishes those that wait, and returns when the
// last one is done.
func (c *committer) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for c.led || c.syncing > 0 {
		c.idle.Wait()
	}
}

// commit applies the group in one transaction. A command that fails after it
// has written would take its neighbours with it: the transaction is rolled back
// and done again without that command, until it goes through.
func (c *committer) commit(group []*request) (kv.State, error) {
	c.working.Lock()
	defer c.working.Unlock()
	broken := map[*request]bool{}
	for {
		state, err := c.transact(group, broken)
		var half *halfDoneError
		if !errors.As(err, &half) {
			return state, err
		}
		c.store.log.Error("a command failed half way and was rolled back", "error", half.request.err)
		broken[half.request] = true
	}
}

// settle waits until what the group has written, and seen, is durable: an answer
// that nothing had to be changed speaks of the state too. It sets the errors that
// the commands do not have of themselves.
func (c *committer) settle(group []*request, state kv.State, err error, began time.Time) {
	nothing := errors.Is(err, errNothingToCommit)
	if nothing {
		err = nil
	}
	lost := c.store.db.Await(state)
	if err = errors.Join(err, lost); err != nil {
		for _, r := range group {
			if lost != nil || r.err == nil {
				r.err = commitError(err)
			}
		}
	}
	if !nothing || err != nil {
		c.store.disk.committed(err)
		c.store.onCommit(Commit{len(group), time.Since(began), err})
	}
}

// halfDoneError asks for the transaction to be done again without the request.
type halfDoneError struct{ request *request }

func (e *halfDoneError) Error() string { return "command failed half way" }

func (e *halfDoneError) Unwrap() error { return e.request.err }

// errNothingToCommit rolls a transaction back in which nothing was written.
var errNothingToCommit = errors.New("nothing to commit")

func (c *committer) transact(group []*request, broken map[*request]bool) (kv.State, error) {
	s := c.store
	var t *tx
	bar := s.schema.bar
	state, err := s.db.Write(func(kvtx *kv.Tx) error {
		t = &tx{Tx: kvtx, schema: s.schema, store: s}
		return guard(func() error { return t.applyAll(group, broken) })
	})
	switch {
	case err == nil:
		s.publish(t)
	case errors.Is(err, errNothingToCommit):
		s.count(t) // events that changed nothing have been dealt with too
	default:
		s.schema.bar = bar // what a failed transaction has set is not stored
	}
	return state, err
}

// applyAll applies the group, and writes what is written once for all of it.
func (t *tx) applyAll(group []*request, broken map[*request]bool) error {
	for _, r := range group {
		if broken[r] {
			continue
		}
		writes, seen := t.Writes(), len(t.newlySeen)
		r.err = applyOne(t, r)
		t.store.disk.note(r.err)
		halfDone := r.err != nil && (t.Writes() != writes || len(t.newlySeen) != seen)
		if halfDone || errors.Is(r.err, kv.ErrUnreadable) {
			return &halfDoneError{r}
		}
	}
	if t.Writes() == 0 {
		return errNothingToCommit
	}
	if err := t.keepTop(); err != nil {
		return err
	}
	if err := t.rememberSeen(); err != nil {
		return err
	}
	t.lastSeq = t.Sequence(t.schema.log.Name)
	return t.store.pruneLog(t)
}

func applyOne(t *tx, r *request) error {
	return guard(func() error {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		return r.apply(t)
	})
}

// guard turns a panic of fn into an error, so that a bug in one command, or a
// damaged page that it meets, does not end the service for all, nor leave the
// writers who come later waiting for a leader who is gone.
func guard(fn func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	defer kv.CatchDamage(&err)()
	return fn()
}
