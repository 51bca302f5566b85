package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openSound opens a store in the folder that is verified when the test ends.
func openSound(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() {
		findings, err := s.Verify()
		assert.NoError(t, err)
		assert.Empty(t, findings)
		assert.NoError(t, s.Close())
	})
	return s
}

// step is a command that does what a test needs done.
type step func(t *tx) (int, error)

func (f step) apply(t *tx) (int, error) { return f(t) }

var someIDs = crm.NewIDs()

// someone is a command that makes a customer with this email.
func someone(email string) Create {
	return Create{
		Change: Change{At: time.Date(2026, 1, 25, 0, 0, 0, 0, time.UTC), By: "admin@example.com"},
		ID:     someIDs.New(time.Unix(1769300000, 0)), UserID: email, Email: email, FullName: "Somebody", Preferences: []byte("{}"),
	}
}

func exists(t *testing.T, s *Store, email string) bool {
	t.Helper()
	_, err := s.CustomerByUser(email)
	if err != nil {
		require.Equal(t, crm.ErrCustomerNotFound(), err)
	}
	return err == nil
}

// group makes commands wait until they can only be committed together.
type group struct {
	t       *testing.T
	s       *Store
	release chan struct{}
	waiting sync.WaitGroup
	n       int
}

func newGroup(t *testing.T, s *Store) *group {
	g := &group{t: t, s: s, release: make(chan struct{})}
	holding := make(chan struct{})
	g.waiting.Go(func() {
		_, err := Do(context.Background(), s, step(func(*tx) (int, error) {
			close(holding)
			<-g.release
			return 0, nil
		}))
		assert.NoError(t, err)
	})
	<-holding
	return g
}

// submit puts the command into the queue, behind those already there, and
// returns where its error will be when the group is done.
func submit[R any](g *group, ctx context.Context, c Command[R]) *error {
	g.t.Helper()
	result := new(error)
	g.waiting.Go(func() { _, *result = Do(ctx, g.s, c) })
	g.n++
	require.Eventually(g.t, func() bool { return g.s.committer.queued() == g.n }, time.Minute, time.Millisecond)
	return result
}

// commit lets the group go and waits for its answers.
func (g *group) commit() {
	close(g.release)
	g.waiting.Wait()
}

func TestConcurrentWritersGetDurableAnswers(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(dir, Options{})
	require.NoError(t, err)
	var writers sync.WaitGroup
	for w := range 16 {
		writers.Go(func() {
			for n := range 20 {
				email := fmt.Sprintf("%d.%d@example.com", w, n)
				_, err := Do(context.Background(), s, someone(email))
				assert.NoError(t, err)
				assert.True(t, exists(t, s, email), "it can be read when it is answered")
			}
		})
	}
	writers.Wait()
	require.NoError(t, s.Close())
	again := openSound(t, dir)
	n, err := again.CountContacts()
	require.NoError(t, err)
	assert.Equal(t, 16*20, n)
	assert.Equal(t, uint64(16*20), again.LastSeq())
}

func TestGroup(t *testing.T) {
	ctx := context.Background()

	t.Run("is one transaction in which each sees what came before", func(t *testing.T) {
		s := openSound(t, t.TempDir())
		g := newGroup(t, s)
		var in []*tx
		note := step(func(t *tx) (int, error) { in = append(in, t); return 0, nil })
		submit(g, ctx, note)
		first := submit(g, ctx, someone("same@example.com"))
		second := submit(g, ctx, someone("SAME@example.com"))
		submit(g, ctx, note)
		g.commit()
		require.Len(t, in, 2)
		assert.Same(t, in[0], in[1])
		assert.NoError(t, *first)
		assert.ErrorContains(t, *second, "A customer with this email already exists")
	})
	t.Run("is done once when a command fails before it has written", func(t *testing.T) {
		s := openSound(t, t.TempDir())
		g := newGroup(t, s)
		times := 0
		submit(g, ctx, step(func(*tx) (int, error) { times++; return 0, nil }))
		good := submit(g, ctx, someone("good@example.com"))
		bad := submit(g, ctx, step(func(*tx) (int, error) { return 0, assert.AnError }))
		panics := submit(g, ctx, step(func(*tx) (int, error) { panic("a bug") }))
		last := submit(g, ctx, someone("last@example.com"))
		g.commit()
		assert.Equal(t, 1, times)
		assert.NoError(t, *good)
		assert.Equal(t, assert.AnError, *bad)
		assert.ErrorContains(t, *panics, "panic: a bug")
		assert.NoError(t, *last)
		assert.True(t, exists(t, s, "good@example.com") && exists(t, s, "last@example.com"))
	})

	failures := map[string]func(t *tx) (int, error){
		"fails after it has written": func(t *tx) (int, error) {
			_, err := someone("half@example.com").apply(t)
			return 0, errors.Join(err, assert.AnError)
		},
		"panics after it has written": func(t *tx) (int, error) {
			_, err := someone("half@example.com").apply(t)
			panic(errors.Join(err, assert.AnError))
		},
		"fails after it has written to one bucket of many": func(t *tx) (int, error) {
			return 0, errors.Join(t.tombstones.Put(t.Tx, "half@example.com", tombstone{}), assert.AnError)
		},
		"fails after it has counted": func(t *tx) (int, error) {
			_, err := t.NextSequence(t.log.Name)
			return 0, errors.Join(err, assert.AnError)
		},
	}
	for name, failure := range failures {
		t.Run("goes through without a command that "+name, func(t *testing.T) {
			s := openSound(t, t.TempDir())
			g := newGroup(t, s)
			before := submit(g, ctx, someone("before@example.com"))
			bad := submit(g, ctx, step(failure))
			after := submit(g, ctx, someone("after@example.com"))
			worse := submit(g, ctx, step(failure))
			g.commit()
			assert.NoError(t, *before)
			assert.NoError(t, *after)
			assert.ErrorContains(t, *bad, assert.AnError.Error())
			assert.ErrorContains(t, *worse, assert.AnError.Error())
			assert.True(t, exists(t, s, "before@example.com") && exists(t, s, "after@example.com"))
			assert.False(t, exists(t, s, "half@example.com"))
			assert.Equal(t, uint64(2), s.LastSeq())
		})
	}
	t.Run("forgets the events of a command that failed", func(t *testing.T) {
		s := openSound(t, t.TempDir())
		e := crm.Event{Source: "orms", ID: "1", Type: crm.OrderDeleted, UserID: "nobody", Time: time.Unix(1769300000, 0).UTC(), Order: crm.Order{OrderID: "o", Deleted: true}}
		g := newGroup(t, s)
		submit(g, ctx, someone("good@example.com"))
		bad := submit(g, ctx, step(func(t *tx) (int, error) { t.markSeen(e); return 0, assert.AnError }))
		g.commit()
		assert.Equal(t, assert.AnError, *bad)
		done, err := Do(ctx, s, Ingest{At: e.Time, Events: []crm.Event{e}})
		require.NoError(t, err)
		assert.Equal(t, Ingested{Received: 1, Parked: 1}, done)
	})
	t.Run("that changes nothing commits nothing", func(t *testing.T) {
		s := openSound(t, t.TempDir())
		_, err := Do(ctx, s, someone("one@example.com"))
		require.NoError(t, err)
		<-s.Committed()
		_, err = Do(ctx, s, someone("one@example.com"))
		require.Error(t, err)
		_, err = Do(ctx, s, step(func(*tx) (int, error) { return 7, nil }))
		require.NoError(t, err)
		assert.Empty(t, s.Committed())
		assert.Equal(t, uint64(1), s.LastSeq())
	})
	t.Run("leaves out a command whose caller has gone", func(t *testing.T) {
		s := openSound(t, t.TempDir())
		g := newGroup(t, s)
		gone, cancel := context.WithCancel(ctx)
		dropped := submit(g, gone, someone("gone@example.com"))
		stays := submit(g, ctx, someone("stays@example.com"))
		cancel()
		g.commit()
		assert.ErrorIs(t, *dropped, context.Canceled)
		assert.NoError(t, *stays)
		assert.False(t, exists(t, s, "gone@example.com"))
	})
	t.Run("has room for so many, and a caller who is turned away can go", func(t *testing.T) {
		s := openSound(t, t.TempDir())
		g := newGroup(t, s)
		var results []*error
		for range maxGroup {
			results = append(results, submit(g, ctx, step(func(*tx) (int, error) { return 0, nil })))
		}
		hurried, cancel := context.WithCancel(ctx)
		cancel()
		_, err := Do(hurried, s, someone("late@example.com"))
		assert.ErrorIs(t, err, context.Canceled)
		g.commit()
		for _, result := range results {
			assert.NoError(t, *result)
		}
	})
}

func TestCommandThatOutgrowsTheDatabase(t *testing.T) {
	var told *crm.Error
	require.ErrorAs(t, commitError(fmt.Errorf("cannot write: %w", kv.ErrOutgrown)), &told)
	assert.Equal(t, crm.Unavailable, told.Kind)
	assert.Equal(t, "The database can grow no further until the service is started again: the change was not saved", told.Message)
}

func TestAWriterIsAloneAfterSomeCommandsWithoutOthers(t *testing.T) {
	others := map[string]func(c *committer){
		"wait":                        func(c *committer) { c.waiting = append(c.waiting, &request{}) },
		"are committed, not answered": func(c *committer) { c.syncing++ },
	}
	for what, come := range others {
		t.Run("until others "+what, func(t *testing.T) {
			c := newCommitter(nil)
			c.waiting = []*request{{}}
			for range 2 {
				for range alonesInARow {
					assert.False(t, c.isAlone())
				}
				assert.True(t, c.isAlone())
				come(c)
				assert.False(t, c.isAlone())
				c.waiting, c.syncing = c.waiting[:1], 0
			}
		})
	}
}

func TestPanicAfterTheCommandsLeavesNobodyWaiting(t *testing.T) {
	s := openSound(t, t.TempDir())
	_, err := Do(t.Context(), s, step(func(t *tx) (int, error) {
		_, err := someone("lost@example.com").apply(t)
		t.Tx = nil // what is written for the whole group will trip over it
		return 0, err
	}))
	require.ErrorContains(t, err, "panic: ")
	assert.False(t, exists(t, s, "lost@example.com"))
	_, err = Do(t.Context(), s, someone("next@example.com"))
	assert.NoError(t, err)
}

func TestCloseFinishesWhatWaitsAndRefusesTheRest(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	s, err := Open(dir, Options{})
	require.NoError(t, err)
	g := newGroup(t, s)
	var results []*error
	for n := range 5 {
		results = append(results, submit(g, ctx, someone(fmt.Sprintf("%d@example.com", n))))
	}
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	require.Eventually(t, func() bool {
		s.committer.mu.Lock()
		defer s.committer.mu.Unlock()
		return s.committer.closed
	}, time.Minute, time.Millisecond)

	_, err = Do(ctx, s, someone("late@example.com"))
	var known *crm.Error
	require.ErrorAs(t, err, &known)
	assert.Equal(t, crm.Unavailable, known.Kind)

	g.commit()
	require.NoError(t, <-closed)
	for _, result := range results {
		assert.NoError(t, *result)
	}
	n, err := openSound(t, dir).CountContacts()
	require.NoError(t, err)
	assert.Equal(t, 5, n)
}

func TestDoGivesNoResultWithAnError(t *testing.T) {
	s := openSound(t, t.TempDir())
	n, err := Do(context.Background(), s, step(func(*tx) (int, error) { return 7, assert.AnError }))
	assert.ErrorIs(t, err, assert.AnError)
	assert.Zero(t, n)
}
