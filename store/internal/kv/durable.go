package kv

import (
	"fmt"
	"sync"
	"sync/atomic"
)

// durable says up to which transaction the database is known to be durable. What
// a reader sees is never newer: nobody is told, or acts upon, what a power cut
// may take back.
//
// A sync is for all records that are in the log by then. When none is under way
// one begins with the writing of a record, beside bbolt's commit. Else the record
// waits for the next one, which one of those does who wait: while it waits for the
// disk the next transaction is applied.
type durable struct {
	upTo atomic.Int64 // a transaction's id; it only grows

	mu        sync.Mutex
	changed   sync.Cond // what follows, or upTo, has; with mu
	written   logged    // the newest record in the log
	committed logged    // the newest one whose transaction bbolt has committed
	synced    logged    // the newest one that a sync has made durable
	syncing   bool      // a sync is under way
	failed    error     // why nothing more becomes durable
}

// logged is a transaction's record in the log.
type logged struct {
	segment *segment
	number  uint64
	id      int // of the transaction
}

// reach says that the transaction, and all before it, are durable; after a failure
// that is not so.
func (d *durable) reach(id int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed == nil {
		d.upTo.Store(max(d.upTo.Load(), int64(id)))
	}
	d.changed.Broadcast()
}

// advance is called with mu when a record was committed or synced.
func (d *durable) advance() {
	d.upTo.Store(max(d.upTo.Load(), int64(min(d.committed.id, d.synced.id))))
	d.changed.Broadcast()
}

// write says that the record is in the log.
func (d *durable) write(r logged) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.written = r
	if !d.syncing && d.failed == nil {
		d.syncing = true
		go func() {
			err := r.segment.sync()
			d.mu.Lock()
			defer d.mu.Unlock()
			d.end(r, err)
		}()
	}
}

// commit says that bbolt has committed the transaction of the newest record.
func (d *durable) commit() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.committed = d.written
	d.advance()
}

// takeBack forgets the records whose transactions are not committed, and has them
// removed, durably, by a sync that is for the committed ones too: were there another
// beside it, one would not say what the other has lost. An error says that it is not
// known whether they are durable.
func (d *durable) takeBack(remove func() error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.syncing {
		d.changed.Wait()
	}
	if d.failed != nil {
		return d.failed
	}
	d.written = d.committed
	d.syncUp(remove)
	return d.failed
}

// newestDurable is the number of the newest record that is known to be durable.
func (d *durable) newestDurable() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.synced.number
}

// newestID is that of the newest transaction that is logged and committed.
func (d *durable) newestID() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.committed.id
}

// await returns nil when the transaction is durable, and at once with the failure
// when none can become so any more.
func (d *durable) await(id int) error {
	if d.upTo.Load() >= int64(id) {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for d.upTo.Load() < int64(id) {
		switch {
		case d.failed != nil:
			return d.failed
		case d.syncing, d.committed.id < id: // a sync, or bbolt's commit, has to end first
			d.changed.Wait()
		default:
			d.syncUp(d.written.segment.sync)
		}
	}
	return nil
}

// syncUp makes the records durable by sync. It is called with mu, which it lets go
// of meanwhile.
func (d *durable) syncUp(sync func() error) {
	r := d.written
	d.syncing = true
	d.mu.Unlock()
	err := sync()
	d.mu.Lock()
	d.end(r, err)
}

// end is called with mu after a sync of the records up to r. After one that has
// failed there is no other: it would not say what the first has lost.
func (d *durable) end(r logged, err error) {
	d.syncing = false
	if err != nil {
		_ = d.failWith(err)
		return
	}
	d.synced = r
	d.advance()
}

// fail ends all writing: from here on it is not known what is durable. Opening
// the database again finds out.
func (d *durable) fail(err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failWith(err)
}

func (d *durable) failWith(err error) error {
	d.failed = fmt.Errorf("%w: %w", ErrStopped, err)
	d.changed.Broadcast()
	return d.failed
}

// failure is why nothing more becomes durable, or nil.
func (d *durable) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}
