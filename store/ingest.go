package store

import (
	"slices"
	"time"

	"crms/store/crm"
)

// Ingest applies events of the sibling services, all of them or none.
//
// What becomes of an event depends on what is known of its user, and on its
// place before or after the user's deletion. An event that is not newer than
// the deletion speaks of a life that is over: it is stale. DESIGN.md has the
// whole table.
type Ingest struct {
	At     time.Time
	Events []crm.Event
}

// Ingested counts what became of events.
type Ingested struct {
	Received  int `json:"received"`
	Applied   int `json:"applied"`
	Duplicate int `json:"duplicate"`
	Stale     int `json:"stale"`
	Parked    int `json:"parked"`
}

func (c Ingest) apply(t *tx) (Ingested, error) {
	n := Ingested{Received: len(c.Events)}
	for _, e := range c.Events {
		outcome, err := t.ingest(e, c.At)
		if err != nil {
			return Ingested{}, err
		}
		t.events[outcome]++
		switch outcome {
		case Applied:
			n.Applied++
		case Duplicate:
			n.Duplicate++
		case Stale:
			n.Stale++
		case Parked:
			n.Parked++
		}
	}
	return n, nil
}

func (t *tx) ingest(e crm.Event, at time.Time) (Outcome, error) {
	if t.hasSeen(e) {
		return Duplicate, nil
	}
	key := parkedKey{e.UserID, e.Source, e.ID}
	_, waited, err := t.parked.Get(t.Tx, key)
	if err != nil {
		return Stale, err
	}
	outcome, err := t.deliver(e, at)
	if err != nil {
		return outcome, err
	}
	_, waits, err := t.parked.Get(t.Tx, key)
	switch {
	case err != nil:
		return Stale, err
	case waits && waited:
		return Duplicate, nil
	case !waits:
		t.markSeen(e)
	}
	return outcome, nil
}

// standing is what is known of an event's user.
type standing struct {
	record
	exists bool
	born   time.Time // when an earlier life ended; zero when there was none
	floor  time.Time // of the last deletion: born, or that of a leaving customer
}

func (t *tx) standingOf(userID string) (s standing, err error) {
	if id := t.users.Get(t.Tx, []byte(userID)); id != nil {
		if s.record, s.exists, err = t.customers.Get(t.Tx, crm.ID(id)); err != nil {
			return s, err
		}
	}
	stone, _, err := t.tombstones.Get(t.Tx, userID)
	s.born, s.floor = stone.DeletedAt, stone.DeletedAt
	if s.LeavingAt.After(s.floor) {
		s.floor = s.LeavingAt
	}
	return s, err
}

// isOver reports whether an event speaks of a life that has ended.
func (s standing) isOver(e crm.Event) bool {
	return !s.floor.IsZero() && !e.Began().After(s.floor)
}

// waitsFor reports whether an event may close what a leaving customer waits for:
// an order or a complaint of the life that ends. The deletion of one does not say
// when that began, so it always may.
func (s standing) waitsFor(e crm.Event) bool {
	return s.exists && s.IsLeaving() && e.Type.IsOfThing() && e.Began().After(s.born) &&
		(s.isOver(e) || e.Type.IsThingDeleted())
}

// deliver applies an event that has not come before, or parks it.
func (t *tx) deliver(e crm.Event, at time.Time) (Outcome, error) {
	s, err := t.standingOf(e.UserID)
	if err != nil {
		return Stale, err
	}
	switch {
	case s.waitsFor(e):
		return t.ledgerChanged(s.record, e, at)
	case s.isOver(e):
		return Stale, nil
	case e.Type == crm.UserDeleted:
		return t.userDeleted(s, e, at)
	case e.Type == crm.UserRegistered:
		return t.userRegistered(s, e, at)
	case !s.exists && s.floor.IsZero():
		return Parked, t.park(e, at, UnknownUser)
	case !s.exists, s.IsLeaving():
		// The user is deleted, and this is newer than that: it belongs to a
		// registration that has not come yet, if there is one.
		return Stale, t.park(e, at, DeletedUser)
	case e.Type == crm.UserUpdated:
		return t.userChanged(s.record, e, at)
	default:
		return t.ledgerChanged(s.record, e, at)
	}
}

// userRegistered makes a profile and applies what was waiting for it; of a user
// who has one it says nothing but what an update does. A customer that is
// leaving makes room at once.
func (t *tx) userRegistered(s standing, e crm.Event, at time.Time) (Outcome, error) {
	switch {
	case s.IsLeaving():
		if err := t.depart(s.record, s.LeavingAt, at); err != nil {
			return Stale, err
		}
	case s.exists:
		return t.userChanged(s.record, e, at)
	}
	c := crm.Customer{
		ID: e.NewID, UserID: e.UserID, Email: *e.User.Email, FullName: *e.User.FullName,
		Since: e.Since(), Registrations: []crm.Registration{{At: e.Time, Since: e.Since()}},
		Tags: []string{}, Preferences: []byte("{}"),
		CreatedBy: crm.AuthService, CreatedAt: at, LastModifiedBy: crm.AuthService, LastModifiedAt: at,
		Versions: crm.ContactVersions{Email: e.Time, FullName: e.Time},
	}
	if e.User.ContactNumber != nil {
		c.ContactNumber, c.Versions.ContactNumber = *e.User.ContactNumber, e.Time
	}
	if _, err := t.insert(Change{At: at, By: crm.AuthService}, c); err != nil {
		return Stale, err
	}
	return Applied, t.unpark(e.UserID, at)
}

// userChanged takes over each contact field of which the event is newer than
// what is known, and the registration, when it reports one.
func (t *tx) userChanged(before record, e crm.Event, at time.Time) (Outcome, error) {
	after, diff := before, difference{}
	newest := false
	take := func(name string, field *string, version *time.Time, to *string) {
		// Of two values that bear the same time the lesser stands, so that the
		// order in which they come does not matter.
		if to != nil && (e.Time.After(*version) || e.Time.Equal(*version) && *to < *field) {
			diff.text(name, field, *to)
			*version, newest = e.Time, true
		}
	}
	take("email", &after.Email, &after.Versions.Email, e.User.Email)
	take("fullName", &after.FullName, &after.Versions.FullName, e.User.FullName)
	take("contactNumber", &after.ContactNumber, &after.Versions.ContactNumber, e.User.ContactNumber)
	if e.Type == crm.UserRegistered && addRegistration(&after, crm.Registration{At: e.Time, Since: e.Since()}) {
		newest = true
		diff.moved("customerSince", before.Since, after.Since)
	}
	if !newest {
		return Stale, nil
	}
	_, err := t.amend(before, after, Change{At: at, By: crm.AuthService}, crm.Entry{Action: crm.Updated, Changes: diff})
	return Applied, err
}

// maxRegistrations bounds the reports of a registration that are kept. Only a
// user whose registration is reported more often than that, each time as a later
// one, has more; the oldest reports are let go.
const maxRegistrations = 16

// addRegistration takes over a report that says something new. A deletion may
// yet come and take the older reports away, so each is kept that could then be
// the one to go by: not those for which there is another that is as new and
// tells of as early a registration. It reports whether anything has changed.
func addRegistration(r *record, reg crm.Registration) bool {
	kept := []crm.Registration{reg}
	for _, known := range r.Registrations {
		if outdoes(known, reg) {
			return false
		}
		if !outdoes(reg, known) {
			kept = append(kept, known)
		}
	}
	slices.SortFunc(kept, func(a, b crm.Registration) int { return a.At.Compare(b.At) })
	r.Registrations = kept[max(0, len(kept)-maxRegistrations):]
	if reg.Since.Before(r.Since) {
		r.Since = reg.Since
	}
	return true
}

func outdoes(a, b crm.Registration) bool { return !a.At.Before(b.At) && !a.Since.After(b.Since) }

// ledgerChanged moves an order or a complaint. A customer that only waited for
// the last of them goes with it.
func (t *tx) ledgerChanged(before record, e crm.Event, at time.Time) (Outcome, error) {
	var after record
	var outcome Outcome
	var err error
	if e.Type <= crm.OrderDeleted {
		after, outcome, err = t.putOrder(before, e.Order)
	} else {
		after, outcome, err = t.putComplaint(before, e.Complaint)
	}
	if err != nil || outcome == Stale {
		return outcome, err
	}
	if err := t.saveFigures(before, after, at); err != nil {
		return outcome, err
	}
	if before.IsLeaving() && workOf(after) == (ActiveWork{}) {
		stored, err := t.customer(before.ID)
		if err != nil {
			return outcome, err
		}
		return outcome, t.depart(stored, stored.LeavingAt, at)
	}
	return outcome, nil
}
