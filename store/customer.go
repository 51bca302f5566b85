package store

import (
	"bytes"
	"slices"
	"time"

	"crms/store/crm"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Create makes a new customer. The id, and a userId when the caller has none,
// are new ones. An email or userId that is taken is a [crm.Conflict].
type Create struct {
	Change
	ID            crm.ID
	UserID        string
	Email         string
	FullName      string
	ContactNumber string
	Type          crm.Type
	Tags          []string
	Preferences   []byte // a compact JSON object
}

func (c Create) apply(t *tx) (crm.Profile, error) {
	customer := crm.Customer{
		ID: c.ID, UserID: c.UserID, Email: c.Email, FullName: c.FullName, ContactNumber: c.ContactNumber,
		Type: c.Type, Since: c.At, Tags: c.Tags, Preferences: c.Preferences,
		CreatedBy: c.By, CreatedAt: c.At, LastModifiedBy: c.By, LastModifiedAt: c.At,
		Versions: crm.ContactVersions{Email: c.At, FullName: c.At, ContactNumber: c.At},
	}
	if err := t.checkFree(c.ID, c.UserID, c.Email); err != nil {
		return crm.Profile{}, err
	}
	if _, err := t.insert(c.Change, customer); err != nil {
		return crm.Profile{}, err
	}
	if err := t.unpark(c.UserID, c.At); err != nil {
		return crm.Profile{}, err
	}
	r, err := t.customer(c.ID)
	return crm.Profile{Customer: r.Customer}, err
}

// checkFree says which of id, userId and email another customer has.
func (t *tx) checkFree(id crm.ID, userID, email string) error {
	if _, taken, err := t.customers.Get(t.Tx, id); err != nil {
		return err
	} else if taken {
		return &crm.Error{Kind: crm.Conflict, Message: "A customer with this customerId already exists"}
	}
	userTaken := t.users.Get(t.Tx, []byte(userID)) != nil
	emailTaken := false
	for range t.emails.Walk(t.Tx, emailPrefix(nil, email)) {
		emailTaken = true
		break
	}
	message := ""
	switch {
	case userTaken && emailTaken:
		message = "A customer with this userId and a customer with this email already exist"
	case userTaken:
		message = "A customer with this userId already exists"
	case emailTaken:
		message = "A customer with this email already exists"
	default:
		return nil
	}
	return &crm.Error{Kind: crm.Conflict, Message: message}
}

// insert writes a customer that does not exist yet.
func (t *tx) insert(c Change, customer crm.Customer) (record, error) {
	r := record{Customer: customer}
	r.Revision = 1
	if len(r.Registrations) == 0 {
		r.Registrations = []crm.Registration{{At: r.Since, Since: r.Since}}
	}
	if err := t.remember(&r, c, crm.Entry{Action: crm.Created}); err != nil {
		return r, err
	}
	if err := t.outliveTombstone(r); err != nil {
		return r, err
	}
	return r, t.save(nil, r)
}

// outliveTombstone is for a customer whose user was deleted before. What ATHS
// has not been told of the deletion yet, it is not to be told any more. When an
// import brings a deleted customer back under its id, the tombstone keeps the
// time, but not that it is this customer's.
func (t *tx) outliveTombstone(r record) error {
	stone, found, err := t.tombstones.Get(t.Tx, r.UserID)
	if err != nil || !found {
		return err
	}
	if err := t.recall(r.UserID); err != nil || stone.ID != r.ID {
		return err
	}
	stone.ID = crm.ID{}
	return t.tombstones.Put(t.Tx, r.UserID, stone)
}

// Update changes the fields of a profile that are set.
type Update struct {
	Change
	ID            crm.ID
	Match         Match
	FullName      *string
	ContactNumber *string // empty clears it
	Type          *crm.Type
	Tags          *[]string
	Preferences   *[]byte // a compact JSON object, in place of the present one
}

func (u Update) apply(t *tx) (crm.Customer, error) {
	before, err := t.matching(u.ID, u.Match)
	if err != nil {
		return crm.Customer{}, err
	}
	after, diff := before, difference{}
	if u.FullName != nil {
		diff.text("fullName", &after.FullName, *u.FullName)
		after.Versions.FullName = newer(u.At, before.Versions.FullName)
	}
	if u.ContactNumber != nil {
		diff.text("contactNumber", &after.ContactNumber, *u.ContactNumber)
		after.Versions.ContactNumber = newer(u.At, before.Versions.ContactNumber)
	}
	if u.Type != nil && *u.Type != before.Type {
		diff.add("customerType", before.Type.String(), u.Type.String())
		after.Type = *u.Type
	}
	if u.Tags != nil && !slices.Equal(*u.Tags, before.Tags) {
		diff.add("tags", before.Tags, *u.Tags)
		after.Tags = *u.Tags
	}
	if u.Preferences != nil && !bytes.Equal(*u.Preferences, before.Preferences) {
		diff.add("preferences", jsontext.Value(before.Preferences), jsontext.Value(*u.Preferences))
		after.Preferences = *u.Preferences
	}
	r, err := t.amend(before, after, u.Change, crm.Entry{Action: crm.Updated, Changes: diff})
	return r.Customer, err
}

// newer is the version of a change made now to a field of the given version: an
// administrator sees the present value, so the change is newer than it whatever
// the clock of its source said.
func newer(now, version time.Time) time.Time {
	if now.After(version) {
		return now
	}
	return version.Add(time.Millisecond)
}

// SetStatus changes what a customer may do.
type SetStatus struct {
	Change
	ID     crm.ID
	Match  Match
	Status crm.Status
	Reason string
}

func (c SetStatus) apply(t *tx) (crm.Customer, error) {
	before, err := t.matching(c.ID, c.Match)
	if err != nil {
		return crm.Customer{}, err
	}
	if before.IsLeaving() && c.Status != crm.Inactive {
		return crm.Customer{}, &crm.Error{Kind: crm.Conflict, Message: "Customer is marked for deletion and stays Inactive"}
	}
	after, diff := before, difference{}
	if c.Status != before.Status {
		diff.add("customerStatus", before.Status.String(), c.Status.String())
		after.Status = c.Status
	}
	r, err := t.amend(before, after, c.Change, crm.Entry{Action: crm.StatusChanged, Changes: diff, Reason: c.Reason})
	if err != nil || len(diff) == 0 {
		return r.Customer, err
	}
	return r.Customer, t.tellATHS(OutboxEntry{UserID: r.UserID, What: StatusOut, Status: c.Status, Reason: c.Reason, QueuedAt: c.At})
}

// SetType changes a customer's tier.
type SetType struct {
	Change
	ID     crm.ID
	Match  Match
	Type   crm.Type
	Reason string
}

func (c SetType) apply(t *tx) (crm.Customer, error) {
	before, err := t.matching(c.ID, c.Match)
	if err != nil {
		return crm.Customer{}, err
	}
	after, diff := before, difference{}
	if c.Type != before.Type {
		diff.add("customerType", before.Type.String(), c.Type.String())
		after.Type = c.Type
	}
	r, err := t.amend(before, after, c.Change, crm.Entry{Action: crm.TypeChanged, Changes: diff, Reason: c.Reason})
	return r.Customer, err
}

// AddNote adds a remark to a customer.
type AddNote struct {
	Change
	ID      crm.ID
	Content string
}

func (c AddNote) apply(t *tx) (crm.Note, error) {
	before, err := t.customer(c.ID)
	if err != nil {
		return crm.Note{}, err
	}
	after, diff := before, difference{}
	after.Notes++
	note := crm.Note{Number: after.Notes, Content: c.Content, AddedBy: c.By, AddedAt: c.At}
	diff.add("notes", "", note.ID())
	if err := t.notes.Put(t.Tx, numberedKey{c.ID, note.Number}, note); err != nil {
		return crm.Note{}, err
	}
	_, err = t.amend(before, after, c.Change, crm.Entry{Action: crm.NoteAdded, Changes: diff})
	return note, err
}

// difference gathers the fields that a change sets to another value.
type difference []crm.FieldChange

// text sets a field to another text and notes it when the two differ.
func (d *difference) text(field string, value *string, to string) {
	if *value != to {
		d.add(field, *value, to)
		*value = to
	}
}

// moved notes a time that has changed.
func (d *difference) moved(field string, from, to time.Time) {
	if !from.Equal(to) {
		d.add(field, crm.FormatTime(from), crm.FormatTime(to))
	}
}

// add notes one field. An empty text stands for an absent field.
func (d *difference) add(field string, from, to any) {
	*d = append(*d, crm.FieldChange{Field: field, From: jsonOf(from), To: jsonOf(to)})
}

// jsonOf encodes texts, lists of texts and JSON itself, none of which can fail.
func jsonOf(v any) []byte {
	if v == "" {
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// Delete removes a customer and everything about it for good. What stays is a
// tombstone of ids and times. While an order is active or a complaint open it
// is refused with [ActiveWork] as the error's data.
type Delete struct {
	Change
	ID    crm.ID
	Match Match
}

// ActiveWork is what keeps a customer from being deleted.
type ActiveWork struct {
	ActiveOrders   int64 `json:"activeOrders"`
	OpenComplaints int64 `json:"openComplaints"`
}

func (d Delete) apply(t *tx) (crm.ID, error) {
	r, err := t.matching(d.ID, d.Match)
	if err != nil {
		return crm.ID{}, err
	}
	work := workOf(r)
	if work != (ActiveWork{}) {
		return crm.ID{}, &crm.Error{
			Kind: crm.Invalid, Message: "Cannot delete customer with active orders or complaints", Data: work,
		}
	}
	// Newer than the registration, whatever the clocks say: a repeat of that must
	// not bring the customer back.
	if err := t.remove(r, tombstone{ID: r.ID, DeletedAt: newer(d.At, lastRegistered(r))}); err != nil {
		return crm.ID{}, err
	}
	return r.ID, t.tellATHS(OutboxEntry{UserID: r.UserID, What: DeleteOut, QueuedAt: d.At})
}

// remove deletes the customer with all that hangs on it.
func (t *tx) remove(r record, stone tombstone) error {
	t.noteTop(&r, nil)
	if err := t.customers.Remove(t.Tx, r.ID, r); err != nil {
		return err
	}
	if err := t.customers.DeletePrefix(t.Tx, r.ID[:]); err != nil {
		return err
	}
	if err := t.tombstones.Put(t.Tx, r.UserID, stone); err != nil {
		return err
	}
	return t.appendChange(r.ID)
}
