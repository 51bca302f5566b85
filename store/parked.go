package store

import (
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// Why says why an event is parked.
type Why uint8

// The values are part of the schema: append only.
const (
	UnknownUser Why = iota // has never registered, as far as crms knows
	DeletedUser            // is deleted, and the event is newer than that
)

func (w Why) String() string {
	if w == DeletedUser {
		return "deleted user"
	}
	return "unknown user"
}

// parkedKey is the key of an event that waits for its user. A repeat of the
// event takes its place.
type parkedKey struct{ UserID, Source, ID string }

var parkedKeyCodec = kv.Codec[parkedKey]{
	Append: func(b []byte, k parkedKey) []byte {
		return append(kv.AppendString(kv.AppendString(b, k.UserID), k.Source), k.ID...)
	},
	Parse: func(b []byte) (parkedKey, error) {
		r := kv.ReadKey(b)
		k := parkedKey{UserID: r.String(), Source: r.String()}
		k.ID = string(r.Rest())
		return k, r.Err()
	},
}

// ParkedEvent is an event that waits for its user, since when and why.
type ParkedEvent struct {
	crm.Event
	Since time.Time
	Why   Why
}

func (p ParkedEvent) key() parkedKey { return parkedKey{p.UserID, p.Source, p.ID} }

func (t *tx) park(e crm.Event, at time.Time, why Why) error {
	key := parkedKey{e.UserID, e.Source, e.ID}
	before, found, err := t.parked.Get(t.Tx, key)
	if err != nil {
		return err
	}
	var old *ParkedEvent
	if found {
		old = &before
	}
	return t.parked.Save(t.Tx, key, old, ParkedEvent{Event: e, Since: at, Why: why})
}

// waiting returns what is parked for the user.
func (t *tx) waiting(userID string) ([]ParkedEvent, error) {
	var all []ParkedEvent
	for item := range t.parked.Walk(t.Tx, kv.AppendString(nil, userID)) {
		if item.Err != nil {
			return nil, item.Err
		}
		all = append(all, item.Row)
	}
	return all, nil
}

func (t *tx) dropParked(p ParkedEvent) error {
	return t.parked.Remove(t.Tx, p.key(), p)
}

// unpark delivers what was waiting for the user, of whom there is news. Some of
// it may have to go on waiting.
func (t *tx) unpark(userID string, at time.Time) error {
	all, err := t.waiting(userID)
	if err != nil {
		return err
	}
	for _, p := range all {
		if err := t.dropParked(p); err != nil {
			return err
		}
		if _, err := t.deliver(p.Event, at); err != nil {
			return err
		}
		again, waits, err := t.parked.Get(t.Tx, p.key())
		switch {
		case err != nil:
			return err
		case !waits:
			t.markSeen(p.Event)
		default:
			p.Why = again.Why
			if err := t.parked.Save(t.Tx, p.key(), &again, p); err != nil {
				return err
			}
		}
	}
	return nil
}

// ParkedEvents returns what waits, by user, at most limit, and how many there are.
func (s *Store) ParkedEvents(limit int) (events []ParkedEvent, total int64, err error) {
	return s.ParkedPage(0, limit)
}

// ParkedPage is [Store.ParkedEvents] without the first offset events.
func (s *Store) ParkedPage(offset int64, limit int) (events []ParkedEvent, total int64, err error) {
	err = s.view("parked events", func(tx *kv.Tx) error {
		for _, n := range sumOf(tx, s.schema.parkedTotals) {
			total += n
		}
		for item := range s.schema.parked.Walk(tx, nil) {
			switch {
			case item.Err != nil:
				return item.Err
			case len(events) == limit:
				return nil
			case offset > 0:
				offset--
			default:
				events = append(events, item.Row)
			}
		}
		return nil
	})
	return events, total, err
}

// DropParked drops what waits for the users, or everything that waits. It
// returns how many events that were.
type DropParked struct {
	Users []string
	All   bool
}

func (c DropParked) apply(t *tx) (int, error) {
	var doomed []ParkedEvent
	prefixes := [][]byte{nil}
	if !c.All {
		prefixes = prefixes[:0]
		for _, user := range c.Users {
			prefixes = append(prefixes, kv.AppendString(nil, user))
		}
	}
	for _, prefix := range prefixes {
		for item := range t.parked.Walk(t.Tx, prefix) {
			if item.Err != nil {
				return 0, item.Err
			}
			doomed = append(doomed, item.Row)
		}
	}
	for _, p := range doomed {
		if err := t.dropParked(p); err != nil {
			return 0, err
		}
	}
	return len(doomed), nil
}

// Backlog is what waits in the two waiting rooms.
type Backlog struct {
	UnknownUsers, DeletedUsers int64     // parked events, by why
	Pending, Dead              int64     // outbox entries, by state
	OldestPending              time.Time // when the oldest pending entry was queued; zero without one
}

// Backlog counts what waits.
func (s *Store) Backlog() (b Backlog, err error) {
	err = s.view("the waiting rooms", func(tx *kv.Tx) error {
		parked, queued := sumOf(tx, s.schema.parkedTotals), sumOf(tx, s.schema.outboxTotals)
		b.UnknownUsers, b.DeletedUsers = parked[byte(UnknownUser)], parked[byte(DeletedUser)]
		b.Pending, b.Dead = queued[byte(Pending)], queued[byte(Dead)]
		if b.Pending == 0 {
			return nil
		}
		for item := range s.schema.outbox.Walk(tx, nil) {
			if item.Err != nil {
				return item.Err
			}
			if item.Row.State == Pending {
				b.OldestPending = item.Row.QueuedAt
				break
			}
		}
		return nil
	})
	return b, err
}

// sumOf reads the counters of a sum whose keys are one byte and whose vectors
// one number.
func sumOf[V any](tx *kv.Tx, sum *kv.Sum[V]) map[byte]int64 {
	counts := map[byte]int64{}
	for c := range sum.Back(tx, nil, nil) {
		if c.Err == nil && len(c.Key) == 1 {
			counts[c.Key[0]] = c.Terms[0]
		}
	}
	return counts
}

// EventCounts returns how many events have had each outcome since the store was
// opened, by the outcome's name.
func (s *Store) EventCounts() map[string]int64 {
	counts := map[string]int64{}
	for outcome := range numOutcomes {
		counts[outcome.String()] = s.events[outcome].Load()
	}
	return counts
}

const (
	hasEmail = 1 << iota
	hasFullName
	hasContactNumber
)

func appendParked(b []byte, p ParkedEvent) []byte {
	b = append(b, byte(p.Why), byte(p.Type))
	b = kv.AppendTime(b, p.Since)
	b = kv.AppendText(b, p.Source)
	b = kv.AppendText(b, p.ID)
	b = kv.AppendTime(b, p.Time)
	b = kv.AppendText(b, p.UserID)
	b = append(b, p.NewID[:]...)
	switch {
	case p.Type <= crm.UserDeleted:
		return appendUserReport(b, p.User)
	case p.Type <= crm.OrderDeleted:
		return appendOrder(b, p.Order)
	default:
		return appendComplaint(b, p.Complaint)
	}
}

func parseParked(r *kv.RowReader) ParkedEvent {
	var p ParkedEvent
	p.Why, p.Type = Why(r.Byte()), crm.EventType(r.Byte())
	p.Since = r.Time()
	p.Source = r.Text()
	p.ID = r.Text()
	p.Time = r.Time()
	p.UserID = r.Text()
	for i := range p.NewID {
		p.NewID[i] = r.Byte()
	}
	switch {
	case p.Type <= crm.UserDeleted:
		p.User = parseUserReport(r)
	case p.Type <= crm.OrderDeleted:
		p.Order = parseOrder(r)
	default:
		p.Complaint = parseComplaint(r)
	}
	return p
}

func appendUserReport(b []byte, u crm.UserReport) []byte {
	var has byte
	fields := []struct {
		bit  byte
		text *string
	}{{hasEmail, u.Email}, {hasFullName, u.FullName}, {hasContactNumber, u.ContactNumber}}
	for _, field := range fields {
		if field.text != nil {
			has |= field.bit
		}
	}
	b = kv.AppendTime(append(b, has), u.RegisteredAt)
	for _, field := range fields {
		if field.text != nil {
			b = kv.AppendText(b, *field.text)
		}
	}
	return b
}

func parseUserReport(r *kv.RowReader) (u crm.UserReport) {
	has := r.Byte()
	u.RegisteredAt = r.Time()
	take := func(bit byte) *string {
		if has&bit == 0 {
			return nil
		}
		s := r.Text()
		return &s
	}
	u.Email, u.FullName, u.ContactNumber = take(hasEmail), take(hasFullName), take(hasContactNumber)
	return u
}
