package store_test

import (
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
)

func (s *shop) order(id crm.ID, o crm.Order) store.Outcome {
	s.t.Helper()
	return do(s, store.PutOrder{Change: store.Change{At: s.now, By: crm.System}, ID: id, Order: o})
}

func (s *shop) complaint(id crm.ID, c crm.Complaint) store.Outcome {
	s.t.Helper()
	return do(s, store.PutComplaint{Change: store.Change{At: s.now, By: crm.System}, ID: id, Complaint: c})
}

// at is a moment so many hours after a fixed one.
func at(hours int) time.Time {
	return time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(hours) * time.Hour)
}

func order(id string, status crm.OrderStatus, total crm.Amount, placed, version int) crm.Order {
	return crm.Order{OrderID: id, Status: status, Total: total, PlacedAt: at(placed), Version: at(version)}
}

func orderDeleted(id string, version int) crm.Order {
	return crm.Order{OrderID: id, Version: at(version), Deleted: true}
}

func complaint(id, category string, status crm.ComplaintStatus, opened, version int) crm.Complaint {
	return crm.Complaint{ComplaintID: id, Category: category, Status: status, OpenedAt: at(opened), Version: at(version)}
}

func TestOrders(t *testing.T) {
	tests := []struct {
		outcome string
		reports []crm.Order
		last    store.Outcome
		want    crm.Figures
	}{
		{
			"an order counts with its value", []crm.Order{order("a", crm.Placed, 2500, 1, 1)}, store.Applied,
			crm.Figures{TotalOrders: 1, OrderValue: 2500, OrdersByStatus: []crm.Count{{Name: "Placed", N: 1}}, LastOrder: at(1)},
		},
		{
			"a newer report replaces the older one",
			[]crm.Order{order("a", crm.Placed, 2500, 1, 1), order("a", crm.Delivered, 2400, 1, 2)}, store.Applied,
			crm.Figures{TotalOrders: 1, OrderValue: 2400, OrdersByStatus: []crm.Count{{Name: "Delivered", N: 1}}, LastOrder: at(1)},
		},
		{
			"an older report is stale",
			[]crm.Order{order("a", crm.Delivered, 2400, 1, 2), order("a", crm.Placed, 2500, 1, 1)}, store.Stale,
			crm.Figures{TotalOrders: 1, OrderValue: 2400, OrdersByStatus: []crm.Count{{Name: "Delivered", N: 1}}, LastOrder: at(1)},
		},
		{
			"the same report again is stale",
			[]crm.Order{order("a", crm.Placed, 2500, 1, 1), order("a", crm.Placed, 2500, 1, 1)}, store.Stale,
			crm.Figures{TotalOrders: 1, OrderValue: 2500, OrdersByStatus: []crm.Count{{Name: "Placed", N: 1}}, LastOrder: at(1)},
		},
		{
			"a cancelled order counts, its value does not",
			[]crm.Order{order("a", crm.Placed, 2500, 1, 1), order("b", crm.Cancelled, 900, 2, 2)}, store.Applied,
			crm.Figures{
				TotalOrders: 2, OrderValue: 2500, LastOrder: at(2),
				OrdersByStatus: []crm.Count{{Name: "Placed", N: 1}, {Name: "Cancelled", N: 1}},
			},
		},
		{
			"a cancellation takes the value back",
			[]crm.Order{order("a", crm.Placed, 2500, 1, 1), order("a", crm.Cancelled, 2500, 1, 2)}, store.Applied,
			crm.Figures{TotalOrders: 1, OrdersByStatus: []crm.Count{{Name: "Cancelled", N: 1}}, LastOrder: at(1)},
		},
		{
			"an unknown status counts under its own name",
			[]crm.Order{order("a", "Backordered", 100, 1, 1), order("b", crm.Delivered, 100, 1, 1)}, store.Applied,
			crm.Figures{
				TotalOrders: 2, OrderValue: 200, LastOrder: at(1),
				OrdersByStatus: []crm.Count{{Name: "Delivered", N: 1}, {Name: "Backordered", N: 1}},
			},
		},
		{
			"a deleted order does not count, and the latest one moves back",
			[]crm.Order{order("a", crm.Placed, 100, 1, 1), order("b", crm.Placed, 200, 5, 1), order("c", crm.Placed, 400, 3, 1), orderDeleted("b", 2)}, store.Applied,
			crm.Figures{TotalOrders: 2, OrderValue: 500, OrdersByStatus: []crm.Count{{Name: "Placed", N: 2}}, LastOrder: at(3)},
		},
		{
			"the latest order is moved to an earlier time",
			[]crm.Order{order("a", crm.Placed, 100, 1, 1), order("b", crm.Placed, 200, 5, 1), order("b", crm.Placed, 200, 2, 2)}, store.Applied,
			crm.Figures{TotalOrders: 2, OrderValue: 300, OrdersByStatus: []crm.Count{{Name: "Placed", N: 2}}, LastOrder: at(2)},
		},
		{
			"the only order is deleted",
			[]crm.Order{order("a", crm.Placed, 100, 1, 1), orderDeleted("a", 2)}, store.Applied, crm.Figures{},
		},
		{
			"a deletion is final whatever its time",
			[]crm.Order{order("a", crm.Placed, 100, 1, 5), orderDeleted("a", 2), order("a", crm.Placed, 100, 1, 9)}, store.Stale, crm.Figures{},
		},
		{
			"a deletion that comes first keeps the order out",
			[]crm.Order{orderDeleted("a", 2), order("a", crm.Placed, 100, 1, 1)}, store.Stale, crm.Figures{},
		},
	}
	s := newShop(t)
	for _, test := range tests {
		t.Run(test.outcome, func(t *testing.T) {
			c := s.add()
			var last store.Outcome
			for _, o := range test.reports {
				last = s.order(c.ID, o)
			}
			assert.Equal(t, test.last, last)
			assertFigures(t, test.want, s.profile(c.ID).Figures)
		})
	}
}

// assertFigures compares figures; no counts are the same as an empty list.
func assertFigures(t *testing.T, want, got crm.Figures) {
	t.Helper()
	assert.ElementsMatch(t, want.OrdersByStatus, got.OrdersByStatus)
	assert.ElementsMatch(t, want.ComplaintsByCategory, got.ComplaintsByCategory)
	want.OrdersByStatus, want.ComplaintsByCategory = nil, nil
	got.OrdersByStatus, got.ComplaintsByCategory = nil, nil
	assert.Equal(t, want, got)
}

func TestComplaints(t *testing.T) {
	tests := []struct {
		outcome string
		reports []crm.Complaint
		last    store.Outcome
		want    crm.Figures
	}{
		{
			"an open complaint counts in its category",
			[]crm.Complaint{complaint("a", "Late", crm.Open, 1, 1)}, store.Applied,
			crm.Figures{TotalComplaints: 1, OpenComplaints: 1, ComplaintsByCategory: []crm.Count{{Name: "Late", N: 1}}, LastComplaint: at(1)},
		},
		{
			"a resolved one is no longer open",
			[]crm.Complaint{complaint("a", "Late", crm.Open, 1, 1), complaint("a", "Late", crm.Resolved, 1, 2)}, store.Applied,
			crm.Figures{TotalComplaints: 1, ComplaintsByCategory: []crm.Count{{Name: "Late", N: 1}}, LastComplaint: at(1)},
		},
		{
			"another category takes it over",
			[]crm.Complaint{complaint("a", "Late", crm.Open, 1, 1), complaint("a", "Broken", crm.InProgress, 1, 2)}, store.Applied,
			crm.Figures{TotalComplaints: 1, OpenComplaints: 1, ComplaintsByCategory: []crm.Count{{Name: "Broken", N: 1}}, LastComplaint: at(1)},
		},
		{
			"an older report is stale",
			[]crm.Complaint{complaint("a", "Late", crm.Closed, 1, 2), complaint("a", "Late", crm.Open, 1, 1)}, store.Stale,
			crm.Figures{TotalComplaints: 1, ComplaintsByCategory: []crm.Count{{Name: "Late", N: 1}}, LastComplaint: at(1)},
		},
		{
			"when the latest is deleted the one before it is",
			[]crm.Complaint{
				complaint("a", "Late", crm.Closed, 1, 1), complaint("b", "Late", crm.Open, 4, 1),
				{ComplaintID: "b", Version: at(0), Deleted: true},
			}, store.Applied,
			crm.Figures{TotalComplaints: 1, ComplaintsByCategory: []crm.Count{{Name: "Late", N: 1}}, LastComplaint: at(1)},
		},
	}
	s := newShop(t)
	for _, test := range tests {
		t.Run(test.outcome, func(t *testing.T) {
			c := s.add()
			var last store.Outcome
			for _, r := range test.reports {
				last = s.complaint(c.ID, r)
			}
			assert.Equal(t, test.last, last)
			assertFigures(t, test.want, s.profile(c.ID).Figures)
		})
	}
}

func TestLedgerIsNotAChangeOfTheProfile(t *testing.T) {
	s := newShop(t)
	c := s.add()
	seq := s.LastSeq()
	s.order(c.ID, order("a", crm.Placed, 100, 1, 1))
	after := s.profile(c.ID)

	t.Run("the revision stays and the activity counts", func(t *testing.T) {
		assert.Equal(t, c.Revision, after.Revision)
		assert.Equal(t, c.Activity+1, after.Activity)
	})
	t.Run("it was crms itself that changed the record", func(t *testing.T) {
		assert.Equal(t, crm.System, after.LastModifiedBy)
		assert.Equal(t, s.now, after.LastModifiedAt)
	})
	t.Run("it is in neither history nor log", func(t *testing.T) {
		assert.Len(t, s.history(c.ID), 1)
		assert.Equal(t, seq, s.LastSeq())
	})
	t.Run("a stale report changes nothing at all", func(t *testing.T) {
		s.order(c.ID, order("a", crm.Delivered, 100, 1, 0))
		assert.Equal(t, after, s.profile(c.ID))
	})
	t.Run("a report about nobody is not found", func(t *testing.T) {
		nobody := s.ids.New(s.now)
		assertRefused(s, crm.NotFound, "Customer not found", store.PutOrder{Change: s.change(), ID: nobody, Order: order("a", crm.Placed, 1, 1, 1)})
		assertRefused(s, crm.NotFound, "Customer not found", store.PutComplaint{Change: s.change(), ID: nobody, Complaint: complaint("a", "Late", crm.Open, 1, 1)})
	})
	t.Run("orders of the same id of two customers are two orders", func(t *testing.T) {
		other := s.add()
		assert.Equal(t, store.Applied, s.order(other.ID, order("a", crm.Placed, 7, 1, 1)))
		assert.Equal(t, crm.Amount(100), s.profile(c.ID).Figures.OrderValue)
	})
}

func TestLoad(t *testing.T) {
	s := newShop(t)
	imported := func() store.Load {
		n := s.newcomer()
		return store.Load{Change: n.Change, Customer: crm.Customer{
			ID: n.ID, UserID: n.UserID, Email: n.Email, FullName: n.FullName, Tags: []string{}, Preferences: []byte(`{}`),
			Status: crm.Inactive, Type: crm.VIP, Since: at(-5000), CreatedBy: crm.AuthService, CreatedAt: at(-5000),
			LastModifiedBy: admin, LastModifiedAt: at(-4000),
		}}
	}
	opening := crm.Figures{
		TotalOrders: 3, OrderValue: 900, OrdersByStatus: []crm.Count{{Name: "Delivered", N: 2}, {Name: "Cancelled", N: 1}}, LastOrder: at(10),
		TotalComplaints: 1, ComplaintsByCategory: []crm.Count{{Name: "Late", N: 1}}, LastComplaint: at(11),
	}

	t.Run("keeps the record and numbers the notes anew", func(t *testing.T) {
		l := imported()
		l.Notes = []crm.Note{{Number: 7, Content: "first", AddedBy: admin, AddedAt: at(1)}, {Number: 3, Content: "second", AddedBy: admin, AddedAt: at(2)}}
		assert.Equal(t, l.Customer.ID, do(s, l))
		p := s.profile(l.Customer.ID)
		assert.Equal(t, crm.Inactive, p.Status)
		assert.Equal(t, crm.VIP, p.Type)
		assert.Equal(t, at(-5000), p.Since)
		assert.Equal(t, []crm.Note{{Number: 1, Content: "first", AddedBy: admin, AddedAt: at(1)}, {Number: 2, Content: "second", AddedBy: admin, AddedAt: at(2)}}, p.Notes)
	})
	t.Run("computes the figures from orders and complaints", func(t *testing.T) {
		l := imported()
		l.Customer.Figures = crm.Figures{TotalOrders: 99}
		l.Orders = []crm.Order{order("a", crm.Placed, 100, 1, 1), order("b", crm.Cancelled, 50, 2, 2)}
		l.Complaints = []crm.Complaint{complaint("x", "Late", crm.Open, 3, 3)}
		do(s, l)
		assertFigures(t, crm.Figures{
			TotalOrders: 2, OrderValue: 100, OrdersByStatus: []crm.Count{{Name: "Placed", N: 1}, {Name: "Cancelled", N: 1}}, LastOrder: at(2),
			TotalComplaints: 1, OpenComplaints: 1, ComplaintsByCategory: []crm.Count{{Name: "Late", N: 1}}, LastComplaint: at(3),
		}, s.profile(l.Customer.ID).Figures)
	})
	t.Run("without them the opening balance is the figures", func(t *testing.T) {
		l := imported()
		l.Customer.Opening = opening
		do(s, l)
		assertFigures(t, opening, s.profile(l.Customer.ID).Figures)
		assert.Equal(t, opening, s.profile(l.Customer.ID).Opening)
	})
	t.Run("the ledger adds to the opening balance and falls back to it", func(t *testing.T) {
		l := imported()
		l.Customer.Opening = opening
		do(s, l)
		id := l.Customer.ID
		s.order(id, order("a", crm.Placed, 100, 20, 20))
		got := s.profile(id).Figures
		assert.Equal(t, int64(4), got.TotalOrders)
		assert.Equal(t, crm.Amount(1000), got.OrderValue)
		assert.Equal(t, at(20), got.LastOrder)
		s.order(id, orderDeleted("a", 21))
		assertFigures(t, opening, s.profile(id).Figures)
	})
	t.Run("is a conflict when the id, the userId or the email is taken", func(t *testing.T) {
		taken := s.add()
		for message, set := range map[string]func(*crm.Customer){
			"A customer with this customerId already exists": func(c *crm.Customer) { c.ID = taken.ID },
			"A customer with this userId already exists":     func(c *crm.Customer) { c.UserID = taken.UserID },
			"A customer with this email already exists":      func(c *crm.Customer) { c.Email = taken.Email },
		} {
			l := imported()
			set(&l.Customer)
			assertRefused(s, crm.Conflict, message, l)
		}
		assert.Equal(t, taken, s.profile(taken.ID).Customer)
	})
}
