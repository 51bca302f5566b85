package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// changes reads rows of the log that must all be there.
func (s *shop) changes(after uint64) []crm.Change {
	s.t.Helper()
	rows, complete, err := s.Changes(after, 1000)
	require.NoError(s.t, err)
	require.True(s.t, complete)
	return rows
}

func TestLogHasARowForEachChangeOfAContact(t *testing.T) {
	s := newShop(t)
	a, b := s.add(), s.add()
	steps := []struct {
		change string
		run    func()
		rows   int
	}{
		{"a new name", func() { do(s, store.Update{Change: s.change(), ID: a.ID, FullName: to("Other")}) }, 1},
		{"the same name", func() { do(s, store.Update{Change: s.change(), ID: a.ID, FullName: to("Other")}) }, 0},
		{"a new number", func() { do(s, store.Update{Change: s.change(), ID: a.ID, ContactNumber: to("")}) }, 1},
		{"name and number at once", func() {
			do(s, store.Update{Change: s.change(), ID: a.ID, FullName: to("Third"), ContactNumber: to("080 1234 5678")})
		}, 1},
		{"tags", func() { do(s, store.Update{Change: s.change(), ID: a.ID, Tags: to([]string{"x"})}) }, 0},
		{"a status", func() { do(s, store.SetStatus{Change: s.change(), ID: a.ID, Status: crm.Inactive}) }, 0},
		{"a type", func() { do(s, store.SetType{Change: s.change(), ID: a.ID, Type: crm.VIP}) }, 0},
		{"a note", func() { do(s, store.AddNote{Change: s.change(), ID: a.ID, Content: "A note of some length"}) }, 0},
		{"an order", func() { s.order(a.ID, order("a", crm.Delivered, 100, 1, 1)) }, 0},
		{"a command that is refused", func() { refused(s, store.Delete{Change: s.change(), ID: s.ids.New(s.now)}) }, 0},
		{"a deletion", func() { do(s, store.Delete{Change: s.change(), ID: a.ID}) }, 1},
	}
	assert.Equal(t, []crm.Change{{Seq: 1, ID: a.ID}, {Seq: 2, ID: b.ID}}, s.changes(0))
	for _, step := range steps {
		t.Run(fmt.Sprintf("%s: %d", step.change, step.rows), func(t *testing.T) {
			before := s.LastSeq()
			step.run()
			rows := s.changes(before)
			require.Len(t, rows, step.rows)
			assert.Equal(t, before+uint64(step.rows), s.LastSeq())
			for _, row := range rows {
				assert.Equal(t, crm.Change{Seq: before + 1, ID: a.ID}, row)
			}
		})
	}
}

func TestChanges(t *testing.T) {
	s := newShop(t)
	for range 5 {
		s.add()
	}
	tests := []struct {
		outcome  string
		after    uint64
		limit    int
		seqs     []uint64
		complete bool
	}{
		{"come from the start", 0, 10, []uint64{1, 2, 3, 4, 5}, true},
		{"come in pages", 1, 2, []uint64{2, 3}, true},
		{"are none for one who has all", 5, 10, nil, true},
		{"cannot tell one who is ahead, as after a restore", 9, 10, nil, false},
	}
	for _, test := range tests {
		t.Run(test.outcome, func(t *testing.T) {
			rows, complete, err := s.Changes(test.after, test.limit)
			require.NoError(t, err)
			var seqs []uint64
			for _, row := range rows {
				seqs = append(seqs, row.Seq)
			}
			assert.Equal(t, test.seqs, seqs)
			assert.Equal(t, test.complete, complete)
		})
	}
	t.Run("of a new store are complete", func(t *testing.T) {
		rows, complete, err := newShop(t).Changes(0, 10)
		require.NoError(t, err)
		assert.Empty(t, rows)
		assert.True(t, complete)
	})
}

func TestPassedRowsArePruned(t *testing.T) {
	s := newShop(t)
	c := s.add()
	rename := func(n int) {
		for range n {
			s.n++
			do(s, store.Update{Change: s.change(), ID: c.ID, FullName: to(fmt.Sprintf("Name %d", s.n))})
		}
	}
	rename(399)
	require.Len(t, s.changes(0), 400, "nothing is pruned before somebody has passed it")

	s.Passed(300)
	rename(1)
	t.Run("and those who have not are told so", func(t *testing.T) {
		for _, after := range []uint64{0, 1, 299} {
			_, complete, err := s.Changes(after, 1000)
			require.NoError(t, err)
			assert.False(t, complete, "behind %d", after)
		}
	})
	t.Run("while what is behind them stays", func(t *testing.T) {
		rows := s.changes(300)
		require.Len(t, rows, 101)
		assert.Equal(t, uint64(301), rows[0].Seq)
	})
	t.Run("and numbers go on, also when all are pruned and the store is opened again", func(t *testing.T) {
		rename(400)
		s.Passed(s.LastSeq())
		rename(1)
		last := s.LastSeq()
		require.Equal(t, uint64(802), last)
		require.NoError(t, s.Close())
		s.open()
		assert.Equal(t, last, s.LastSeq())
		_, complete, err := s.Changes(last, 10)
		require.NoError(t, err)
		assert.True(t, complete)
		rename(1)
		assert.Equal(t, []crm.Change{{Seq: last + 1, ID: c.ID}}, s.changes(last))
	})
}

func TestCommittedGivesNoticeOfTheLog(t *testing.T) {
	s := newShop(t)
	assert.Empty(t, s.Committed())
	c := s.add()
	s.add()
	<-s.Committed()
	assert.Empty(t, s.Committed(), "several commits share a notice")
	s.order(c.ID, order("a", crm.Placed, 1, 1, 1))
	assert.Empty(t, s.Committed(), "an order is nothing to the log")
	do(s, store.Update{Change: s.change(), ID: c.ID, FullName: to("Other")})
	<-s.Committed()
}

func TestContacts(t *testing.T) {
	s := newShop(t)
	a, b := s.add(), s.add()
	found, err := s.Contacts([]crm.ID{b.ID, s.ids.New(s.now), a.ID})
	require.NoError(t, err)
	assert.Equal(t, []crm.Contact{b.Contact(), a.Contact()}, found)
	n, err := s.CountContacts()
	require.NoError(t, err)
	assert.Equal(t, 2, n)
}

func TestContactsAfterWalksAllOnceWhileOthersWrite(t *testing.T) {
	s := newShop(t)
	var there []crm.ID
	for range 150 {
		there = append(there, s.add().ID)
	}
	doomed := s.add()
	var writer sync.WaitGroup
	stop := make(chan struct{})
	writer.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			c := s.newcomer()
			_, err := store.Do(context.Background(), s.Store, c)
			assert.NoError(t, err)
			_, err = store.Do(context.Background(), s.Store, store.SetType{Change: c.Change, ID: there[n%len(there)], Type: crm.VIP})
			assert.NoError(t, err)
			if n == 3 {
				_, err = store.Do(context.Background(), s.Store, store.Delete{Change: c.Change, ID: doomed.ID})
				assert.NoError(t, err)
			}
		}
	})
	seen := map[crm.ID]bool{}
	var last crm.ID
	for {
		page, err := s.ContactsAfter(last, 7)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			require.False(t, seen[c.ID], "%s comes twice", c.ID)
			require.Greater(t, c.ID.String(), last.String())
			seen[c.ID], last = true, c.ID
		}
		if len(seen) > 2000 {
			break // the writer outruns the walk: newcomers have greater ids
		}
	}
	close(stop)
	writer.Wait()
	for _, id := range there {
		require.True(t, seen[id], "%s is left out", id)
	}
}
