package store

import (
	"crms/store/crm"
	"crms/store/internal/kv"
)

// The log holds a row for every committed change of a contact, numbered without
// gaps, until the follower has passed it. It is what the search index is kept
// up to date from.

const (
	// pruneBatch is how many passed rows are left to gather before they are
	// deleted together, so that pruning costs few page writes.
	pruneBatch = 256
	// maxLogRows bounds the log when no follower reads it; one that comes back
	// later than that starts from the records.
	maxLogRows = 1 << 20
)

// appendChange adds the customer to the log.
func (t *tx) appendChange(id crm.ID) error {
	seq, err := t.NextSequence(t.log.Name)
	if err != nil {
		return err
	}
	return t.log.Put(t.Tx, seq, id)
}

// pruneLog deletes rows that the follower has passed.
func (s *Store) pruneLog(t *tx) error {
	passed := s.passed.Load()
	if last := t.Sequence(t.log.Name); last > maxLogRows {
		passed = max(passed, last-maxLogRows)
	}
	first, any, err := firstLogRow(t.Tx, t.log)
	if err != nil || !any || first+pruneBatch > passed {
		return err
	}
	for seq := first; seq <= passed && seq < first+4*pruneBatch; seq++ {
		if err := t.log.Delete(t.Tx, seq); err != nil {
			return err
		}
	}
	return nil
}

func firstLogRow(tx *kv.Tx, log *kv.Table[uint64, crm.ID]) (seq uint64, any bool, err error) {
	for item := range log.Walk(tx, nil) {
		return item.Key, item.Err == nil, item.Err
	}
	return 0, false, nil
}

// publish makes a commit known to those who wait for it.
func (s *Store) publish(t *tx) {
	if len(t.newlySeen) > 0 {
		s.seen.forget(t.forgotten)
		s.seen.add(seenRow{t.seenRow, len(t.newlySeen)}, t.newlySeen)
	}
	s.count(t)
	if s.lastSeq.Swap(t.lastSeq) != t.lastSeq {
		notify(s.committed)
	}
	if t.queued {
		notify(s.queued)
	}
}

// count adds up what became of events.
func (s *Store) count(t *tx) {
	for outcome, n := range t.events {
		s.events[outcome].Add(n)
	}
}

// notify leaves a notice in a channel with room for one.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // one is waiting already
	}
}

// LastSeq is the number of the newest committed row of the log, 0 when there
// never was one.
func (s *Store) LastSeq() uint64 { return s.lastSeq.Load() }

// Committed receives a value after commits that added to the log. Several
// commits may share one value; there is one receiver.
func (s *Store) Committed() <-chan struct{} { return s.committed }

// Passed says that the follower durably holds everything up to seq, so that the
// log need not.
func (s *Store) Passed(seq uint64) { s.passed.Store(seq) }

// Changes returns the rows of the log behind the sequence number, oldest first,
// at most limit. complete is false when some of those have been pruned, so that
// only the records themselves can tell what has changed.
func (s *Store) Changes(after uint64, limit int) (rows []crm.Change, complete bool, err error) {
	err = s.view("the log", func(tx *kv.Tx) error {
		rows = rows[:0]
		for item := range s.schema.log.Range(tx, kv.AppendUint64(nil, after+1), nil) {
			if item.Err != nil {
				return item.Err
			}
			if rows = append(rows, crm.Change{Seq: item.Key, ID: item.Row}); len(rows) == limit {
				break
			}
		}
		last := tx.Sequence(s.schema.log.Name)
		complete = after == last || after < last && len(rows) > 0 && rows[0].Seq == after+1
		return nil
	})
	return rows, complete, err
}

// Contacts returns the contacts of those ids that exist, in one transaction.
func (s *Store) Contacts(ids []crm.ID) ([]crm.Contact, error) {
	contacts := make([]crm.Contact, 0, len(ids))
	err := s.view("contacts", func(tx *kv.Tx) error {
		for _, id := range ids {
			r, found, err := s.schema.customers.Get(tx, id)
			if err != nil {
				return err
			}
			if found {
				contacts = append(contacts, r.Contact())
			}
		}
		return nil
	})
	return contacts, err
}

// ContactsAfter walks all contacts in the order of their ids: it returns at
// most limit of those behind the given id, the zero id standing for the start.
func (s *Store) ContactsAfter(after crm.ID, limit int) ([]crm.Contact, error) {
	contacts := make([]crm.Contact, 0, limit)
	err := s.view("contacts", func(tx *kv.Tx) error {
		for item := range s.schema.customers.Range(tx, after[:], nil) {
			if item.Err != nil {
				return item.Err
			}
			if item.Key == after {
				continue
			}
			if contacts = append(contacts, item.Row.Contact()); len(contacts) == limit {
				break
			}
		}
		return nil
	})
	return contacts, err
}

// CountContacts is the number of customers.
func (s *Store) CountContacts() (int, error) {
	var n int64
	err := s.view("totals", func(tx *kv.Tx) error {
		all, err := s.totals(tx)
		n = all.All.Customers
		return err
	})
	return int(n), err
}
