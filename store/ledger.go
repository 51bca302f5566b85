package store

import (
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// The ledger holds a row for each order and complaint. The rows, and the
// opening balance of an import, are the truth; a customer's figures are what
// they add up to and move by the difference of each row.

// Outcome says what became of a report.
type Outcome int

const (
	Applied   Outcome = iota // what is stored is now as reported
	Duplicate                // the same event has come before
	Stale                    // what is known is as new or newer
	Parked                   // it waits for its user to register
	numOutcomes
)

var outcomeNames = [numOutcomes]string{"applied", "duplicate", "stale", "parked"}

func (o Outcome) String() string { return outcomeNames[o] }

// PutOrder reports the state of an order of a customer.
type PutOrder struct {
	Change
	ID    crm.ID
	Order crm.Order
}

func (c PutOrder) apply(t *tx) (Outcome, error) {
	r, err := t.customer(c.ID)
	if err != nil {
		return Stale, err
	}
	after, outcome, err := t.putOrder(r, c.Order)
	if err != nil || outcome == Stale {
		return outcome, err
	}
	return outcome, t.saveFigures(r, after, c.At)
}

// PutComplaint reports the state of a complaint of a customer.
type PutComplaint struct {
	Change
	ID        crm.ID
	Complaint crm.Complaint
}

func (c PutComplaint) apply(t *tx) (Outcome, error) {
	r, err := t.customer(c.ID)
	if err != nil {
		return Stale, err
	}
	after, outcome, err := t.putComplaint(r, c.Complaint)
	if err != nil || outcome == Stale {
		return outcome, err
	}
	return outcome, t.saveFigures(r, after, c.At)
}

// saveFigures saves a record whose figures have moved. That is crms's own
// doing, not a change of the profile.
func (t *tx) saveFigures(before, after record, at time.Time) error {
	after.Activity++
	after.LastModifiedBy, after.LastModifiedAt = crm.System, at
	return t.save(&before, after)
}

// putOrder replaces the order's row when the report is newer, and returns the
// record with the figures that follow. The record itself is not saved yet.
func (t *tx) putOrder(r record, o crm.Order) (record, Outcome, error) {
	key := ledgerKey{r.ID, o.OrderID}
	old, found, err := t.orders.Get(t.Tx, key)
	if err != nil {
		return r, Stale, err
	}
	if found && !o.Supersedes(old) {
		return r, Stale, nil
	}
	if err := t.orders.Put(t.Tx, key, o); err != nil {
		return r, Stale, err
	}
	r.Figures = r.Figures.Clone()
	counted := found && !old.Deleted
	if counted {
		r.Figures.AddOrder(old, -1)
	}
	if !o.Deleted {
		r.Figures.AddOrder(o, 1)
	}
	if counted && old.PlacedAt.Equal(r.Figures.LastOrder) && (o.Deleted || o.PlacedAt.Before(old.PlacedAt)) {
		r.Figures.LastOrder, err = t.lastOrder(r)
	}
	return r, Applied, err
}

// putComplaint is to complaints what putOrder is to orders.
func (t *tx) putComplaint(r record, c crm.Complaint) (record, Outcome, error) {
	key := ledgerKey{r.ID, c.ComplaintID}
	old, found, err := t.complaints.Get(t.Tx, key)
	if err != nil {
		return r, Stale, err
	}
	if found && !c.Supersedes(old) {
		return r, Stale, nil
	}
	if err := t.complaints.Put(t.Tx, key, c); err != nil {
		return r, Stale, err
	}
	r.Figures = r.Figures.Clone()
	counted := found && !old.Deleted
	if counted {
		r.Figures.AddComplaint(old, -1)
	}
	if !c.Deleted {
		r.Figures.AddComplaint(c, 1)
	}
	if counted && old.OpenedAt.Equal(r.Figures.LastComplaint) && (c.Deleted || c.OpenedAt.Before(old.OpenedAt)) {
		r.Figures.LastComplaint, err = t.lastComplaint(r)
	}
	return r, Applied, err
}

// lastOrder finds the latest order among the remaining ones. It walks the
// customer's orders, which is only needed when the latest one is deleted or turns
// out to have been placed earlier.
func (t *tx) lastOrder(r record) (time.Time, error) {
	last := r.Opening.LastOrder
	for item := range t.orders.of(t.Tx, r.ID) {
		if item.Err != nil {
			return last, item.Err
		}
		if o := item.Row; !o.Deleted && o.PlacedAt.After(last) {
			last = o.PlacedAt
		}
	}
	return last, nil
}

func (t *tx) lastComplaint(r record) (time.Time, error) {
	last := r.Opening.LastComplaint
	for item := range t.complaints.of(t.Tx, r.ID) {
		if item.Err != nil {
			return last, item.Err
		}
		if c := item.Row; !c.Deleted && c.OpenedAt.After(last) {
			last = c.OpenedAt
		}
	}
	return last, nil
}

// recount adds up the customer's figures from the opening balance and the
// ledger.
func (s *schema) recount(tx *kv.Tx, r record) (crm.Figures, error) {
	f := r.Opening.Clone()
	for item := range s.orders.of(tx, r.ID) {
		if item.Err != nil {
			return f, item.Err
		}
		if !item.Row.Deleted {
			f.AddOrder(item.Row, 1)
		}
	}
	for item := range s.complaints.of(tx, r.ID) {
		if item.Err != nil {
			return f, item.Err
		}
		if !item.Row.Deleted {
			f.AddComplaint(item.Row, 1)
		}
	}
	return f, nil
}

// Load makes a customer with its notes, orders and complaints at once. The
// customer's figures and the numbers of its notes are made anew.
type Load struct {
	Change
	Customer   crm.Customer
	Notes      []crm.Note
	Orders     []crm.Order
	Complaints []crm.Complaint
}

func (l Load) apply(t *tx) (crm.ID, error) {
	if err := t.checkFree(l.Customer.ID, l.Customer.UserID, l.Customer.Email); err != nil {
		return crm.ID{}, err
	}
	c := l.Customer
	c.Figures = c.Opening.Clone()
	before, err := t.insert(l.Change, c)
	if err != nil {
		return c.ID, err
	}
	after := before
	for _, n := range l.Notes {
		after.Notes++
		n.Number = after.Notes
		if err := t.notes.Put(t.Tx, numberedKey{c.ID, n.Number}, n); err != nil {
			return c.ID, err
		}
	}
	for _, o := range l.Orders {
		if after, _, err = t.putOrder(after, o); err != nil {
			return c.ID, err
		}
	}
	for _, o := range l.Complaints {
		if after, _, err = t.putComplaint(after, o); err != nil {
			return c.ID, err
		}
	}
	if err := t.save(&before, after); err != nil {
		return c.ID, err
	}
	return c.ID, t.unpark(c.UserID, l.At)
}
