package store_test

import (
	"testing"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// waiting are the ids of the events that wait, and why the first does.
func (s *shop) waiting() (ids []string, why store.Why) {
	s.t.Helper()
	parked, total, err := s.ParkedEvents(1000)
	require.NoError(s.t, err)
	require.Len(s.t, parked, int(total))
	for _, p := range parked {
		ids, why = append(ids, p.ID), parked[0].Why
	}
	return ids, why
}

func named(id string, e crm.Event) crm.Event {
	e.ID = id
	return e
}

func TestEventOfAnUnknownUser(t *testing.T) {
	anOrder := named("an order", ordered("u", order("o1", crm.Placed, 100, 2, 2)))
	aName := named("a name", updated("u", 3, crm.UserReport{FullName: to("Bo")}))
	aComplaint := named("a complaint", complained("u", complaint("c1", "Late", crm.Open, 2, 2)))

	t.Run("waits, and is applied when the user registers", func(t *testing.T) {
		s := newShop(t)
		s.assertIngested(store.Parked, anOrder)
		s.assertIngested(store.Parked, aName)
		s.assertIngested(store.Parked, aComplaint)
		s.assertNobody("u")
		ids, why := s.waiting()
		assert.Equal(t, []string{"a complaint", "a name", "an order"}, ids)
		assert.Equal(t, store.UnknownUser, why)
		assert.Equal(t, "unknown user", why.String())

		s.assertIngested(store.Applied, registered("u", 1))
		c := s.user("u")
		assert.Equal(t, "Bo", c.FullName)
		assert.Equal(t, int64(1), c.Figures.TotalOrders)
		assert.Equal(t, int64(1), c.Figures.OpenComplaints)
		ids, _ = s.waiting()
		assert.Empty(t, ids)
	})
	t.Run("waits with all that it says, also while the store is closed", func(t *testing.T) {
		s := newShop(t)
		for _, e := range []crm.Event{anOrder, aComplaint,
			named("all", updated("u", 3, crm.UserReport{Email: to("e@example.com"), FullName: to("Bo"), ContactNumber: to("")})),
			named("deletion", ordered("u", orderDeleted("o2", 4))),
		} {
			s.ingest(e)
			require.NoError(t, s.Close())
			s.open()
			parked, _, err := s.ParkedEvents(10)
			require.NoError(t, err)
			e.Source = "/test"
			parked[0].NewID = e.NewID
			assert.Equal(t, store.ParkedEvent{Event: e, Since: s.now, Why: store.UnknownUser}, parked[0])
			do(s, store.DropParked{All: true})
		}
	})
	t.Run("that comes again is a duplicate, and waits once", func(t *testing.T) {
		s := newShop(t)
		s.assertIngested(store.Parked, anOrder)
		s.assertIngested(store.Duplicate, anOrder)
		ids, _ := s.waiting()
		assert.Len(t, ids, 1)
		s.ingest(registered("u", 1))
		s.assertIngested(store.Duplicate, anOrder)
		assert.Equal(t, int64(1), s.user("u").Figures.TotalOrders)
	})
	t.Run("is applied too when an administrator makes the customer", func(t *testing.T) {
		s := newShop(t)
		s.ingest(anOrder)
		n := s.newcomer()
		n.UserID = "u"
		assert.Equal(t, int64(1), do(s, n).Figures.TotalOrders, "the answer shows it already")
		ids, _ := s.waiting()
		assert.Empty(t, ids)
	})
	t.Run("is applied too when an import makes the customer", func(t *testing.T) {
		s := newShop(t)
		s.ingest(anOrder)
		change := s.change()
		do(s, store.Load{Change: change, Customer: crm.Customer{
			ID: s.ids.New(change.At), UserID: "u", Email: "u@example.com", FullName: "Ana", Since: at(0), Tags: []string{}, Preferences: []byte("{}"),
		}})
		assert.Equal(t, int64(1), s.user("u").Figures.TotalOrders)
	})
}

func TestDropParked(t *testing.T) {
	crowd := func(t *testing.T) *shop {
		s := newShop(t)
		for _, user := range []string{"u", "u2", "v"} {
			s.ingest(named("a "+user, ordered(user, order("o1", crm.Placed, 100, 2, 2))), named("b "+user, ordered(user, order("o2", crm.Placed, 100, 2, 2))))
		}
		return s
	}
	t.Run("drops what waits for the users, and for nobody whose id begins alike", func(t *testing.T) {
		s := crowd(t)
		assert.Equal(t, 4, do(s, store.DropParked{Users: []string{"u", "v", "nobody"}}))
		ids, _ := s.waiting()
		assert.Equal(t, []string{"a u2", "b u2"}, ids)
	})
	t.Run("drops everything", func(t *testing.T) {
		s := crowd(t)
		assert.Equal(t, 6, do(s, store.DropParked{All: true}))
		b, err := s.Backlog()
		require.NoError(t, err)
		assert.Equal(t, store.Backlog{}, b)
	})
	t.Run("lets the sender send it again", func(t *testing.T) {
		s := crowd(t)
		do(s, store.DropParked{All: true})
		again := named("a u", ordered("u", order("o1", crm.Placed, 100, 2, 2)))
		s.assertIngested(store.Parked, again)
		s.ingest(registered("u", 1))
		assert.Equal(t, int64(1), s.user("u").Figures.TotalOrders)
	})
}

func TestParkedEventsAreCountedAndListedByPage(t *testing.T) {
	s := newShop(t)
	s.ingest(ordered("u", order("o1", crm.Placed, 100, 2, 2)), ordered("u", order("o2", crm.Placed, 100, 2, 2)),
		userDeleted("gone", 1), ordered("gone", order("o3", crm.Placed, 100, 2, 2)))
	parked, total, err := s.ParkedEvents(1)
	require.NoError(t, err)
	assert.Len(t, parked, 1)
	assert.Equal(t, int64(3), total)
	b, err := s.Backlog()
	require.NoError(t, err)
	assert.Equal(t, store.Backlog{UnknownUsers: 2, DeletedUsers: 1}, b)

	all, _, err := s.ParkedEvents(10)
	require.NoError(t, err)
	for offset := range int64(4) {
		page, total, err := s.ParkedPage(offset, 1)
		require.NoError(t, err)
		assert.Equal(t, int64(3), total)
		assert.Equal(t, all[offset:min(offset+1, 3)], append([]store.ParkedEvent{}, page...))
	}
}
