package search

import (
	"context"
	"errors"
	"time"

	"crms/store/crm"
)

// batchSize is how many changes are written at once at most. Larger batches
// gain nothing and cost memory.
const batchSize = 500

const (
	maxRetryAfter = time.Minute
	maxFailures   = 5 // of writes in a row, then the index is built anew
)

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
	if reason != "" {
		k.begin(reason)
	}
	for {
		k.catchUp()
		select {
		case <-ctx.Done():
			return
		case <-x.src.Committed():
		case <-k.retry:
			k.retry = nil
		case v := <-x.torn:
			k.discard(v, "it is damaged")
		case <-x.reindex:
			k.begin("it was asked for")
		case built := <-k.built():
			k.finish(built)
		}
	}
}

// catchUp writes all changes that wait into the current volume.
func (k *keeper) catchUp() {
	v := k.volume()
	if v == nil || k.retry != nil {
		if v == nil && k.build == nil && k.retry == nil {
			k.begin("it does not exist")
		}
		return
	}
	if v.generation != k.src.Generation() {
		k.discard(v, "it belongs to another store")
		return
	}
	position, err := follow(k.ctx, k.src, v, k.position, func(position uint64) {
		k.mu.Lock()
		k.move(position)
		k.mu.Unlock()
	})
	switch {
	case k.ctx.Err() != nil:
	case errors.Is(err, errTorn):
		k.opts.Log.Error("search index is damaged", "error", err)
		k.discard(v, "it is damaged")
	case errors.Is(err, errPruned):
		k.discard(v, "it is too far behind")
	case errors.Is(err, errUnwritable) && k.failures >= maxFailures:
		k.discard(v, "it cannot be written")
	case err != nil:
		k.fail("it cannot follow the store", err)
	default:
		k.recovered()
		k.passed(position)
	}
}

// errPruned says that changes are no longer in the source's log.
var errPruned = errors.New("changes have been pruned")

// follow writes the changes after the position into the volume, batch by
// batch, until there are none, and returns where it ended. The log only names
// who changed: what is written is the contact as it is now, so that repeating
// a change, or meeting it late, does no harm.
func follow(ctx context.Context, src Source, v *volume, position uint64, reached func(uint64)) (uint64, error) {
	for ctx.Err() == nil {
		changes, complete, err := src.Changes(position, batchSize)
		if err != nil {
			return position, err
		}
		if !complete {
			return position, errPruned
		}
		if len(changes) == 0 {
			return position, nil
		}
		put, drop, err := present(src, changes)
		if err != nil {
			return position, err
		}
		last := changes[len(changes)-1].Seq
		if err := v.write(put, drop, last); err != nil {
			return position, err
		}
		position = last
		reached(position)
	}
	return position, ctx.Err()
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

// passed tells the source what may be pruned: nothing that a rebuild still
// needs.
func (k *keeper) passed(position uint64) {
	if k.build != nil {
		position = min(position, k.build.from)
	}
	k.src.Passed(position)
	if err := k.volume().warm(); err != nil {
		k.opts.Log.Error("search index is damaged", "error", err)
		k.reportTorn(k.volume())
	}
}

// warm makes ready what searches need of new segments.
func (v *volume) warm() (err error) {
	defer recoverTorn(&err)
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
	k.setFailed(reason)
	k.retry = time.After(min(maxRetryAfter, k.opts.RetryAfter<<min(k.failures, 10)))
	k.failures++
}

func (k *keeper) recovered() {
	if k.failures > 0 && k.build == nil {
		k.mu.Lock()
		k.status = Status{State: OK}
		k.mu.Unlock()
	}
	k.failures = 0
}

// discard stops answering from the volume, if it is the current one, and
// begins to build another.
func (k *keeper) discard(v *volume, reason string) {
	k.mu.Lock()
	current := k.current == v
	if current {
		k.current = nil
		k.move(0)
	}
	k.mu.Unlock()
	if !current {
		return
	}
	if err := errors.Join(k.folders.useNone(), v.close()); err != nil {
		k.opts.Log.Error("cannot close search index", "error", err)
	}
	k.begin(reason)
}
