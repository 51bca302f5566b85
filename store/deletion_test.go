package store_test

import (
	"testing"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUserDeleted(t *testing.T) {
	t.Run("ends a customer with nothing open", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 1), ordered("u", order("o1", crm.Delivered, 100, 2, 2)))
		id := s.user("u").ID
		s.assertIngested(store.Applied, userDeleted("u", 5))
		s.assertNobody("u")
		_, _, err := s.History(id, 0, 1)
		assert.Equal(t, crm.ErrCustomerNotFound(), err)
		n := s.newcomer()
		n.Email = "u@example.com"
		do(s, n) // the email is free
	})
	t.Run("makes all that is not newer stale, for ever", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 1), userDeleted("u", 5))
		require.NoError(t, s.Close())
		s.open()
		s.assertIngested(store.Stale, registered("u", 4))
		s.assertIngested(store.Stale, registered("u", 5))
		s.assertIngested(store.Stale, updated("u", 3, crm.UserReport{FullName: to("Bo")}))
		s.assertIngested(store.Stale, ordered("u", order("o1", crm.Delivered, 100, 2, 9)))
		s.assertIngested(store.Stale, complained("u", complaint("c1", "Late", crm.Closed, 5, 9)))
		s.assertIngested(store.Stale, userDeleted("u", 5))
		s.assertNobody("u")
		ids, _ := s.waiting()
		assert.Empty(t, ids)
	})
	t.Run("is remembered of a user nobody has heard of", func(t *testing.T) {
		s := newShop(t)
		s.ingest(named("before", ordered("u", order("o1", crm.Placed, 100, 2, 2))), named("after", ordered("u", order("o2", crm.Placed, 100, 7, 7))))
		s.assertIngested(store.Applied, userDeleted("u", 5))
		s.assertIngested(store.Stale, registered("u", 1))
		ids, why := s.waiting()
		assert.Equal(t, []string{"after"}, ids, "what waited for the life that is over is gone")
		assert.Equal(t, store.DeletedUser, why)
		assert.Equal(t, "deleted user", why.String())
	})
	t.Run("keeps aside what is newer, for a registration that may follow", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 1), updated("u", 8, crm.UserReport{ContactNumber: to("5551234567")}),
			ordered("u", order("before", crm.Delivered, 100, 2, 2)), ordered("u", order("later", crm.Placed, 300, 7, 7)))
		s.ingest(userDeleted("u", 5), userDeleted("u", 6))
		s.assertNobody("u")
		s.assertIngested(store.Stale, ordered("u", order("later still", crm.Placed, 500, 9, 9)))
		s.assertIngested(store.Applied, registered("u", 7))
		c := s.user("u")
		assert.Equal(t, crm.Amount(800), c.Figures.OrderValue)
		assert.Equal(t, "5551234567", c.ContactNumber)
		assert.Equal(t, at(7), c.Since)
		ids, _ := s.waiting()
		assert.Empty(t, ids)
	})
	t.Run("that comes after the next registration takes only what is older away", func(t *testing.T) {
		s := newShop(t)
		early, late := registered("u", 1), registered("u", 9)
		early.User.ContactNumber = to("5551234567")
		s.ingest(early, ordered("u", order("before", crm.Placed, 100, 2, 10)), complained("u", complaint("c1", "Late", crm.Open, 3, 3)),
			late, ordered("u", order("later", crm.Placed, 300, 9, 9)))
		id := s.user("u").ID
		s.assertIngested(store.Applied, userDeleted("u", 5))
		c := s.user("u")
		assert.Equal(t, id, c.ID)
		assert.Equal(t, crm.Active, c.Status)
		assert.Equal(t, at(9), c.Since)
		assert.Empty(t, c.ContactNumber)
		assert.Equal(t, crm.Amount(300), c.Figures.OrderValue)
		assert.Zero(t, c.Figures.TotalComplaints)
		s.assertIngested(store.Stale, ordered("u", order("before", crm.Delivered, 100, 2, 20)))
	})
	t.Run("that comes late moves the figures also where no field changes", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 9), ordered("u", order("before", crm.Placed, 100, 2, 10)), userDeleted("u", 5))
		assert.Zero(t, s.user("u").Figures.TotalOrders)
	})
	t.Run("by an administrator is as final", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", -1000))
		do(s, store.Delete{Change: s.change(), ID: s.user("u").ID})
		stale, fresh := registered("u", 0), registered("u", 0)
		stale.Time, fresh.Time = s.now, s.now.Add(1e6)
		s.assertIngested(store.Stale, stale)
		s.assertIngested(store.Applied, fresh)
	})
}

func TestRegistrationAfterTheDeletionMakesANewProfile(t *testing.T) {
	s := newShop(t)
	s.ingest(registered("u", 1))
	before := s.user("u")
	do(s, store.AddNote{Change: s.change(), ID: before.ID, Content: "Of the first life"})
	s.ingest(userDeleted("u", 5))
	s.assertIngested(store.Applied, registered("u", 6))
	c := s.user("u")
	assert.NotEqual(t, before.ID, c.ID)
	assert.Empty(t, s.profile(c.ID).Notes)
}

func TestLeavingCustomer(t *testing.T) {
	leaving := func(t *testing.T) *shop {
		s := newShop(t)
		s.ingest(registered("u", 1), ordered("u", order("o1", crm.Placed, 100, 2, 2)), complained("u", complaint("c1", "Late", crm.Open, 2, 2)))
		s.assertIngested(store.Applied, userDeleted("u", 5))
		return s
	}
	t.Run("is Inactive, and the history says why", func(t *testing.T) {
		s := leaving(t)
		c := s.user("u")
		assert.Equal(t, crm.Inactive, c.Status)
		assert.True(t, c.IsLeaving())
		newest := s.history(c.ID)[0]
		assert.Equal(t, crm.StatusChanged, newest.Action)
		assert.Equal(t, crm.AuthService, newest.By)
		assert.Equal(t, "The user was deleted in ATHS", newest.Reason)
	})
	t.Run("cannot be made Active", func(t *testing.T) {
		s := leaving(t)
		for _, status := range []crm.Status{crm.Active, crm.Suspended} {
			assertRefused(s, crm.Conflict, "Customer is marked for deletion and stays Inactive",
				store.SetStatus{Change: s.change(), ID: s.user("u").ID, Status: status})
		}
		do(s, store.SetStatus{Change: s.change(), ID: s.user("u").ID, Status: crm.Inactive})
	})
	t.Run("goes when the last of its orders and complaints closes", func(t *testing.T) {
		s := leaving(t)
		s.assertIngested(store.Applied, ordered("u", order("o1", crm.Delivered, 100, 2, 6)))
		assert.Equal(t, int64(1), s.user("u").Figures.OpenComplaints)
		s.assertIngested(store.Applied, complained("u", complaint("c1", "Late", crm.Closed, 2, 7)))
		s.assertNobody("u")
		s.assertIngested(store.Stale, registered("u", 4))
	})
	t.Run("goes when they are deleted", func(t *testing.T) {
		s := leaving(t)
		s.assertIngested(store.Applied, ordered("u", orderDeleted("o1", 6)))
		s.assertIngested(store.Applied, complained("u", crm.Complaint{ComplaintID: "c1", Version: at(3), Deleted: true}))
		s.assertNobody("u")
	})
	t.Run("waits for late reports of its own orders", func(t *testing.T) {
		s := leaving(t)
		s.assertIngested(store.Applied, ordered("u", order("o2", crm.Placed, 100, 4, 4)))
		s.ingest(ordered("u", order("o1", crm.Delivered, 100, 2, 6)), complained("u", complaint("c1", "Late", crm.Closed, 2, 7)))
		assert.Equal(t, int64(1), s.user("u").Figures.ActiveOrders())
		s.ingest(ordered("u", order("o2", crm.Cancelled, 100, 4, 8)))
		s.assertNobody("u")
	})
	t.Run("does not take what is newer than its deletion", func(t *testing.T) {
		s := leaving(t)
		s.assertIngested(store.Stale, ordered("u", order("later", crm.Placed, 100, 6, 6)))
		s.assertIngested(store.Stale, updated("u", 6, crm.UserReport{FullName: to("Bo")}))
		c := s.user("u")
		assert.Equal(t, int64(1), c.Figures.TotalOrders)
		assert.Equal(t, "Ana", c.FullName)
		ids, why := s.waiting()
		assert.Len(t, ids, 2)
		assert.Equal(t, store.DeletedUser, why)
	})
	t.Run("makes room at once for a registration that is newer", func(t *testing.T) {
		s := leaving(t)
		before := s.user("u").ID
		s.ingest(ordered("u", order("later", crm.Placed, 700, 6, 6)))
		s.assertIngested(store.Applied, registered("u", 6))
		c := s.user("u")
		assert.NotEqual(t, before, c.ID)
		assert.Equal(t, crm.Active, c.Status)
		assert.Equal(t, crm.Amount(700), c.Figures.OrderValue)
		s.assertIngested(store.Stale, ordered("u", order("o1", crm.Delivered, 100, 2, 8)))
	})
	t.Run("waits for what began before a second deletion too", func(t *testing.T) {
		s := leaving(t)
		s.ingest(ordered("u", order("between", crm.Cancelled, 100, 6, 9)))
		s.assertIngested(store.Applied, userDeleted("u", 8))
		s.assertIngested(store.Stale, ordered("u", order("between", crm.Placed, 100, 6, 6)))
		s.ingest(ordered("u", orderDeleted("o1", 9)), complained("u", crm.Complaint{ComplaintID: "c1", Version: at(9), Deleted: true}))
		s.assertNobody("u")
	})
	t.Run("takes no reports of the life before its own", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 1), userDeleted("u", 5), registered("u", 6), ordered("u", order("o1", crm.Placed, 100, 7, 7)), userDeleted("u", 8))
		s.assertIngested(store.Stale, ordered("u", order("long ago", crm.Placed, 100, 3, 9)))
		s.ingest(ordered("u", order("o1", crm.Delivered, 100, 7, 9)))
		s.assertNobody("u")
	})
	t.Run("takes what an administrator entered with it", func(t *testing.T) {
		s := leaving(t)
		do(s, store.Update{Change: store.Change{At: at(9), By: admin}, ID: s.user("u").ID, FullName: to("Edited")})
		s.ingest(ordered("u", orderDeleted("o1", 6)), complained("u", crm.Complaint{ComplaintID: "c1", Version: at(6), Deleted: true}))
		s.assertNobody("u")
		parked, _, err := s.ParkedEvents(10)
		require.NoError(t, err)
		for _, p := range parked {
			assert.True(t, p.Type.IsThingDeleted(), "nothing personal stays: %v", p)
		}
	})
	t.Run("can be deleted by an administrator once nothing is open", func(t *testing.T) {
		s := leaving(t)
		assertRefused(s, crm.Invalid, "Cannot delete customer with active orders or complaints", store.Delete{Change: s.change(), ID: s.user("u").ID})
	})
}
