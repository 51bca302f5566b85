package store_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"crms/store"
	"crms/store/crm"
	"crms/store/storetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// snapshot is one of the shop as it is now.
func (s *shop) snapshot() *store.Snapshot {
	s.t.Helper()
	n, err := s.Snapshot(s.now)
	require.NoError(s.t, err)
	s.t.Cleanup(func() { assert.NoError(s.t, n.Remove()) })
	return n
}

func (s *shop) facts() store.Facts {
	s.t.Helper()
	f, err := s.Facts()
	require.NoError(s.t, err)
	return f
}

// folders lists what is in the data folder beside the database and its log.
func (s *shop) folders() []string {
	s.t.Helper()
	entries, err := os.ReadDir(s.dir)
	require.NoError(s.t, err)
	folders := []string{}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), "crms.db") {
			folders = append(folders, e.Name())
		}
	}
	return folders
}

func TestFacts(t *testing.T) {
	s := newShop(t)
	assert.Equal(t, store.Counts{}, s.facts().Counts)
	c := s.add()
	s.order(c.ID, order("a", crm.Placed, 100, 1, 1))
	s.order(c.ID, order("b", crm.Placed, 100, 1, 1))
	s.complaint(c.ID, complaint("c", "Delivery Issue", crm.Open, 1, 1))
	assert.Equal(t, store.Facts{
		Generation: s.Generation(), Schema: 3, Zone: "UTC", LastSeq: s.LastSeq(),
		Counts: store.Counts{Customers: 1, Orders: 2, Complaints: 1},
	}, s.facts())
}

// TestSnapshotIsOneMoment takes snapshots while writers make customers, each
// with one order in a transaction of its own.
func TestSnapshotIsOneMoment(t *testing.T) {
	s := newShop(t)
	var answered atomic.Int64
	writing, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := 0; writing.Err() == nil; n++ {
				change := store.Change{At: at(n), By: admin}
				id := s.ids.New(at(n))
				_, err := store.Do(context.Background(), s.Store, store.Create{
					Change: change, ID: id, UserID: id.String(), Email: fmt.Sprintf("%d.%d@example.com", w, n), FullName: "Somebody", Preferences: []byte("{}"),
				})
				assert.NoError(t, err)
				answered.Add(1)
				_, err = store.Do(context.Background(), s.Store, store.PutOrder{Change: change, ID: id, Order: order("first", crm.Placed, 100, 1, 1)})
				assert.NoError(t, err)
			}
		})
	}
	defer writers.Wait()
	defer stop()
	for taken := range 6 {
		before := answered.Load()
		n, err := s.Snapshot(s.now)
		require.NoError(t, err)
		after := s.facts().Counts.Customers

		assert.GreaterOrEqual(t, n.Counts.Customers, before, "what was answered before is in snapshot %d", taken)
		assert.LessOrEqual(t, n.Counts.Customers, after)
		assert.LessOrEqual(t, n.Counts.Orders, n.Counts.Customers)
		assert.EqualValues(t, n.Counts.Customers, n.LastSeq, "each customer was one change")
		findings, err := n.Verify()
		require.NoError(t, err)
		assert.Empty(t, findings)

		copied, err := quiet(n.Dir, nil)
		require.NoError(t, err)
		facts, err := copied.Facts()
		require.NoError(t, err)
		assert.Equal(t, n.Facts, facts)
		require.NoError(t, copied.Close())
		require.NoError(t, n.Remove())
	}
	assert.Empty(t, s.folders(), "nothing is left of them")
}

func TestSnapshotsSideBySide(t *testing.T) {
	s := newShop(t)
	s.add()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			n, err := s.Snapshot(s.now)
			if assert.NoError(t, err) {
				assert.Equal(t, s.facts(), n.Facts)
				assert.NoError(t, n.Remove())
			}
		})
	}
	all.Wait()
}

func TestSnapshotOfAKilledProcessIsRemoved(t *testing.T) {
	s := newShop(t)
	n := s.snapshot()
	require.FileExists(t, n.File())
	require.NoError(t, s.Close())
	s.open()
	assert.Empty(t, s.folders())
}

func TestSnapshotThatFailsLeavesNothing(t *testing.T) {
	s := newShop(t)
	require.NoError(t, os.Rename(s.dir, s.dir+" is gone"))
	_, err := s.Snapshot(s.now)
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.NotContains(t, err.Error(), "\n")
	require.NoError(t, os.Rename(s.dir+" is gone", s.dir))
	assert.Empty(t, s.folders())
}

func TestSnapshotThatIsNotSound(t *testing.T) {
	s := newShop(t)
	s.add()
	n := s.snapshot()
	alter(t, n.Dir, removeFirst("users"))
	findings, err := n.Verify()
	require.NoError(t, err)
	assert.NotEmpty(t, findings)
	storetest.Verify(t, s.Store)
	assert.FileExists(t, filepath.Join(s.dir, "crms.db"))
}
