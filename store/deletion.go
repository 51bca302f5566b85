package store

import (
	"time"

	"crms/store/crm"
)

// userDeleted handles the deletion of a user in ATHS, which may come before or
// after what it is older than.
func (t *tx) userDeleted(s standing, e crm.Event, at time.Time) (Outcome, error) {
	switch {
	case !s.exists:
		if err := t.raiseFloor(e.UserID, e.Time); err != nil {
			return Stale, err
		}
		return Applied, t.unpark(e.UserID, at)
	case registeredAgain(s.record, e.Time):
		if err := t.raiseFloor(e.UserID, e.Time); err != nil {
			return Stale, err
		}
		return Applied, t.trim(s.record, e.Time, at)
	case workOf(s.record) == (ActiveWork{}):
		return Applied, t.depart(s.record, e.Time, at)
	}
	if err := t.leave(s.record, e.Time, at); err != nil {
		return Stale, err
	}
	// Had it been leaving before, then some of what was set aside is now older
	// than its deletion.
	return Applied, t.unpark(e.UserID, at)
}

// raiseFloor notes a deletion of a user without ending a customer. The stone of
// an earlier customer of the user keeps naming it.
func (t *tx) raiseFloor(userID string, deletedAt time.Time) error {
	stone, _, err := t.tombstones.Get(t.Tx, userID)
	if err != nil {
		return err
	}
	stone.DeletedAt = deletedAt // newer than the floor, or it would be stale
	return t.tombstones.Put(t.Tx, userID, stone)
}

// registeredAgain reports whether the customer has registered after the
// deletion, so that only its earlier life is over.
func registeredAgain(r record, deletedAt time.Time) bool { return lastRegistered(r).After(deletedAt) }

// lastRegistered is the time of the newest report of the customer's registration.
func lastRegistered(r record) (at time.Time) {
	for _, reg := range r.Registrations {
		if reg.At.After(at) {
			at = reg.At
		}
	}
	return at
}

// workOf is what keeps the customer from going.
func workOf(r record) ActiveWork {
	return ActiveWork{r.Figures.ActiveOrders(), r.Figures.OpenComplaints}
}

// leave marks the customer: it is Inactive from now on and goes when its last
// order and complaint close. Orders and complaints that began after the
// deletion are not its own and wait for another registration.
func (t *tx) leave(before record, deletedAt, at time.Time) error {
	after := before
	after.LeavingAt = deletedAt
	diff := difference{}
	if before.Status != crm.Inactive {
		diff.add("customerStatus", before.Status.String(), crm.Inactive.String())
		after.Status = crm.Inactive
	}
	if err := t.setLaterAside(before, deletedAt, at); err != nil {
		return err
	}
	var err error
	if after.Figures, err = t.recount(t.Tx, after); err != nil {
		return err
	}
	after.Activity++
	change := Change{At: at, By: crm.AuthService}
	after.Revision++
	after.LastModifiedBy, after.LastModifiedAt = change.By, change.At
	entry := crm.Entry{Action: crm.StatusChanged, Changes: diff, Reason: "The user was deleted in ATHS"}
	if err := t.remember(&after, change, entry); err != nil {
		return err
	}
	if err := t.save(&before, after); err != nil {
		return err
	}
	if workOf(after) == (ActiveWork{}) {
		return t.depart(after, deletedAt, at)
	}
	return nil
}

// setLaterAside keeps for another registration what is newer than the deletion.
// Deletions of orders and complaints stay with the customer until it goes: they
// may be about those for which it waits.
func (t *tx) setLaterAside(r record, deletedAt, at time.Time) error {
	later, err := t.laterThings(r, deletedAt)
	if err != nil {
		return err
	}
	for _, e := range later {
		if e.Type.IsThingDeleted() {
			continue
		}
		if err := t.dropLedgerRow(r.ID, e); err != nil {
			return err
		}
		if err := t.park(e, at, DeletedUser); err != nil {
			return err
		}
	}
	return t.parkAll(laterContact(r, deletedAt), at)
}

// depart ends the customer's life as of the deletion. What is newer than that
// is kept aside for another registration.
func (t *tx) depart(r record, deletedAt, at time.Time) error {
	later, err := t.laterThings(r, deletedAt)
	if err != nil {
		return err
	}
	later = append(later, laterContact(r, deletedAt)...)
	if err := t.remove(r, tombstone{ID: r.ID, DeletedAt: deletedAt}); err != nil {
		return err
	}
	return t.parkAll(later, at)
}

func (t *tx) parkAll(events []crm.Event, at time.Time) error {
	for _, e := range events {
		if err := t.park(e, at, DeletedUser); err != nil {
			return err
		}
	}
	return nil
}

// laterThings are the orders and complaints that began after the deletion, and
// the deletions of such, as the events that would make them again.
func (t *tx) laterThings(r record, deletedAt time.Time) ([]crm.Event, error) {
	var later []crm.Event
	for item := range t.orders.of(t.Tx, r.ID) {
		if item.Err != nil {
			return nil, item.Err
		}
		if e := orderEvent(r.UserID, item.Row); e.Began().After(deletedAt) {
			later = append(later, e)
		}
	}
	for item := range t.complaints.of(t.Tx, r.ID) {
		if item.Err != nil {
			return nil, item.Err
		}
		if e := complaintEvent(r.UserID, item.Row); e.Began().After(deletedAt) {
			later = append(later, e)
		}
	}
	return later, nil
}

// ownSource is the source of the events that crms makes of its own rows.
const ownSource = "crms"

func orderEvent(userID string, o crm.Order) crm.Event {
	kind := crm.OrderUpdated
	if o.Deleted {
		kind = crm.OrderDeleted
	}
	return crm.Event{Source: ownSource, ID: "order/" + o.OrderID, Time: o.Version, Type: kind, UserID: userID, Order: o}
}

func complaintEvent(userID string, c crm.Complaint) crm.Event {
	kind := crm.ComplaintUpdated
	if c.Deleted {
		kind = crm.ComplaintDeleted
	}
	return crm.Event{Source: ownSource, ID: "complaint/" + c.ComplaintID, Time: c.Version, Type: kind, UserID: userID, Complaint: c}
}

// laterContact is what was said of the user's contact after the deletion. Of a
// customer that is leaving already it has been set aside then; what is newer now
// an administrator has entered, and it goes with the customer.
func laterContact(r record, deletedAt time.Time) []crm.Event {
	if r.IsLeaving() {
		return nil
	}
	var later []crm.Event
	keep := func(field string, version time.Time, report crm.UserReport) {
		if version.After(deletedAt) {
			later = append(later, crm.Event{
				Source: ownSource, ID: "contact/" + field, Time: version, Type: crm.UserUpdated, UserID: r.UserID, User: report,
			})
		}
	}
	keep("email", r.Versions.Email, crm.UserReport{Email: &r.Email})
	keep("fullName", r.Versions.FullName, crm.UserReport{FullName: &r.FullName})
	keep("contactNumber", r.Versions.ContactNumber, crm.UserReport{ContactNumber: &r.ContactNumber})
	return later
}

// trim takes out of a customer what belongs to a life that ended before it
// registered again: the deletion has come late.
func (t *tx) trim(before record, deletedAt, at time.Time) error {
	after := before
	if err := t.trimLedger(before, deletedAt); err != nil {
		return err
	}
	after.Opening = crm.Figures{}
	after.Registrations = nil
	for _, reg := range before.Registrations {
		if !reg.At.After(deletedAt) {
			continue
		}
		after.Registrations = append(after.Registrations, reg)
		if len(after.Registrations) == 1 || reg.Since.Before(after.Since) {
			after.Since = reg.Since
		}
	}
	diff := difference{}
	diff.moved("customerSince", before.Since, after.Since)
	if !after.Versions.ContactNumber.After(deletedAt) {
		diff.text("contactNumber", &after.ContactNumber, "")
		after.Versions.ContactNumber = time.Time{}
	}
	var err error
	if after.Figures, err = t.recount(t.Tx, after); err != nil {
		return err
	}
	after.LeavingAt = time.Time{}
	after.Activity++
	_, err = t.amend(before, after, Change{At: at, By: crm.AuthService}, crm.Entry{
		Action: crm.Updated, Changes: diff, Reason: "The user was deleted in ATHS before registering again",
	})
	return err
}

// trimLedger deletes the rows of what began before the deletion.
func (t *tx) trimLedger(r record, deletedAt time.Time) error {
	var over []crm.Event
	for item := range t.orders.of(t.Tx, r.ID) {
		if item.Err != nil {
			return item.Err
		}
		if e := orderEvent(r.UserID, item.Row); !e.Began().After(deletedAt) {
			over = append(over, e)
		}
	}
	for item := range t.complaints.of(t.Tx, r.ID) {
		if item.Err != nil {
			return item.Err
		}
		if e := complaintEvent(r.UserID, item.Row); !e.Began().After(deletedAt) {
			over = append(over, e)
		}
	}
	for _, e := range over {
		if err := t.dropLedgerRow(r.ID, e); err != nil {
			return err
		}
	}
	return nil
}

// dropLedgerRow deletes the row of which the event speaks.
func (t *tx) dropLedgerRow(id crm.ID, e crm.Event) error {
	if e.Type <= crm.OrderDeleted {
		return t.orders.Delete(t.Tx, ledgerKey{id, e.Order.OrderID})
	}
	return t.complaints.Delete(t.Tx, ledgerKey{id, e.Complaint.ComplaintID})
}
