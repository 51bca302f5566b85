// Package aths tells ATHS what the store has queued for it: changes of a user's
// status, and deletions. Each entry is sent at least once, with the same
// Idempotency-Key every time, and those of one user in the order of the changes.
package aths

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"crms/store"
	"crms/store/crm"
)

// Config is what a dispatcher is made of. All fields but Grace are required.
type Config struct {
	Store *store.Store
	URL   *url.URL // of ATHS; /api/users/... is appended
	// Token returns the bearer token to send, newly for each request.
	Token func() (string, error)
	Now   func() time.Time
	Log   *slog.Logger
	// Grace is how long Close lets requests under way finish; when 0, as long as
	// they may take.
	Grace time.Duration
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
	stop   context.CancelFunc // begin no more requests
	done   chan struct{}

	sending context.Context // of the requests
	cut     context.CancelFunc

	mu     sync.Mutex
	paused time.Time // ATHS has asked to be left alone until then
}

// Start begins to send what is queued.
func Start(c Config) *Dispatcher {
	ctx, stop := context.WithCancel(context.Background())
	sending, cut := context.WithCancel(context.Background())
	d := &Dispatcher{
		Config: c, stop: stop, done: make(chan struct{}), sending: sending, cut: cut,
		client: &http.Client{
			Timeout: sendTimeout,
			// A redirect is an answer like any other: tokens go to ATHS only.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	go d.run(ctx)
	return d
}

// Close lets the requests under way finish, within the grace, and notes what
// became of them.
func (d *Dispatcher) Close() {
	d.stop()
	cut := time.AfterFunc(cmp.Or(d.Grace, sendTimeout), d.cut)
	<-d.done
	cut.Stop()
	d.cut()
	d.client.CloseIdleConnections()
}

func (d *Dispatcher) run(ctx context.Context) {
	defer close(d.done)
	for ctx.Err() == nil {
		if until := d.pausedUntil(); isAhead(until, d.Now()) {
			d.sleep(ctx, until)
			continue
		}
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

// pause leaves ATHS alone, whomever it is about.
func (d *Dispatcher) pause(until time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if until.After(d.paused) || !isAhead(d.paused, d.Now()) {
		d.paused = until
	}
}

// isAhead reports whether a pause still lasts. One that would last longer than
// any may was reckoned by a clock that has been set back since.
func isAhead(until, now time.Time) bool { return until.After(now) && until.Sub(now) <= maxRetryAfter }

func (d *Dispatcher) pausedUntil() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.paused
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

// handle sends one entry and notes what became of it.
func (d *Dispatcher) handle(e store.OutboxEntry) {
	ctx := context.Background() // what has happened is noted in any case
	verdict := d.send(d.sending, e)
	if verdict.err == nil {
		d.note(ctx, store.Delivered{Seq: e.Seq}, e)
		return
	}
	if verdict.retryAfter > 0 {
		d.pause(d.Now().Add(min(verdict.retryAfter, maxRetryAfter)))
	}
	failed := store.Undelivered{Seq: e.Seq, Err: verdict.err.Error()}
	failed.NextAt = nextAttempt(e, verdict, d.Now())
	if failed.NextAt.IsZero() {
		d.Log.Error("ATHS did not take a change: it is among the dead letters", "id", e.Seq, "user", crm.LoggableID(e.UserID), "error", verdict.err)
	} else {
		d.Log.Warn("ATHS could not be told of a change, will try again", "id", e.Seq, "user", crm.LoggableID(e.UserID), "at", failed.NextAt, "error", verdict.err)
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
