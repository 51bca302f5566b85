package search

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

// busyTurns has one turn, which is taken.
func busyTurns(t *testing.T, line int) *turns {
	t.Helper()
	turns := newTurns(1, line, time.Minute)
	require.NoError(t, turns.take(t.Context()))
	return turns
}

func TestTurnsAreTakenInTheOrderOfComing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := busyTurns(t, 3)
		var order []int
		for i := range 3 {
			go func() {
				if assert.NoError(t, turns.take(t.Context())) {
					order = append(order, i)
					turns.end()
				}
			}()
			synctest.Wait()
		}
		assert.EqualValues(t, 3, turns.waiting.Load())
		turns.end()
		synctest.Wait()
		assert.Equal(t, []int{0, 1, 2}, order)
		assert.Zero(t, turns.waiting.Load())
	})
}

func TestWhoDoesNotGetATurn(t *testing.T) {
	for _, c := range []struct {
		outcome string
		line    int
		leave   bool // the caller goes
		waits   time.Duration
		refused uint64
	}{
		{"is refused at once where the line is full", 0, false, 0, 1},
		{"is refused after the longest wait", 1, false, time.Minute, 1},
		{"leaves the line when the caller does", 1, true, time.Second, 0},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				turns, start := busyTurns(t, c.line), time.Now()
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				if c.leave {
					time.AfterFunc(time.Second, leave)
				}
				err := turns.take(ctx)
				if c.leave {
					assert.ErrorIs(t, err, context.Canceled)
				} else {
					assertKind(t, crm.Unavailable, err)
				}
				assert.Equal(t, c.waits, time.Since(start))
				assert.Equal(t, c.refused, turns.refused.Load())
				assert.Zero(t, turns.waiting.Load())
				turns.end()
				assert.NoError(t, turns.take(t.Context()), "the turn is free for the next")
			})
		})
	}
}

func TestASearchTakesATurn(t *testing.T) {
	x := open(t, someone())
	awaitOK(t, x)
	x.turns = newTurns(1, 0, time.Minute)
	_, err := x.Search(t.Context(), Query{Text: "john", Limit: 1})
	require.NoError(t, err)

	require.NoError(t, x.turns.take(t.Context()), "the search has ended its turn")
	_, err = x.Search(t.Context(), Query{Text: "john", Limit: 1})
	assertKind(t, crm.Unavailable, err)
	assert.EqualValues(t, 1, x.Status().Refused)
}

func TestASearchThatWaitedAsksTheIndexThatThereIsThen(t *testing.T) {
	x := open(t, someone())
	awaitOK(t, x)
	x.turns = newTurns(1, 1, time.Minute)
	require.NoError(t, x.turns.take(t.Context()))
	answered := make(chan error, 1)
	go func() {
		_, err := x.Search(t.Context(), Query{Text: "john", Limit: 1})
		answered <- err
	}()
	await(t, func() bool { return x.Status().Waiting == 1 })
	require.NoError(t, reindex(t, x).Await(t.Context()))
	x.turns.end()
	assert.NoError(t, <-answered)
}

func TestASearchThatFailsEndsItsTurn(t *testing.T) {
	src := someone()
	x := open(t, src)
	x.turns = newTurns(1, 1, time.Minute)
	require.NoError(t, x.turns.take(t.Context()))
	answered := make(chan error, 1)
	go func() {
		_, err := x.Search(t.Context(), Query{Text: "john", Limit: 1})
		answered <- err
	}()
	await(t, func() bool { return x.Status().Waiting == 1 })
	letGo := src.hold() // until then there is no other index
	x.reportTorn(x.volume())
	await(t, func() bool { return x.Status().State == Rebuilding })
	x.turns.end()
	assertKind(t, crm.Unavailable, <-answered)

	assert.True(t, x.turns.running.TryAcquire(1), "the turn is free for the next")
	letGo()
	awaitOK(t, x)
}
