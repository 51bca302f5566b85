package store_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"crms/store"
	"crms/store/crm"
	"crms/store/storetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

// removeFirst removes the first entry of a bucket behind the store's back.
func removeFirst(bucket string) func(*bolt.Tx) error {
	return func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		key, _ := b.Cursor().First()
		return b.Delete(bytes.Clone(key))
	}
}

// moved is a copy of the snapshot in another data folder, to be installed there.
func moved(t *testing.T, n *store.Snapshot, dir string) *store.Snapshot {
	t.Helper()
	into, err := store.NewSnapshotDir(dir)
	require.NoError(t, err)
	copied := &store.Snapshot{Facts: n.Facts, Dir: into, TakenAt: n.TakenAt}
	content, err := os.ReadFile(n.File())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(copied.File(), content, 0o600))
	return copied
}

func TestInstall(t *testing.T) {
	s := newShop(t)
	c := s.add()
	n := s.snapshot()
	s.add()
	old := s.facts()
	require.NoError(t, s.Close())
	n = moved(t, n, s.dir)
	aside, err := store.Install(n, s.dir, s.now)
	require.NoError(t, err)
	require.NoError(t, n.Remove())
	s.open()

	t.Run("brings back what was saved", func(t *testing.T) {
		facts := s.facts()
		assert.Equal(t, n.Counts, facts.Counts)
		assert.Equal(t, n.LastSeq, facts.LastSeq)
		assert.Equal(t, c.Email, s.profile(c.ID).Email)
	})
	t.Run("as a store of another generation", func(t *testing.T) {
		assert.NotEqual(t, old.Generation, s.Generation())
		assert.Len(t, s.Generation(), 32)
	})
	t.Run("keeps what it has replaced", func(t *testing.T) {
		assert.Equal(t, filepath.Join(s.dir, "replaced-20260125T143002Z"), aside)
		assert.Equal(t, []string{filepath.Base(aside)}, s.folders())
		kept := storetest.OpenIn(t, aside, store.Options{Existing: true})
		facts, err := kept.Facts()
		require.NoError(t, err)
		assert.Equal(t, old, facts)
	})
}

func TestInstallWhereThereIsNoStore(t *testing.T) {
	s := newShop(t)
	s.add()
	dir := t.TempDir()
	n := moved(t, s.snapshot(), dir)
	aside, err := store.Install(n, dir, s.now)
	require.NoError(t, err)
	assert.Empty(t, aside)
	require.NoError(t, n.Remove())
	installed := storetest.OpenIn(t, dir, store.Options{Existing: true})
	facts, err := installed.Facts()
	require.NoError(t, err)
	assert.Equal(t, n.Counts, facts.Counts)
}

func TestInstallIsRefusedWhileTheStoreIsOpen(t *testing.T) {
	s := newShop(t)
	n := s.snapshot()
	generation := s.Generation()
	t.Run("in this process", func(t *testing.T) {
		_, err := store.Install(n, s.dir, s.now)
		assert.ErrorIs(t, err, store.ErrInUse)
		assert.NotContains(t, err.Error(), "\n")
	})
	t.Run("in another process", func(t *testing.T) {
		dir := t.TempDir()
		c, lines := startElsewhere(t, "CRMS_TEST_WRITE", dir)
		_, err := lines.ReadString('\n') // it has the store open
		require.NoError(t, err)
		go func() { _, _ = io.Copy(io.Discard, lines) }()

		_, err = store.Install(moved(t, n, dir), dir, s.now)
		assert.ErrorIs(t, err, store.ErrInUse)
		require.NoError(t, c.Process.Kill())
		require.Error(t, c.Wait(), "it was killed")
		storetest.Prove(t, dir)
	})
	assert.Equal(t, generation, s.Generation())
}

// TestInstallThatIsCutShort does the durable steps of [store.Install] by hand, up
// to each of them, as if the process had died there.
func TestInstallThatIsCutShort(t *testing.T) {
	saved := newShop(t)
	saved.add()
	n := saved.snapshot()
	const other = "0123456789abcdef0123456789abcdef"

	type scene struct {
		s     *shop
		n     *store.Snapshot
		aside string
	}
	steps := []struct {
		died string
		do   func(t *testing.T, c *scene)
	}{
		{"before the first step", func(*testing.T, *scene) {}},
		{"while the backup is unpacked", func(t *testing.T, c *scene) {
			c.n = moved(t, n, c.s.dir)
			require.NoError(t, os.Truncate(c.n.File(), 10_000))
		}},
		{"after the backup is unpacked", func(t *testing.T, c *scene) {
			require.NoError(t, c.n.Remove())
			c.n = moved(t, n, c.s.dir)
		}},
		{"after it has another generation", func(t *testing.T, c *scene) {
			alter(t, c.n.Dir, func(tx *bolt.Tx) error { return putMeta(tx, "generation", other) })
		}},
		{"after the folder for the old one is made", func(t *testing.T, c *scene) {
			c.aside = filepath.Join(c.s.dir, "replaced-20260125T143000Z")
			require.NoError(t, os.Mkdir(c.aside, 0o700))
		}},
		{"after the old one has its second name", func(t *testing.T, c *scene) {
			require.NoError(t, os.Link(filepath.Join(c.s.dir, "crms.db"), filepath.Join(c.aside, "crms.db")))
		}},
		{"after the new one has its place", func(t *testing.T, c *scene) {
			require.NoError(t, os.Rename(c.n.File(), filepath.Join(c.s.dir, "crms.db")))
		}},
		{"after all is cleared away", func(t *testing.T, c *scene) { require.NoError(t, c.n.Remove()) }},
	}
	for last, step := range steps {
		t.Run(step.died, func(t *testing.T) {
			s := newShop(t)
			for range 3 {
				s.add()
			}
			old := s.facts()
			require.NoError(t, s.Close())
			c := &scene{s: s}
			for _, done := range steps[:last+1] {
				done.do(t, c)
			}
			s.open()
			storetest.Verify(t, s.Store)
			if replaced := last >= 6; replaced {
				assert.Equal(t, other, s.Generation())
				assert.Equal(t, n.Counts, s.facts().Counts)
				assert.Equal(t, []string{filepath.Base(c.aside)}, s.folders())
				storetest.Prove(t, c.aside)
			} else {
				assert.Equal(t, old, s.facts())
				assert.Empty(t, s.folders(), "nothing is left of the attempt")
			}

			require.NoError(t, s.Close())
			_, err := store.Install(moved(t, n, s.dir), s.dir, s.now)
			require.NoError(t, err, "and it can be done again")
			s.open()
			assert.Equal(t, n.Counts, s.facts().Counts)
		})
	}
}

func TestWhatTheOperatorKeepsInAReplacedFolderStays(t *testing.T) {
	s := newShop(t)
	dir := filepath.Join(s.dir, "replaced-20260125T143000Z")
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "why.txt"), nil, 0o600))
	require.NoError(t, s.Close())
	s.open()
	assert.FileExists(t, filepath.Join(dir, "why.txt"))
}

func TestCompact(t *testing.T) {
	s := newShop(t)
	require.NoError(t, s.Close())
	opened, err := store.Open(s.dir, store.Options{TellATHS: true})
	require.NoError(t, err)
	s.Store = opened
	var customers []crm.Customer
	for range 150 {
		c := s.add()
		do(s, store.AddNote{Change: s.change(), ID: c.ID, Content: string(bytes.Repeat([]byte("long "), 300))})
		customers = append(customers, c)
	}
	for _, c := range customers[10:] {
		do(s, store.Delete{Change: s.change(), ID: c.ID})
	}
	want, profile := s.facts(), s.profile(customers[0].ID)
	entries, pending, _, err := s.OutboxEntries(1000)
	require.NoError(t, err)

	t.Run("is refused while the store is open", func(t *testing.T) {
		_, _, err := store.Compact(s.dir)
		assert.ErrorIs(t, err, store.ErrInUse)
		assert.Empty(t, s.folders())
	})
	require.NoError(t, s.Close())
	before, after, err := store.Compact(s.dir)
	require.NoError(t, err)
	s.open()
	t.Run("makes the file smaller", func(t *testing.T) {
		assert.Less(t, after, before/2)
		info, err := os.Stat(filepath.Join(s.dir, "crms.db"))
		require.NoError(t, err)
		assert.Equal(t, after, info.Size())
	})
	t.Run("keeps everything", func(t *testing.T) {
		assert.Equal(t, want, s.facts())
		assert.Equal(t, profile, s.profile(customers[0].ID))
		again, pendingAgain, _, err := s.OutboxEntries(1000)
		require.NoError(t, err)
		assert.Equal(t, entries, again)
		assert.Equal(t, pending, pendingAgain)
		storetest.Verify(t, s.Store)
	})
	t.Run("leaves nothing else behind", func(t *testing.T) {
		assert.Empty(t, s.folders())
	})
	t.Run("keeps the numbers that come next", func(t *testing.T) {
		require.NoError(t, s.Close())
		s.Store, err = store.Open(s.dir, store.Options{TellATHS: true})
		require.NoError(t, err)
		s.add()
		assert.Equal(t, want.LastSeq+1, s.LastSeq())
		do(s, store.Delete{Change: s.change(), ID: customers[1].ID})
		queue, _, _, err := s.OutboxEntries(1000)
		require.NoError(t, err)
		assert.Equal(t, entries[len(entries)-1].Seq+1, queue[len(queue)-1].Seq)
	})
}

func TestCompactLeavesAStoreThatIsNotSound(t *testing.T) {
	dir := t.TempDir()
	s, err := quiet(dir, nil)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	alter(t, dir, func(tx *bolt.Tx) error { return tx.Bucket([]byte("users")).Put([]byte("nobody"), make([]byte, 12)) })
	before, err := os.ReadFile(filepath.Join(dir, "crms.db"))
	require.NoError(t, err)

	_, _, err = store.Compact(dir)
	assert.ErrorContains(t, err, "it is not sound")
	assert.NotContains(t, err.Error(), "\n")
	after, err := os.ReadFile(filepath.Join(dir, "crms.db"))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(before, after))
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}
