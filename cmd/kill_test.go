package cmd

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestKill kills a server under load, again and again. Each time what was
// answered must be there, in the store and in the search index, and what was
// not answered must have happened wholly or not at all.
func TestKill(t *testing.T) {
	t.Parallel()
	const rounds, writers = 12, 8
	data := t.TempDir()
	r := rand.New(rand.NewPCG(9, 9)) // any numbers will do; when the server dies is never the same
	var all []*writer
	for i := range writers {
		all = append(all, &writer{number: i, random: rand.New(rand.NewPCG(uint64(i), 1))})
	}
	var answered int64
	for range rounds {
		p, url := serveProcess(t, data)
		token := "Bearer " + mint(t, someSecret, anAdmin, time.Now())
		each(all, func(w *writer) { w.connect(url, token) })
		each(all, func(w *writer) { w.check(t) })
		require.False(t, t.Failed(), "what was answered before the last kill is there")

		answered += underLoad(all, int64(20+r.IntN(300)), func() { p.signal(t, syscall.SIGKILL) })
		p.wait(t)
		each(all, func(w *writer) { require.NoError(t, w.failure) })
		requireSound(t, data)
	}
	p, url := serveProcess(t, data)
	each(all, func(w *writer) { w.connect(url, w.token) })
	each(all, func(w *writer) { w.check(t) })
	p.signal(t, syscall.SIGTERM)
	assert.Equal(t, exitOK, p.wait(t).code)
	requireSound(t, data)
	t.Logf("%d writes answered, %d customers left", answered, countCustomers(all))
}

// each runs a step of every writer at once.
func each(all []*writer, step func(*writer)) {
	var g sync.WaitGroup
	for _, w := range all {
		g.Go(func() { step(w) })
	}
	g.Wait()
}

// underLoad lets all write, and kills the server when so many writes have been
// answered. It returns how many were in the end.
func underLoad(all []*writer, until int64, kill func()) int64 {
	var answered atomic.Int64
	each(all, func(w *writer) {
		for w.write() {
			if answered.Add(1) == until {
				kill()
			}
		}
	})
	return answered.Load()
}

// requireSound proves a copy of the database, so that the next server meets it
// as the kill has left it.
func requireSound(t *testing.T, data string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(data, "crms.db"))
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "crms.db"), content, 0o600))
	got := run(nil, "verify", "--data", folder)
	require.Equal(t, exitOK, got.code, got.stdout+got.stderr)
	require.Contains(t, got.stdout, "is sound")
}

func countCustomers(all []*writer) (n int) {
	for _, w := range all {
		n += len(w.customers)
	}
	return n
}

// writer changes customers of its own, one request at a time, so that it knows
// what each of them must look like.
type writer struct {
	number     int
	random     *rand.Rand
	url, token string

	made      int         // how many names it has made up
	customers []*customer // of those that exist
	gone      []*customer // deleted since the last check
	pending   *pending    // the request that was not answered
	failure   error       // of a request that was answered badly
}

// customer is what the answers said about one customer.
type customer struct {
	id, email, name, status, tier string
	notes                         []string
	touched                       bool // since the last check
}

// pending is a request that the kill may have cut off.
type pending struct {
	customer *customer
	after    customer // as the customer is if it was done
	deletes  bool
}

func (w *writer) connect(url, token string) { w.url, w.token = url, token }

// write sends one random change. It returns false when the server is gone.
func (w *writer) write() bool {
	kind := w.random.IntN(100)
	if len(w.customers) < 3 || kind < 25 {
		return w.create()
	}
	c := w.customers[w.random.IntN(len(w.customers))]
	after := *c
	path := "/api/customers/" + c.id
	switch {
	case kind < 45:
		after.name = w.newName()
		return w.change(c, after, http.MethodPut, path, object("fullName", after.name))
	case kind < 65:
		after.notes = append(slices.Clone(c.notes), "Note about "+w.newName())
		return w.change(c, after, http.MethodPost, path+"/notes", object("content", after.notes[len(c.notes)]))
	case kind < 78:
		after.status = []string{"Active", "Inactive", "Suspended"}[w.random.IntN(3)]
		return w.change(c, after, http.MethodPatch, path+"/status", object("status", after.status, "reason", "To see what happens"))
	case kind < 91:
		after.tier = []string{"Regular", "Premium", "VIP"}[w.random.IntN(3)]
		return w.change(c, after, http.MethodPatch, path+"/type", object("customerType", after.tier))
	default:
		return w.delete(c)
	}
}

func (w *writer) create() bool {
	name := w.newName()
	c := &customer{email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.com", name: name, status: "Active", tier: "Regular", touched: true}
	w.pending = &pending{customer: c, after: *c}
	answer, ok := w.send(http.MethodPost, "/api/customers", object("email", c.email, "fullName", c.name))
	if !ok {
		return false
	}
	c.id = w.profileOf(answer).CustomerID
	w.customers = append(w.customers, c)
	return true
}

func (w *writer) change(c *customer, after customer, method, path, body string) bool {
	after.touched = true
	w.pending = &pending{customer: c, after: after}
	_, ok := w.send(method, path, body)
	if ok {
		*c = after
	}
	return ok
}

func (w *writer) delete(c *customer) bool {
	w.pending = &pending{customer: c, deletes: true}
	_, ok := w.send(http.MethodDelete, "/api/customers/"+c.id, "")
	if ok {
		w.forget(c)
	}
	return ok
}

func (w *writer) forget(c *customer) {
	w.customers = slices.DeleteFunc(w.customers, func(other *customer) bool { return other == c })
	w.gone = append(w.gone, c)
}

// newName is a name that a search takes for no other.
func (w *writer) newName() string {
	w.made++
	letters := make([]byte, 12)
	for i := range letters {
		letters[i] = byte('a' + w.random.IntN(26))
	}
	return fmt.Sprintf("Kim%d %s", w.number, letters)
}

// send returns the answer's body, or false when there is no server any more.
func (w *writer) send(method, path, body string) (answer []byte, ok bool) {
	status, answer, err := w.call(method, path, body)
	if err != nil {
		return nil, false
	}
	if status >= 300 {
		w.failure = cmp.Or(w.failure, fmt.Errorf("%s %s: %d %s", method, path, status, answer))
		return nil, false
	}
	w.pending = nil
	return answer, true
}

func (w *writer) call(method, path, body string) (status int, answer []byte, err error) {
	r, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", w.token)
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(response.Body)
	return response.StatusCode, answer, errors.Join(err, response.Body.Close())
}

// shownProfile is the part of a profile that the writers know.
type shownProfile struct {
	CustomerID, Email, FullName, CustomerStatus, CustomerType string
	Notes                                                     []struct{ Content string }
}

func (w *writer) profileOf(answer []byte) shownProfile {
	var envelope struct{ Data shownProfile }
	if err := json.Unmarshal(answer, &envelope); err != nil {
		w.failure = cmp.Or(w.failure, err)
	}
	return envelope.Data
}

// check asks the new server for everything that the old one has answered.
func (w *writer) check(t *testing.T) {
	w.settle(t)
	for _, c := range w.customers {
		found, there := w.fetch(t, c.id)
		if assert.True(t, there, "%s was answered and is lost", c.id) {
			assert.Equal(t, c.seen(), found)
		}
		if c.touched {
			assert.Contains(t, w.search(t, c.name), c.id, "%q is found", c.name)
			c.touched = false
		}
	}
	for _, c := range w.gone {
		_, there := w.fetch(t, c.id)
		assert.False(t, there, "%s was deleted and is back", c.id)
		assert.NotContains(t, w.search(t, c.name), c.id)
	}
	w.gone = nil
}

// settle finds out whether the request without an answer was done.
func (w *writer) settle(t *testing.T) {
	p := w.pending
	if w.pending = nil; p == nil {
		return
	}
	c := p.customer
	if c.id == "" { // it was to be created
		if ids := w.search(t, c.email); len(ids) > 0 {
			c.id = ids[0]
			w.customers = append(w.customers, c)
		}
		return
	}
	found, there := w.fetch(t, c.id)
	switch {
	case !there && p.deletes:
		w.forget(c)
	case there && !p.deletes && assert.ObjectsAreEqual(p.after.seen(), found):
		*c = p.after
	}
}

// seen is the customer as fetch shows it; ids are compared by asking for them.
func (c customer) seen() customer {
	c.touched = false
	return c
}

func (w *writer) fetch(t *testing.T, id string) (found customer, there bool) {
	status, answer, err := w.call(http.MethodGet, "/api/customers/"+id, "")
	if !assert.NoError(t, err) || status == http.StatusNotFound {
		return customer{}, false
	}
	assert.Equal(t, http.StatusOK, status, string(answer))
	p := w.profileOf(answer)
	found = customer{id: p.CustomerID, email: p.Email, name: p.FullName, status: p.CustomerStatus, tier: p.CustomerType}
	for _, n := range p.Notes {
		found.notes = append(found.notes, n.Content)
	}
	return found, true
}

// search returns the ids of those who are found, waiting for an index that is
// being rebuilt.
func (w *writer) search(t *testing.T, text string) []string {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		status, answer, err := w.call(http.MethodGet, "/api/customers/search?q="+url.QueryEscape(text), "")
		if !assert.NoError(t, err) {
			return nil
		}
		if status == http.StatusServiceUnavailable && time.Now().Before(deadline) {
			continue
		}
		var l list
		if !assert.Equal(t, http.StatusOK, status, string(answer)) || !assert.NoError(t, json.Unmarshal(answer, &l)) {
			return nil
		}
		var ids []string
		for _, item := range l.Items {
			ids = append(ids, item.CustomerID)
		}
		return ids
	}
}
