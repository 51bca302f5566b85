package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"crms/httpapi/accesslog"
	"crms/httpapi/auth"
	"crms/httpapi/console"
	"crms/httpapi/metrics"
	"crms/search"
	"crms/store"
	"crms/store/crm"
	"crms/store/sample"
)

// noon is when the requests of tests come.
var noon = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)

const secret = "correct horse battery staple, twice"

// api is the API over a real store and index, with a token of an administrator.
type api struct {
	*API
	admin string // the Authorization header
}

// newAPI makes an API whose log goes to the writer, over n sample customers.
func newAPI(t testing.TB, log io.Writer, n int) api {
	t.Helper()
	a, shut := openAPI(t, t.TempDir(), log, store.Options{}, n)
	t.Cleanup(func() { require.NoError(t, shut()) })
	return a
}

// openAPI makes an API over the store in the folder. The caller shuts it.
func openAPI(t testing.TB, dir string, log io.Writer, o store.Options, n int) (_ api, shut func() error) {
	t.Helper()
	now := func() time.Time { return noon }
	access := accesslog.New(log, accesslog.Text)
	if gathered, ok := log.(*lines); ok {
		gathered.flush = access.Flush
	}
	logger := slog.New(slog.NewTextHandler(access, nil))
	o.Log = logger
	s, err := store.Open(dir, o)
	require.NoError(t, err)
	loadSample(t, s, n)
	index, err := search.Open(s, search.Options{Dir: filepath.Join(dir, "search"), Log: logger})
	require.NoError(t, err)
	require.Eventually(t, func() bool { return index.Status().State == search.OK }, time.Minute, time.Millisecond)
	verifier, err := auth.NewVerifier(context.Background(), auth.Config{Secret: []byte(secret), Now: now, Log: logger})
	require.NoError(t, err)

	pages, err := console.Pages()
	require.NoError(t, err)
	a := New(Config{
		Store: s, Index: index, Auth: verifier, IDs: crm.NewIDs(), Now: now, Log: logger, Access: access,
		Requests: metrics.New(metrics.Build{}).Requests, Pages: pages,
	})
	admin := auth.Identity{UserID: "ADMIN", Email: "admin@example.com", Roles: auth.Admin}
	return api{API: a, admin: "Bearer " + mint(t, admin)}, func() error {
		verifier.Close()
		return errors.Join(index.Close(), s.Close())
	}
}

func loadSample(t testing.TB, s *store.Store, n int) {
	t.Helper()
	g := new(errgroup.Group)
	g.SetLimit(256)
	for c := range sample.Customers(n, 1, noon) {
		g.Go(func() error {
			_, err := store.Do(context.Background(), s, loadOf(c))
			return err
		})
	}
	require.NoError(t, g.Wait())
}

func loadOf(c sample.Customer) store.Load {
	return store.Load{
		Change:   store.Change{At: c.CreatedAt, By: c.CreatedBy},
		Customer: c.Customer, Notes: c.Notes, Orders: c.Orders, Complaints: c.Complaints,
	}
}

// mint signs a token that is good for an hour from noon.
func mint(t testing.TB, who auth.Identity) string {
	t.Helper()
	minter, err := auth.NewMinter([]byte(secret), "", "")
	require.NoError(t, err)
	token, err := minter.Mint(who, time.Hour, noon)
	require.NoError(t, err)
	return token
}

// request is one of the administrator.
func (a api) request(method, path string) *http.Request {
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("Authorization", a.admin)
	return r
}

// serve lets a handler of a route of its own answer a GET of everybody.
func (a api) serve(h handler) *httptest.ResponseRecorder {
	answered := httptest.NewRecorder()
	adapted := a.adapt(route{method: http.MethodGet, path: "/test", handle: h})
	a.observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { adapted(w, r, nil) })).
		ServeHTTP(answered, httptest.NewRequest(http.MethodGet, "/test", nil))
	return answered
}

// lines gathers a log.
type lines struct {
	flush func() // the log's, so that no line is missed
	mu    sync.Mutex
	text  strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.flush()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// reset forgets what was logged.
func (l *lines) reset() {
	l.flush()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

// envelope is the answer of an error.
func envelope(message, data string) string {
	return fmt.Sprintf(`{"success":false,"message":%q,"data":%s}`, message, data)
}
