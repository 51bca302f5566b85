package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/httpapi/throttle"
	"crms/store"
	"crms/store/crm"
	"crms/store/sample"
	"crms/store/storetest"
)

// world is the service that hostile requests are sent to: the whole handler, as
// in --dev, over a real store and index. Everything that a route needs to
// succeed is in it. When a request has taken some of that away, or after many
// changes, the world is made anew, so that what follows can succeed as well.
type world struct {
	api
	log     lines // of the latest request
	shut    func() error
	dir     string
	commits int // since the world was made
}

// The world's people. The first two are customers: John Doe with orders, whom
// nobody can delete, and one whom anybody can.
const (
	johnDoe    = "6979a1b1a6db796b4a1447e9"
	deletable  = "6979a1b1a6db796b4a140001"
	stranger   = "USER-UNKNOWN" // whose event is parked
	suspended  = "6979a1b1a6db796b4a140002"
	aSuspended = "USER-2"
)

// localProxy is trusted to say for whom it asks. A request that names nobody so
// never waits, however many bad tokens have come before.
var localProxy = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}

// maxCommits is how much a world may be changed before it is made anew.
const maxCommits = 200

// newWorld makes a world for one test, or for a process of a fuzzer.
func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{}
	w.make(t)
	t.Cleanup(func() { w.end(t) })
	return w
}

func (w *world) make(t testing.TB) {
	t.Helper()
	var err error
	w.dir, err = os.MkdirTemp("", "world")
	require.NoError(t, err)
	w.commits = 0
	count := func(store.Commit) { w.commits++ }
	w.api, w.shut = openAPI(t, filepath.Join(w.dir, "data"), &w.log, store.Options{TellATHS: true, OnCommit: count}, 1)
	w.api = w.develop()
	w.throttle = throttle.New(localProxy, w.now, w.API.log)
	for i, id := range []string{deletable, suspended} {
		do(t, w, store.Load{Change: store.Change{At: noon, By: crm.AuthService}, Customer: nobodysCustomer(t, id, i+1)})
	}
	id, err := crm.ParseID(suspended)
	require.NoError(t, err)
	do(t, w, store.SetStatus{Change: store.Change{At: noon, By: "admin@example.com"}, ID: id, Status: crm.Suspended})
	do(t, w, store.Ingest{At: noon, Events: []crm.Event{{
		Source: "orms", ID: "1", Type: crm.OrderDeleted, Time: noon, UserID: stranger,
		Order: crm.Order{OrderID: "ORD-1", Version: noon, Deleted: true},
	}}})
}

func do[R any](t testing.TB, w *world, c store.Command[R]) {
	t.Helper()
	_, err := store.Do(context.Background(), w.store, c)
	require.NoError(t, err)
}

func nobodysCustomer(t testing.TB, id string, number int) crm.Customer {
	t.Helper()
	parsed, err := crm.ParseID(id)
	require.NoError(t, err)
	return crm.Customer{
		ID: parsed, UserID: fmt.Sprintf("USER-%d", number), FullName: "Asha Rao", Email: fmt.Sprintf("asha%d@example.com", number), Since: noon,
		Tags: []string{}, Preferences: []byte("{}"),
		CreatedBy: crm.AuthService, CreatedAt: noon, LastModifiedBy: crm.AuthService, LastModifiedAt: noon,
		Versions: crm.ContactVersions{Email: noon, FullName: noon, ContactNumber: noon},
	}
}

// end shuts the world and proves that its store is sound.
func (w *world) end(t testing.TB) {
	t.Helper()
	storetest.Verify(t, w.store)
	require.NoError(t, w.shut())
	require.NoError(t, os.RemoveAll(w.dir))
}

// renew makes the world anew when something is missing or it has changed a lot.
func (w *world) renew(t testing.TB) {
	t.Helper()
	if w.commits < maxCommits && w.isWhole(t) {
		return
	}
	w.end(t)
	w.make(t)
}

func (w *world) isWhole(t testing.TB) bool {
	t.Helper()
	john, err := w.store.CustomerByUser(sample.JohnDoe)
	if err != nil || john.Status != crm.Active {
		return false
	}
	if _, err := w.store.CustomerByUser("USER-1"); err != nil {
		return false
	}
	waiting, err := w.store.Backlog()
	require.NoError(t, err)
	return waiting.UnknownUsers == 1 && w.hasFirstEntry(t)
}

// hasFirstEntry reports whether the oldest entry of the outbox is still there.
func (w *world) hasFirstEntry(t testing.TB) bool {
	t.Helper()
	entries, _, err := w.store.OutboxPage(nil, 0, 100)
	require.NoError(t, err)
	for _, e := range entries {
		if e.UserID == aSuspended {
			return true
		}
	}
	return false
}

// people are those who may send a request, by their roles.
func people(t testing.TB) []string {
	t.Helper()
	headers := []string{""}
	for _, who := range []auth.Identity{
		{UserID: "ADMIN", Email: "admin@example.com", Roles: auth.Admin},
		{UserID: "ORMS", Roles: auth.Service},
		{UserID: sample.JohnDoe, Email: "john.doe@example.com", Roles: auth.Customer},
	} {
		headers = append(headers, "Authorization: Bearer "+mint(t, who)+"\r\n")
	}
	return headers
}

// The numbers of people in what a fuzzer makes up.
const (
	anonymous = iota
	anAdmin
	aService
	aCustomer
)

// readRequest reads a request as a server does. Of one that it would refuse
// itself, which reaches no handler, the error is not nil.
func readRequest(head string, body []byte) (*http.Request, error) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(head + "\r\n")))
	if err != nil {
		return nil, err
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.RemoteAddr = "127.0.0.1:40000"
	return r, nil
}

// send answers a request and keeps what is logged of it.
func (w *world) send(r *http.Request) *httptest.ResponseRecorder {
	w.log.reset()
	return answerOf(w, r)
}

// answerOf is what a handler answers.
func answerOf(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	answered := httptest.NewRecorder()
	h.ServeHTTP(answered, r)
	return answered
}
