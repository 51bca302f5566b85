package store

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// What says what ATHS is to be told.
type What uint8

// The values are part of the schema: append only.
const (
	StatusOut What = iota // a user's status has changed
	DeleteOut             // a user is gone
)

// OutboxState is how far an entry has come.
type OutboxState uint8

// The values are part of the schema: append only.
const (
	Pending OutboxState = iota // will be sent, again and again
	Dead                       // ATHS has refused it, or it was tried too long
)

func (s OutboxState) String() string {
	if s == Dead {
		return "dead"
	}
	return "pending"
}

// ParseOutboxState reads the name of a state.
func ParseOutboxState(name string) (OutboxState, error) {
	for _, s := range []OutboxState{Pending, Dead} {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, errors.New("must be pending or dead")
}

// OutboxEntry is one thing that ATHS is to be told. It is written in the
// transaction of the change that it tells of.
type OutboxEntry struct {
	Seq    uint64 // the order of the changes
	Key    string // names the entry to ATHS, however often it is sent
	UserID string
	What   What
	Status crm.Status // of StatusOut
	Reason string     // of StatusOut, as given with the change

	QueuedAt  time.Time
	State     OutboxState
	Attempts  uint64
	NextAt    time.Time // not to be sent before
	LastError string
}

// TellsATHS reports whether changes are queued for ATHS.
func (s *Store) TellsATHS() bool { return s.tellATHS }

// tellATHS queues the entry, if anybody listens.
func (t *tx) tellATHS(e OutboxEntry) error {
	if !t.store.tellATHS {
		return nil
	}
	seq, err := t.NextSequence(t.outbox.Name)
	if err != nil {
		return err
	}
	e.Seq, e.Key = seq, fmt.Sprintf("crms-%s-%d", t.store.generation, seq)
	e.NextAt = e.QueuedAt
	t.queued = true
	return t.outbox.Save(t.Tx, seq, nil, e)
}

// Queued receives a value after commits that have queued something for ATHS, or
// have put something back into the queue. There is one receiver.
func (s *Store) Queued() <-chan struct{} { return s.queued }

// LongestPause is how far ahead the next attempt may be put off.
const LongestPause = time.Hour

// isDue reports whether the entry may be sent. One that was never tried is, and
// one that waits for a time beyond the longest pause: the clock by which that was
// reckoned has been set back since.
func (e OutboxEntry) isDue(now time.Time) bool {
	wait := e.NextAt.Sub(now)
	return e.Attempts == 0 || wait <= 0 || wait > LongestPause
}

// Due returns the entries that may be sent now: the oldest pending one of each
// user, if its time has come; at most limit. wait is when the next of the
// others' times comes, zero when there are none. It is an error once the store has
// [Store.Stopped]: the change that an entry tells of may not be durable, and that
// it was sent could not be noted.
func (s *Store) Due(now time.Time, limit int) (due []OutboxEntry, wait time.Time, err error) {
	err = s.view("outbox", func(tx *kv.Tx) error {
		if s.Stopped() {
			return kv.ErrStopped
		}
		blocked := map[string]bool{} // users with an older entry
		for item := range s.schema.outbox.Walk(tx, nil) {
			e := item.Row
			switch {
			case item.Err != nil:
				return item.Err
			case e.State != Pending || blocked[e.UserID]:
				continue
			}
			blocked[e.UserID] = true
			if e.isDue(now) {
				due = append(due, e)
			} else if wait.IsZero() || e.NextAt.Before(wait) {
				wait = e.NextAt
			}
			if len(due) == limit {
				return nil
			}
		}
		return nil
	})
	return due, wait, err
}

// OutboxEntries returns the queue, oldest first, at most limit, and how many
// entries have each state.
func (s *Store) OutboxEntries(limit int) (entries []OutboxEntry, pending, dead int64, err error) {
	err = s.view("outbox", func(tx *kv.Tx) error {
		counts := sumOf(tx, s.schema.outboxTotals)
		pending, dead = counts[byte(Pending)], counts[byte(Dead)]
		entries, err = s.schema.outboxPage(tx, nil, 0, limit)
		return err
	})
	return entries, pending, dead, err
}

// OutboxPage returns a part of the queue, oldest first: the entries with the
// state, or all when that is nil, without the first offset of them and at most
// limit; and how many there are.
func (s *Store) OutboxPage(state *OutboxState, offset int64, limit int) (entries []OutboxEntry, total int64, err error) {
	err = s.view("outbox", func(tx *kv.Tx) error {
		for of, n := range sumOf(tx, s.schema.outboxTotals) {
			if state == nil || of == byte(*state) {
				total += n
			}
		}
		entries, err = s.schema.outboxPage(tx, state, offset, limit)
		return err
	})
	return entries, total, err
}

func (s *schema) outboxPage(tx *kv.Tx, state *OutboxState, offset int64, limit int) (entries []OutboxEntry, err error) {
	for item := range s.outbox.Walk(tx, nil) {
		switch {
		case item.Err != nil:
			return nil, item.Err
		case len(entries) == limit:
			return entries, nil
		case state != nil && item.Row.State != *state:
		case offset > 0:
			offset--
		default:
			entries = append(entries, item.Row)
		}
	}
	return entries, nil
}

// Delivered takes an entry out of the queue.
type Delivered struct{ Seq uint64 }

func (c Delivered) apply(t *tx) (bool, error) {
	e, found, err := t.outbox.Get(t.Tx, c.Seq)
	if err != nil || !found {
		return false, err
	}
	return true, t.outbox.Remove(t.Tx, c.Seq, e)
}

// Undelivered notes an attempt that has failed: the entry is tried again at
// NextAt, or is dead when that is zero.
type Undelivered struct {
	Seq    uint64
	NextAt time.Time
	Err    string // without anything secret
}

func (c Undelivered) apply(t *tx) (bool, error) {
	before, found, err := t.outbox.Get(t.Tx, c.Seq)
	if err != nil || !found {
		return false, err
	}
	after := before
	after.Attempts++
	after.LastError, after.NextAt = c.Err, c.NextAt
	if c.NextAt.IsZero() {
		after.State = Dead
	}
	return true, t.outbox.Save(t.Tx, c.Seq, &before, after)
}

// RetryOutbox sends entries again at once, dead ones as well, as if they were
// new. It returns how many. An entry whose change has been overtaken by a newer
// one of the same user, so that telling it would undo that, is left alone and
// counted in Overtaken.
type RetryOutbox struct {
	At   time.Time
	Seqs []uint64
	All  bool
}

// Retried is what became of the entries.
type Retried struct {
	Retried   int `json:"retried"`
	Overtaken int `json:"overtaken"`
}

func (c RetryOutbox) apply(t *tx) (n Retried, err error) {
	entries, err := t.chosenEntries(c.Seqs, c.All)
	if err != nil {
		return n, err
	}
	for _, before := range entries {
		overtaken, err := t.overtaken(before)
		if err != nil {
			return n, err
		}
		if overtaken {
			n.Overtaken++
			continue
		}
		after := before
		after.State, after.NextAt, after.QueuedAt, after.Attempts = Pending, c.At, c.At, 0
		if err := t.outbox.Save(t.Tx, before.Seq, &before, after); err != nil {
			return n, err
		}
		t.queued = true
		n.Retried++
	}
	return n, nil
}

// overtaken reports whether a dead entry tells what is no longer so: a status
// that the user does not have any more, or the deletion of one who has
// registered again.
func (t *tx) overtaken(e OutboxEntry) (bool, error) {
	if e.State != Dead {
		return false, nil
	}
	s, err := t.standingOf(e.UserID)
	if e.What == DeleteOut {
		return s.exists, err
	}
	return err == nil && (!s.exists || s.Status != e.Status), err
}

// recall takes back what ATHS has not been told yet of a user who has registered
// again: it would undo the registration.
func (t *tx) recall(userID string) error {
	var doomed []OutboxEntry
	for item := range t.outbox.Walk(t.Tx, nil) {
		if item.Err != nil {
			return item.Err
		}
		if item.Row.UserID == userID {
			doomed = append(doomed, item.Row)
		}
	}
	for _, e := range doomed {
		if err := t.outbox.Remove(t.Tx, e.Seq, e); err != nil {
			return err
		}
	}
	return nil
}

// DropOutbox removes entries for good. It returns how many.
type DropOutbox struct {
	Seqs []uint64
	All  bool
}

func (c DropOutbox) apply(t *tx) (int, error) {
	entries, err := t.chosenEntries(c.Seqs, c.All)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if err := t.outbox.Remove(t.Tx, e.Seq, e); err != nil {
			return 0, err
		}
	}
	return len(entries), nil
}

// chosenEntries are those with the numbers, or all. Numbers that no entry has are
// an error, which names them.
func (t *tx) chosenEntries(seqs []uint64, all bool) ([]OutboxEntry, error) {
	var entries []OutboxEntry
	if all {
		for item := range t.outbox.Walk(t.Tx, nil) {
			if item.Err != nil {
				return nil, item.Err
			}
			entries = append(entries, item.Row)
		}
		return entries, nil
	}
	var missing []string
	for _, seq := range seqs {
		e, found, err := t.outbox.Get(t.Tx, seq)
		if err != nil {
			return nil, err
		}
		if !found {
			missing = append(missing, strconv.FormatUint(seq, 10))
			continue
		}
		entries = append(entries, e)
	}
	if len(missing) > 0 {
		err := fmt.Errorf("there is no %s", strings.Join(missing, ", "))
		return nil, &crm.Error{Kind: crm.NotFound, Message: "Outbox entry not found", Err: err}
	}
	return entries, nil
}

func appendOutboxEntry(b []byte, e OutboxEntry) []byte {
	b = append(b, byte(e.What), byte(e.Status), byte(e.State))
	b = kv.AppendUint(b, e.Seq)
	b = kv.AppendText(b, e.Key)
	b = kv.AppendText(b, e.UserID)
	b = kv.AppendText(b, e.Reason)
	b = kv.AppendTime(b, e.QueuedAt)
	b = kv.AppendUint(b, e.Attempts)
	b = kv.AppendTime(b, e.NextAt)
	return kv.AppendText(b, e.LastError)
}

func parseOutboxEntry(r *kv.RowReader) OutboxEntry {
	return OutboxEntry{
		What: What(r.Byte()), Status: crm.Status(r.Byte()), State: OutboxState(r.Byte()),
		Seq: r.Uint(), Key: r.Text(), UserID: r.Text(), Reason: r.Text(), QueuedAt: r.Time(),
		Attempts: r.Uint(), NextAt: r.Time(), LastError: r.Text(),
	}
}
