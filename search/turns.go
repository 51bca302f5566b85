package search

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"crms/store/crm"
)

// Bounds of the line in which searches wait.
const (
	// longestLine is how many wait at most: some 25 ms of ordinary searches.
	longestLine = 256
	// longestWait is how long each of them does at most, behind dear ones, and for
	// the index to catch up.
	longestWait = 5 * time.Second
)

// atOnce is how many searches run at once. More would not end sooner on so many
// CPUs, and one thread is left to read what else is asked for: a search does not
// let go of its thread before it ends, and while all of them search, requests are
// not even taken from the network in the order in which they came.
func atOnce() int {
	return max(1, min(runtime.NumCPU()+1, runtime.GOMAXPROCS(0)-1))
}

// turns lets searches, which are the dearest requests that there are, run a few at
// a time, in the order in which they came.
type turns struct {
	running  *semaphore.Weighted // first come, first served
	line     int64               // how many may wait
	patience time.Duration       // of each who waits

	waiting atomic.Int64
	refused atomic.Uint64
}

func newTurns(running, line int, patience time.Duration) *turns {
	return &turns{running: semaphore.NewWeighted(int64(running)), line: int64(line), patience: patience}
}

// take waits for a turn, which ends with end. A line that is full, or does not
// move, is an error of kind Unavailable; a caller who has gone leaves the line.
func (t *turns) take(ctx context.Context) error {
	if t.running.TryAcquire(1) {
		return nil
	}
	defer t.waiting.Add(-1)
	if t.waiting.Add(1) > t.line {
		return t.refuse()
	}
	soon, stop := context.WithTimeout(ctx, t.patience)
	defer stop()
	err := t.running.Acquire(soon, 1)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return t.refuse()
	}
	return err
}

func (t *turns) end() { t.running.Release(1) }

func (t *turns) refuse() error {
	t.refused.Add(1)
	return &crm.Error{Kind: crm.Unavailable, Message: "Too many searches at once, try again later"}
}
