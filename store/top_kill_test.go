package store_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"
	"crms/store/storetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// moveTheBar is the process that gets killed while the bar of top moves: it imports so
// many customers with orders that it is raised, and deletes so many of the best that
// it is lowered. It prints a line before each. Every other import is too large for the
// redo log.
func moveTheBar(dir string) {
	s, err := quiet(dir, nil)
	for round := 0; err == nil; round++ {
		fmt.Println("raise")
		if err = importOrders(s, 1100, strings.Repeat("long ", round%2*1000)); err == nil {
			fmt.Println("lower")
			err = deleteTheBest(s, 600)
		}
	}
	fmt.Println(err)
	os.Exit(1)
}

// importOrders makes n customers with an order and a note each, in one transaction.
func importOrders(s *store.Store, n int, note string) error {
	ids, now := crm.NewIDs(), crm.Millis(time.Now())
	rows := make([]store.ImportRow, n)
	for i := range rows {
		id := ids.New(now)
		rows[i] = store.ImportRow{
			Customer: crm.Customer{UserID: id.String(), Email: id.String() + "@example.com", FullName: "Somebody"},
			NewID:    id, Given: store.GivenEmail | store.GivenFullName,
			Notes:  []crm.Note{{Content: note, AddedBy: admin, AddedAt: now}},
			Orders: []crm.Order{{OrderID: "order", Status: crm.Delivered, Total: crm.Amount(rand.IntN(1 << 20)), PlacedAt: now, Version: now}},
		}
	}
	_, err := store.Do(context.Background(), s, store.Import{Change: store.Change{At: now, By: crm.Importer}, Rows: rows})
	return err
}

func deleteTheBest(s *store.Store, n int) error {
	best, err := byOrderValue(s)
	if err != nil {
		return err
	}
	var writers sync.WaitGroup
	failures := make(chan error, n)
	for _, id := range best[:min(n, len(best))] {
		writers.Go(func() {
			_, err := store.Do(context.Background(), s, store.Delete{Change: store.Change{At: crm.Millis(time.Now()), By: admin}, ID: id})
			failures <- err
		})
	}
	writers.Wait()
	close(failures)
	for err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

// byOrderValue is all customers with orders, those with the greatest value first.
func byOrderValue(s *store.Store) ([]crm.ID, error) {
	var all []crm.Customer
	_, err := s.Export(func(row *store.ExportRow) error {
		if row.Figures.TotalOrders > 0 {
			all = append(all, row.Customer)
		}
		return nil
	})
	slices.SortStableFunc(all, func(a, b crm.Customer) int { // they come in the order of their ids
		return cmp.Compare(b.Figures.OrderValue, a.Figures.OrderValue)
	})
	ids := make([]crm.ID, len(all))
	for i, c := range all {
		ids[i] = c.ID
	}
	return ids, err
}

func TestKilledProcessKeepsTheBest(t *testing.T) {
	dir := t.TempDir()
	for moves := range 8 {
		killAmongMoves(t, dir, 1+moves%4)
		s, err := quiet(dir, nil)
		require.NoError(t, err)
		storetest.Verify(t, s)
		want, err := byOrderValue(s)
		require.NoError(t, err)
		a, err := s.Analytics(time.Now())
		require.NoError(t, err)
		top := []crm.ID{}
		for _, c := range a.Top {
			top = append(top, c.ID)
		}
		assert.Equal(t, want[:min(10, len(want))], top)
		require.NoError(t, s.Close())
		require.False(t, t.Failed(), "after %d moves", moves)
	}
}

// killAmongMoves kills the process a little after it has begun so many moves.
func killAmongMoves(t *testing.T, dir string, moves int) {
	t.Helper()
	c, out := startElsewhere(t, "CRMS_TEST_TOP", dir)
	for n := range moves {
		line, err := out.ReadString('\n')
		require.NoError(t, err)
		require.Equal(t, []string{"raise\n", "lower\n"}[n%2], line)
	}
	time.Sleep(rand.N(60 * time.Millisecond))
	require.NoError(t, c.Process.Kill())
	require.Error(t, c.Wait(), "it was killed")
}
