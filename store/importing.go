package store

import (
	"cmp"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// Import makes and updates customers from the rows of a file, in their order. A
// row that cannot be taken does not stop the others. Applying the same rows a
// second time changes nothing.
//
// The userId is a customer's identity: an email may be that of others too, as
// after a registration in ATHS. ATHS is not told of an imported status.
type Import struct {
	Change
	OnConflict OnConflict
	// Restore takes rows of users who have been deleted, as if they never were.
	// Without it such a row fails: a deletion is for good.
	Restore bool
	Rows    []ImportRow
}

// OnConflict says what becomes of a row whose user is a customer already.
type OnConflict uint8

const (
	UpdateExisting OnConflict = iota
	SkipExisting
	FailExisting
)

var onConflictNames = []string{UpdateExisting: "update", SkipExisting: "skip", FailExisting: "fail"}

// ParseOnConflict reads update, skip or fail.
func ParseOnConflict(s string) (OnConflict, bool) {
	for i, name := range onConflictNames {
		if s == name {
			return OnConflict(i), true
		}
	}
	return 0, false
}

// RowOutcome says what became of a row.
type RowOutcome uint8

const (
	RowCreated RowOutcome = iota
	RowUpdated
	RowUnchanged // what is stored is what the row says
	RowSkipped   // by [SkipExisting]
	RowFailed
)

// RowResult is what became of a row, and why when it failed.
type RowResult struct {
	Outcome  RowOutcome
	Problems crm.Problems
}

func failedRow(field, format string, args ...any) RowResult {
	r := RowResult{Outcome: RowFailed}
	r.Problems.Add(field, format, args...)
	return r
}

func (c Import) apply(t *tx) ([]RowResult, error) {
	m := importer{tx: t, Import: c, ids: map[crm.ID]bool{}, users: map[string]bool{}}
	results := make([]RowResult, len(c.Rows))
	for i := range c.Rows {
		var err error
		if results[i], err = m.row(&c.Rows[i]); err != nil {
			return nil, err
		}
	}
	return results, m.flush()
}

// importer applies the rows. New customers are gathered and written together,
// in the order of their keys, which is what makes an import fast.
type importer struct {
	*tx
	Import
	fresh []newcomer
	ids   map[crm.ID]bool // of fresh
	users map[string]bool // of fresh
}

// newcomer is a customer who is not written yet.
type newcomer struct {
	record
	row *ImportRow
}

func (m *importer) row(r *ImportRow) (RowResult, error) {
	userID := r.Customer.UserID
	if m.users[userID] || m.ids[r.Customer.ID] {
		if err := m.flush(); err != nil {
			return RowResult{}, err
		}
	}
	id := m.schema.users.Get(m.Tx, []byte(userID))
	switch {
	case id == nil:
		return m.create(r)
	case m.OnConflict == SkipExisting:
		return RowResult{Outcome: RowSkipped}, nil
	case m.OnConflict == FailExisting:
		return failedRow("userId", "is that of a customer already"), nil
	}
	before, err := m.customer(crm.ID(id))
	if err != nil {
		return RowResult{}, err
	}
	return m.update(before, r)
}

// create checks a new customer and gathers it.
func (m *importer) create(r *ImportRow) (RowResult, error) {
	failed := RowResult{Outcome: RowFailed}
	if !r.Given.Has(GivenEmail) {
		failed.Problems.Add("email", "is required")
	}
	if !r.Given.Has(GivenFullName) {
		failed.Problems.Add("fullName", "is required")
	}
	if !r.Customer.ID.IsZero() && m.customers.Has(m.Tx, r.Customer.ID) {
		failed.Problems.Add("customerId", "is that of another user's customer")
	}
	stone, deleted, err := m.tombstones.Get(m.Tx, r.Customer.UserID)
	if err != nil {
		return failed, err
	}
	if deleted && !m.Restore {
		failed.Problems.Add("userId", "was deleted at %s", crm.FormatTime(stone.DeletedAt))
	}
	n := newcomer{record: record{Customer: m.newCustomer(r)}, row: r}
	crm.CheckOpening(&failed.Problems, n.Opening)
	if len(failed.Problems) > 0 {
		return failed, nil
	}
	if deleted {
		if err := m.tombstones.Delete(m.Tx, n.UserID); err != nil {
			return failed, err
		}
	}
	n.Notes, n.Entries = uint32(len(r.Notes)), 1
	m.fresh = append(m.fresh, n)
	m.ids[n.ID], m.users[n.UserID] = true, true
	return RowResult{Outcome: RowCreated}, nil
}

// newCustomer is the customer of a row, with everything that the row does not
// say set to what a new customer has.
func (m *importer) newCustomer(r *ImportRow) crm.Customer {
	c := r.Customer
	if c.ID.IsZero() {
		c.ID = r.NewID
	}
	c.Since = firstTime(c.Since, c.CreatedAt, m.At)
	c.Registrations = []crm.Registration{{At: c.Since, Since: c.Since}}
	c.CreatedAt = firstTime(c.CreatedAt, c.Since)
	c.CreatedBy = cmp.Or(c.CreatedBy, m.By)
	c.LastModifiedAt = firstTime(c.LastModifiedAt, m.At)
	c.LastModifiedBy = cmp.Or(c.LastModifiedBy, m.By)
	if c.Tags == nil {
		c.Tags = []string{}
	}
	if len(c.Preferences) == 0 {
		c.Preferences = []byte("{}")
	}
	// What is newer than the line wins over it.
	c.Versions = crm.ContactVersions{Email: c.LastModifiedAt, FullName: c.LastModifiedAt, ContactNumber: c.LastModifiedAt}
	c.Revision = 1
	c.Opening = r.opening(crm.Customer{})
	c.Figures = c.Opening.Clone()
	for _, o := range r.Orders {
		c.Figures.AddOrder(o, 1)
	}
	for _, o := range r.Complaints {
		c.Figures.AddComplaint(o, 1)
	}
	return c
}

func firstTime(times ...time.Time) time.Time {
	for _, t := range times {
		if !t.IsZero() {
			return t
		}
	}
	return time.Time{}
}

// flush writes the customers that have been gathered.
func (m *importer) flush() error {
	if len(m.fresh) == 0 {
		return nil
	}
	if err := m.insertFresh(); err != nil {
		return err
	}
	waiting, err := m.anyParked()
	if err != nil {
		return err
	}
	for _, n := range m.fresh {
		if err := m.appendChange(n.ID); err != nil {
			return err
		}
		if waiting {
			if err := m.unpark(n.UserID, m.At); err != nil {
				return err
			}
		}
	}
	m.fresh = m.fresh[:0]
	clear(m.ids)
	clear(m.users)
	return nil
}

func (m *importer) insertFresh() error {
	m.topMoved = true
	records := make([]kv.Keyed[crm.ID, record], len(m.fresh))
	var rows kv.NewRows
	for i, n := range m.fresh {
		records[i] = kv.Keyed[crm.ID, record]{Key: n.ID, Row: n.record}
		m.history.Gather(&rows, numberedKey{n.ID, 1}, crm.Entry{Number: 1, At: m.At, By: m.By, Action: crm.Created})
		for j, note := range n.row.Notes {
			note.Number = uint32(j + 1)
			m.notes.Gather(&rows, numberedKey{n.ID, note.Number}, note)
		}
		for _, o := range n.row.Orders {
			m.orders.Gather(&rows, ledgerKey{n.ID, o.OrderID}, o)
		}
		for _, c := range n.row.Complaints {
			m.complaints.Gather(&rows, ledgerKey{n.ID, c.ComplaintID}, c)
		}
	}
	return m.customers.Insert(m.Tx, records, &rows)
}

func (t *tx) anyParked() (bool, error) {
	for item := range t.parked.Walk(t.Tx, nil) {
		return item.Err == nil, item.Err
	}
	return false, nil
}
