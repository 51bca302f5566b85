package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/store"
	"crms/store/crm"
)

// waitingRooms is a data folder with something in both waiting rooms: the
// entries 1 (dead), 3 (pending, of the same user) and 4 (dead and overtaken), and
// an event each of the users USER-8 and USER-9.
func waitingRooms(t *testing.T) (data string) {
	t.Helper()
	data = t.TempDir()
	s, err := store.Open(data, store.Options{TellATHS: true, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	change := store.Change{At: noon, By: "admin@example.com"}
	for i, statuses := range [][]crm.Status{{crm.Suspended, crm.Active, crm.Suspended}, {crm.Suspended, crm.Active}} {
		user := fmt.Sprint("USER-", i+1)
		id := crm.NewIDs().New(noon)
		do(t, s, store.Create{Change: change, ID: id, UserID: user, Email: user + "@example.com", FullName: "Somebody", Preferences: []byte("{}")})
		for _, status := range statuses {
			do(t, s, store.SetStatus{Change: change, ID: id, Status: status})
		}
	}
	do(t, s, store.Undelivered{Seq: 1, Err: "ATHS answered 403 Forbidden"})
	do(t, s, store.Undelivered{Seq: 4, Err: "ATHS answered 403 Forbidden"})
	do(t, s, store.Delivered{Seq: 2})
	do(t, s, store.Delivered{Seq: 5})
	order := crm.Order{OrderID: "ORD-1", Status: crm.Placed, Total: 100, PlacedAt: noon, Version: noon}
	do(t, s, store.Ingest{At: noon, Events: []crm.Event{
		{Source: "orms", ID: "e8", Time: noon, Type: crm.OrderPlaced, UserID: "USER-8", Order: order},
		{Source: "orms", ID: "e9", Time: noon, Type: crm.OrderPlaced, UserID: "USER-9", Order: order},
	}})
	return data
}

func do[R any](t *testing.T, s *store.Store, c store.Command[R]) R {
	t.Helper()
	result, err := store.Do(context.Background(), s, c)
	require.NoError(t, err)
	return result
}

// TestWaitingRooms runs the commands in a folder that nobody has open, and in
// one that a server works in.
func TestWaitingRooms(t *testing.T) {
	for name, serve := range map[string]bool{"without a server": false, "beside a server": true} {
		t.Run(name, func(t *testing.T) {
			data := waitingRooms(t)
			if serve {
				serveProcess(t, data)
			}
			crms := func(args ...string) outcome { return run(nil, append(args, "--data", data)...) }
			prints := func(t *testing.T, want string, args ...string) {
				t.Helper()
				assert.Equal(t, outcome{exitOK, want, ""}, crms(args...))
			}
			t.Run("outbox list", func(t *testing.T) {
				prints(t, ""+
					"ID  USER    WHAT              STATE    SINCE                     ATTEMPTS  LAST ERROR\n"+
					"1   USER-1  status Suspended  dead     2026-01-25T12:00:00.000Z  1         ATHS answered 403 Forbidden\n"+
					"3   USER-1  status Suspended  pending  2026-01-25T12:00:00.000Z  0         \n"+
					"4   USER-2  status Suspended  dead     2026-01-25T12:00:00.000Z  1         ATHS answered 403 Forbidden\n"+
					"1 pending, 2 dead\n", "outbox", "list")
				assert.JSONEq(t, `{"pending":1,"dead":2,"entries":[
					{"id":1,"userId":"USER-1","what":"status Suspended","state":"dead","since":"2026-01-25T12:00:00.000Z","attempts":1,"lastError":"ATHS answered 403 Forbidden"},
					{"id":3,"userId":"USER-1","what":"status Suspended","state":"pending","since":"2026-01-25T12:00:00.000Z","attempts":0,"nextAt":"2026-01-25T12:00:00.000Z"},
					{"id":4,"userId":"USER-2","what":"status Suspended","state":"dead","since":"2026-01-25T12:00:00.000Z","attempts":1,"lastError":"ATHS answered 403 Forbidden"}
				]}`, crms("outbox", "list", "--json").stdout)
			})
			t.Run("outbox retry and drop", func(t *testing.T) {
				for _, action := range []string{"retry", "drop"} {
					got := crms("outbox", action, "1", "77")
					requireRefusal(t, got, exitFailed)
					assert.Equal(t, "crms: Outbox entry not found: there is no 77\n", got.stderr)
				}
				prints(t, "1 to be sent again, 0 overtaken by a newer status and left alone\n", "outbox", "retry", "1")
				prints(t, "2 to be sent again, 1 overtaken by a newer status and left alone\n", "outbox", "retry", "--all")
				prints(t, "1 dropped\n", "outbox", "drop", "4")
				prints(t, "2 dropped\n", "outbox", "drop", "--all")
				prints(t, "ID  USER  WHAT  STATE  SINCE  ATTEMPTS  LAST ERROR\n0 pending, 0 dead\n", "outbox", "list")
			})
			t.Run("parked list", func(t *testing.T) {
				prints(t, ""+
					"USER    TYPE               SOURCE  ID  TIME                      SINCE                     WHY\n"+
					"USER-8  orms.order.placed  orms    e8  2026-01-25T12:00:00.000Z  2026-01-25T12:00:00.000Z  unknown user\n"+
					"USER-9  orms.order.placed  orms    e9  2026-01-25T12:00:00.000Z  2026-01-25T12:00:00.000Z  unknown user\n"+
					"2 parked\n", "parked", "list")
				assert.Contains(t, crms("parked", "list", "--json").stdout, `"total": 2`)
			})
			t.Run("parked drop", func(t *testing.T) {
				prints(t, "1 dropped\n", "parked", "drop", "USER-9", "USER-77")
				prints(t, "1 dropped\n", "parked", "drop", "--all")
				prints(t, "USER  TYPE  SOURCE  ID  TIME  SINCE  WHY\n0 parked\n", "parked", "list")
			})
			t.Run("wrong usage", func(t *testing.T) {
				for _, args := range [][]string{
					{"outbox", "retry"}, {"outbox", "drop", "1", "--all"}, {"parked", "drop"}, {"parked", "drop", "u", "--all"}, {"outbox", "list", "1"},
				} {
					requireRefusal(t, crms(args...), exitUsage)
				}
				got := crms("outbox", "retry", "first")
				requireRefusal(t, got, exitFailed)
				assert.Equal(t, "crms: \"first\" is not the number of an entry\n", got.stderr)
			})
		})
	}
	t.Run("where there is no store", func(t *testing.T) {
		data := t.TempDir()
		got := run(nil, "outbox", "list", "--data", data)
		requireRefusal(t, got, exitFailed)
		assert.Contains(t, got.stderr, "there is no store in this folder")
		entries, err := os.ReadDir(data)
		require.NoError(t, err)
		assert.Empty(t, entries, "none is made")
	})
}

func TestSocket(t *testing.T) {
	data := waitingRooms(t)
	path := filepath.Join(data, "crms.sock")
	p, _ := serveProcess(t, data)
	t.Run("is for its owner alone", func(t *testing.T) {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, fs.ModeSocket|0o600, info.Mode())
	})
	t.Run("of a killed server is no obstacle, to a command or to the next server", func(t *testing.T) {
		p.kill(t)
		require.FileExists(t, path)
		assert.Contains(t, run(nil, "parked", "list", "--data", data).stdout, "2 parked")
		next, _ := serveProcess(t, data)
		assert.Contains(t, run(nil, "parked", "list", "--data", data).stdout, "2 parked")
		next.signal(t, syscall.SIGTERM)
		require.Equal(t, exitOK, next.wait(t).code)
		assert.NoFileExists(t, path)
	})
}

// athsProbe is an ATHS that holds its first answer until it is let go.
type athsProbe struct {
	*httptest.Server
	mu    sync.Mutex
	calls []*http.Request
	asked chan struct{} // closed when the first request is there
	letGo func()
}

func newATHSProbe(t *testing.T) *athsProbe {
	t.Helper()
	held := make(chan struct{})
	a := &athsProbe{asked: make(chan struct{}), letGo: sync.OnceFunc(func() { close(held) })}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.calls = append(a.calls, r)
		first := len(a.calls) == 1
		a.mu.Unlock()
		if first {
			close(a.asked)
			<-held
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(a.Close)
	t.Cleanup(a.letGo)
	return a
}

func (a *athsProbe) received() []*http.Request {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]*http.Request{}, a.calls...)
}

// suspendOne makes a customer and suspends it, over HTTP.
func suspendOne(t *testing.T, url string) {
	t.Helper()
	asAdmin := func(method, path, body string) (status int, answer string) {
		r, err := http.NewRequest(method, url+path, strings.NewReader(body))
		require.NoError(t, err)
		r.Header.Set("Authorization", "Bearer "+mint(t, someSecret, anAdmin, time.Now()))
		r.Header.Set("Content-Type", "application/json")
		return send(t, r)
	}
	status, answer := asAdmin(http.MethodPost, "/api/customers", object("userId", "USER-1", "email", "one@example.com", "fullName", "Somebody"))
	require.Equal(t, http.StatusCreated, status, answer)
	var created struct{ Data struct{ CustomerID string } }
	require.NoError(t, json.Unmarshal([]byte(answer), &created))
	status, answer = asAdmin(http.MethodPatch, "/api/customers/"+created.Data.CustomerID+"/status", object("status", "Suspended", "reason", "why"))
	require.Equal(t, http.StatusOK, status, answer)
}

func TestATHSIsToldAgainAfterAKill(t *testing.T) {
	t.Parallel()
	data, aths := t.TempDir(), newATHSProbe(t)
	serve := func() (*process, string) {
		p := startProcess(t, []string{"CRMS_JWT_SECRET=" + someSecret}, "serve", "--data", data, "--addr", "127.0.0.1:0", "--aths-url", aths.URL)
		return p, "http://" + p.find(t, p.stderr, `msg=serving addr=(\S+)`)
	}
	first, url := serve()
	suspendOne(t, url)
	<-aths.asked
	first.kill(t) // it has sent, and heard no answer
	aths.letGo()
	assert.Contains(t, run(nil, "outbox", "list", "--data", data).stdout, "1 pending, 0 dead")

	second, _ := serve()
	require.Eventually(t, func() bool { return len(aths.received()) == 2 }, patience, time.Millisecond)
	calls := aths.received()
	assert.NotEmpty(t, calls[0].Header.Get("Idempotency-Key"))
	assert.Equal(t, calls[0].Header.Get("Idempotency-Key"), calls[1].Header.Get("Idempotency-Key"))
	assert.Equal(t, "PATCH /api/users/USER-1/status", calls[1].Method+" "+calls[1].URL.Path)
	token := calls[1].Header.Get("Authorization")[len("Bearer "):]
	id := verifyAt(t, time.Now(), token, auth.Config{Secret: []byte(someSecret)})
	assert.Equal(t, auth.Service, id.Roles)
	require.Eventually(t, func() bool {
		return run(nil, "outbox", "list", "--data", data).stdout == "ID  USER  WHAT  STATE  SINCE  ATTEMPTS  LAST ERROR\n0 pending, 0 dead\n"
	}, patience, 10*time.Millisecond)
	second.signal(t, syscall.SIGTERM)
	assert.Equal(t, exitOK, second.wait(t).code)
	assert.NotContains(t, first.stderr.String()+second.stderr.String(), token)
}

func TestStopWaitsForTheAnswerOfATHS(t *testing.T) {
	t.Parallel()
	data, aths := t.TempDir(), newATHSProbe(t)
	token := writeFile(t, "the.token.of.a.file\n")
	p := startProcess(t, []string{"CRMS_JWT_SECRET=" + someSecret}, "serve", "--data", data, "--addr", "127.0.0.1:0", "--aths-url", aths.URL, "--aths-token-file", token)
	suspendOne(t, "http://"+p.find(t, p.stderr, `msg=serving addr=(\S+)`))
	<-aths.asked
	p.signal(t, syscall.SIGTERM)
	p.find(t, p.stderr, `msg="(stopping)`)
	require.False(t, p.hasExited())
	aths.letGo()
	require.Equal(t, exitOK, p.wait(t).code)
	require.Len(t, aths.received(), 1)
	assert.Equal(t, "Bearer the.token.of.a.file", aths.received()[0].Header.Get("Authorization"))
	assert.Contains(t, run(nil, "outbox", "list", "--data", data).stdout, "0 pending, 0 dead")
	assert.NotContains(t, p.stderr.String(), "the.token")
}

func TestATHSWithoutATokenIsRefused(t *testing.T) {
	got := run(nil, "serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0", "--aths-url", "https://aths.example", "--jwks-url", "https://aths.example/jwks")
	requireRefusal(t, got, exitUsage)
	assert.Equal(t, "crms: --aths-token-file (env CRMS_ATHS_TOKEN_FILE) is needed with --aths-url (env CRMS_ATHS_URL), "+
		"since there is no secret to sign a token with\n", got.stderr)
}
