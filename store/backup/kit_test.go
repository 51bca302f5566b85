package backup

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"
	"crms/store/storetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// noon is when the tests begin.
var noon = time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)

// fill adds n customers, each with an order.
func fill(t testing.TB, s *store.Store, n int) {
	t.Helper()
	ids := crm.NewIDs()
	for i := range n {
		change := store.Change{At: noon, By: "admin@example.com"}
		id := ids.New(noon)
		_, err := store.Do(context.Background(), s, store.Create{
			Change: change, ID: id, UserID: "user-" + id.String(), Email: fmt.Sprintf("someone.%d@example.com", i),
			FullName: fmt.Sprintf("Someone %d", i), Preferences: []byte("{}"),
		})
		require.NoError(t, err)
		o := crm.Order{OrderID: "first", Status: crm.Delivered, Total: 12345, PlacedAt: noon, Version: noon}
		_, err = store.Do(context.Background(), s, store.PutOrder{Change: change, ID: id, Order: o})
		require.NoError(t, err)
	}
}

// snapshot is one of a new store with n customers.
func snapshot(t testing.TB, n int) *store.Snapshot {
	t.Helper()
	s := storetest.Open(t, store.Options{})
	fill(t, s, n)
	taken, err := s.Snapshot(noon)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, taken.Remove()) })
	return taken
}

// names lists a folder.
func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	all := []string{}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// requireOneLine wants an error of one line.
func requireOneLine(t testing.TB, err error, what ...any) {
	t.Helper()
	require.Error(t, err, what...)
	require.NotContains(t, err.Error(), "\n", what...)
}

var discard = slog.New(slog.DiscardHandler)
