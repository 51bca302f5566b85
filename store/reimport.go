package store

import (
	"bytes"
	"slices"

	"crms/store/crm"

	"github.com/go-json-experiment/json/jsontext"
)

// revision is an existing customer on its way to what a row says.
type revision struct {
	before, after record
	diff          difference
	notes         []crm.Note // new, or with another content
	orders        []crm.Order
	complaints    []crm.Complaint
	opening       bool // the opening balance is another one
}

// update brings an existing customer to what the row says. What the row does
// not speak of stays.
func (m *importer) update(before record, r *ImportRow) (RowResult, error) {
	v := revision{before: before, after: before}
	var problems crm.Problems
	if !r.Customer.ID.IsZero() && r.Customer.ID != before.ID {
		problems.Add("customerId", "is not that of the userId, which is %s", before.ID)
	}
	if before.IsLeaving() && r.Given.Has(GivenStatus) && r.Customer.Status != crm.Inactive {
		problems.Add("customerStatus", "must stay Inactive: the customer is marked for deletion")
	}
	if v.after.Opening = r.opening(before.Customer); !sameFigures(v.after.Opening, before.Opening) {
		v.opening = true
		crm.CheckOpening(&problems, v.after.Opening)
	}
	if len(problems) > 0 {
		return RowResult{Outcome: RowFailed, Problems: problems}, nil
	}
	m.contact(&v, r)
	m.profile(&v, r)
	if err := m.compareNotes(&v, r.Notes); err != nil {
		return RowResult{}, err
	}
	if err := m.compareLedger(&v, r); err != nil {
		return RowResult{}, err
	}
	if len(v.diff) == 0 && len(v.orders) == 0 && len(v.complaints) == 0 && !v.opening {
		return RowResult{Outcome: RowUnchanged}, nil
	}
	return RowResult{Outcome: RowUpdated}, m.write(v)
}

// contact takes over the fields that ATHS may change too. The row is newer than
// what it replaces, as an administrator's change is.
func (m *importer) contact(v *revision, r *ImportRow) {
	from, to, after := &v.before, &r.Customer, &v.after
	if r.Given.Has(GivenEmail) && to.Email != from.Email {
		v.diff.text("email", &after.Email, to.Email)
		after.Versions.Email = newer(m.At, from.Versions.Email)
	}
	if r.Given.Has(GivenFullName) && to.FullName != from.FullName {
		v.diff.text("fullName", &after.FullName, to.FullName)
		after.Versions.FullName = newer(m.At, from.Versions.FullName)
	}
	if r.Given.Has(GivenContactNumber) && to.ContactNumber != from.ContactNumber {
		v.diff.text("contactNumber", &after.ContactNumber, to.ContactNumber)
		after.Versions.ContactNumber = newer(m.At, from.Versions.ContactNumber)
	}
}

func (m *importer) profile(v *revision, r *ImportRow) {
	from, to, after := &v.before, &r.Customer, &v.after
	if r.Given.Has(GivenStatus) && to.Status != from.Status {
		v.diff.add("customerStatus", from.Status.String(), to.Status.String())
		after.Status = to.Status
	}
	if r.Given.Has(GivenType) && to.Type != from.Type {
		v.diff.add("customerType", from.Type.String(), to.Type.String())
		after.Type = to.Type
	}
	if r.Given.Has(GivenSince) && !to.Since.Equal(from.Since) {
		v.diff.moved("customerSince", from.Since, to.Since)
		after.Since = to.Since
		after.Registrations = slices.Clone(from.Registrations)
		for i := range after.Registrations {
			after.Registrations[i].Since = to.Since
		}
	}
	if r.Given.Has(GivenTags) && !slices.Equal(to.Tags, from.Tags) {
		v.diff.add("tags", from.Tags, to.Tags)
		after.Tags = to.Tags
	}
	if r.Given.Has(GivenPreferences) && !bytes.Equal(to.Preferences, from.Preferences) {
		v.diff.add("preferences", jsontext.Value(from.Preferences), jsontext.Value(to.Preferences))
		after.Preferences = to.Preferences
	}
	if r.Given.Has(GivenCreatedBy) && to.CreatedBy != from.CreatedBy {
		v.diff.add("createdBy", string(from.CreatedBy), string(to.CreatedBy))
		after.CreatedBy = to.CreatedBy
	}
	if r.Given.Has(GivenCreatedAt) && !to.CreatedAt.Equal(from.CreatedAt) {
		v.diff.moved("createdAt", from.CreatedAt, to.CreatedAt)
		after.CreatedAt = to.CreatedAt
	}
}

// compareNotes finds the notes that are new or have another content. A note is
// the stored one that the same person has added at the same time; of several
// such notes the first is the first.
func (m *importer) compareNotes(v *revision, notes []crm.Note) error {
	if len(notes) == 0 {
		return nil
	}
	stored, err := m.store.notesOf(m.notes.Cursor(m.Tx), v.before)
	if err != nil {
		return err
	}
	for _, n := range notes {
		same := slices.IndexFunc(stored, func(s crm.Note) bool { return s.AddedBy == n.AddedBy && s.AddedAt.Equal(n.AddedAt) })
		switch {
		case same < 0:
			v.after.Notes++
			n.Number = v.after.Notes
			v.notes = append(v.notes, n)
			v.diff.add("notes", "", n.ID())
			continue
		case stored[same].Content != n.Content:
			n.Number = stored[same].Number
			v.notes = append(v.notes, n)
			v.diff.add("notes", n.ID(), n.ID())
		}
		stored = slices.Delete(stored, same, same+1)
	}
	return nil
}

// compareLedger finds the orders and complaints that change the ledger. What
// events have reported since the row was written stays; a row of the same
// version that says something else is an operator's correction.
func (m *importer) compareLedger(v *revision, r *ImportRow) error {
	for _, o := range r.Orders {
		old, found, err := m.orders.Get(m.Tx, ledgerKey{v.before.ID, o.OrderID})
		if err != nil {
			return err
		}
		if !found || !old.Deleted && !o.Version.Before(old.Version) && !sameOrder(o, old) {
			v.orders = append(v.orders, o)
		}
	}
	for _, c := range r.Complaints {
		old, found, err := m.complaints.Get(m.Tx, ledgerKey{v.before.ID, c.ComplaintID})
		if err != nil {
			return err
		}
		if !found || !old.Deleted && !c.Version.Before(old.Version) && !sameComplaint(c, old) {
			v.complaints = append(v.complaints, c)
		}
	}
	return nil
}

func sameOrder(a, b crm.Order) bool {
	return a.Status == b.Status && a.Total == b.Total && a.PlacedAt.Equal(b.PlacedAt) && a.Version.Equal(b.Version)
}

func sameComplaint(a, b crm.Complaint) bool {
	return a.Status == b.Status && a.Category == b.Category && a.OpenedAt.Equal(b.OpenedAt) && a.Version.Equal(b.Version)
}

// write stores what differs. A customer that only waited for the last of its
// orders and complaints goes with it.
func (m *importer) write(v revision) error {
	after := v.after
	for _, n := range v.notes {
		if err := m.notes.Put(m.Tx, numberedKey{after.ID, n.Number}, n); err != nil {
			return err
		}
	}
	for _, o := range v.orders {
		if err := m.orders.Put(m.Tx, ledgerKey{after.ID, o.OrderID}, o); err != nil {
			return err
		}
	}
	for _, c := range v.complaints {
		if err := m.complaints.Put(m.Tx, ledgerKey{after.ID, c.ComplaintID}, c); err != nil {
			return err
		}
	}
	if v.opening || len(v.orders) > 0 || len(v.complaints) > 0 {
		figures, err := m.recount(m.Tx, after)
		if err != nil {
			return err
		}
		after.Figures = figures
		after.Activity++
	}
	after.LastModifiedBy, after.LastModifiedAt = m.By, m.At
	if len(v.diff) > 0 {
		after.Revision++
		if err := m.remember(&after, m.Change, crm.Entry{Action: crm.Updated, Changes: v.diff}); err != nil {
			return err
		}
	}
	if err := m.save(&v.before, after); err != nil {
		return err
	}
	if after.IsLeaving() && workOf(after) == (ActiveWork{}) {
		return m.depart(after, after.LeavingAt, m.At)
	}
	return nil
}
