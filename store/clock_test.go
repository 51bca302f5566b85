package store_test

import (
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// jumps are wrong clocks: each says what the time is in place of at(5000).
var jumps = map[string]time.Time{
	"back by an hour":      at(4999),
	"back by a year":       at(5000).AddDate(-1, 0, 0),
	"back to before 1970":  time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC),
	"ahead by a year":      at(5000).AddDate(1, 0, 0),
	"ahead to the century": time.Date(2106, 2, 7, 6, 28, 16, 0, time.UTC), // 32 bits of seconds begin anew
}

func TestClockThatJumpsBetweenTwoChanges(t *testing.T) {
	for name, jumped := range jumps {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.now = at(5000)
			c := s.add()
			do(s, store.AddNote{Change: s.change(), ID: c.ID, Content: "Before the clock jumped"})
			before := s.profile(c.ID)

			s.now = jumped
			do(s, store.Update{Change: s.change(), ID: c.ID, FullName: to("Renamed"), ContactNumber: to("+91 98450 00017"), Tags: &[]string{"late"}})
			do(s, store.SetStatus{Change: s.change(), ID: c.ID, Status: crm.Suspended, Reason: "To see"})
			do(s, store.SetType{Change: s.change(), ID: c.ID, Type: crm.VIP})
			note := do(s, store.AddNote{Change: s.change(), ID: c.ID, Content: "After the clock jumped"})
			after := s.profile(c.ID)

			t.Run("every change is made", func(t *testing.T) {
				assert.Equal(t, "Renamed", after.FullName)
				assert.Equal(t, "+91 98450 00017", after.ContactNumber)
				assert.Equal(t, []string{"late"}, after.Tags)
				assert.Equal(t, crm.Suspended, after.Status)
				assert.Equal(t, crm.VIP, after.Type)
				assert.Equal(t, before.Revision+4, after.Revision, "and each is another version")
			})
			t.Run("its time is what the clock said", func(t *testing.T) {
				assert.Equal(t, s.now, after.LastModifiedAt)
			})
			t.Run("numbers go on, and the history is in their order", func(t *testing.T) {
				assert.Equal(t, uint32(2), note.Number)
				var actions []crm.Action
				for i, e := range s.history(c.ID) {
					assert.Equal(t, uint32(6-i), e.Number)
					actions = append(actions, e.Action)
				}
				assert.Equal(t, []crm.Action{crm.NoteAdded, crm.TypeChanged, crm.StatusChanged, crm.Updated, crm.NoteAdded, crm.Created}, actions)
			})
			t.Run("who registers now stands where the clock puts them", func(t *testing.T) {
				late := s.add()
				all, total, err := s.List(store.Filter{}, 0, 10)
				require.NoError(t, err)
				assert.Equal(t, int64(2), total)
				want := []crm.ID{c.ID, late.ID}
				if jumped.After(at(5000)) {
					want = []crm.ID{late.ID, c.ID}
				}
				assert.Equal(t, want, idsOf(all))
			})
		})
	}
}

func TestIDsStayUniqueWhileTheClockJumps(t *testing.T) {
	ids, seen := crm.NewIDs(), map[crm.ID]bool{}
	clocks := []time.Time{at(5000)}
	for _, jumped := range jumps {
		clocks = append(clocks, jumped)
	}
	for n := range 60_000 {
		id := ids.New(clocks[n%len(clocks)])
		require.False(t, seen[id], "%s was made before", id)
		seen[id] = true
	}
}

// TestAdministratorBesideATHSWithAnotherClock has ATHS report at(10), and an
// administrator act by a clock of crms that says something else.
func TestAdministratorBesideATHSWithAnotherClock(t *testing.T) {
	for name, now := range map[string]time.Time{
		"behind by an hour": at(9), "behind by a year": at(10).AddDate(-1, 0, 0), "before 1970": time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.now = now
			s.ingest(registered("u", 10))
			c := s.user("u")
			t.Run("an edit is not lost as older than what it replaces", func(t *testing.T) {
				do(s, store.Update{Change: s.change(), ID: c.ID, FullName: to("Edited"), ContactNumber: to("+91 98450 00017")})
				assert.Equal(t, "Edited", s.user("u").FullName)
				assert.Equal(t, "+91 98450 00017", s.user("u").ContactNumber)
			})
			t.Run("nor undone by a repeat of the report", func(t *testing.T) {
				assert.Equal(t, store.Ingested{Received: 1, Stale: 1}, s.ingest(registered("u", 10)))
				assert.Equal(t, "Edited", s.user("u").FullName)
			})
			t.Run("what ATHS says later wins over it", func(t *testing.T) {
				assert.Equal(t, 1, s.ingest(updated("u", 11, crm.UserReport{FullName: to("Later")})).Applied)
				assert.Equal(t, "Later", s.user("u").FullName)
			})
			t.Run("a repeat of the registration brings no deleted customer back", func(t *testing.T) {
				do(s, store.Delete{Change: s.change(), ID: c.ID})
				assert.Equal(t, store.Ingested{Received: 1, Stale: 1}, s.ingest(registered("u", 10)))
				s.assertNobody("u")
			})
			t.Run("a newer registration makes another one", func(t *testing.T) {
				assert.Equal(t, 1, s.ingest(registered("u", 12)).Applied)
				assert.NotEqual(t, c.ID, s.user("u").ID)
			})
		})
	}

	t.Run("ahead by a year", func(t *testing.T) {
		s := newShop(t)
		s.ingest(registered("u", 10))
		c := s.user("u")
		s.now = at(10).AddDate(1, 0, 0)
		do(s, store.Update{Change: s.change(), ID: c.ID, FullName: to("Edited")})
		t.Run("what ATHS says meanwhile is older than the edit, by the rule", func(t *testing.T) {
			assert.Equal(t, 1, s.ingest(updated("u", 11, crm.UserReport{FullName: to("Later")})).Stale)
			assert.Equal(t, "Edited", s.user("u").FullName)
		})
		t.Run("other fields are still ATHS's to change", func(t *testing.T) {
			assert.Equal(t, 1, s.ingest(updated("u", 11, crm.UserReport{Email: to("later@example.com")})).Applied)
		})
		t.Run("another edit is made once the clock is right again", func(t *testing.T) {
			s.now = at(12)
			do(s, store.Update{Change: s.change(), ID: c.ID, FullName: to("Again")})
			assert.Equal(t, "Again", s.user("u").FullName)
		})
	})
}

func TestOutboxBesideAClockThatJumps(t *testing.T) {
	queue := func(t *testing.T, queuedAt time.Time) *shop {
		s := newTellingShop(t)
		s.now = queuedAt
		s.setStatus(s.add().ID, crm.Suspended)
		return s
	}
	assertDue := func(t *testing.T, s *shop, now time.Time, want bool) {
		t.Helper()
		seqs, wait := s.due(now, 10)
		assert.Equal(t, want, len(seqs) == 1)
		assert.Equal(t, want, wait.IsZero())
	}
	t.Run("what was queued by a clock that was ahead is sent at once", func(t *testing.T) {
		assertDue(t, queue(t, at(100)), at(99), true)
		assertDue(t, queue(t, at(100).AddDate(1, 0, 0)), at(100), true)
	})
	t.Run("an attempt that such a clock has put off is not put off for that long", func(t *testing.T) {
		s := queue(t, at(100))
		do(s, store.Undelivered{Seq: 1, NextAt: at(100).AddDate(1, 0, 0), Err: "it rained"})
		assertDue(t, s, at(100), true)
	})
	t.Run("one that is put off for as long as may be waits", func(t *testing.T) {
		s := queue(t, at(100))
		do(s, store.Undelivered{Seq: 1, NextAt: at(100).Add(store.LongestPause), Err: "it rained"})
		assertDue(t, s, at(100), false)
		assertDue(t, s, at(100).Add(store.LongestPause), true)
	})
	t.Run("a clock that jumps ahead lets it be sent sooner", func(t *testing.T) {
		s := queue(t, at(100))
		do(s, store.Undelivered{Seq: 1, NextAt: at(101), Err: "it rained"})
		assertDue(t, s, at(100).AddDate(1, 0, 0), true)
	})
}
