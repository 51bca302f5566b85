package aths_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store"
	"crms/store/aths"
	"crms/store/crm"
	"crms/store/storetest"
)

const (
	patience = 30 * time.Second
	token    = "a.secret.token"
)

// call is a request that ATHS has received.
type call struct{ line, body, key string }

// fakeATHS answers as it is told and notes what it received.
type fakeATHS struct {
	answer func(n int, w http.ResponseWriter, r *http.Request) // n counts from 1
	mu     sync.Mutex
	calls  []call
	header http.Header // of the last call
}

func (f *fakeATHS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	f.calls = append(f.calls, call{r.Method + " " + r.URL.EscapedPath(), string(body), r.Header.Get("Idempotency-Key")})
	f.header = r.Header
	n := len(f.calls)
	f.mu.Unlock()
	f.answer(n, w, r)
}

func (f *fakeATHS) received() []call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// status always answers with the code.
func status(code int) func(int, http.ResponseWriter, *http.Request) {
	return func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// statuses answers with each code in turn, and goes on with the last.
func statuses(codes ...int) func(int, http.ResponseWriter, *http.Request) {
	return func(n int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(codes[min(n, len(codes))-1]) }
}

// hurried is a clock on which an hour passes between two looks at it, so that
// nobody has to wait for the next attempt.
type hurried struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hurried) look() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(time.Hour)
	return h.now
}

// stage is a store whose changes are told to a fake ATHS.
type stage struct {
	t     *testing.T
	store *store.Store
	aths  *fakeATHS
	url   *url.URL
	log   *strings.Builder
	ids   *crm.IDs
	start time.Time
}

func newStage(t *testing.T, answer func(int, http.ResponseWriter, *http.Request)) *stage {
	t.Helper()
	f := &fakeATHS{answer: answer}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	target, err := url.Parse(server.URL + "/auth")
	require.NoError(t, err)
	return &stage{
		t: t, store: storetest.Open(t, store.Options{TellATHS: true}), aths: f, url: target, log: new(strings.Builder), ids: crm.NewIDs(),
		start: time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC),
	}
}

// dispatch starts the dispatcher, which is closed when the test ends.
func (s *stage) dispatch() *aths.Dispatcher {
	d := aths.Start(aths.Config{
		Store: s.store, URL: s.url, Token: func() (string, error) { return token, nil }, Now: (&hurried{now: s.start}).look,
		Log: slog.New(slog.NewTextHandler(s.log, nil)),
	})
	closing := sync.OnceFunc(d.Close)
	s.t.Cleanup(func() {
		closing()
		assert.NotContains(s.t, s.log.String(), token)
		entries, _, _, err := s.store.OutboxEntries(1000)
		assert.NoError(s.t, err)
		for _, e := range entries {
			assert.NotContains(s.t, e.LastError, token)
		}
	})
	return d
}

func (s *stage) customer(userID string) crm.ID {
	s.t.Helper()
	id := s.ids.New(s.start)
	_, err := store.Do(context.Background(), s.store, store.Create{
		Change: store.Change{At: s.start, By: "admin"}, ID: id, UserID: userID, Email: id.String() + "@example.com", FullName: "Somebody", Preferences: []byte("{}"),
	})
	require.NoError(s.t, err)
	return id
}

func (s *stage) set(id crm.ID, status crm.Status) {
	s.t.Helper()
	_, err := store.Do(context.Background(), s.store, store.SetStatus{
		Change: store.Change{At: s.start, By: "admin"}, ID: id, Status: status, Reason: "Said \"so\"",
	})
	require.NoError(s.t, err)
}

func (s *stage) delete(id crm.ID) {
	s.t.Helper()
	_, err := store.Do(context.Background(), s.store, store.Delete{Change: store.Change{At: s.start, By: "admin"}, ID: id})
	require.NoError(s.t, err)
}

// settle waits until nothing is pending and returns what is dead.
func (s *stage) settle() []store.OutboxEntry {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		b, err := s.store.Backlog()
		return err == nil && b.Pending == 0
	}, patience, time.Millisecond)
	entries, _, _, err := s.store.OutboxEntries(1000)
	require.NoError(s.t, err)
	return entries
}

func TestDispatcherTells(t *testing.T) {
	t.Run("a status and its reason", func(t *testing.T) {
		s := newStage(t, status(http.StatusNoContent))
		s.set(s.customer("USER-1"), crm.Suspended)
		s.dispatch()
		assert.Empty(t, s.settle())
		assert.Equal(t, []call{{"PATCH /auth/api/users/USER-1/status", `{"reason":"Said \"so\"","status":"Suspended"}`, "crms-" + s.store.Generation() + "-1"}}, s.aths.received())
		assert.Equal(t, "Bearer "+token, s.aths.header.Get("Authorization"))
		assert.Equal(t, "application/json", s.aths.header.Get("Content-Type"))
	})
	t.Run("a deletion", func(t *testing.T) {
		s := newStage(t, status(http.StatusOK))
		s.delete(s.customer("USER-1"))
		s.dispatch()
		assert.Empty(t, s.settle())
		assert.Equal(t, []call{{"DELETE /auth/api/users/USER-1", "", "crms-" + s.store.Generation() + "-1"}}, s.aths.received())
	})
	t.Run("what is queued while it runs", func(t *testing.T) {
		s := newStage(t, status(http.StatusOK))
		s.dispatch()
		s.set(s.customer("USER-1"), crm.Suspended)
		assert.Empty(t, s.settle())
		assert.Len(t, s.aths.received(), 1)
	})
	for user, path := range map[string]string{"a/b": "a%2Fb", "a b?c=%2e#d": "a%20b%3Fc=%252e%23d", "..x": "..x", "é": "%C3%A9", "a//../b": "a%2F%2F..%2Fb"} {
		t.Run("of user "+user, func(t *testing.T) {
			s := newStage(t, status(http.StatusOK))
			s.delete(s.customer(user))
			s.dispatch()
			assert.Empty(t, s.settle())
			assert.Equal(t, "DELETE /auth/api/users/"+path, s.aths.received()[0].line)
		})
	}
	for _, user := range []string{".", ".."} {
		t.Run("nothing of user "+user+", which would be another address", func(t *testing.T) {
			s := newStage(t, status(http.StatusOK))
			s.delete(s.customer(user))
			s.dispatch()
			dead := s.settle()
			assert.Empty(t, s.aths.received())
			assert.Equal(t, "the user id cannot be a part of an address", dead[0].LastError)
		})
	}
}

func TestDeletionOfSomebodyWhomATHSDoesNotHaveIsDone(t *testing.T) {
	s := newStage(t, status(http.StatusNotFound))
	s.delete(s.customer("USER-1"))
	s.dispatch()
	assert.Empty(t, s.settle())
}

func TestDispatcherTriesAgain(t *testing.T) {
	for _, code := range []int{408, 429, 500, 502, 503, 599} {
		t.Run(fmt.Sprintf("after %d, with the same key", code), func(t *testing.T) {
			s := newStage(t, statuses(code, code, http.StatusOK))
			s.set(s.customer("USER-1"), crm.Suspended)
			s.dispatch()
			assert.Empty(t, s.settle())
			calls := s.aths.received()
			require.Len(t, calls, 3)
			assert.Equal(t, []call{calls[0], calls[0], calls[0]}, calls)
		})
	}
	t.Run("after a connection that broke", func(t *testing.T) {
		s := newStage(t, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n > 2 {
				return
			}
			conn, _, err := w.(http.Hijacker).Hijack()
			if assert.NoError(t, err) {
				assert.NoError(t, conn.Close())
			}
		})
		s.set(s.customer("USER-1"), crm.Suspended)
		s.dispatch()
		assert.Empty(t, s.settle())
		assert.GreaterOrEqual(t, len(s.aths.received()), 3)
	})
	t.Run("for three days, then the entry is dead and says why", func(t *testing.T) {
		s := newStage(t, status(http.StatusServiceUnavailable))
		s.set(s.customer("USER-1"), crm.Suspended)
		s.dispatch()
		dead := s.settle()
		require.Len(t, dead, 1)
		assert.Equal(t, store.Dead, dead[0].State)
		assert.Equal(t, "ATHS answered 503 Service Unavailable", dead[0].LastError)
		assert.Equal(t, len(s.aths.received()), int(dead[0].Attempts))
		assert.Greater(t, dead[0].Attempts, uint64(10))
	})
	t.Run("while there is no token", func(t *testing.T) {
		s := newStage(t, status(http.StatusOK))
		s.set(s.customer("USER-1"), crm.Suspended)
		var asked int
		d := aths.Start(aths.Config{
			Store: s.store, URL: s.url, Now: (&hurried{now: s.start}).look, Log: slog.New(slog.DiscardHandler),
			Token: func() (string, error) {
				if asked++; asked < 3 {
					return "", errors.New("the file is empty")
				}
				return token, nil
			},
		})
		assert.Empty(t, s.settle())
		d.Close()
		assert.Len(t, s.aths.received(), 1)
		assert.Equal(t, 3, asked, "it is asked for anew each time")
	})
}

func TestDispatcherGivesUp(t *testing.T) {
	for _, code := range []int{301, 400, 401, 403, 404, 409, 422} {
		t.Run(fmt.Sprintf("after %d on a status", code), func(t *testing.T) {
			s := newStage(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(code)
			})
			s.set(s.customer("USER-1"), crm.Suspended)
			s.dispatch()
			dead := s.settle()
			require.Len(t, dead, 1)
			assert.Equal(t, store.Dead, dead[0].State)
			assert.Equal(t, fmt.Sprintf("ATHS answered %d %s", code, http.StatusText(code)), dead[0].LastError)
			assert.Len(t, s.aths.received(), 1)
		})
	}
	t.Run("until an operator asks for another attempt", func(t *testing.T) {
		s := newStage(t, statuses(http.StatusBadRequest, http.StatusOK))
		s.set(s.customer("USER-1"), crm.Suspended)
		s.dispatch()
		require.Len(t, s.settle(), 1)
		_, err := store.Do(context.Background(), s.store, store.RetryOutbox{At: s.start, All: true})
		require.NoError(t, err)
		assert.Empty(t, s.settle())
		calls := s.aths.received()
		assert.Equal(t, calls[0], calls[1], "the key is the same")
	})
}

func TestChangesOfAUserArriveInTheirOrder(t *testing.T) {
	s := newStage(t, statuses(500, 503, 200, 500, 200))
	id := s.customer("USER-1")
	s.dispatch()
	s.set(id, crm.Suspended)
	s.set(id, crm.Active)
	s.delete(id)
	assert.Empty(t, s.settle())
	var keys []string
	for _, c := range s.aths.received() {
		keys = append(keys, strings.TrimPrefix(c.key, "crms-"+s.store.Generation()))
	}
	assert.Equal(t, []string{"-1", "-1", "-1", "-2", "-2", "-3"}, keys)
}

func TestChangesOfSeveralUsersAreSentSideBySide(t *testing.T) {
	const users = 8
	var together sync.WaitGroup
	together.Add(users)
	s := newStage(t, func(int, http.ResponseWriter, *http.Request) {
		together.Done()
		together.Wait() // nobody is answered before all have asked
	})
	for n := range users {
		s.set(s.customer(fmt.Sprint("USER-", n)), crm.Suspended)
	}
	s.dispatch()
	assert.Empty(t, s.settle())
}

func TestCloseLetsTheRequestUnderWayFinish(t *testing.T) {
	asked, answer := make(chan struct{}), make(chan struct{})
	s := newStage(t, func(int, http.ResponseWriter, *http.Request) {
		close(asked)
		<-answer
	})
	id := s.customer("USER-1")
	s.set(id, crm.Suspended)
	s.set(id, crm.Active)
	d := s.dispatch()
	<-asked
	closed := make(chan struct{})
	go func() { d.Close(); close(closed) }()
	select {
	case <-closed:
		require.Fail(t, "closed while ATHS was about to answer")
	case <-time.After(20 * time.Millisecond):
	}
	close(answer)
	select {
	case <-closed:
	case <-time.After(patience):
		require.Fail(t, "does not close")
	}
	entries, _, _, err := s.store.OutboxEntries(10)
	require.NoError(t, err)
	require.Len(t, entries, 1, "the first was noted, the second not begun")
	assert.Equal(t, uint64(2), entries[0].Seq)
	assert.Len(t, s.aths.received(), 1)
}

func TestNothingSecretIsToldOfAServerThatIsNotThere(t *testing.T) {
	s := newStage(t, status(http.StatusOK))
	s.url, _ = url.Parse("http://operator:hush@127.0.0.1:1")
	s.set(s.customer("USER-1"), crm.Suspended)
	s.dispatch()
	dead := s.settle()
	require.Len(t, dead, 1)
	assert.Contains(t, dead[0].LastError, "refused")
	assert.NotContains(t, dead[0].LastError, "hush")
}

func TestRetryAfterLeavesATHSAloneForEveryUser(t *testing.T) {
	s := newStage(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	first, second := s.customer("USER-1"), s.customer("USER-2")
	s.set(first, crm.Suspended)
	d := aths.Start(aths.Config{
		Store: s.store, URL: s.url, Token: func() (string, error) { return token, nil },
		Now: func() time.Time { return s.start }, Log: slog.New(slog.DiscardHandler),
	})
	require.Eventually(t, func() bool {
		entries, _, _, err := s.store.OutboxEntries(1)
		return err == nil && entries[0].Attempts == 1
	}, patience, time.Millisecond)
	s.set(second, crm.Suspended)
	require.Eventually(t, func() bool { return len(s.store.Queued()) == 0 }, patience, time.Millisecond)
	d.Close()
	assert.Len(t, s.aths.received(), 1, "requests while ATHS asked to be left alone")
}

func TestCloseCutsWhatTakesLongerThanTheGrace(t *testing.T) {
	asked, end := make(chan struct{}), make(chan struct{})
	s := newStage(t, func(int, http.ResponseWriter, *http.Request) {
		close(asked)
		<-end
	})
	t.Cleanup(func() { close(end) })
	s.set(s.customer("USER-1"), crm.Suspended)
	d := aths.Start(aths.Config{
		Store: s.store, URL: s.url, Token: func() (string, error) { return token, nil },
		Now: func() time.Time { return s.start }, Log: slog.New(slog.DiscardHandler), Grace: time.Millisecond,
	})
	<-asked
	d.Close()
	entries, pending, _, err := s.store.OutboxEntries(1)
	require.NoError(t, err)
	assert.Equal(t, int64(1), pending, "it will be sent again")
	assert.Equal(t, uint64(1), entries[0].Attempts)
}
