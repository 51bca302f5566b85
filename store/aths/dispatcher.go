// Package aths tells ATHS what the store has queued for it: changes of a user's
// status, and deletions. Each entry is sent at least once, with the same
// Idempotency-Key every time, and those of one user in the order of the changes.
package aths

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"crms/store"
)

// Config is what a dispatcher is made of. All fields are required.
type Config struct {
	Store *store.Store
	URL   *url.URL // of ATHS; /api/users/... is appended
	// Token returns the bearer token to send, newly for each request.
	Token func() (string, error)
	Now   func() time.Time
	Log   *slog.Logger
}

const (
	// perRound is how many entries are looked up at a time, and parallel how
	// many requests are under way at a time.
	perRound = 64
	parallel = 8
	// sendTimeout bounds one request to ATHS.
	sendTimeout = 10 * time.Second
	// idlePoll bounds how long a dispatcher sleeps, against clocks that jump.
	idlePoll = time.Minute
)

// Dispatcher sends the queue. There is one for a store.
type Dispatcher struct {
	Config
	client *http.Client
	stop   context.CancelFunc
	done   chan struct{}
}

// Start begins to send what is queued.
func Start(c Config) *Dispatcher {
	ctx, stop := context.WithCancel(context.Background())
	d := &Dispatcher{
		Config: c, stop: stop, done: make(chan struct{}),
		client: &http.Client{
			Timeout: sendTimeout,
			// A redirect is an answer like any other: tokens go to ATHS only.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	go d.run(ctx)
	return d
}

// Close lets the requests under way finish and notes what became of them.
func (d *Dispatcher) Close() {
	d.stop()
	<-d.done
	d.client.CloseIdleConnections()
}

func (d *Dispatcher) run(ctx context.Context) {
	defer close(d.done)
	for ctx.Err() == nil {
		due, next, err := d.Store.Due(d.Now(), perRound)
		if err != nil {
			d.Log.Error("cannot read the outbox", "error", err)
		}
		if len(due) > 0 {
			d.sendAll(ctx, due)
			continue
		}
		d.sleep(ctx, next)
	}
}

// sleep waits until something is queued or the time has come.
func (d *Dispatcher) sleep(ctx context.Context, until time.Time) {
	wait := idlePoll
	if !until.IsZero() {
		wait = min(wait, max(0, until.Sub(d.Now())))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-d.Store.Queued():
	case <-timer.C:
	}
}

// sendAll sends entries of different users side by side. It begins no request
// any more once ctx has ended.
func (d *Dispatcher) sendAll(ctx context.Context, due []store.OutboxEntry) {
	var running sync.WaitGroup
	places := make(chan struct{}, parallel)
	for _, e := range due {
		places <- struct{}{}
		if ctx.Err() != nil {
			break
		}
		running.Go(func() {
			defer func() { <-places }()
			d.handle(e)
		})
	}
	running.Wait()
}

// handle sends one entry and notes what became of it. Its own context lets it
// finish when the dispatcher is asked to stop.
func (d *Dispatcher) handle(e store.OutboxEntry) {
	ctx := context.Background()
	verdict := d.send(ctx, e)
	if verdict.err == nil {
		d.note(ctx, store.Delivered{Seq: e.Seq}, e)
		return
	}
	failed := store.Undelivered{Seq: e.Seq, Err: verdict.err.Error()}
	failed.NextAt = nextAttempt(e, verdict, d.Now())
	if failed.NextAt.IsZero() {
		d.Log.Error("ATHS did not take a change: it is among the dead letters", "id", e.Seq, "user", e.UserID, "error", verdict.err)
	} else {
		d.Log.Warn("ATHS could not be told of a change, will try again", "id", e.Seq, "user", e.UserID, "at", failed.NextAt, "error", verdict.err)
	}
	d.note(ctx, failed, e)
}

func (d *Dispatcher) note(ctx context.Context, c store.Command[bool], e store.OutboxEntry) {
	if _, err := store.Do(ctx, d.Store, c); err != nil {
		// The entry is still queued as it was and will be sent again, with the
		// same key; not at once, lest a full disk make this a storm.
		d.Log.Error("cannot note what became of an outbox entry", "id", e.Seq, "error", err)
		time.Sleep(time.Second)
	}
}
