package cmd

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hearing is an ATHS that takes everything and writes down what it hears.
type hearing struct {
	*httptest.Server
	mu       sync.Mutex
	heard    map[string][]told // by user, in the order in which it came, repeats in a row once
	repeats  int
	disorder []string
	requests int
	nth      int    // request, before the answer to which
	then     func() // is done
}

// told is a change that ATHS was told of, and the key by which it knows a repeat.
type told struct{ key, what string }

func newHearing(t *testing.T) *hearing {
	t.Helper()
	h := &hearing{heard: map[string][]told{}}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.hear(r)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(h.Close)
	return h
}

// beforeAnswer has something done when the nth request has been heard and is not
// answered yet.
func (h *hearing) beforeAnswer(nth int, then func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.nth, h.then = nth, then
}

func (h *hearing) hear(r *http.Request) {
	user, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/users/"), "/")
	now := told{key: r.Header.Get("Idempotency-Key"), what: "deleted"}
	if r.Method == http.MethodPatch {
		var body struct{ Status string }
		_ = json.NewDecoder(r.Body).Decode(&body) // what is not understood is no status that was set
		now.what = "status " + body.Status
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.requests++; h.requests == h.nth {
		h.then()
	}
	before := h.heard[user]
	switch {
	case len(before) > 0 && before[len(before)-1] == now:
		h.repeats++
	case slices.Contains(before, now):
		h.disorder = append(h.disorder, fmt.Sprintf("%s of %s again, after %v", now, user, before))
	default:
		h.heard[user] = append(before, now)
	}
}

// requireAll wants ATHS to have heard of every change that was answered, in the
// order in which they were made, and of no other.
func (h *hearing) requireAll(t *testing.T, writers []*writer) {
	t.Helper()
	want := map[string][]string{}
	for _, w := range writers {
		maps.Copy(want, w.told)
	}
	found := func() map[string][]string {
		h.mu.Lock()
		defer h.mu.Unlock()
		all := map[string][]string{}
		for user, changes := range h.heard {
			for _, c := range changes {
				all[user] = append(all[user], c.what)
			}
		}
		return all
	}
	assert.Eventually(t, func() bool { return assert.ObjectsAreEqual(want, found()) }, patience, 20*time.Millisecond)
	got := found()
	for user := range want {
		require.Equal(t, want[user], got[user], "what ATHS hears of %s", user)
	}
	require.Len(t, got, len(want), "ATHS hears of nobody else")
	h.mu.Lock()
	defer h.mu.Unlock()
	require.Empty(t, h.disorder)
}
