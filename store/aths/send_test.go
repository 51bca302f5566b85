package aths

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"crms/store"
)

var noon = time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)

func TestBackoff(t *testing.T) {
	t.Run("doubles up to five minutes", func(t *testing.T) {
		for attempts, want := range []time.Duration{
			2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second, 64 * time.Second, 128 * time.Second, 256 * time.Second,
			5 * time.Minute, 5 * time.Minute,
		} {
			assert.Equal(t, want, backoff(uint64(attempts), 0), "after %d attempts", attempts)
		}
		assert.Equal(t, 5*time.Minute, backoff(1<<40, 0))
	})
	t.Run("is at least half of that, whatever the jitter", func(t *testing.T) {
		for attempts := range uint64(12) {
			assert.Equal(t, backoff(attempts, 0)/2, backoff(attempts, 1))
			assert.Equal(t, backoff(attempts, 0)*3/4, backoff(attempts, 0.5))
		}
	})
}

func TestNextAttempt(t *testing.T) {
	queued := func(ago time.Duration) store.OutboxEntry { return store.OutboxEntry{QueuedAt: noon.Add(-ago)} }
	rain := errors.New("it rained")

	t.Run("comes within two seconds at first", func(t *testing.T) {
		next := nextAttempt(queued(0), verdict{err: rain}, noon)
		assert.WithinRange(t, next, noon.Add(time.Second), noon.Add(2*time.Second))
	})
	t.Run("waits as long as ATHS asks", func(t *testing.T) {
		next := nextAttempt(queued(0), verdict{err: rain, retryAfter: 10 * time.Minute}, noon)
		assert.Equal(t, noon.Add(10*time.Minute), next)
	})
	t.Run("waits no shorter than otherwise because ATHS asks", func(t *testing.T) {
		next := nextAttempt(queued(0), verdict{err: rain, retryAfter: time.Millisecond}, noon)
		assert.False(t, next.Before(noon.Add(time.Second)))
	})
	t.Run("never comes after a refusal", func(t *testing.T) {
		assert.Zero(t, nextAttempt(queued(0), verdict{err: rain, final: true}, noon))
	})
	for _, c := range []struct {
		outcome string
		age     time.Duration
		failed  uint64 // attempts before this one
		comes   bool
	}{
		{"comes for three days", 72*time.Hour - time.Millisecond, 1000, true},
		{"comes no more after three days and 72 attempts", 72 * time.Hour, 71, false},
		{"comes after three days in which hardly any was made: the server was down, or the clock jumped ahead", 72 * time.Hour, 70, true},
		{"comes while the clock has jumped ahead by a year at the first", 365 * 24 * time.Hour, 0, true},
		{"comes while the clock is set back by a year", -365 * 24 * time.Hour, 1726, true},
		{"comes no more after as many as fit into three days, though the clock is set back", -365 * 24 * time.Hour, 1727, false},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			e := queued(c.age)
			e.Attempts = c.failed
			assert.Equal(t, c.comes, !nextAttempt(e, verdict{err: rain}, noon).IsZero())
		})
	}
}

func TestPause(t *testing.T) {
	now := noon
	d := &Dispatcher{Config: Config{Now: func() time.Time { return now }}}
	paused := func() bool { return isAhead(d.pausedUntil(), now) }
	d.pause(noon.Add(time.Minute))
	assert.True(t, paused())

	t.Run("is over when its time has come", func(t *testing.T) {
		now = noon.Add(time.Minute)
		assert.False(t, paused())
	})
	t.Run("is over when the clock is set back by more than a pause may last", func(t *testing.T) {
		now = noon.AddDate(-1, 0, 0)
		assert.False(t, paused())
	})
	t.Run("begins anew by the new time", func(t *testing.T) {
		d.pause(now.Add(time.Minute))
		assert.True(t, paused())
		now = now.Add(time.Minute)
		assert.False(t, paused())
	})
}

func TestRetryAfter(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		want   time.Duration
	}{
		"seconds":                    {"120", 2 * time.Minute},
		"a date":                     {"Sun, 25 Jan 2026 12:05:00 GMT", 5 * time.Minute},
		"a date of the past":         {"Sun, 25 Jan 2026 11:00:00 GMT", 0},
		"a negative number":          {"-5", 0},
		"more than an hour":          {"7200", time.Hour},
		"a date of the next century": {"Fri, 01 Jan 2100 00:00:00 GMT", time.Hour},
		"more than can be counted":   {"9223372036854775807", time.Hour},
		"something else":             {"soon", 0},
		"nothing":                    {"", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := &http.Response{Header: http.Header{"Retry-After": {c.header}}}
			assert.Equal(t, c.want, retryAfter(r, noon))
		})
	}
}
