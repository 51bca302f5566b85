package store_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

func TestCreate(t *testing.T) {
	s := newShop(t)
	c := s.newcomer()
	made := do(s, c)

	t.Run("answers what is read afterwards", func(t *testing.T) {
		assert.Equal(t, s.profile(c.ID), made)
		byUser, err := s.CustomerByUser(c.UserID)
		require.NoError(t, err)
		assert.Equal(t, made.Customer, byUser)
	})
	t.Run("begins as an active customer of revision 1", func(t *testing.T) {
		assert.Equal(t, crm.Active, made.Status)
		assert.Equal(t, uint64(1), made.Revision)
		assert.Equal(t, c.At, made.Since)
		assert.Equal(t, c.At, made.CreatedAt)
		assert.Equal(t, admin, made.CreatedBy)
		assert.Empty(t, made.Notes)
		assert.Zero(t, made.Figures)
	})
	t.Run("begins the history", func(t *testing.T) {
		entries := s.history(c.ID)
		require.Len(t, entries, 1)
		assert.Equal(t, crm.Entry{Number: 1, At: c.At, By: admin, Action: crm.Created, Changes: []crm.FieldChange{}}, entries[0])
	})

	conflicts := []struct {
		what    string
		message string
		taken   func(*store.Create)
	}{
		{"userId", "A customer with this userId already exists", func(n *store.Create) { n.UserID = c.UserID }},
		{"email", "A customer with this email already exists", func(n *store.Create) { n.Email = c.Email }},
		{"email in another case", "A customer with this email already exists", func(n *store.Create) { n.Email = strings.ToUpper(c.Email) }},
		{
			"userId and email", "A customer with this userId and a customer with this email already exist",
			func(n *store.Create) { n.UserID, n.Email = c.UserID, c.Email },
		},
		{"customerId", "A customer with this customerId already exists", func(n *store.Create) { n.ID = c.ID }},
	}
	for _, conflict := range conflicts {
		t.Run("is a conflict when taken: "+conflict.what, func(t *testing.T) {
			n := s.newcomer()
			conflict.taken(&n)
			assertRefused(s, crm.Conflict, conflict.message, n)
			assert.Equal(t, made, s.profile(c.ID), "the customer who has it stays")
		})
	}
	t.Run("an email that only begins like another is free", func(t *testing.T) {
		n := s.newcomer()
		n.Email = c.Email + ".au"
		do(s, n)
	})
}

func TestUpdate(t *testing.T) {
	t.Run("changes what is set and keeps the rest", func(t *testing.T) {
		s := newShop(t)
		before := s.add()
		change := s.change()
		after := do(s, store.Update{Change: change, ID: before.ID, FullName: to("Another Name")})

		want := before
		want.FullName, want.Versions.FullName = "Another Name", change.At
		want.Revision, want.LastModifiedAt, want.LastModifiedBy = 2, change.At, admin
		assert.Equal(t, want, after)
		assert.Equal(t, want, s.profile(before.ID).Customer)
	})
	t.Run("sets every field", func(t *testing.T) {
		s := newShop(t)
		c := s.add()
		after := do(s, store.Update{
			Change: s.change(), ID: c.ID, FullName: to("Ana"), ContactNumber: to("080 1234 5678"), Type: to(crm.VIP),
			Tags: to([]string{"a", "b"}), Preferences: to([]byte(`{}`)),
		})
		assert.Equal(t, "Ana", after.FullName)
		assert.Equal(t, "080 1234 5678", after.ContactNumber)
		assert.Equal(t, crm.VIP, after.Type)
		assert.Equal(t, []string{"a", "b"}, after.Tags)
		assert.Equal(t, `{}`, string(after.Preferences))
		assert.Equal(t, after, s.profile(c.ID).Customer)

		assert.Equal(t, []crm.FieldChange{
			{Field: "fullName", From: []byte(`"Someone 1"`), To: []byte(`"Ana"`)},
			{Field: "contactNumber", From: []byte(`"+91-9876543210"`), To: []byte(`"080 1234 5678"`)},
			{Field: "customerType", From: []byte(`"Regular"`), To: []byte(`"VIP"`)},
			{Field: "tags", From: []byte(`["new"]`), To: []byte(`["a","b"]`)},
			{Field: "preferences", From: []byte(`{"newsletter":true}`), To: []byte(`{}`)},
		}, s.history(c.ID)[0].Changes)
	})
	t.Run("an empty number clears it", func(t *testing.T) {
		s := newShop(t)
		c := s.add()
		after := do(s, store.Update{Change: s.change(), ID: c.ID, ContactNumber: to("")})
		assert.Empty(t, after.ContactNumber)
		assert.Equal(t, []crm.FieldChange{{Field: "contactNumber", From: []byte(`"+91-9876543210"`)}}, s.history(c.ID)[0].Changes)
	})
	t.Run("of nothing to another value writes no history and keeps the revision", func(t *testing.T) {
		s := newShop(t)
		c := s.add()
		change := s.change()
		after := do(s, store.Update{
			Change: change, ID: c.ID, FullName: to(c.FullName), ContactNumber: to(c.ContactNumber), Type: to(c.Type),
			Tags: to(c.Tags), Preferences: to(c.Preferences),
		})
		assert.Equal(t, uint64(1), after.Revision)
		assert.Equal(t, c.LastModifiedAt, after.LastModifiedAt)
		assert.Len(t, s.history(c.ID), 1)
		assert.Equal(t, change.At, s.profile(c.ID).Versions.FullName, "the name is confirmed as of now")
	})
	t.Run("is newer than a value whose source is ahead of the clock", func(t *testing.T) {
		s := newShop(t)
		c := s.add()
		past := store.Change{At: c.Versions.FullName.Add(-time.Hour), By: admin}
		after := do(s, store.Update{Change: past, ID: c.ID, FullName: to("Corrected")})
		assert.Equal(t, "Corrected", after.FullName)
		assert.Equal(t, c.Versions.FullName.Add(time.Millisecond), after.Versions.FullName)
	})
}

func TestSetStatusAndType(t *testing.T) {
	s := newShop(t)
	c := s.add()

	t.Run("a status is kept with its reason", func(t *testing.T) {
		after := do(s, store.SetStatus{Change: s.change(), ID: c.ID, Status: crm.Suspended, Reason: "Unpaid"})
		assert.Equal(t, crm.Suspended, after.Status)
		assert.Equal(t, uint64(2), after.Revision)
		assert.Equal(t, crm.Entry{
			Number: 2, At: s.now, By: admin, Action: crm.StatusChanged, Reason: "Unpaid",
			Changes: []crm.FieldChange{{Field: "customerStatus", From: []byte(`"Active"`), To: []byte(`"Suspended"`)}},
		}, s.history(c.ID)[0])
	})
	t.Run("a type is kept with its reason", func(t *testing.T) {
		after := do(s, store.SetType{Change: s.change(), ID: c.ID, Type: crm.Premium, Reason: "Ten orders"})
		assert.Equal(t, crm.Premium, after.Type)
		assert.Equal(t, crm.Entry{
			Number: 3, At: s.now, By: admin, Action: crm.TypeChanged, Reason: "Ten orders",
			Changes: []crm.FieldChange{{Field: "customerType", From: []byte(`"Regular"`), To: []byte(`"Premium"`)}},
		}, s.history(c.ID)[0])
	})
	t.Run("the same value again changes nothing", func(t *testing.T) {
		before := s.profile(c.ID)
		do(s, store.SetStatus{Change: s.change(), ID: c.ID, Status: crm.Suspended})
		do(s, store.SetType{Change: s.change(), ID: c.ID, Type: crm.Premium})
		assert.Equal(t, before, s.profile(c.ID))
		assert.Len(t, s.history(c.ID), 3)
	})
	t.Run("the same value for another reason keeps the reason, once", func(t *testing.T) {
		for range 2 {
			do(s, store.SetStatus{Change: s.change(), ID: c.ID, Status: crm.Suspended, Reason: "again"})
		}
		history := s.history(c.ID)
		require.Len(t, history, 4)
		assert.Equal(t, "again", history[0].Reason)
		assert.Empty(t, history[0].Changes)
	})
}

func TestAddNote(t *testing.T) {
	s := newShop(t)
	c, other := s.add(), s.add()
	first := do(s, store.AddNote{Change: s.change(), ID: c.ID, Content: "Prefers the telephone"})
	second := do(s, store.AddNote{Change: s.change(), ID: c.ID, Content: "Moved to another town"})

	t.Run("numbers a customer's notes from 1", func(t *testing.T) {
		assert.Equal(t, "note-001", first.ID())
		assert.Equal(t, "note-002", second.ID())
		elsewhere := do(s, store.AddNote{Change: s.change(), ID: other.ID, Content: "Of somebody else"})
		assert.Equal(t, "note-001", elsewhere.ID())
	})
	t.Run("keeps them oldest first", func(t *testing.T) {
		assert.Equal(t, []crm.Note{first, second}, s.profile(c.ID).Notes)
		plain, err := s.Customer(c.ID)
		require.NoError(t, err)
		assert.Equal(t, s.profile(c.ID).Customer, plain)
	})
	t.Run("is a change of the profile", func(t *testing.T) {
		assert.Equal(t, uint64(3), s.profile(c.ID).Revision)
		assert.Equal(t, []crm.FieldChange{{Field: "notes", To: []byte(`"note-002"`)}}, s.history(c.ID)[0].Changes)
	})
}

func TestDelete(t *testing.T) {
	t.Run("removes everything and frees userId and email at once", func(t *testing.T) {
		s := newShop(t)
		n := s.newcomer()
		c := do(s, n).Customer
		do(s, store.AddNote{Change: s.change(), ID: c.ID, Content: "A note to be forgotten"})
		s.order(c.ID, crm.Order{OrderID: "o1", Status: crm.Delivered, Total: 100, PlacedAt: s.now, Version: s.now})
		assert.Equal(t, c.ID, do(s, store.Delete{Change: s.change(), ID: c.ID}))

		for _, err := range []error{
			func() error { _, err := s.Customer(c.ID); return err }(),
			func() error { _, err := s.CustomerByUser(c.UserID); return err }(),
			func() error { _, _, err := s.History(c.ID, 0, 10); return err }(),
		} {
			assert.Equal(t, crm.ErrCustomerNotFound(), err)
		}
		n.ID, n.Change = s.ids.New(s.now), s.change()
		again := do(s, n)
		assert.Empty(t, again.Notes)
		assert.Zero(t, again.Figures)
		note := do(s, store.AddNote{Change: s.change(), ID: n.ID, Content: "The first of another customer"})
		assert.Equal(t, "note-001", note.ID())
	})
	t.Run("is refused while an order is active or a complaint open", func(t *testing.T) {
		s := newShop(t)
		c := s.add()
		s.order(c.ID, crm.Order{OrderID: "o1", Status: crm.Shipped, PlacedAt: s.now, Version: s.now})
		s.order(c.ID, crm.Order{OrderID: "o2", Status: "Backordered", PlacedAt: s.now, Version: s.now})
		s.complaint(c.ID, crm.Complaint{ComplaintID: "c1", Category: "Late", Status: crm.InProgress, OpenedAt: s.now, Version: s.now})
		before := s.profile(c.ID)

		err := refused(s, store.Delete{Change: s.change(), ID: c.ID})
		assert.Equal(t, crm.Invalid, err.Kind)
		assert.Equal(t, "Cannot delete customer with active orders or complaints", err.Message)
		assert.Equal(t, store.ActiveWork{ActiveOrders: 2, OpenComplaints: 1}, err.Data)
		assert.Equal(t, before, s.profile(c.ID))
	})
	t.Run("takes the customer out of lists and analytics", func(t *testing.T) {
		s := newShop(t)
		c := s.add()
		s.order(c.ID, crm.Order{OrderID: "o1", Status: crm.Delivered, Total: 100, PlacedAt: s.now, Version: s.now})
		do(s, store.Delete{Change: s.change(), ID: c.ID})
		page, total, err := s.List(store.Filter{}, 0, 10)
		require.NoError(t, err)
		assert.Empty(t, page)
		assert.Zero(t, total)
		a, err := s.Analytics(s.now)
		require.NoError(t, err)
		assert.Equal(t, crm.Analytics{Top: []crm.Customer{}}, a)
	})
	t.Run("leaves a tombstone and no personal data in any row", func(t *testing.T) {
		s := newShop(t)
		n := s.newcomer()
		n.Email, n.FullName, n.ContactNumber = "Secret.Person@example.com", "Secret Person", "+91-5550001111"
		n.Tags, n.Preferences = []string{"secret"}, []byte(`{"colour":"secret"}`)
		do(s, n)
		do(s, store.Update{Change: s.change(), ID: n.ID, FullName: to("Secret Person II"), ContactNumber: to("+91-5550002222")})
		do(s, store.AddNote{Change: s.change(), ID: n.ID, Content: "secret remark"})
		s.order(n.ID, crm.Order{OrderID: "secret-order", Status: crm.Cancelled, PlacedAt: s.now, Version: s.now})
		require.NotEmpty(t, s.rowsHolding("secret"), "they can be found before")
		do(s, store.Delete{Change: s.change(), ID: n.ID})

		for _, trace := range []string{"secret", "555000", "example.com"} {
			assert.Empty(t, s.rowsHolding(trace), trace)
		}
		assert.Equal(t, []string{"tombstones"}, s.rowsHolding(n.UserID))
	})
}

// rowsHolding closes the store, names the buckets with rows or keys that hold
// the text in any case, and opens it again.
func (s *shop) rowsHolding(text string) (buckets []string) {
	s.t.Helper()
	require.NoError(s.t, s.Close())
	db, err := bolt.Open(filepath.Join(s.dir, "crms.db"), 0o600, &bolt.Options{ReadOnly: true, Timeout: time.Second})
	require.NoError(s.t, err)
	require.NoError(s.t, db.View(func(tx *bolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
			found := false
			err := b.ForEach(func(k, v []byte) error {
				row := strings.ToLower(string(k) + "\n" + string(v))
				found = found || strings.Contains(row, strings.ToLower(text))
				return nil
			})
			if found {
				buckets = append(buckets, string(name))
			}
			return err
		})
	}))
	require.NoError(s.t, db.Close())
	s.open()
	return buckets
}

func TestIfMatch(t *testing.T) {
	matches := []struct {
		name  string
		match func(revision uint64) store.Match
		fails bool
	}{
		{"no condition", func(uint64) store.Match { return store.Match{} }, false},
		{"any customer", func(uint64) store.Match { return store.Match{Conditional: true, Any: true} }, false},
		{"the present revision", func(n uint64) store.Match { return store.Match{Conditional: true, Revisions: []uint64{n}} }, false},
		{"one of several revisions", func(n uint64) store.Match { return store.Match{Conditional: true, Revisions: []uint64{99, n}} }, false},
		{"another revision", func(n uint64) store.Match { return store.Match{Conditional: true, Revisions: []uint64{n + 1}} }, true},
		{"no revision at all", func(uint64) store.Match { return store.Match{Conditional: true} }, true},
	}
	commands := map[string]func(s *shop, id crm.ID, m store.Match) error{
		"update": func(s *shop, id crm.ID, m store.Match) error {
			return outcome(s, store.Update{Change: s.change(), ID: id, Match: m, FullName: to("Other")})
		},
		"status": func(s *shop, id crm.ID, m store.Match) error {
			return outcome(s, store.SetStatus{Change: s.change(), ID: id, Match: m, Status: crm.Inactive})
		},
		"type": func(s *shop, id crm.ID, m store.Match) error {
			return outcome(s, store.SetType{Change: s.change(), ID: id, Match: m, Type: crm.VIP})
		},
		"delete": func(s *shop, id crm.ID, m store.Match) error {
			return outcome(s, store.Delete{Change: s.change(), ID: id, Match: m})
		},
	}
	s := newShop(t)
	for command, run := range commands {
		for _, m := range matches {
			t.Run(command+" with "+m.name, func(t *testing.T) {
				c := s.add()
				err := run(s, c.ID, m.match(c.Revision))
				if !m.fails {
					assert.NoError(t, err)
					return
				}
				var known *crm.Error
				require.ErrorAs(t, err, &known)
				assert.Equal(t, crm.PreconditionFailed, known.Kind)
				assert.Equal(t, c, s.profile(c.ID).Customer)
			})
		}
		t.Run(command+" of nobody is not found, whatever the condition", func(t *testing.T) {
			for _, m := range matches {
				assert.Equal(t, crm.ErrCustomerNotFound(), run(s, s.ids.New(s.now), m.match(1)), m.name)
			}
		})
	}
	t.Run("an order that arrives meanwhile refuses nobody's edit", func(t *testing.T) {
		c := s.add()
		s.order(c.ID, crm.Order{OrderID: "o1", Status: crm.Placed, PlacedAt: s.now, Version: s.now})
		assert.NoError(t, commands["update"](s, c.ID, store.Match{Conditional: true, Revisions: []uint64{c.Revision}}))
	})
}

func TestNoteOfNobodyIsNotFound(t *testing.T) {
	s := newShop(t)
	assertRefused(s, crm.NotFound, "Customer not found", store.AddNote{Change: s.change(), ID: s.ids.New(s.now), Content: "To nobody"})
}

func TestHistoryPages(t *testing.T) {
	s := newShop(t)
	c := s.add()
	for i := range 6 {
		do(s, store.SetType{Change: s.change(), ID: c.ID, Type: []crm.Type{crm.VIP, crm.Regular}[i%2]})
	}
	tests := []struct {
		name   string
		offset int64
		limit  int
		want   []uint32
	}{
		{"the newest first", 0, 3, []uint32{7, 6, 5}},
		{"goes on where the last page ended", 3, 3, []uint32{4, 3, 2}},
		{"the last page is short", 6, 3, []uint32{1}},
		{"past the end there is nothing", 7, 3, nil},
		{"far past the end there is nothing", 1 << 40, 3, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			entries, total, err := s.History(c.ID, test.offset, test.limit)
			require.NoError(t, err)
			assert.Equal(t, int64(7), total)
			var numbers []uint32
			for _, e := range entries {
				numbers = append(numbers, e.Number)
			}
			assert.Equal(t, test.want, numbers)
		})
	}
}

func TestCustomersOfIDs(t *testing.T) {
	s := newShop(t)
	a, b := s.add(), s.add()
	t.Run("come in the order of the ids, without those of nobody", func(t *testing.T) {
		found, err := s.Customers([]crm.ID{b.ID, s.ids.New(s.now), a.ID})
		require.NoError(t, err)
		assert.Equal(t, []crm.Customer{b, a}, found)
	})
	t.Run("of no ids are none", func(t *testing.T) {
		found, err := s.Customers(nil)
		require.NoError(t, err)
		assert.Empty(t, found)
	})
	t.Run("an empty userId is nobody's", func(t *testing.T) {
		_, err := s.CustomerByUser("")
		assert.Equal(t, crm.ErrCustomerNotFound(), err)
	})
	t.Run("a userId finds its customer", func(t *testing.T) {
		found, err := s.CustomerByUser(b.UserID)
		require.NoError(t, err)
		assert.Equal(t, b, found)
	})
}
