package search

import (
	"context"
	"errors"
	"syscall"
	"time"

	"crms/store/crm"
)

// batchSize is how many changes are written at once at most. Larger batches
// gain nothing and cost memory.
const batchSize = 500

// maxRetryAfter bounds the pause between attempts that fail.
const maxRetryAfter = time.Minute

// keeper is the goroutine that owns the index: it follows the source, starts
// rebuilds and swaps in their results. Nothing else writes to the current
// volume.
type keeper struct {
	*Index
	ctx      context.Context
	build    *rebuild // under way, or nil
	failures int      // in a row
	retry    <-chan time.Time
}

// run keeps the index until the context ends. The reason, unless empty, says
// why it must be built first.
func (x *Index) run(ctx context.Context, reason string) {
	defer close(x.stopped)
	k := &keeper{Index: x, ctx: ctx}
	defer k.abandon()
	ready := make(chan struct{})
	close(ready)
	if reason != "" {
		k.begin(reason)
	}
	for {
		var again <-chan struct{}
		if k.catchUp() {
			again = ready
		}
		select {
		case <-ctx.Done():
			return
		case <-again:
		case <-x.src.Committed():
		case <-k.retry:
			k.retry = nil
		case v := <-x.torn:
			k.discard(v, "it is damaged")
		case begun := <-x.reindex:
			begun <- k.begin("it was asked for")
		case built := <-k.built():
			k.finish(built)
		}
	}
}

// catchUp writes a batch of the changes that wait into the current volume, and
// reports whether there may be more.
func (k *keeper) catchUp() (more bool) {
	v := k.volume()
	switch {
	case k.retry != nil:
		return false
	case v == nil:
		k.begin("it does not exist") // unless it is being built
		return false
	case v.generation != k.src.Generation():
		k.discard(v, "it belongs to another store")
		return false
	}
	position, more, err := followBatch(k.src, v, k.position)
	switch {
	case err == nil:
		k.reached(position)
	case errors.Is(err, errTorn):
		k.opts.Log.Error("search index is damaged", "error", err)
		k.discard(v, "it is damaged")
	case errors.Is(err, errPruned):
		k.discard(v, "it is too far behind")
	case errors.Is(err, errUnwritable):
		k.reopen(v, err)
	default:
		k.fail("it cannot follow the store", err)
	}
	return more && err == nil
}

// errPruned says that changes are no longer in the source's log.
var errPruned = errors.New("changes have been pruned")

// followBatch writes the next changes after the position into the volume, and
// returns where it is then and whether there may be more. The log only names
// who changed: what is written is the contact as it is now, so that repeating
// a change, or meeting it late, does no harm.
func followBatch(src Source, v *volume, position uint64) (reached uint64, more bool, err error) {
	changes, complete, err := src.Changes(position, batchSize)
	switch {
	case err != nil:
		return position, false, err
	case !complete:
		return position, false, errPruned
	case len(changes) == 0:
		return position, false, nil
	}
	put, drop, err := present(src, changes)
	if err != nil {
		return position, false, err
	}
	reached = changes[len(changes)-1].Seq
	if err := v.write(put, drop, reached); err != nil {
		return position, false, err
	}
	return reached, len(changes) == batchSize, nil
}

// present reads what the changed customers are now: contacts to put, and ids
// of those who are gone.
func present(src Source, changes []crm.Change) (put []crm.Contact, drop []crm.ID, err error) {
	ids := make([]crm.ID, 0, len(changes))
	gone := make(map[crm.ID]bool, len(changes))
	for _, c := range changes {
		if !gone[c.ID] {
			ids = append(ids, c.ID)
			gone[c.ID] = true
		}
	}
	put, err = src.Contacts(ids)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range put {
		delete(gone, c.ID)
	}
	for id := range gone {
		drop = append(drop, id)
	}
	return put, drop, nil
}

// reached wakes the searches that wait for the position and tells the source
// what may be pruned: nothing that a rebuild still needs.
func (k *keeper) reached(position uint64) {
	if position != k.position {
		documents := k.volume().count()
		k.mu.Lock()
		k.move(position, documents)
		k.mu.Unlock()
	}
	if k.failures > 0 {
		k.failures = 0
		k.showWork()
	}
	if k.build != nil {
		position = min(position, k.build.from)
	}
	k.src.Passed(position)
	if err := k.volume().warm(); err != nil {
		k.opts.Log.Error("search index is damaged", "error", err)
		k.reportTorn(k.volume())
	}
}

// showWork sets the status to what is being done.
func (k *keeper) showWork() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.status.State, k.status.Reason = OK, ""
	if k.build != nil {
		k.status.State, k.status.Reason = Rebuilding, k.build.reason
	}
}

// warm makes ready what searches need of new segments.
func (v *volume) warm() (err error) {
	defer catchTorn(&err)()
	s, err := v.snapshot()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return s.warm()
}

// fail notes a failure and sets the time of the next attempt.
func (k *keeper) fail(reason string, err error) {
	k.opts.Log.Error("search index failed", "reason", reason, "error", err)
	k.setFailed(reason + diskCause(err))
	k.retry = time.After(min(maxRetryAfter, k.opts.RetryAfter<<min(k.failures, 10)))
	k.failures++
}

// diskCause says what the disk has answered, if it is that which failed.
func diskCause(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return ": " + errno.Error()
	}
	return ""
}

// reopen takes the current volume up again as it is on the disk. After a write
// that failed, as on a full disk, what Bleve holds in memory is not to be trusted:
// its next write panics. The files are as they were before.
func (k *keeper) reopen(v *volume, cause error) {
	k.retire(v)
	if err := v.close(); err != nil {
		k.opts.Log.Error("cannot close search index", "error", err)
	}
	reason, err := k.openCurrent()
	if err != nil {
		k.opts.Log.Error("cannot open search index again", "error", err)
	}
	if reason != "" {
		k.begin(reason)
	}
	k.fail("it cannot be written", cause)
}

// retire stops answering from the volume, if it is the current one.
func (k *keeper) retire(v *volume) (current bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current != v {
		return false
	}
	k.current = nil
	k.move(0, 0)
	return true
}

// discard stops answering from the volume, if it is the current one, and
// begins to build another.
func (k *keeper) discard(v *volume, reason string) {
	if !k.retire(v) {
		return
	}
	if err := errors.Join(k.folders.useNone(), v.close()); err != nil {
		k.opts.Log.Error("cannot close search index", "error", err)
	}
	k.begin(reason)
}
