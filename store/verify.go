package store

import (
	"bytes"
	"fmt"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// Finding is one difference that [Store.Verify] has found.
type Finding string

// missingRow is what an index says that points at nothing.
func missingRow(id crm.ID) error {
	return fmt.Errorf("customer %s %w: an index knows it, but it has no record", id, ErrDamaged)
}

// Verify proves the whole store again and names each difference: every page is
// in its place, every row matches its checksum, every index and sum is what the
// records add up to, each customer's figures are what the opening balance and
// the ledger add up to, notes and history are numbered as the record says, and
// nothing belongs to a customer that does not exist.
//
// It holds off the commands while it runs, since bbolt's own check must not
// run beside a writer.
func (s *Store) Verify() ([]Finding, error) {
	var found []Finding
	report := func(format string, args ...any) {
		found = append(found, Finding(fmt.Sprintf(format, args...)))
	}
	err := s.committer.pause(func() error {
		if err := s.db.Check(func(err error) { report("page structure: %v", err) }); err != nil {
			return err
		}
		return s.db.View(func(tx *kv.Tx) error {
			v := verifier{s.schema, tx, report}
			v.run()
			return nil
		})
	})
	if err != nil {
		return found, fmt.Errorf("cannot verify store %s: %w", s.dir, err)
	}
	return found, nil
}

type verifier struct {
	*schema
	tx     *kv.Tx
	report func(format string, args ...any)
}

func (v verifier) run() {
	v.meta.Verify(v.tx, v.report, func(string, string) {})
	ordering := 0
	v.customers.Verify(v.tx, v.report, func(_ crm.ID, r record) {
		if r.Figures.TotalOrders > 0 {
			ordering++
		}
		v.customer(r)
	})
	v.topHolds(ordering)
	v.parked.Verify(v.tx, v.report, func(parkedKey, ParkedEvent) {})
	v.outbox.Verify(v.tx, v.report, func(uint64, OutboxEntry) {})
	v.seen.Verify(v.tx, v.report, func(uint64, []eventHash) {})
	v.children()
	v.deleted()
	v.logRows()
}

// customer compares the record with the customer's rows, unless one of these is
// damaged, which children names.
func (v verifier) customer(r record) {
	figures, err := v.recount(v.tx, r)
	if err == nil && !sameFigures(figures, r.Figures) {
		v.report("customer %s: figures are %+v, the ledger adds up to %+v", r.ID, r.Figures, figures)
	}
	v.numbers(r, v.notes.Name, r.Notes, numbersOf(v.notes, v.tx, r.ID))
	v.numbers(r, v.history.Name, r.Entries, numbersOf(v.history, v.tx, r.ID))
}

// topHolds looks for a bar that has hardly anybody above it.
func (v verifier) topHolds(ordering int) {
	if n := v.countTop(v.tx); n < min(topSize, ordering) {
		v.report("index %s has %d entries, of %d customers with orders", v.top.Name, n, ordering)
	}
}

// normal makes figures comparable: no counts is the same as an empty list.
func normal(f crm.Figures) crm.Figures {
	if len(f.OrdersByStatus) == 0 {
		f.OrdersByStatus = nil
	}
	if len(f.ComplaintsByCategory) == 0 {
		f.ComplaintsByCategory = nil
	}
	return f
}

// numbersOf returns the numbers of a customer's rows, and the error that ended
// the walk.
func numbersOf[V any](table *child[numberedKey, V], tx *kv.Tx, id crm.ID) func(yield func(uint32, error) bool) {
	return func(yield func(uint32, error) bool) {
		for item := range table.of(tx, id) {
			if !yield(item.Key.Number, item.Err) {
				return
			}
		}
	}
}

func (v verifier) numbers(r record, table string, last uint32, numbers func(func(uint32, error) bool)) {
	next := uint32(1)
	for n, err := range numbers {
		if err != nil {
			return
		}
		if n != next {
			v.report("customer %s: %s: number %d follows %d", r.ID, table, n, next-1)
		}
		next = n + 1
	}
	if next-1 != last {
		v.report("customer %s: %s: the record says %d, the last is %d", r.ID, table, last, next-1)
	}
}

// children reads every row that belongs to a customer, also where the customer's
// own record cannot be read, and names those that are damaged, or nobody's: a
// customer's record comes right before its other rows.
func (v verifier) children() {
	var owner []byte
	for key, sealed := range v.tx.Rows(v.customers.Name) {
		if v.customers.Holds(key) {
			owner = key
			continue
		}
		table, rows, known := v.childOf(key)
		if !known {
			v.report("%s: row %x is of an unknown kind", v.customers.Name, key)
			continue
		}
		if id := key[:idSize]; !bytes.Equal(id, owner) {
			v.report("%s: row %x belongs to customer %x, who does not exist", table, key, id)
		}
		if err := rows.Prove(key, sealed); err != nil {
			v.report("%v", err)
		}
	}
}

// deleted looks for customers that live on beside their tombstone.
func (v verifier) deleted() {
	v.tombstones.Verify(v.tx, v.report, func(userID string, stone tombstone) {
		// An import may give the id of a deleted customer to another user.
		if r, found, err := v.customers.Get(v.tx, stone.ID); err == nil && found && r.UserID == userID {
			v.report("customer %s exists beside its tombstone", stone.ID)
		}
	})
}

// logRows checks that the log has no gaps and ends where it says.
func (v verifier) logRows() {
	last, next := v.tx.Sequence(v.log.Name), uint64(0)
	v.log.Verify(v.tx, v.report, func(seq uint64, _ crm.ID) {
		if next != 0 && seq != next {
			v.report("log: row %d follows row %d", seq, next-1)
		}
		next = seq + 1
	})
	if next != 0 && next-1 != last {
		v.report("log: ends with row %d, but %d were given out", next-1, last)
	}
}
