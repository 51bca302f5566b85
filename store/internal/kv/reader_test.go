package kv

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// readerOf is bbolt's transaction behind a View.
func readerOf(t testing.TB, db *DB) (b *bolt.Tx) {
	t.Helper()
	view(t, db, func(tx *Tx) { b = tx.bolt })
	return b
}

func TestReaderServesOneViewAfterTheOther(t *testing.T) {
	db := openTest(t)
	fill(t, db, 3)
	first := readerOf(t, db)
	assert.Same(t, first, readerOf(t, db))
	require.Error(t, db.View(func(*Tx) error { return errors.New("no such person") }))
	assert.Same(t, first, readerOf(t, db), "an error is an answer")

	_, err := db.Write(func(*Tx) error { return nil })
	require.NoError(t, err)
	assert.Zero(t, db.readers.waiting(), "they would keep pages from being used again")
}

func TestReaderIsNotKept(t *testing.T) {
	spoil := map[string]func(t *testing.T, db *DB){
		"by whom it was used panics": func(t *testing.T, db *DB) {
			assert.Panics(t, func() { _ = db.View(func(*Tx) error { panic("a bug") }) })
		},
		"by whom it was used a second time panics": func(t *testing.T, db *DB) {
			first := readerOf(t, db)
			assert.Panics(t, func() {
				_ = db.View(func(tx *Tx) error {
					assert.Same(t, first, tx.bolt)
					panic("a bug")
				})
			})
		},
		"who has come upon a page that cannot be read": func(t *testing.T, db *DB) {
			assert.ErrorIs(t, db.View(func(*Tx) error { panic(fault{}) }), ErrUnreadable)
		},
		"who was overtaken by a write": func(t *testing.T, db *DB) {
			view(t, db, func(*Tx) { update(t, db, savePerson(7000)) })
		},
		"who was overtaken by a write that is too large for the log": func(t *testing.T, db *DB) {
			view(t, db, func(*Tx) {
				update(t, db, func(tx *Tx) error { return tx.put("people", []byte("large"), make([]byte, maxRedo)) })
			})
		},
	}
	for when, end := range spoil {
		t.Run(when, func(t *testing.T) {
			db := openTest(t)
			fill(t, db, 3)
			end(t, db)
			assert.Zero(t, db.readers.waiting())
			stats, err := db.Stats()
			require.NoError(t, err)
			assert.Zero(t, stats.OpenReaders, "it has ended")
		})
	}
}

// fault is what the runtime panics with when a page of the map cannot be read.
type fault struct{ error }

func (fault) Addr() uintptr { return 0 }

func TestOnlySoManyReadersAreKept(t *testing.T) {
	db := openTest(t)
	fill(t, db, 3)
	var all, done sync.WaitGroup
	all.Add(2 * maxIdle)
	for range 2 * maxIdle {
		done.Go(func() {
			assert.NoError(t, db.View(func(*Tx) error {
				all.Done()
				all.Wait()
				return nil
			}))
		})
	}
	done.Wait()
	assert.Equal(t, maxIdle, db.readers.waiting())
	stats, err := db.Stats()
	require.NoError(t, err)
	assert.Zero(t, stats.OpenReaders, "who waits does not read")
}

// A reader who was kept is of no use once a transaction is committed, also before that
// is durable: whoever is told that there is something new finds it.
func TestReaderIsNotOlderThanWhatIsCommitted(t *testing.T) {
	requireWaitsForDisk(t, func(t *testing.T, db *DB) {
		view(t, db, func(tx *Tx) {
			_, found, err := people.Get(tx, 7000)
			require.NoError(t, err)
			assert.True(t, found)
		})
	})
}

// After a failure it is not known whether the last write is durable. Who reads sees it,
// and goes on seeing it, whatever readers were kept before.
func TestReadersAfterAFailureSeeWhatIsThere(t *testing.T) {
	p := newPlug(t, 12)
	p.step()
	release := slowDisk(t, p.db)
	_, err := p.db.Write(func(tx *Tx) error {
		readerOf(t, p.db)
		return savePerson(7000)(tx)
	})
	require.NoError(t, err)
	require.Equal(t, 1, p.db.readers.waiting())
	release(errors.New("the disk is gone"))
	for range 3 {
		view(t, p.db, func(tx *Tx) {
			_, found, err := people.Get(tx, 7000)
			require.NoError(t, err)
			assert.True(t, found)
		})
	}
}

// Nobody who reads goes back behind what somebody was told, by a write or a read.
func TestReadersNeverGoBack(t *testing.T) {
	db := openTest(t)
	const last = 400
	var told atomic.Int64
	tell := func(n int64) {
		for was := told.Load(); was < n && !told.CompareAndSwap(was, n); was = told.Load() {
		}
	}
	var readers sync.WaitGroup
	for range 6 {
		readers.Go(func() {
			for told.Load() < last {
				before := told.Load()
				var p person
				assert.NoError(t, db.View(func(tx *Tx) (err error) { p, _, err = people.Get(tx, 1); return err }))
				if !assert.GreaterOrEqual(t, p.Score, before) {
					return
				}
				tell(p.Score)
			}
		})
	}
	for n := range int64(last) {
		update(t, db, func(tx *Tx) error { return save(tx, person{ID: 1, City: "Agra", Score: n + 1}) })
		tell(n + 1)
	}
	readers.Wait()
}

func TestDatabaseClosesBesideReadersWhoWait(t *testing.T) {
	db := openTest(t)
	fill(t, db, 3)
	readerOf(t, db)
	reads, closed := make(chan struct{}), make(chan error, 1)
	view(t, db, func(*Tx) {
		go func() {
			close(reads)
			closed <- db.Close()
		}()
		<-reads
	})
	assert.NoError(t, <-closed)
	assert.Zero(t, db.readers.waiting())
	assert.Error(t, db.View(func(*Tx) error { return nil }))
}

func TestDatabaseClosesBesideReadersWhoComeAndGo(t *testing.T) {
	db := openTest(t)
	fill(t, db, 3)
	var readers sync.WaitGroup
	var views atomic.Int64
	for range 8 {
		readers.Go(func() {
			for db.View(func(*Tx) error { views.Add(1); return nil }) == nil {
			}
		})
	}
	for n := uint32(0); views.Load() < 1000; n++ {
		update(t, db, savePerson(7000+n))
	}
	require.NoError(t, db.Close())
	readers.Wait()
	assert.Zero(t, db.bolt.Stats().OpenTxN, "none is left open")
}

// bbolt panics at the meta pages with its locks held: who waits cannot be ended either.
func TestDatabaseWithoutMetaPagesClosesBesideAReaderWhoWaits(t *testing.T) {
	path := otherFile(t, 10)
	db, err := Open(path)
	require.NoError(t, err)
	view(t, db, func(*Tx) {
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		require.NoError(t, err)
		defer file.Close()
		_, err = file.WriteAt(make([]byte, 2*os.Getpagesize()), 0)
		require.NoError(t, err)
		require.ErrorIs(t, db.View(func(*Tx) error { return nil }), ErrDamaged)
	})
	require.Equal(t, 1, db.readers.waiting())
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	select {
	case err := <-closed:
		assert.NoError(t, err)
	case <-time.After(10 * time.Second):
		require.Fail(t, "it hangs")
	}
}

// Each who asks for a cursor has one for himself, at the beginning.
func TestCursorsOfAReader(t *testing.T) {
	db := openTest(t)
	fill(t, db, 20)
	var first *Cursor
	for range 3 {
		view(t, db, func(tx *Tx) {
			a, b := people.Cursor(tx), people.Cursor(tx)
			assert.NotSame(t, a, b)
			first = cmp.Or(first, a)
			assert.Same(t, first, a, "that of the View before")
			assert.Nil(t, a.key, "it is nowhere yet")
			for _, id := range []uint32{5, 1, 20} {
				p, found, err := people.GetBy(a, id)
				require.NoError(t, err)
				require.True(t, found)
				assert.Equal(t, fmt.Sprintf("name %03d", id), p.Name)
				q, found, err := people.GetBy(b, 21-id)
				require.NoError(t, err)
				require.True(t, found)
				assert.Equal(t, 21-id, q.ID)
			}
		})
	}
}

// BenchmarkView reads a row among a hundred thousand: with a reader that was kept, and with
// one that begins.
func BenchmarkView(b *testing.B) {
	db := openTest(b)
	fill(b, db, 100_000)
	for name, endBefore := range map[string]func(){"kept": func() {}, "begun": db.readers.endIdle} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			id := uint32(0)
			for b.Loop() {
				endBefore()
				id = (id + 7919) % 100_000
				require.NoError(b, db.View(func(tx *Tx) error {
					_, _, err := people.GetBy(people.Cursor(tx), id+1)
					return err
				}))
			}
		})
	}
}
