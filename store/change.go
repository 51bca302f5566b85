package store

import (
	"reflect"
	"slices"
	"time"

	"crms/store/crm"
)

// Change is the part that all commands share: when it happens, and by whom.
type Change struct {
	At time.Time
	By crm.Actor
}

// Match is a condition on the revision of the customer's profile (If-Match).
// The zero value sets none.
type Match struct {
	Conditional bool
	Any         bool // any customer that exists
	Revisions   []uint64
}

func (m Match) check(r record) error {
	if !m.Conditional || m.Any || slices.Contains(m.Revisions, r.Revision) {
		return nil
	}
	return &crm.Error{Kind: crm.PreconditionFailed, Message: "Customer has been changed since it was read"}
}

// customer reads the customer for a change.
func (t *tx) customer(id crm.ID) (record, error) { return t.existing(t.Tx, id) }

// matching reads the customer for a change that is bound to a revision.
func (t *tx) matching(id crm.ID, m Match) (record, error) {
	r, err := t.customer(id)
	if err == nil {
		err = m.check(r)
	}
	return r, err
}

// save writes the record in place of before and tells the log when what is
// searched for has changed.
func (t *tx) save(before *record, after record) error {
	t.noteTop(before, &after)
	if err := t.customers.Save(t.Tx, after.ID, before, after); err != nil {
		return err
	}
	if before != nil && before.Contact() == after.Contact() {
		return nil
	}
	return t.appendChange(after.ID)
}

// amend saves a change of the profile with its place in the history. Where no
// field differs, and no new reason is given, it is no change to speak of: what is
// kept beside the fields, such as their versions, is saved if it differs.
func (t *tx) amend(before, after record, c Change, e crm.Entry) (record, error) {
	if len(e.Changes) == 0 {
		news, err := t.isNewReason(before, e)
		switch {
		case err != nil:
			return before, err
		case !news && reflect.DeepEqual(before, after):
			return before, nil
		case !news:
			return after, t.save(&before, after)
		}
	}
	after.Revision++
	after.LastModifiedBy, after.LastModifiedAt = c.By, c.At
	if err := t.remember(&after, c, e); err != nil {
		return before, err
	}
	return after, t.save(&before, after)
}

// isNewReason reports whether the entry gives a reason that the last one does
// not: a request that is sent again must not fill the history.
func (t *tx) isNewReason(r record, e crm.Entry) (bool, error) {
	if e.Reason == "" || r.Entries == 0 {
		return e.Reason != "", nil
	}
	last, _, err := t.history.Get(t.Tx, numberedKey{r.ID, r.Entries})
	return last.Action != e.Action || last.Reason != e.Reason, err
}

// remember adds an entry to the customer's history.
func (t *tx) remember(r *record, c Change, e crm.Entry) error {
	r.Entries++
	e.Number, e.At, e.By = r.Entries, c.At, c.By
	return t.history.Put(t.Tx, numberedKey{r.ID, e.Number}, e)
}
