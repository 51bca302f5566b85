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

// ingest sends events together, each under an id of its own unless it has one.
func (s *shop) ingest(events ...crm.Event) store.Ingested {
	s.t.Helper()
	c := s.change()
	for i := range events {
		if events[i].ID == "" {
			s.n++
			events[i].ID = fmt.Sprintf("event-%d", s.n)
		}
		events[i].Source, events[i].NewID = "/test", s.ids.New(c.At)
	}
	return do(s, store.Ingest{At: c.At, Events: events})
}

// assertIngested sends one event, which must have this outcome.
func (s *shop) assertIngested(want store.Outcome, e crm.Event) {
	s.t.Helper()
	n := store.Ingested{Received: 1}
	*map[store.Outcome]*int{
		store.Applied: &n.Applied, store.Duplicate: &n.Duplicate, store.Stale: &n.Stale, store.Parked: &n.Parked,
	}[want] = 1
	assert.Equal(s.t, n, s.ingest(e))
}

// user is the customer of the user, who must have one.
func (s *shop) user(userID string) crm.Customer {
	s.t.Helper()
	c, err := s.CustomerByUser(userID)
	require.NoError(s.t, err)
	return c
}

func (s *shop) assertNobody(userID string) {
	s.t.Helper()
	_, err := s.CustomerByUser(userID)
	assert.Equal(s.t, crm.ErrCustomerNotFound(), err)
}

// registered says that the user is called Ana, without a number.
func registered(user string, hour int) crm.Event {
	return crm.Event{
		Type: crm.UserRegistered, Time: at(hour), UserID: user,
		User: crm.UserReport{Email: to(user + "@example.com"), FullName: to("Ana")},
	}
}

func updated(user string, hour int, said crm.UserReport) crm.Event {
	return crm.Event{Type: crm.UserUpdated, Time: at(hour), UserID: user, User: said}
}

func userDeleted(user string, hour int) crm.Event {
	return crm.Event{Type: crm.UserDeleted, Time: at(hour), UserID: user}
}

func ordered(user string, o crm.Order) crm.Event {
	e := crm.Event{Type: crm.OrderUpdated, Time: o.Version, UserID: user, Order: o}
	if o.Deleted {
		e.Type = crm.OrderDeleted
	}
	return e
}

func complained(user string, c crm.Complaint) crm.Event {
	e := crm.Event{Type: crm.ComplaintUpdated, Time: c.Version, UserID: user, Complaint: c}
	if c.Deleted {
		e.Type = crm.ComplaintDeleted
	}
	return e
}

func TestRegistration(t *testing.T) {
	t.Run("makes a profile", func(t *testing.T) {
		s := newShop(t)
		e := registered("u", 1)
		e.User.ContactNumber = to("+91 98450 00017")
		s.assertIngested(store.Applied, e)
		c := s.user("u")
		assert.Equal(t, "u@example.com", c.Email)
		assert.Equal(t, "Ana", c.FullName)
		assert.Equal(t, "+91 98450 00017", c.ContactNumber)
		assert.Equal(t, crm.Active, c.Status)
		assert.Equal(t, crm.AuthService, c.CreatedBy)
		assert.Equal(t, s.now, c.CreatedAt)
		assert.Equal(t, at(1), c.Since, "without registeredAt the event's time counts")
		assert.Equal(t, []crm.Action{crm.Created}, actionsOf(s.history(c.ID)))
	})
	t.Run("says since when in registeredAt", func(t *testing.T) {
		s := newShop(t)
		e := registered("u", 9)
		e.User.RegisteredAt = at(2)
		s.ingest(e)
		assert.Equal(t, at(2), s.user("u").Since)
	})
	t.Run("that comes twice makes one profile, in which the newer one wins and the earlier since", func(t *testing.T) {
		for _, hours := range [][2]int{{1, 5}, {5, 1}} {
			s := newShop(t)
			for _, hour := range hours {
				e := registered("u", hour)
				e.User.FullName = to(fmt.Sprintf("Name %d", hour))
				s.assertIngested(store.Applied, e)
			}
			assert.Equal(t, "Name 5", s.user("u").FullName)
			assert.Equal(t, at(1), s.user("u").Since)
		}
	})
	t.Run("that says nothing new is stale", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 1), updated("u", 9, crm.UserReport{Email: to("new@example.com"), FullName: to("Bo")}))
		again := registered("u", 1)
		s.assertIngested(store.Stale, again)
	})
	t.Run("with the email of another customer is accepted: the userId is the identity", func(t *testing.T) {
		s := newShop(t)
		taken := registered("second", 2)
		taken.User.Email = to("FIRST@example.com")
		s.ingest(registered("first", 1))
		s.assertIngested(store.Applied, taken)
		assert.Equal(t, "first@example.com", s.user("first").Email)
		assert.Equal(t, "FIRST@example.com", s.user("second").Email)

		n := s.newcomer()
		n.Email = "First@example.com"
		assertRefused(s, crm.Conflict, "A customer with this email already exists", n)
	})
	t.Run("of a user whom an administrator has made changes what is newer", func(t *testing.T) {
		s := newShop(t)
		n := s.newcomer()
		c := do(s, n)
		early, late := registered(n.UserID, -1000), registered(n.UserID, 1000)
		s.assertIngested(store.Applied, early)
		assert.Equal(t, n.FullName, s.user(n.UserID).FullName)
		assert.Equal(t, at(-1000), s.user(n.UserID).Since)
		s.assertIngested(store.Applied, late)
		assert.Equal(t, "Ana", s.user(n.UserID).FullName)
		assert.Equal(t, c.ID, s.user(n.UserID).ID)
	})
	t.Run("that comes more often than is kept still knows the newest and the first", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 500))
		for hour := range 40 {
			s.ingest(registered("u", 100+hour))
		}
		assert.Equal(t, at(100), s.user("u").Since)
		assert.LessOrEqual(t, len(s.user("u").Registrations), 16)
		s.ingest(userDeleted("u", 400))
		assert.Equal(t, at(500), s.user("u").Since, "the registration after the deletion was not forgotten")
	})
}

func actionsOf(entries []crm.Entry) (actions []crm.Action) {
	for _, e := range entries {
		actions = append(actions, e.Action)
	}
	return actions
}

func TestUserUpdate(t *testing.T) {
	t.Run("changes what it speaks of, and nothing else", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 1))
		s.assertIngested(store.Applied, updated("u", 2, crm.UserReport{FullName: to("Bo")}))
		c := s.user("u")
		assert.Equal(t, []string{"u@example.com", "Bo", ""}, []string{c.Email, c.FullName, c.ContactNumber})
		assert.Equal(t, crm.AuthService, c.LastModifiedBy)
		assert.Equal(t, []crm.FieldChange{{Field: "fullName", From: []byte(`"Ana"`), To: []byte(`"Bo"`)}}, s.history(c.ID)[0].Changes)
	})
	t.Run("wins field by field when it is newer", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 1))
		s.assertIngested(store.Applied, updated("u", 5, crm.UserReport{FullName: to("Five")}))
		s.assertIngested(store.Applied, updated("u", 3, crm.UserReport{FullName: to("Three"), Email: to("three@example.com")}))
		assert.Equal(t, "Five", s.user("u").FullName)
		assert.Equal(t, "three@example.com", s.user("u").Email)
	})
	for name, hour := range map[string]int{"older": 4, "as old": 5} {
		t.Run("that is "+name+" is stale", func(t *testing.T) {
			s := newShop(t)
			s.ingest(registered("u", 1), updated("u", 5, crm.UserReport{FullName: to("Five")}))
			s.assertIngested(store.Stale, updated("u", hour, crm.UserReport{FullName: to("Other")}))
			assert.Equal(t, "Five", s.user("u").FullName)
		})
	}
	t.Run("that repeats what is known moves its version, and is no change", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 1))
		before := s.user("u")
		s.assertIngested(store.Applied, updated("u", 9, crm.UserReport{FullName: to("Ana")}))
		assert.Equal(t, before.Revision, s.user("u").Revision)
		s.assertIngested(store.Stale, updated("u", 5, crm.UserReport{FullName: to("Five")}))
	})
	t.Run("clears the number with null", func(t *testing.T) {
		s := newShop(t)
		e := registered("u", 1)
		e.User.ContactNumber = to("+91 98450 00017")
		s.ingest(e)
		s.assertIngested(store.Applied, updated("u", 2, crm.UserReport{ContactNumber: to("")}))
		assert.Empty(t, s.user("u").ContactNumber)
		s.assertIngested(store.Stale, updated("u", 1, crm.UserReport{ContactNumber: to("5551234567")}))
	})
	t.Run("and an administrator's edit take turns: the newer wins", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", -900))
		id := s.user("u").ID
		edit := s.change()
		do(s, store.Update{Change: edit, ID: id, FullName: to("Edited")})
		late, early := updated("u", 0, crm.UserReport{FullName: to("ATHS"), Email: to("aths@example.com")}), crm.Event{}
		late.Time = edit.At.Add(-time.Millisecond)
		s.assertIngested(store.Applied, late)
		assert.Equal(t, "Edited", s.user("u").FullName, "older than the edit")
		assert.Equal(t, "aths@example.com", s.user("u").Email, "of which the edit said nothing")
		early = updated("u", 0, crm.UserReport{FullName: to("ATHS again")})
		early.Time = edit.At.Add(1e6)
		s.assertIngested(store.Applied, early)
		assert.Equal(t, "ATHS again", s.user("u").FullName)
	})
	t.Run("from a clock ahead does not keep an administrator from editing", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 1), updated("u", 100_000, crm.UserReport{FullName: to("Future")}))
		do(s, store.Update{Change: s.change(), ID: s.user("u").ID, FullName: to("Edited")})
		assert.Equal(t, "Edited", s.user("u").FullName)
		s.assertIngested(store.Stale, updated("u", 100_000, crm.UserReport{FullName: to("Future")}))
	})
}

func TestOrderEvents(t *testing.T) {
	start := func(t *testing.T) *shop {
		s := newShop(t)
		s.ingest(registered("u", 0))
		return s
	}
	t.Run("move the figures, which is no change of the profile", func(t *testing.T) {
		s := start(t)
		before := s.user("u")
		s.assertIngested(store.Applied, ordered("u", order("o1", crm.Placed, 1250, 1, 1)))
		c := s.user("u")
		assert.Equal(t, int64(1), c.Figures.TotalOrders)
		assert.Equal(t, crm.Amount(1250), c.Figures.OrderValue)
		assert.Equal(t, at(1), c.Figures.LastOrder)
		assert.Equal(t, crm.System, c.LastModifiedBy)
		assert.Equal(t, before.Revision, c.Revision)
	})
	t.Run("give an order the newest state, whatever the order of arrival", func(t *testing.T) {
		s := start(t)
		s.assertIngested(store.Applied, ordered("u", order("o1", crm.Delivered, 300, 1, 9)))
		s.assertIngested(store.Stale, ordered("u", order("o1", crm.Placed, 100, 1, 1)))
		s.assertIngested(store.Stale, ordered("u", order("o1", crm.Cancelled, 200, 1, 9)))
		assert.Equal(t, []crm.Count{{Name: "Delivered", N: 1}}, s.user("u").Figures.OrdersByStatus)
	})
	for name, hour := range map[string]int{"newer": 9, "older": 2} {
		t.Run("delete an order for good, when the deletion is "+name, func(t *testing.T) {
			s := start(t)
			s.ingest(ordered("u", order("o1", crm.Placed, 100, 1, 5)))
			s.assertIngested(store.Applied, ordered("u", orderDeleted("o1", hour)))
			assert.Zero(t, s.user("u").Figures.TotalOrders)
			s.assertIngested(store.Stale, ordered("u", order("o1", crm.Placed, 100, 1, 50)))
			s.assertIngested(store.Stale, ordered("u", orderDeleted("o1", 51)))
			assert.Zero(t, s.user("u").Figures.TotalOrders)
		})
	}
	t.Run("delete an order before it is heard of", func(t *testing.T) {
		s := start(t)
		s.assertIngested(store.Applied, ordered("u", orderDeleted("o1", 2)))
		s.assertIngested(store.Stale, ordered("u", order("o1", crm.Placed, 100, 1, 1)))
	})
	t.Run("with a status nobody knows count as active, under its name", func(t *testing.T) {
		s := start(t)
		s.ingest(ordered("u", order("o1", "On Hold", 100, 1, 1)))
		assert.Equal(t, []crm.Count{{Name: "On Hold", N: 1}}, s.user("u").Figures.OrdersByStatus)
		assert.Equal(t, int64(1), s.user("u").Figures.ActiveOrders())
	})
	t.Run("of two users with the same id are two orders", func(t *testing.T) {
		s := start(t)
		s.ingest(registered("v", 0), ordered("u", order("o1", crm.Placed, 100, 1, 1)), ordered("v", order("o1", crm.Placed, 200, 1, 1)))
		assert.Equal(t, crm.Amount(100), s.user("u").Figures.OrderValue)
		assert.Equal(t, crm.Amount(200), s.user("v").Figures.OrderValue)
	})
}

func TestComplaintEvents(t *testing.T) {
	s := newShop(t)
	s.ingest(registered("u", 0))
	t.Run("move the figures", func(t *testing.T) {
		s.assertIngested(store.Applied, complained("u", complaint("c1", "Late", crm.Open, 1, 1)))
		assert.Equal(t, int64(1), s.user("u").Figures.OpenComplaints)
	})
	t.Run("with a status nobody knows count as open", func(t *testing.T) {
		s.assertIngested(store.Applied, complained("u", complaint("c1", "Very late", "Escalated", 1, 2)))
		assert.Equal(t, int64(1), s.user("u").Figures.OpenComplaints)
		assert.Equal(t, []crm.Count{{Name: "Very late", N: 1}}, s.user("u").Figures.ComplaintsByCategory)
	})
	t.Run("resolve it", func(t *testing.T) {
		s.assertIngested(store.Applied, complained("u", complaint("c1", "Late", crm.Resolved, 1, 3)))
		assert.Equal(t, int64(1), s.user("u").Figures.ResolvedComplaints())
	})
	t.Run("delete it for good", func(t *testing.T) {
		s.assertIngested(store.Applied, complained("u", crm.Complaint{ComplaintID: "c1", Version: at(2), Deleted: true}))
		s.assertIngested(store.Stale, complained("u", complaint("c1", "Late", crm.Open, 1, 9)))
		assert.Zero(t, s.user("u").Figures.TotalComplaints)
	})
}

func TestBatch(t *testing.T) {
	t.Run("counts what became of each event, which build on each other", func(t *testing.T) {
		s := newShop(t)
		twice := ordered("u", order("o1", crm.Placed, 100, 1, 1))
		twice.ID = "twice"
		n := s.ingest(
			ordered("w", order("o9", crm.Placed, 100, 1, 1)),
			ordered("u", order("o2", crm.Placed, 100, 1, 1)),
			registered("u", 0), twice, twice,
			ordered("u", order("o1", crm.Placed, 100, 1, 0)),
		)
		assert.Equal(t, store.Ingested{Received: 6, Applied: 2, Duplicate: 1, Stale: 1, Parked: 2}, n)
		assert.Equal(t, int64(2), s.user("u").Figures.TotalOrders)
		assert.Equal(t, map[string]int64{"applied": 2, "duplicate": 1, "stale": 1, "parked": 2}, s.EventCounts())
	})
	t.Run("without events does nothing", func(t *testing.T) {
		assert.Equal(t, store.Ingested{}, newShop(t).ingest())
	})
	t.Run("that changes nothing is counted", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 5))
		s.assertIngested(store.Stale, updated("u", 1, crm.UserReport{FullName: to("Old")}))
		assert.Equal(t, int64(1), s.EventCounts()["stale"])
	})
}

// Clocks that tell only seconds give different reports the same time.
func TestReportsOfTheSameTimeComeOutTheSameInEitherOrder(t *testing.T) {
	pairs := map[string][2]crm.Event{
		"of an order's status":     {ordered("u", order("o1", crm.Placed, 100, 1, 5)), ordered("u", order("o1", crm.Cancelled, 100, 1, 5))},
		"of an unknown status":     {ordered("u", order("o1", crm.Shipped, 100, 1, 5)), ordered("u", order("o1", "On Hold", 100, 1, 5))},
		"of an order's total":      {ordered("u", order("o1", crm.Placed, 100, 1, 5)), ordered("u", order("o1", crm.Placed, 300, 1, 5))},
		"of when it was placed":    {ordered("u", order("o1", crm.Placed, 100, 1, 5)), ordered("u", order("o1", crm.Placed, 100, 3, 5))},
		"of a complaint's status":  {complained("u", complaint("c1", "Late", crm.Open, 1, 5)), complained("u", complaint("c1", "Late", crm.Closed, 1, 5))},
		"of a complaint's subject": {complained("u", complaint("c1", "Broken", crm.Open, 1, 5)), complained("u", complaint("c1", "Late", crm.Open, 1, 5))},
		"of a name":                {updated("u", 5, crm.UserReport{FullName: to("Asha Rao")}), updated("u", 5, crm.UserReport{FullName: to("Asha Iyer")})},
		"of a number and none":     {updated("u", 5, crm.UserReport{ContactNumber: to("+91 98450 00017")}), updated("u", 5, crm.UserReport{ContactNumber: to("")})},
	}
	for name, pair := range pairs {
		t.Run(name, func(t *testing.T) {
			var outcomes []crm.Customer
			for _, events := range [][]crm.Event{pair[:], {pair[1], pair[0]}} {
				s := newShop(t)
				s.ingest(registered("u", 1))
				for _, e := range events {
					s.ingest(e)
				}
				c := s.user("u")
				outcomes = append(outcomes, crm.Customer{
					FullName: c.FullName, Email: c.Email, ContactNumber: c.ContactNumber, Figures: c.Figures, Versions: c.Versions,
				})
			}
			assert.Equal(t, outcomes[0], outcomes[1])
		})
	}
	t.Run("of which the one earlier in an order's life stands", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 1))
		s.assertIngested(store.Applied, ordered("u", order("o1", crm.Placed, 100, 1, 5)))
		s.assertIngested(store.Stale, ordered("u", order("o1", crm.Shipped, 100, 1, 5)))
	})
}

func TestARegistrationTakesBackADeletionThatATHSWasNotToldOf(t *testing.T) {
	for name, attempt := range map[string]func(*shop, uint64){
		"while it is pending": func(*shop, uint64) {},
		"when it is dead":     func(s *shop, seq uint64) { do(s, store.Undelivered{Seq: seq, Err: "refused"}) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newTellingShop(t)
			s.ingest(registered("u", -900))
			do(s, store.Delete{Change: s.change(), ID: s.user("u").ID})
			entries, _, _, err := s.OutboxEntries(10)
			require.NoError(t, err)
			require.Len(t, entries, 1)
			attempt(s, entries[0].Seq)
			again := registered("u", 0)
			again.Time = s.change().At
			s.assertIngested(store.Applied, again)
			entries, _, _, err = s.OutboxEntries(10)
			require.NoError(t, err)
			assert.Empty(t, entries)
		})
	}
}

// Each of a customer's newest order's changes would walk all its orders.
func TestLastOrderMovesBackOnlyWhereItMust(t *testing.T) {
	s := newShop(t)
	s.ingest(registered("u", 1), ordered("u", order("o1", crm.Placed, 100, 2, 2)), ordered("u", order("o2", crm.Placed, 100, 6, 6)))
	for _, step := range []struct {
		name string
		then crm.Order
		last int
	}{
		{"stays with a new status", order("o2", crm.Shipped, 100, 6, 7), 6},
		{"moves on when it turns out to be later", order("o2", crm.Shipped, 100, 8, 8), 8},
		{"moves back when it turns out to be earlier", order("o2", crm.Shipped, 100, 4, 9), 4},
		{"falls to the one before when it is earlier still", order("o2", crm.Shipped, 100, 1, 10), 2},
	} {
		t.Run(step.name, func(t *testing.T) {
			s.ingest(ordered("u", step.then))
			assert.Equal(t, at(step.last), s.user("u").Figures.LastOrder)
		})
	}
}
