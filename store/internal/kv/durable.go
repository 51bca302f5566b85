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
// waits for the next one, which begins when that one ends. One of those who wait
// waits for the disk, and tells the others: meanwhile the next transaction is
// applied.
type durable struct {
	upTo atomic.Int64 // a transaction's id; it only grows

	mu        sync.Mutex
	changed   sync.Cond // what follows, or upTo, has; with mu
	written   logged    // the newest record in the log
	committed logged    // the newest one whose transaction bbolt has committed
	synced    logged    // the newest one that a sync has made durable
	syncing   bool      // a sync is under way
	until     logged    // the newest record that it is for
	awaited   bool      // somebody waits for the disk to end it
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
		d.begin()
	}
}

// begin begins a sync. It is called with mu, and when none is under way.
func (d *durable) begin() {
	d.syncing, d.until = true, d.written
	d.until.segment.records.begin()
}

// awaitSync waits for the sync that is under way. It is called with mu, which it
// lets go of meanwhile.
func (d *durable) awaitSync() {
	if d.awaited {
		d.changed.Wait()
		return
	}
	d.do(d.until.segment.records.await)
}

// do ends the sync that is under way, by what waits for it or makes it.
func (d *durable) do(sync func() error) {
	d.awaited = true
	d.mu.Unlock()
	err := sync()
	d.mu.Lock()
	d.end(err)
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
	d.awaitRest()
	if d.failed != nil {
		return d.failed
	}
	d.written = d.committed
	d.syncing, d.until = true, d.written
	d.do(remove)
	return d.failed
}

// rest returns when no sync is under way.
func (d *durable) rest() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.awaitRest()
}

func (d *durable) awaitRest() {
	for d.syncing {
		d.awaitSync()
	}
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
		case d.syncing:
			d.awaitSync()
		default: // bbolt's commit has to end first
			d.changed.Wait()
		}
	}
	return nil
}

// end is called with mu after a sync. After one that has failed there is no other:
// it would not say what the first has lost.
func (d *durable) end(err error) {
	d.syncing, d.awaited = false, false
	if err != nil {
		_ = d.failWith(err)
		return
	}
	d.synced = d.until
	d.advance()
	if d.written.number > d.synced.number && d.failed == nil {
		d.begin()
	}
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
