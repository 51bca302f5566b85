package store_test

import (
	"errors"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (s *shop) setStatus(id crm.ID, status crm.Status) {
	s.t.Helper()
	do(s, store.SetStatus{Change: s.change(), ID: id, Status: status, Reason: "why"})
}

func (s *shop) outbox() []store.OutboxEntry {
	s.t.Helper()
	entries, pending, dead, err := s.OutboxEntries(1000)
	require.NoError(s.t, err)
	require.Len(s.t, entries, int(pending+dead))
	return entries
}

// due are the numbers of the entries that may be sent now.
func (s *shop) due(now time.Time, limit int) (seqs []uint64, wait time.Time) {
	s.t.Helper()
	entries, wait, err := s.Due(now, limit)
	require.NoError(s.t, err)
	for _, e := range entries {
		seqs = append(seqs, e.Seq)
	}
	return seqs, wait
}

func TestOutboxTakes(t *testing.T) {
	t.Run("a status change and a deletion, each with a key of its own", func(t *testing.T) {
		s := newTellingShop(t)
		c := s.add()
		s.setStatus(c.ID, crm.Suspended)
		changed := s.now
		do(s, store.Delete{Change: s.change(), ID: c.ID})
		assert.Equal(t, []store.OutboxEntry{
			{Seq: 1, Key: "crms-" + s.Generation() + "-1", UserID: c.UserID, What: store.StatusOut, Status: crm.Suspended, Reason: "why", QueuedAt: changed, NextAt: changed},
			{Seq: 2, Key: "crms-" + s.Generation() + "-2", UserID: c.UserID, What: store.DeleteOut, QueuedAt: s.now, NextAt: s.now},
		}, s.outbox())
	})
	t.Run("nothing for a change that changes nothing", func(t *testing.T) {
		s := newTellingShop(t)
		s.setStatus(s.add().ID, crm.Active)
		assert.Empty(t, s.outbox())
	})
	t.Run("nothing of what ATHS does not keep", func(t *testing.T) {
		s := newTellingShop(t)
		c := s.add()
		do(s, store.Update{Change: s.change(), ID: c.ID, FullName: to("Bo")})
		do(s, store.SetType{Change: s.change(), ID: c.ID, Type: crm.VIP})
		assert.Empty(t, s.outbox())
	})
	t.Run("nothing of what ATHS has said itself", func(t *testing.T) {
		s := newTellingShop(t)
		s.ingest(registered("u", 1), userDeleted("u", 2))
		s.ingest(registered("v", 1), ordered("v", order("o1", crm.Placed, 100, 1, 1)), userDeleted("v", 5))
		assert.Equal(t, crm.Inactive, s.user("v").Status)
		s.ingest(ordered("v", orderDeleted("o1", 6)))
		s.assertNobody("v")
		assert.Empty(t, s.outbox())
	})
	t.Run("nothing when nobody is to be told", func(t *testing.T) {
		s := newShop(t)
		c := s.add()
		s.setStatus(c.ID, crm.Suspended)
		do(s, store.Delete{Change: s.change(), ID: c.ID})
		assert.Empty(t, s.outbox())
	})
	t.Run("nothing of a change that is refused", func(t *testing.T) {
		s := newTellingShop(t)
		c := s.add()
		s.order(c.ID, order("o1", crm.Placed, 100, 1, 1))
		refused(s, store.Delete{Change: s.change(), ID: c.ID})
		refused(s, store.SetStatus{Change: s.change(), ID: c.ID, Status: crm.Suspended, Match: store.Match{Conditional: true}})
		assert.Empty(t, s.outbox())
	})
	t.Run("the entry with its change, for as long as the change is there", func(t *testing.T) {
		s := newTellingShop(t)
		c := s.add()
		s.setStatus(c.ID, crm.Suspended)
		require.NoError(t, s.Close())
		s.open()
		assert.Equal(t, crm.Suspended, s.profile(c.ID).Status)
		assert.Len(t, s.outbox(), 1)
		s.setStatus(c.ID, crm.Active)
		assert.Equal(t, uint64(2), s.outbox()[1].Seq, "numbers go on")
	})
	t.Run("a notice for the dispatcher", func(t *testing.T) {
		s := newTellingShop(t)
		c := s.add()
		s.setStatus(c.ID, crm.Suspended)
		select {
		case <-s.Queued():
		default:
			assert.Fail(t, "nobody was told")
		}
	})
}

func TestDue(t *testing.T) {
	s := newTellingShop(t)
	first, second := s.add(), s.add()
	s.setStatus(first.ID, crm.Suspended)  // 1
	s.setStatus(first.ID, crm.Active)     // 2
	s.setStatus(second.ID, crm.Suspended) // 3
	s.setStatus(first.ID, crm.Inactive)   // 4

	t.Run("is the oldest entry of each user", func(t *testing.T) {
		seqs, wait := s.due(s.now, 10)
		assert.Equal(t, []uint64{1, 3}, seqs)
		assert.Zero(t, wait)
		seqs, _ = s.due(s.now, 1)
		assert.Equal(t, []uint64{1}, seqs)
	})
	t.Run("waits for the oldest, and lets no newer one of the user pass it", func(t *testing.T) {
		again := s.now.Add(time.Minute)
		do(s, store.Undelivered{Seq: 1, NextAt: again, Err: "it rained"})
		seqs, wait := s.due(s.now, 10)
		assert.Equal(t, []uint64{3}, seqs)
		assert.Equal(t, again, wait)
		seqs, _ = s.due(again, 10)
		assert.Equal(t, []uint64{1, 3}, seqs)
		assert.Equal(t, uint64(1), s.outbox()[0].Attempts)
		assert.Equal(t, "it rained", s.outbox()[0].LastError)
	})
	t.Run("goes on behind what was delivered", func(t *testing.T) {
		assert.True(t, do(s, store.Delivered{Seq: 3}))
		assert.False(t, do(s, store.Delivered{Seq: 3}), "it is gone")
		assert.False(t, do(s, store.Undelivered{Seq: 3}))
		seqs, _ := s.due(s.now, 10)
		assert.Empty(t, seqs)
	})
	t.Run("goes on behind a dead one, which stays", func(t *testing.T) {
		do(s, store.Undelivered{Seq: 1, Err: "ATHS answered 400"})
		seqs, _ := s.due(s.now, 10)
		assert.Equal(t, []uint64{2}, seqs)
		assert.Equal(t, store.Dead, s.outbox()[0].State)
		b, err := s.Backlog()
		require.NoError(t, err)
		assert.Equal(t, store.Backlog{Pending: 2, Dead: 1, OldestPending: s.outbox()[1].QueuedAt}, b)
	})
}

func TestRetryOutbox(t *testing.T) {
	// Three dead entries: of a status that holds, of one that does not any
	// more, and of a deletion.
	dead := func(t *testing.T) *shop {
		s := newTellingShop(t)
		holds, changed, gone := s.add(), s.add(), s.add()
		s.setStatus(holds.ID, crm.Suspended)   // 1
		s.setStatus(changed.ID, crm.Suspended) // 2
		s.setStatus(changed.ID, crm.Active)    // 3
		do(s, store.Delete{Change: s.change(), ID: gone.ID})
		do(s, store.Delivered{Seq: 3})
		for _, seq := range []uint64{1, 2, 4} {
			do(s, store.Undelivered{Seq: seq, Err: "ATHS answered 400"})
		}
		<-s.Queued()
		return s
	}
	t.Run("sends dead ones again, and leaves those alone that would undo a newer status", func(t *testing.T) {
		s := dead(t)
		at := s.change().At
		assert.Equal(t, store.Retried{Retried: 2, Overtaken: 1}, do(s, store.RetryOutbox{At: at, All: true}))
		seqs, _ := s.due(at, 10)
		assert.Equal(t, []uint64{1, 4}, seqs)
		entries := s.outbox()
		assert.Equal(t, store.Dead, entries[1].State)
		assert.Zero(t, entries[0].Attempts, "it starts anew")
		assert.Equal(t, at, entries[0].QueuedAt)
		assert.Equal(t, "crms-"+s.Generation()+"-1", entries[0].Key, "the key stays the same")
		assert.Len(t, s.Queued(), 1, "the dispatcher is told")
	})
	t.Run("takes only the chosen ones", func(t *testing.T) {
		s := dead(t)
		assert.Equal(t, store.Retried{Retried: 1}, do(s, store.RetryOutbox{At: s.now, Seqs: []uint64{4}}))
		assert.Equal(t, store.Retried{Overtaken: 1}, do(s, store.RetryOutbox{At: s.now, Seqs: []uint64{2}}))
	})
	t.Run("of a customer who is gone tells no status", func(t *testing.T) {
		s := dead(t)
		do(s, store.Delete{Change: s.change(), ID: s.user(s.outbox()[0].UserID).ID})
		assert.Equal(t, store.Retried{Overtaken: 1}, do(s, store.RetryOutbox{At: s.now, Seqs: []uint64{1}}))
	})
	t.Run("sends at once what only waits", func(t *testing.T) {
		s := newTellingShop(t)
		s.setStatus(s.add().ID, crm.Suspended)
		do(s, store.Undelivered{Seq: 1, NextAt: s.now.Add(time.Hour), Err: "it rained"})
		do(s, store.RetryOutbox{At: s.now, Seqs: []uint64{1}})
		seqs, _ := s.due(s.now, 10)
		assert.Equal(t, []uint64{1}, seqs)
	})
	t.Run("names every number that there is not, and does nothing then", func(t *testing.T) {
		s := dead(t)
		for _, err := range []error{
			outcome(s, store.RetryOutbox{At: s.now, Seqs: []uint64{1, 98, 99}}),
			outcome(s, store.DropOutbox{Seqs: []uint64{1, 98, 99}}),
		} {
			var known *crm.Error
			require.True(t, errors.As(err, &known))
			assert.Equal(t, crm.NotFound, known.Kind)
			assert.EqualError(t, err, "Outbox entry not found: there is no 98, 99")
		}
		assert.Len(t, s.outbox(), 3)
		assert.Equal(t, store.Dead, s.outbox()[0].State)
	})
	t.Run("drops the chosen ones, or all", func(t *testing.T) {
		s := dead(t)
		assert.Equal(t, 1, do(s, store.DropOutbox{Seqs: []uint64{2}}))
		assert.Len(t, s.outbox(), 2)
		assert.Equal(t, 2, do(s, store.DropOutbox{All: true}))
		assert.Empty(t, s.outbox())
	})
}

func TestOutboxPage(t *testing.T) {
	s := newTellingShop(t)
	for range 5 {
		s.setStatus(s.add().ID, crm.Suspended)
	}
	for _, seq := range []uint64{2, 5} {
		do(s, store.Undelivered{Seq: seq, Err: "ATHS answered 403 Forbidden"})
	}
	for _, c := range []struct {
		outcome string
		state   *store.OutboxState
		offset  int64
		limit   int
		seqs    []uint64
		total   int64
	}{
		{"begins with the oldest", nil, 0, 2, []uint64{1, 2}, 5},
		{"goes on after those before it", nil, 2, 2, []uint64{3, 4}, 5},
		{"may be cut short by the end", nil, 4, 2, []uint64{5}, 5},
		{"is empty past the end", nil, 5, 2, nil, 5},
		{"holds one state only when asked to", to(store.Dead), 0, 10, []uint64{2, 5}, 2},
		{"... and passes over entries of that state", to(store.Dead), 1, 10, []uint64{5}, 2},
		{"... of either state", to(store.Pending), 1, 1, []uint64{3}, 3},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			entries, total, err := s.OutboxPage(c.state, c.offset, c.limit)
			require.NoError(t, err)
			var seqs []uint64
			for _, e := range entries {
				seqs = append(seqs, e.Seq)
			}
			assert.Equal(t, c.seqs, seqs)
			assert.Equal(t, c.total, total)
		})
	}
}
