package store_test

import (
	"fmt"
	"testing"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRepeat(t *testing.T) {
	t.Run("of the same source and id is a duplicate, also after the store was opened again", func(t *testing.T) {
		s := newShop(t)
		e := registered("u", 1)
		e.ID = "same"
		s.assertIngested(store.Applied, e)
		s.assertIngested(store.Duplicate, e)
		require.NoError(t, s.Close())
		s.open()
		s.assertIngested(store.Duplicate, e)
	})
	t.Run("is known by its identity, whatever it says", func(t *testing.T) {
		s := newShop(t)
		first, second := registered("u", 1), registered("u", 9)
		first.ID, second.ID = "same", "same"
		s.ingest(first)
		s.assertIngested(store.Duplicate, second)
		assert.Equal(t, at(1), s.user("u").Versions.Email)
	})
	t.Run("of the id from another source is another event", func(t *testing.T) {
		s := newShop(t)
		e := registered("u", 1)
		e.ID = "same"
		s.ingest(e)
		e.Source, e.NewID = "/elsewhere", s.ids.New(s.now)
		n := do(s, store.Ingest{At: s.now, Events: []crm.Event{e}})
		assert.Equal(t, store.Ingested{Received: 1, Stale: 1}, n)
	})
}

// TestRepeatOutsideOfTheWindow sends more events than are known by their
// identity: the versions keep a repeat from changing anything.
func TestRepeatOutsideOfTheWindow(t *testing.T) {
	const window = 1 << 16
	s := newShop(t)
	first := registered("u", 1)
	first.ID = "first"
	s.ingest(first, ordered("u", order("o1", crm.Placed, 100, 2, 2)))
	ingestMany := func(round string, n int) {
		events := make([]crm.Event, n)
		for i := range events {
			events[i] = updated("u", 2, crm.UserReport{FullName: to("Bo")})
			events[i].ID = fmt.Sprint(round, i)
		}
		// One that changes something makes the transaction write.
		events[0] = ordered("u", order("o1", crm.Placed, 100, 2, 2+s.n))
		s.ingest(events...)
	}
	ingestMany("a", 60_000)
	s.assertIngested(store.Duplicate, first)
	ingestMany("b", window-60_000)
	require.NoError(t, s.Close())
	s.open()
	s.assertIngested(store.Stale, first)
	assert.Equal(t, "Bo", s.user("u").FullName)
	assert.Equal(t, at(1), s.user("u").Since)
	assert.Equal(t, int64(1), s.user("u").Figures.TotalOrders)
}
