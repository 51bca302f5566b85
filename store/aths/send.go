package aths

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"crms/store"
)

// verdict is what became of one request.
type verdict struct {
	err        error         // nil: ATHS has taken it
	final      bool          // ATHS has refused it, and would again
	retryAfter time.Duration // how long ATHS asked to wait; 0 when it did not
}

// send makes one attempt.
func (d *Dispatcher) send(ctx context.Context, e store.OutboxEntry) verdict {
	request, err := d.request(ctx, e)
	if err != nil {
		return verdict{err: err, final: errors.Is(err, errNoPath)}
	}
	response, err := d.client.Do(request)
	if err != nil {
		return verdict{err: withoutURL(err)}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)) // so that the connection can be used again
	return d.judge(e, response)
}

// errNoPath says that a user cannot be named in an address: the segments . and
// .. mean the folder and the one above, however they are written (RFC 3986,
// 6.2.2), and deleting those is not what is meant.
var errNoPath = errors.New("the user id cannot be a part of an address")

func (d *Dispatcher) request(ctx context.Context, e store.OutboxEntry) (*http.Request, error) {
	if e.UserID == "." || e.UserID == ".." {
		return nil, errNoPath
	}
	token, err := d.Token()
	if err != nil {
		return nil, fmt.Errorf("no token for ATHS: %w", err)
	}
	method, target := http.MethodDelete, d.URL.JoinPath("api/users", url.PathEscape(e.UserID))
	var body []byte
	if e.What == store.StatusOut {
		method, target = http.MethodPatch, target.JoinPath("status")
		if body, err = json.Marshal(map[string]string{"status": e.Status.String(), "reason": e.Reason}); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Idempotency-Key", e.Key)
	r.Header.Set("User-Agent", "crms")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return r, nil
}

// judge reads what an answer means: 2xx, and 404 for a deletion, is done; 408,
// 429 and 5xx may pass; anything else is final.
func (d *Dispatcher) judge(e store.OutboxEntry, r *http.Response) verdict {
	switch code := r.StatusCode; {
	case code >= 200 && code < 300, code == http.StatusNotFound && e.What == store.DeleteOut:
		return verdict{}
	case code == http.StatusRequestTimeout, code == http.StatusTooManyRequests, code >= 500:
		return verdict{err: answered(code), retryAfter: retryAfter(r, d.Now())}
	default:
		return verdict{err: answered(code), final: true}
	}
}

// answered is the error of a status, in the words of RFC 9110: those that ATHS
// chose may name people, and the error is logged.
func answered(code int) error {
	return errors.New(strings.TrimSpace(fmt.Sprintf("ATHS answered %d %s", code, http.StatusText(code))))
}

// retryAfter reads the header in both of its forms (RFC 9110, 10.2.3). It is 0
// when there is none, and [maxRetryAfter] at most.
func retryAfter(r *http.Response, now time.Time) time.Duration {
	header := r.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(header); err == nil {
		return time.Duration(min(max(0, seconds), int(maxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return min(max(0, at.Sub(now)), maxRetryAfter)
	}
	return 0
}

const (
	firstDelay = 2 * time.Second // at most
	maxDelay   = 5 * time.Minute
	// maxRetryAfter bounds what ATHS may ask for.
	maxRetryAfter = store.LongestPause
	giveUpAfter   = 3 * 24 * time.Hour
	// leastAttempts and mostAttempts fit into that time at the longest and at the
	// shortest delays. They count beside it since a clock may jump over days, or
	// back, and a server may have been down.
	leastAttempts = uint64(giveUpAfter / maxRetryAfter)
	mostAttempts  = uint64(giveUpAfter / (maxDelay / 2))
)

// nextAttempt is when to try again; zero when that is no use any more.
func nextAttempt(e store.OutboxEntry, v verdict, now time.Time) time.Time {
	if v.final || isHopeless(e.Attempts+1, now.Sub(e.QueuedAt)) {
		return time.Time{}
	}
	delay := backoff(e.Attempts, rand.Float64())
	return now.Add(max(delay, v.retryAfter))
}

// isHopeless reports whether so many attempts in so long a time were enough.
func isHopeless(attempts uint64, age time.Duration) bool {
	return attempts >= mostAttempts || attempts >= leastAttempts && age >= giveUpAfter
}

// backoff doubles with each failed attempt. The jitter, from 0 to 1, takes away
// up to half, so that queues which failed together do not come back together.
func backoff(attempts uint64, jitter float64) time.Duration {
	delay := maxDelay
	if attempts < 8 {
		delay = min(maxDelay, firstDelay<<attempts)
	}
	return delay - time.Duration(jitter*float64(delay)/2)
}

// withoutURL leaves out the address of a failed request, which every operator
// knows.
func withoutURL(err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		return failed.Err
	}
	return err
}
