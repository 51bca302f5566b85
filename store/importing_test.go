package store_test

import (
	"fmt"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// importing applies rows and returns what became of them.
func (s *shop) importing(c store.Import, rows ...store.ImportRow) []store.RowResult {
	s.t.Helper()
	c.Change, c.Rows = s.change(), rows
	c.By = crm.Importer
	results := do(s, c)
	require.Len(s.t, results, len(rows))
	return results
}

// importOne imports a row that must be taken.
func (s *shop) importOne(r store.ImportRow) store.RowOutcome {
	s.t.Helper()
	result := s.importing(store.Import{}, r)[0]
	require.Empty(s.t, result.Problems)
	return result.Outcome
}

// byUser reads a customer that exists.
func (s *shop) byUser(userID string) crm.Profile {
	s.t.Helper()
	c, err := s.CustomerByUser(userID)
	require.NoError(s.t, err)
	return s.profile(c.ID)
}

// line is a row with a little of everything.
func (s *shop) line(userID string) store.ImportRow {
	since := time.Date(2025, 3, 1, 10, 0, 0, 0, time.UTC)
	return store.ImportRow{
		Customer: crm.Customer{
			UserID: userID, Email: userID + "@example.com", FullName: "Somebody", ContactNumber: "+91-9876543210",
			Status: crm.Suspended, Type: crm.VIP, Since: since, Tags: []string{"old"}, Preferences: []byte(`{"a":1}`),
			CreatedBy: "shop", CreatedAt: since, LastModifiedBy: "clerk", LastModifiedAt: since.Add(time.Hour),
		},
		NewID: s.ids.New(since),
		Given: store.GivenEmail | store.GivenFullName | store.GivenContactNumber | store.GivenStatus | store.GivenType |
			store.GivenSince | store.GivenTags | store.GivenPreferences | store.GivenCreatedBy | store.GivenCreatedAt,
	}
}

func withLedger(r store.ImportRow) store.ImportRow {
	at := r.Customer.Since.Add(time.Hour)
	r.Given |= store.GivenOrderOpening | store.GivenComplaintOpening
	r.Notes = []crm.Note{{Content: "A first note", AddedBy: "clerk", AddedAt: at}, {Content: "A second note", AddedBy: "clerk", AddedAt: at}}
	r.Orders = []crm.Order{
		{OrderID: "ORD-2", Status: crm.Shipped, Total: 500, PlacedAt: at, Version: at},
		{OrderID: "ORD-1", Status: crm.Delivered, Total: 1000, PlacedAt: at, Version: at},
	}
	r.Complaints = []crm.Complaint{{ComplaintID: "CMP-1", Category: "Other", Status: crm.Open, OpenedAt: at, Version: at}}
	return r
}

func withTotals(r store.ImportRow, orders int64) store.ImportRow {
	r.Given |= store.GivenOrderTotals | store.GivenComplaintTotals
	r.Customer.Opening = crm.Figures{
		TotalOrders: orders, OrderValue: 100 * crm.Amount(orders), LastOrder: r.Customer.Since.Add(time.Hour),
		OrdersByStatus:  []crm.Count{{Name: string(crm.Delivered), N: orders}},
		TotalComplaints: 1, OpenComplaints: 1, ComplaintsByCategory: []crm.Count{{Name: "Other", N: 1}},
	}
	return r
}

func TestImportMakesCustomers(t *testing.T) {
	t.Run("with all that the row says", func(t *testing.T) {
		s := newShop(t)
		row := withLedger(s.line("u1"))
		assert.Equal(t, store.RowCreated, s.importOne(row))
		p := s.byUser("u1")
		want := row.Customer
		assert.Equal(t, row.NewID, p.ID)
		for _, pair := range [][2]any{
			{want.Email, p.Email}, {want.FullName, p.FullName}, {want.ContactNumber, p.ContactNumber}, {want.Status, p.Status},
			{want.Type, p.Type}, {want.Since, p.Since}, {want.Tags, p.Tags}, {want.Preferences, p.Preferences}, {want.CreatedBy, p.CreatedBy},
			{want.CreatedAt, p.CreatedAt}, {want.LastModifiedBy, p.LastModifiedBy}, {want.LastModifiedAt, p.LastModifiedAt},
		} {
			assert.Equal(t, pair[0], pair[1])
		}
		require.Len(t, p.Notes, 2)
		assert.Equal(t, "note-002", p.Notes[1].ID())
		assert.Equal(t, "A second note", p.Notes[1].Content)
		assert.EqualValues(t, 2, p.Figures.TotalOrders)
		assert.EqualValues(t, 1500, p.Figures.OrderValue)
		assert.EqualValues(t, 1, p.Figures.OpenComplaints)
		history := s.history(p.ID)
		require.Len(t, history, 1)
		assert.Equal(t, crm.Created, history[0].Action)
		assert.Equal(t, crm.Importer, history[0].By)
	})
	t.Run("with the id of the row", func(t *testing.T) {
		s := newShop(t)
		row := s.line("u1")
		row.Customer.ID = s.ids.New(s.now)
		s.importOne(row)
		assert.Equal(t, row.Customer.ID, s.byUser("u1").ID)
	})
	t.Run("who have little to say of themselves", func(t *testing.T) {
		s := newShop(t)
		s.importOne(store.ImportRow{
			Customer: crm.Customer{UserID: "u1", Email: "a@example.com", FullName: "Some Body"}, NewID: s.ids.New(s.now),
			Given: store.GivenEmail | store.GivenFullName,
		})
		p := s.byUser("u1")
		assert.Equal(t, s.now, p.Since)
		assert.Equal(t, crm.Active, p.Status)
		assert.Equal(t, crm.Importer, p.CreatedBy)
		assert.Equal(t, "{}", string(p.Preferences))
	})
	t.Run("with the totals as the opening balance", func(t *testing.T) {
		s := newShop(t)
		row := withTotals(s.line("u1"), 7)
		s.importOne(row)
		p := s.byUser("u1")
		assert.Equal(t, row.Customer.Opening, p.Opening)
		assert.Equal(t, row.Customer.Opening, p.Figures)
	})
	t.Run("who share an email with others", func(t *testing.T) {
		s := newShop(t)
		second := s.line("u2")
		second.Customer.Email = "u1@example.com"
		s.importOne(s.line("u1"))
		assert.Equal(t, store.RowCreated, s.importOne(second))
	})
	t.Run("and applies the events that waited for them", func(t *testing.T) {
		s := newShop(t)
		at := s.now
		e := crm.Event{
			Source: "orms", ID: "1", Type: crm.OrderPlaced, UserID: "u1", Time: at,
			Order: crm.Order{OrderID: "ORD-9", Status: crm.Placed, Total: 5, PlacedAt: at, Version: at},
		}
		require.Equal(t, 1, do(s, store.Ingest{At: at, Events: []crm.Event{e}}).Parked)
		s.importOne(s.line("u1"))
		assert.EqualValues(t, 1, s.byUser("u1").Figures.TotalOrders)
		waiting, _, err := s.ParkedEvents(10)
		require.NoError(t, err)
		assert.Empty(t, waiting)
	})
	t.Run("whom the search index hears of", func(t *testing.T) {
		s := newShop(t)
		before := s.LastSeq()
		s.importing(store.Import{}, s.line("u1"), s.line("u2"))
		changes, complete, err := s.Changes(before, 10)
		require.NoError(t, err)
		assert.True(t, complete)
		assert.Len(t, changes, 2)
	})
}

func TestImportRefusesRows(t *testing.T) {
	taken := func(s *shop) store.ImportRow {
		other := s.add()
		row := s.line("u1")
		row.Customer.ID = other.ID
		return row
	}
	tests := []struct {
		name  string
		row   func(*shop) store.ImportRow
		field string
	}{
		{"without an email", func(s *shop) store.ImportRow {
			row := s.line("u1")
			row.Given &^= store.GivenEmail
			return row
		}, "email"},
		{"without a name", func(s *shop) store.ImportRow {
			row := s.line("u1")
			row.Given &^= store.GivenFullName
			return row
		}, "fullName"},
		{"with the id of another user's customer", taken, "customerId"},
		{"with another id than the customer has", func(s *shop) store.ImportRow {
			s.importOne(s.line("u1"))
			row := s.line("u1")
			row.Customer.ID = s.ids.New(s.now)
			return row
		}, "customerId"},
		{"with more open complaints than complaints", func(s *shop) store.ImportRow {
			row := s.line("u1")
			row.Given |= store.GivenOpenComplaints
			row.Customer.Opening.OpenComplaints = 1
			return row
		}, "openComplaints"},
		{"of a deleted user", func(s *shop) store.ImportRow {
			s.importOne(s.line("u1"))
			do(s, store.Delete{Change: s.change(), ID: s.byUser("u1").ID})
			return s.line("u1")
		}, "userId"},
		{"that make a customer Active who is to be deleted", func(s *shop) store.ImportRow {
			s.importOne(withLedger(s.line("u1")))
			s.now = s.now.Add(time.Minute)
			do(s, store.Ingest{At: s.now, Events: []crm.Event{{Source: "aths", ID: "1", Type: crm.UserDeleted, UserID: "u1", Time: s.now}}})
			leaving := s.byUser("u1")
			require.True(t, leaving.IsLeaving())
			return s.line("u1")
		}, "customerStatus"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newShop(t)
			row := tt.row(s)
			good := s.line("good")
			results := s.importing(store.Import{}, row, good)
			require.Equal(t, store.RowFailed, results[0].Outcome)
			require.NotEmpty(t, results[0].Problems)
			assert.Equal(t, tt.field, results[0].Problems[0].Field)
			assert.Equal(t, store.RowCreated, results[1].Outcome, "the next row is taken")
		})
	}
}

func TestImportMeetsExistingCustomers(t *testing.T) {
	t.Run("the same rows again change nothing", func(t *testing.T) {
		s := newShop(t)
		rows := []store.ImportRow{withLedger(s.line("u1")), withTotals(s.line("u2"), 3), s.line("u3")}
		s.importing(store.Import{}, rows...)
		before := []crm.Profile{s.byUser("u1"), s.byUser("u2"), s.byUser("u3")}
		for _, r := range s.importing(store.Import{}, rows...) {
			assert.Equal(t, store.RowResult{Outcome: store.RowUnchanged}, r)
		}
		assert.Equal(t, before, []crm.Profile{s.byUser("u1"), s.byUser("u2"), s.byUser("u3")})
	})
	t.Run("what differs is updated and in the history", func(t *testing.T) {
		s := newShop(t)
		s.importOne(s.line("u1"))
		row := s.line("u1")
		row.Customer.FullName, row.Customer.Type, row.Customer.Tags = "Another Name", crm.Regular, []string{"new"}
		row.Customer.Since = row.Customer.Since.Add(-time.Hour)
		assert.Equal(t, store.RowUpdated, s.importOne(row))
		p := s.byUser("u1")
		assert.Equal(t, "Another Name", p.FullName)
		assert.Equal(t, crm.Regular, p.Type)
		assert.Equal(t, []string{"new"}, p.Tags)
		assert.Equal(t, row.Customer.Since, p.Since)
		assert.Equal(t, crm.Importer, p.LastModifiedBy)
		entry := s.history(p.ID)[0]
		assert.Equal(t, crm.Updated, entry.Action)
		assert.Len(t, entry.Changes, 4)
	})
	t.Run("what is not given stays", func(t *testing.T) {
		s := newShop(t)
		s.importOne(withLedger(s.line("u1")))
		before := s.byUser("u1")
		assert.Equal(t, store.RowUnchanged, s.importOne(store.ImportRow{Customer: crm.Customer{UserID: "u1"}}))
		assert.Equal(t, before, s.byUser("u1"))
	})
	t.Run("skip leaves them alone", func(t *testing.T) {
		s := newShop(t)
		s.importOne(s.line("u1"))
		row := s.line("u1")
		row.Customer.FullName = "Another Name"
		assert.Equal(t, store.RowSkipped, s.importing(store.Import{OnConflict: store.SkipExisting}, row)[0].Outcome)
		assert.Equal(t, "Somebody", s.byUser("u1").FullName)
	})
	t.Run("fail refuses them", func(t *testing.T) {
		s := newShop(t)
		s.importOne(s.line("u1"))
		result := s.importing(store.Import{OnConflict: store.FailExisting}, s.line("u1"))[0]
		assert.Equal(t, store.RowFailed, result.Outcome)
		assert.Equal(t, "userId", result.Problems[0].Field)
	})
	t.Run("a user who comes twice in the same rows is one customer", func(t *testing.T) {
		s := newShop(t)
		second := s.line("u1")
		second.Customer.FullName = "Another Name"
		results := s.importing(store.Import{}, s.line("u1"), second)
		assert.Equal(t, store.RowCreated, results[0].Outcome)
		assert.Equal(t, store.RowUpdated, results[1].Outcome)
		assert.Equal(t, "Another Name", s.byUser("u1").FullName)
	})
	t.Run("an id that comes twice in the same rows belongs to the first", func(t *testing.T) {
		s := newShop(t)
		first, second := s.line("u1"), s.line("u2")
		first.Customer.ID = s.ids.New(s.now)
		second.Customer.ID = first.Customer.ID
		results := s.importing(store.Import{}, first, second)
		assert.Equal(t, store.RowCreated, results[0].Outcome)
		assert.Equal(t, store.RowFailed, results[1].Outcome)
	})
	t.Run("a status of the file is not told to ATHS", func(t *testing.T) {
		s := newShop(t)
		s.importOne(s.line("u1"))
		row := s.line("u1")
		row.Customer.Status = crm.Active
		s.importOne(row)
		assert.Equal(t, crm.Active, s.byUser("u1").Status)
		entries, _, _, err := s.OutboxEntries(10)
		require.NoError(t, err)
		assert.Empty(t, entries)
	})
}

func TestImportOfNotes(t *testing.T) {
	s := newShop(t)
	row := withLedger(s.line("u1"))
	s.importOne(row)
	contents := func() (all []string) {
		for _, n := range s.byUser("u1").Notes {
			all = append(all, n.ID()+" "+n.Content)
		}
		return all
	}
	t.Run("a new one is added behind the others", func(t *testing.T) {
		do(s, store.AddNote{Change: s.change(), ID: s.byUser("u1").ID, Content: "A note of our own"})
		row.Notes = append(row.Notes, crm.Note{Content: "A third note", AddedBy: "clerk", AddedAt: s.now})
		assert.Equal(t, store.RowUpdated, s.importOne(row))
		assert.Equal(t, []string{"note-001 A first note", "note-002 A second note", "note-003 A note of our own", "note-004 A third note"}, contents())
	})
	t.Run("one with another content is replaced", func(t *testing.T) {
		row.Notes[1].Content = "A second note, mended"
		assert.Equal(t, store.RowUpdated, s.importOne(row))
		assert.Equal(t, "note-002 A second note, mended", contents()[1])
		assert.Len(t, contents(), 4)
	})
	t.Run("the same ones again change nothing", func(t *testing.T) {
		assert.Equal(t, store.RowUnchanged, s.importOne(row))
	})
}

func TestImportOfOrdersAndComplaints(t *testing.T) {
	prepare := func(t *testing.T) (*shop, store.ImportRow) {
		s := newShop(t)
		row := withLedger(s.line("u1"))
		s.importOne(row)
		return s, row
	}
	t.Run("what events have reported since stays", func(t *testing.T) {
		s, row := prepare(t)
		newer := row.Orders[0]
		newer.Status, newer.Version = crm.Cancelled, s.now
		do(s, store.PutOrder{Change: s.change(), ID: s.byUser("u1").ID, Order: newer})
		assert.Equal(t, store.RowUnchanged, s.importOne(row))
		assert.EqualValues(t, 1000, s.byUser("u1").Figures.OrderValue)
	})
	t.Run("an order that was deleted since does not come back", func(t *testing.T) {
		s, row := prepare(t)
		do(s, store.PutOrder{Change: s.change(), ID: s.byUser("u1").ID, Order: crm.Order{OrderID: "ORD-2", Version: s.now, Deleted: true}})
		assert.Equal(t, store.RowUnchanged, s.importOne(row))
		assert.EqualValues(t, 1, s.byUser("u1").Figures.TotalOrders)
	})
	t.Run("newer ones replace what is stored", func(t *testing.T) {
		s, row := prepare(t)
		row.Orders[0].Status, row.Orders[0].Version = crm.Cancelled, s.now
		row.Complaints[0].Status, row.Complaints[0].Version = crm.Closed, s.now
		assert.Equal(t, store.RowUpdated, s.importOne(row))
		f := s.byUser("u1").Figures
		assert.EqualValues(t, 1000, f.OrderValue)
		assert.Zero(t, f.OpenComplaints)
	})
	t.Run("one of the same version that says something else is a correction", func(t *testing.T) {
		s, row := prepare(t)
		row.Orders[0].Total = 700
		assert.Equal(t, store.RowUpdated, s.importOne(row))
		assert.EqualValues(t, 1700, s.byUser("u1").Figures.OrderValue)
	})
	t.Run("a customer who is to be deleted goes with its last order and complaint", func(t *testing.T) {
		s, row := prepare(t)
		s.now = s.now.Add(time.Minute)
		do(s, store.Ingest{At: s.now, Events: []crm.Event{{Source: "aths", ID: "1", Type: crm.UserDeleted, UserID: "u1", Time: s.now}}})
		row.Customer.Status = crm.Inactive
		row.Orders[0].Status, row.Orders[0].Version = crm.Delivered, s.now
		row.Complaints[0].Status, row.Complaints[0].Version = crm.Closed, s.now
		assert.Equal(t, store.RowUpdated, s.importOne(row))
		_, err := s.CustomerByUser("u1")
		assert.Equal(t, crm.ErrCustomerNotFound(), err)
	})
}

func TestImportOfTheOpeningBalance(t *testing.T) {
	t.Run("other totals replace it", func(t *testing.T) {
		s := newShop(t)
		s.importOne(withTotals(s.line("u1"), 3))
		assert.Equal(t, store.RowUpdated, s.importOne(withTotals(s.line("u1"), 4)))
		assert.EqualValues(t, 4, s.byUser("u1").Figures.TotalOrders)
	})
	t.Run("totals of a customer with orders in the ledger are left to the ledger", func(t *testing.T) {
		s := newShop(t)
		s.importOne(withLedger(s.line("u1")))
		assert.Equal(t, store.RowUnchanged, s.importOne(withTotals(s.line("u1"), 9)))
		assert.EqualValues(t, 2, s.byUser("u1").Figures.TotalOrders)
	})
	t.Run("orders that are given themselves take its place", func(t *testing.T) {
		s := newShop(t)
		s.importOne(withTotals(s.line("u1"), 9))
		assert.Equal(t, store.RowUpdated, s.importOne(withLedger(s.line("u1"))))
		assert.EqualValues(t, 2, s.byUser("u1").Figures.TotalOrders)
	})
	t.Run("totals without counts by status drop those that no longer add up", func(t *testing.T) {
		s := newShop(t)
		s.importOne(withTotals(s.line("u1"), 3))
		row := withTotals(s.line("u1"), 5)
		row.Given &^= store.GivenOrdersByStatus | store.GivenComplaintsByCategory
		s.importOne(row)
		f := s.byUser("u1").Figures
		assert.Empty(t, f.OrdersByStatus)
		assert.NotEmpty(t, f.ComplaintsByCategory)
	})
}

func TestImportRestoresDeletedUsers(t *testing.T) {
	for _, sameID := range []bool{true, false} {
		t.Run(fmt.Sprintf("when asked to, with the same id %v", sameID), func(t *testing.T) {
			s := newShop(t)
			s.importOne(s.line("u1"))
			gone := s.byUser("u1").ID
			do(s, store.Delete{Change: s.change(), ID: gone})
			row := s.line("u1")
			if sameID {
				row.Customer.ID = gone
			}
			result := s.importing(store.Import{Restore: true}, row)[0]
			assert.Equal(t, store.RowResult{Outcome: store.RowCreated}, result)
			assert.Equal(t, sameID, s.byUser("u1").ID == gone)
		})
	}
	t.Run("the id of a deleted customer may become another user's", func(t *testing.T) {
		s := newShop(t)
		s.importOne(s.line("u1"))
		gone := s.byUser("u1").ID
		do(s, store.Delete{Change: s.change(), ID: gone})
		row := s.line("u2")
		row.Customer.ID = gone
		assert.Equal(t, store.RowCreated, s.importOne(row))
	})
}

func TestExportGivesEverything(t *testing.T) {
	s := newShop(t)
	row := withLedger(s.line("u1"))
	s.importing(store.Import{}, row, withTotals(s.line("u2"), 3))
	do(s, store.PutOrder{Change: s.change(), ID: s.byUser("u1").ID, Order: crm.Order{OrderID: "ORD-2", Version: s.now, Deleted: true}})
	all := map[string]store.ExportRow{}
	n, err := s.Export(func(r *store.ExportRow) error {
		all[r.UserID] = *r
		return nil
	})
	require.NoError(t, err)
	assert.EqualValues(t, 2, n)
	first := all["u1"]
	assert.Equal(t, s.byUser("u1"), first.Profile)
	assert.Equal(t, []crm.Order{row.Orders[1]}, first.Orders, "without the deleted one")
	assert.Equal(t, row.Complaints, first.Complaints)
	second := all["u2"]
	assert.Empty(t, second.Orders)
	assert.EqualValues(t, 3, second.Opening.TotalOrders)
}
