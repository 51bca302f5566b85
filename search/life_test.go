package search

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

// written makes an index of the source in a new folder and closes it.
func written(t *testing.T, src *memory) (dir string) {
	t.Helper()
	dir = t.TempDir()
	x := openIn(t, src, dir)
	awaitOK(t, x)
	require.NoError(t, x.Close())
	return dir
}

func someone() *memory {
	return newMemory(contact(1, "John Doe", "john@example.com", "+919876543210"), contact(2, "Jane Roe", "jane@example.com", ""))
}

// indexFile returns a file of the current index.
func indexFile(t *testing.T, dir, pattern string) string {
	t.Helper()
	current, err := folders{dir}.current()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(current, pattern))
	require.NoError(t, err)
	require.NotEmpty(t, files, pattern)
	return files[0]
}

func TestAnIndexThatIsNotTrueIsRebuilt(t *testing.T) {
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, src *memory, dir string)
		reason string
	}{
		{"missing", func(t *testing.T, _ *memory, dir string) {
			require.NoError(t, os.RemoveAll(dir))
		}, "it does not exist"},
		{"without a current one", func(t *testing.T, _ *memory, dir string) {
			require.NoError(t, os.Remove(filepath.Join(dir, currentFile)))
		}, "it does not exist"},
		{"with a pointer to elsewhere", func(t *testing.T, _ *memory, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, currentFile), []byte("../../etc"), 0o600))
		}, "it does not exist"},
		{"with a pointer to nothing", func(t *testing.T, _ *memory, dir string) {
			require.NoError(t, os.WriteFile(filepath.Join(dir, currentFile), []byte("index-000099"), 0o600))
		}, "it is damaged"},
		{"without its description", func(t *testing.T, _ *memory, dir string) {
			require.NoError(t, os.Remove(indexFile(t, dir, "index_meta.json")))
		}, "it is damaged"},
		{"without its root", func(t *testing.T, _ *memory, dir string) {
			require.NoError(t, os.Remove(indexFile(t, dir, "store/root.bolt")))
		}, "it is damaged"},
		{"with a cut root", func(t *testing.T, _ *memory, dir string) {
			require.NoError(t, os.Truncate(indexFile(t, dir, "store/root.bolt"), 100))
		}, "it is damaged"},
		{"without a segment", func(t *testing.T, _ *memory, dir string) {
			require.NoError(t, os.Remove(indexFile(t, dir, "store/*.zap")))
		}, "it is damaged"},
		{"with a cut segment", func(t *testing.T, _ *memory, dir string) {
			require.NoError(t, os.Truncate(indexFile(t, dir, "store/*.zap"), 50))
		}, "it is damaged"},
		{"with a foreign segment", func(t *testing.T, _ *memory, dir string) {
			require.NoError(t, os.WriteFile(indexFile(t, dir, "store/*.zap"), []byte("hello, I am a text"), 0o600))
		}, "it is damaged"},
		{"of another store", func(_ *testing.T, src *memory, _ string) {
			src.edit(func() { src.generation = "restored" })
		}, "it belongs to another store"},
		{"ahead of the store", func(_ *testing.T, src *memory, _ string) {
			src.edit(func() { src.seq, src.changes = 1, src.changes[:1] })
		}, "it is ahead of the store"},
		{"too far behind", func(_ *testing.T, src *memory, _ string) {
			src.put(contact(3, "Jim Poe", "jim@example.com", ""))
			src.prune()
		}, "it is too far behind"},
		{"of another version", func(t *testing.T, _ *memory, dir string) {
			v, err := openVolume(filepath.Dir(indexFile(t, dir, "index_meta.json")))
			require.NoError(t, err)
			require.NoError(t, v.index.SetInternal(keyMapping, []byte("0")))
			require.NoError(t, v.close())
		}, "it was written by another version"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := someone()
			dir := written(t, src)
			c.damage(t, src, dir)
			letGo := src.hold()

			x := openIn(t, src, dir)
			status := x.Status()
			assert.Equal(t, Rebuilding, status.State)
			assert.Equal(t, c.reason, status.Reason)
			assert.False(t, status.Answering)
			_, err := x.Search(t.Context(), Query{Text: "john", Limit: 10})
			assertKind(t, crm.Unavailable, err)

			letGo()
			awaitOK(t, x)
			assert.Equal(t, ids(1), find(t, x, "john"))
			findings, err := x.Verify(t.Context())
			require.NoError(t, err)
			assert.Empty(t, findings)
			names, err := folders{dir}.names()
			require.NoError(t, err)
			assert.Len(t, names, 1, "nothing is left of the old index")
		})
	}
}

func TestReindexAnswersFromTheOldIndexMeanwhile(t *testing.T) {
	src := someone()
	x := open(t, src)
	letGo := src.hold()
	outcome := reindex(t, x)
	assert.Equal(t, Rebuilding, x.Status().State)

	assert.True(t, x.Status().Answering)
	assert.Equal(t, ids(1), find(t, x, "john"))
	src.put(contact(3, "John Poe", "poe@example.com", ""))
	assert.Equal(t, ids(3, 1), find(t, x, "john"), "it still follows")
	assert.LessOrEqual(t, src.passedTo(), uint64(2), "what the rebuild needs stays in the log")
	assert.Same(t, outcome, reindex(t, x), "a rebuild that is under way is as good as another")

	src.remove(idOf(1))
	letGo()
	require.NoError(t, outcome.Await(t.Context()))
	assert.Equal(t, OK, x.Status().State)
	assert.Equal(t, ids(3), find(t, x, "john"))
	await(t, func() bool { return src.passedTo() == src.LastSeq() })
}

func TestReindexEndsWhileCustomersKeepChanging(t *testing.T) {
	p := population{seed: 11, customers: 300}
	t.Run("and answers them all the while", func(t *testing.T) {
		src := p.memory()
		x := open(t, src)
		before := x.volume()
		reindex(t, x)
		for n := 0; x.volume() == before; n++ {
			c := p.contact(n % p.customers)
			src.put(c)
			assert.Contains(t, find(t, x, c.Email), c.ID)
		}
	})
	t.Run("as fast as it can write them", func(t *testing.T) {
		src := p.memory()
		change := func() {
			for n := range batchSize {
				src.put(p.contact(n % p.customers))
			}
		}
		change()
		src.read = change
		v, err := createVolume(filepath.Join(t.TempDir(), "index-000001"), "first")
		require.NoError(t, err)
		position, err := (&Index{src: src}).follow(t.Context(), v, 0)
		assert.NoError(t, err)
		assert.GreaterOrEqual(t, position, uint64(batchSize), "it has what had changed before")
		assert.NoError(t, v.close())
	})
}

func TestSearchHasNoGapWhileIndexesAreSwapped(t *testing.T) {
	p := population{seed: 3, customers: 300}
	src := p.memory()
	x := open(t, src)
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 2 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				c := p.contact(n % p.customers)
				r, err := x.Search(t.Context(), Query{Text: c.Email, Limit: 5})
				if assert.NoError(t, err) {
					assert.Contains(t, r.IDs, c.ID)
				}
			}
		})
	}
	for range 3 {
		require.NoError(t, reindex(t, x).Await(t.Context()))
	}
	close(stop)
	wg.Wait()
}

func TestDamageThatShowsInASearchLeadsToARebuild(t *testing.T) {
	src := population{seed: 4, customers: 500}.memory()
	dir := written(t, src)
	path := indexFile(t, dir, "store/*.zap")
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	for i := range b[:len(b)-100] { // the end holds what opening reads
		b[i] = 0xA5
	}
	require.NoError(t, os.WriteFile(path, b, 0o600))

	x := openIn(t, src, dir)
	_, err = x.Search(t.Context(), Query{Text: "olivia", Limit: 10})
	assertKind(t, crm.Unavailable, err)
	await(t, func() bool {
		r, err := x.Search(t.Context(), Query{Text: "olivia", Limit: 10})
		return err == nil && r.Total > 0
	})
	findings, err := x.Verify(t.Context())
	require.NoError(t, err)
	assert.Empty(t, findings)
}

func TestFailuresAreTriedAgain(t *testing.T) {
	t.Run("when following", func(t *testing.T) {
		src := someone()
		x := open(t, src)
		src.edit(func() { src.err = assert.AnError })
		await(t, func() bool { return x.Status().State == Failed })
		assert.True(t, x.Status().Answering)
		src.put(contact(3, "Jim Poe", "jim@example.com", ""))
		assert.Equal(t, uint64(1), x.Status().Lag)

		src.edit(func() { src.err = nil })
		awaitOK(t, x)
		assert.Equal(t, ids(3), find(t, x, "jim"))
	})
	t.Run("when building", func(t *testing.T) {
		src := someone()
		src.edit(func() { src.err = assert.AnError })
		x := openIn(t, src, t.TempDir())
		await(t, func() bool { return x.Status().State == Failed })
		assert.False(t, x.Status().Answering)

		src.edit(func() { src.err = nil })
		awaitOK(t, x)
		assert.Equal(t, ids(1), find(t, x, "john"))
	})
}

func TestAWriteThatDoesNotEndMarksTheIndexTorn(t *testing.T) {
	v, err := createVolume(filepath.Join(t.TempDir(), "index-000001"), "first")
	require.NoError(t, err)
	v.stuckAfter = time.Nanosecond
	var contacts []crm.Contact
	for n := range 200 {
		contacts = append(contacts, population{}.contact(n))
	}

	assert.ErrorIs(t, v.write(contacts, nil, 1), errTorn)
	assert.NoError(t, v.close(), "without waiting")
}

func TestOpenRefusesAnIndexThatIsInUse(t *testing.T) {
	src := someone()
	dir := t.TempDir()
	x := openIn(t, src, dir)
	awaitOK(t, x)

	_, err := Open(src, Options{Dir: dir})
	assert.ErrorContains(t, err, "is in use by another process")
}

func TestVerifyNamesWhatDiffers(t *testing.T) {
	for _, c := range []struct {
		name  string
		drift func(src *memory)
		want  string
	}{
		{"a missing entry", func(src *memory) {
			src.contacts[idOf(9)] = contact(9, "Un Logged", "un@example.com", "")
		}, "customer " + idOf(9).String() + " is not indexed"},
		{"an entry too many", func(src *memory) {
			delete(src.contacts, idOf(1))
		}, "customer " + idOf(1).String() + " is indexed but has no record"},
		{"an entry of other data", func(src *memory) {
			c := src.contacts[idOf(1)]
			c.ContactNumber = ""
			src.contacts[c.ID] = c
		}, "customer " + idOf(1).String() + " is indexed with other data than its record has"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src := someone()
			x := openIn(t, src, t.TempDir())
			awaitOK(t, x)
			src.edit(func() { src.sorted = nil; c.drift(src) })

			findings, err := x.Verify(t.Context())
			require.NoError(t, err)
			assert.Equal(t, []string{"search index: " + c.want}, findings)
		})
	}
	t.Run("a damaged file", func(t *testing.T) {
		src := someone()
		dir := written(t, src)
		path := indexFile(t, dir, "store/*.zap")
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		b[len(b)-1] ^= 1 // of the checksum: an index whose data are damaged is built anew when that is met first
		require.NoError(t, os.WriteFile(path, b, 0o600))

		x := openIn(t, src, dir)
		findings, err := x.Verify(t.Context())
		require.NoError(t, err)
		assert.Equal(t, []string{"search index: file " + path + " is damaged"}, findings)
	})
	t.Run("nothing while customers keep changing", func(t *testing.T) {
		src := population{seed: 5, customers: 500}.memory()
		x := open(t, src)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
					src.put(contact(n%500, fmt.Sprintf("Changed %d", n), "c@example.com", ""))
				}
				time.Sleep(100 * time.Microsecond)
			}
		})
		for range 3 {
			findings, err := x.Verify(t.Context())
			require.NoError(t, err)
			assert.Empty(t, findings)
		}
		close(stop)
		wg.Wait()
	})
}

// A process that is killed leaves an index that is usable, or starts again.
// The test runs itself as that process.
func TestKilledAtAnyPointItStartsAgain(t *testing.T) {
	p := population{seed: 6, customers: 1500}
	if dir := os.Getenv("CRMS_TEST_KILLED_IN"); dir != "" {
		x := openIn(t, p.memory(), dir)
		for {
			awaitOK(t, x)
			reindex(t, x)
			await(t, func() bool { return x.Status().State != OK })
		}
	}
	dir := t.TempDir()
	for n := range 5 {
		process := exec.Command(os.Args[0], "-test.run=^TestKilledAtAnyPointItStartsAgain$")
		process.Env = append(os.Environ(), "CRMS_TEST_KILLED_IN="+dir)
		require.NoError(t, process.Start())
		time.Sleep(time.Duration(40+150*n) * time.Millisecond)
		require.NoError(t, process.Process.Kill())
		assert.Error(t, process.Wait())
	}
	x := openIn(t, p.memory(), dir)
	awaitOK(t, x)
	c := p.contact(1000)
	assert.Equal(t, []crm.ID{c.ID}, find(t, x, c.Email))
	findings, err := x.Verify(t.Context())
	require.NoError(t, err)
	assert.Empty(t, findings)
}
