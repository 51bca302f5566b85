package cmd

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"crms/store/crm"
)

// writer changes customers of its own, one request at a time, so that it knows
// what each of them must look like.
type writer struct {
	number     int
	random     *rand.Rand
	keep       int // how many customers it wants to have; 0 for more and more
	searches   int // how many a check looks for; 0 for all that have changed
	url, token string
	connection *http.Transport

	made      int         // how many names it has made up
	customers []*customer // of those that exist
	gone      []*customer // deleted since the last check
	deleted   int
	told      map[string][]string // what ATHS must hear, by user
	pending   *pending            // the request that was not answered
	failure   error               // of a request that was answered badly
	reported  time.Time           // of the last event

	doing string                     // as the measurement calls it
	took  map[string][]time.Duration // by what it was doing; nil when nobody measures
}

// customer is what the answers said about one customer.
type customer struct {
	id, user, email, name, status, tier string
	notes                               []string
	orders, cents                       int // number and value of its orders
	complaints, open                    int

	order, complaint string // the active and the open one, if any
	touched          bool   // since the last check
	entries          int    // of its history, at least
}

// pending is a request that the kill may have cut off.
type pending struct {
	customer *customer
	after    customer // as the customer is if it was done
	deletes  bool
	event    string // to be sent again, as the other services do
}

// connect lets the writer talk to a server, on a connection of its own.
func (w *writer) connect(url, token string) {
	if w.connection != nil {
		w.connection.CloseIdleConnections()
	}
	w.url, w.token, w.connection = url, token, new(http.Transport)
}

// serveWriter starts a server, and a writer that is alone with it.
func serveWriter(t *testing.T, data string) (p *process, w *writer) {
	t.Helper()
	w = numbered(0, 1)[0]
	w.token = "Bearer " + mint(t, someSecret, anAdmin, time.Now())
	return w.serve(t, data), w
}

// serve starts a server, to which the writer talks from now on.
func (w *writer) serve(t *testing.T, data string) *process {
	t.Helper()
	p, url := serveProcess(t, data)
	w.connect(url, w.token)
	return p
}

// write sends one random request, most of them changes. It returns false when
// the server is gone.
func (w *writer) write() bool {
	kind := w.random.IntN(100)
	if len(w.customers) < max(3, w.keep) || kind < 10 && w.keep == 0 {
		return w.create()
	}
	c := w.customers[w.random.IntN(len(w.customers))]
	switch {
	case kind < 24:
		return w.rename(c)
	case kind < 36:
		return w.note(c)
	case kind < 45:
		return w.setStatus(c)
	case kind < 54:
		return w.setTier(c)
	case kind < 66:
		return w.placeOrClose(c)
	case kind < 74:
		return w.complainOrResolve(c)
	case kind < 78:
		return w.beRefused(c)
	case kind < 92:
		return w.look(c)
	default:
		return w.leave(c)
	}
}

func (w *writer) create() bool {
	w.doing = "create"
	name := w.newName()
	c := &customer{email: strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@example.com", name: name, status: "Active", tier: "Regular", touched: true}
	c.user = "user of " + c.email
	w.pending = &pending{customer: c, after: *c}
	answer, ok := w.send(http.MethodPost, "/api/customers", object("userId", c.user, "email", c.email, "fullName", c.name))
	if !ok {
		return false
	}
	c.id = w.profileOf(answer).CustomerID
	w.customers = append(w.customers, c)
	return true
}

func (w *writer) rename(c *customer) bool {
	w.doing = "put"
	after := *c
	after.name = w.newName()
	return w.change(c, after, http.MethodPut, "", object("fullName", after.name))
}

func (w *writer) note(c *customer) bool {
	w.doing = "note"
	after := *c
	after.notes = append(slices.Clone(c.notes), "Note about "+w.newName())
	return w.change(c, after, http.MethodPost, "/notes", object("content", after.notes[len(c.notes)]))
}

func (w *writer) setStatus(c *customer) bool {
	w.doing = "patch status"
	after := *c
	after.status = []string{"Active", "Inactive", "Suspended"}[w.random.IntN(3)]
	return w.change(c, after, http.MethodPatch, "/status", object("status", after.status, "reason", "To see what happens"))
}

func (w *writer) setTier(c *customer) bool {
	w.doing = "patch type"
	after := *c
	after.tier = []string{"Regular", "Premium", "VIP"}[w.random.IntN(3)]
	return w.change(c, after, http.MethodPatch, "/type", object("customerType", after.tier))
}

// placeOrClose reports an order, or that the active one is delivered.
func (w *writer) placeOrClose(c *customer) bool {
	w.doing = "order event"
	after, status, cents := *c, "Placed", 12990
	if c.order == "" {
		after.order = w.newName()
		after.orders, after.cents = c.orders+1, c.cents+cents
	} else {
		after.order, status = "", "Delivered"
	}
	id := cmp.Or(c.order, after.order)
	return w.report(c, after, "orms", "orms.order.updated", object("orderId", id, "userId", c.user, "total", float64(cents)/100, "status", status, "placedAt", startOfTime))
}

// complainOrResolve reports a complaint, or that the open one is resolved.
func (w *writer) complainOrResolve(c *customer) bool {
	w.doing = "complaint event"
	after, status := *c, "Open"
	if c.complaint == "" {
		after.complaint = w.newName()
		after.complaints, after.open = c.complaints+1, 1
	} else {
		after.complaint, after.open, status = "", 0, "Resolved"
	}
	id := cmp.Or(c.complaint, after.complaint)
	return w.report(c, after, "cmps", "cmps.complaint.updated", object("complaintId", id, "userId", c.user, "category", "Delivery Issue", "status", status, "openedAt", startOfTime))
}

// startOfTime is when all orders were placed and all complaints opened.
const startOfTime = "2026-01-25T12:00:00.000Z"

// report sends an event.
func (w *writer) report(c *customer, after customer, source, kind, data string) bool {
	event := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":%q,"type":%q,"time":%q,"data":%s}`,
		w.newName(), source, kind, crm.FormatTime(w.later()), data)
	w.pending = &pending{customer: c, after: after, event: event}
	if _, ok := w.sendEvent(event); !ok {
		return false
	}
	w.apply(c, after)
	return true
}

// later is now, and after every event before: of two reports of the same time it
// is not the second that stands.
func (w *writer) later() time.Time {
	now := crm.Millis(time.Now())
	if !now.After(w.reported) {
		now = w.reported.Add(time.Millisecond)
	}
	w.reported = now
	return now
}

// leave deletes the customer, once it has no active order and no open complaint.
func (w *writer) leave(c *customer) bool {
	switch {
	case c.order != "":
		return w.placeOrClose(c)
	case c.complaint != "":
		return w.complainOrResolve(c)
	}
	w.doing = "delete"
	w.pending = &pending{customer: c, deletes: true}
	_, ok := w.send(http.MethodDelete, "/api/customers/"+c.id, "")
	if ok {
		w.forget(c)
	}
	return ok
}

// change sends a change of a customer, who is as after when it is answered.
func (w *writer) change(c *customer, after customer, method, path, body string) bool {
	w.pending = &pending{customer: c, after: after}
	if _, ok := w.send(method, "/api/customers/"+c.id+path, body); !ok {
		return false
	}
	w.apply(c, after)
	return true
}

// apply notes what is known to be done.
func (w *writer) apply(c *customer, after customer) {
	if after.status != c.status {
		w.tell(c.user, "status "+after.status)
	}
	after.touched = true
	after.entries++
	*c = after
}

func (w *writer) forget(c *customer) {
	w.tell(c.user, "deleted")
	w.deleted++
	w.customers = slices.DeleteFunc(w.customers, func(other *customer) bool { return other == c })
	w.gone = append(w.gone, c)
}

// rows are how many the store must have of what was answered, as far as the
// writer knows: those of its customers, and one of each that is deleted.
func (w *writer) rows() (rows int) {
	for _, c := range w.customers {
		rows += 1 + len(c.notes) + c.orders + c.complaints + c.entries
	}
	return rows + w.deleted
}

func (w *writer) tell(user, what string) {
	if w.told == nil {
		w.told = map[string][]string{}
	}
	w.told[user] = append(w.told[user], what)
}

// beRefused sends what must change nothing, whether it is answered or not.
func (w *writer) beRefused(c *customer) bool {
	w.doing = "refused"
	path, want := "/api/customers/"+c.id, http.StatusBadRequest
	method, body := http.MethodPut, object("fullName", "J", "customerType", "VIP")
	switch {
	case c.order != "" || c.complaint != "":
		method, body = http.MethodDelete, ""
	case w.random.IntN(2) == 0:
		method, path, want, body = http.MethodPost, "/api/customers", http.StatusConflict, object("email", c.email, "fullName", w.newName())
	}
	status, answer, err := w.call(method, path, "application/json", body)
	if err == nil && status != want {
		w.fail("%s %s: %d instead of %d: %s", method, path, status, want, answer)
	}
	return err == nil
}

// look reads, and finds what was answered last.
func (w *writer) look(c *customer) bool {
	get, text, want := "/api/customers/"+c.id, "", c.id
	switch w.random.IntN(8) {
	case 0:
		w.doing, get = "list", "/api/customers?limit=20&status="+c.status
		want = `"totalCount"`
	case 1:
		w.doing, get = "analytics", "/api/customers/analytics"
		want = `"totalCustomers"`
	case 2, 3:
		w.doing, text = "search", c.name
		get = "/api/customers/search?q=" + url.QueryEscape(text)
	default:
		w.doing = "get"
	}
	status, answer, err := w.call(http.MethodGet, get, "", "")
	switch {
	case err != nil:
		return false
	case status == http.StatusServiceUnavailable && w.doing == "search": // the index is being built
	case status != http.StatusOK || !strings.Contains(string(answer), want):
		w.fail("GET %s: %d, not what was answered before: %s", get, status, answer)
	case w.doing == "get" && !assert.ObjectsAreEqual(c.seen(), w.shown(answer)):
		w.fail("GET %s: not %+v: %s", get, c.seen(), answer)
	}
	return true
}

func (w *writer) fail(format string, args ...any) {
	w.failure = cmp.Or(w.failure, fmt.Errorf(format, args...))
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
	return w.mustDo(method, path, "application/json", body)
}

func (w *writer) sendEvent(event string) (answer []byte, ok bool) {
	return w.mustDo(http.MethodPost, "/api/events", "application/cloudevents+json", event)
}

func (w *writer) mustDo(method, path, mediaType, body string) (answer []byte, ok bool) {
	status, answer, err := w.call(method, path, mediaType, body)
	if err != nil {
		return nil, false
	}
	if status >= 300 {
		w.fail("%s %s: %d %s", method, path, status, answer)
		return nil, false
	}
	w.pending = nil
	return answer, true
}

func (w *writer) call(method, path, mediaType, body string) (status int, answer []byte, err error) {
	r, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", w.token)
	if mediaType != "" {
		r.Header.Set("Content-Type", mediaType)
	}
	start := time.Now()
	response, err := w.connection.RoundTrip(r)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(response.Body)
	if w.took != nil {
		w.took[w.doing] = append(w.took[w.doing], time.Since(start))
	}
	return response.StatusCode, answer, errors.Join(err, response.Body.Close())
}

// shownProfile is the part of a profile that the writers know.
type shownProfile struct {
	CustomerID, UserID, Email, FullName, CustomerStatus, CustomerType string
	TotalOrders, TotalComplaints, OpenComplaints                      int
	TotalOrderValue                                                   float64
	Notes                                                             []struct{ Content string }
}

func (w *writer) profileOf(answer []byte) shownProfile {
	var envelope struct{ Data shownProfile }
	if err := json.Unmarshal(answer, &envelope); err != nil {
		w.fail("not a profile: %w", err)
	}
	return envelope.Data
}

// shown is the customer of an answer.
func (w *writer) shown(answer []byte) customer {
	p := w.profileOf(answer)
	c := customer{
		id: p.CustomerID, user: p.UserID, email: p.Email, name: p.FullName, status: p.CustomerStatus, tier: p.CustomerType,
		orders: p.TotalOrders, cents: int(math.Round(100 * p.TotalOrderValue)), complaints: p.TotalComplaints, open: p.OpenComplaints,
	}
	for _, n := range p.Notes {
		c.notes = append(c.notes, n.Content)
	}
	return c
}

// seen is the customer as an answer shows it.
func (c customer) seen() customer {
	c.touched, c.order, c.complaint, c.entries = false, "", "", 0
	return c
}

// check asks the new server for everything that the old one has answered.
func (w *writer) check(t *testing.T) {
	w.doing = "check"
	w.settle(t)
	searches := 0
	for _, c := range w.customers {
		found, there := w.fetch(t, c.id)
		if assert.True(t, there, "%s was answered and is lost", c.id) {
			assert.Equal(t, c.seen(), found)
		}
		if c.touched && (w.searches == 0 || searches < w.searches) {
			assert.Contains(t, w.search(t, c.name), c.id, "%q is found", c.name)
			searches++
		}
		c.touched = false
	}
	for i, c := range w.gone {
		_, there := w.fetch(t, c.id)
		assert.False(t, there, "%s was deleted and is back", c.id)
		if w.searches == 0 || i < w.searches {
			assert.NotContains(t, w.search(t, c.name), c.id)
		}
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
	switch {
	case p.event != "":
		_, ok := w.sendEvent(p.event)
		assert.True(t, ok, "%v", w.failure)
		w.apply(c, p.after)
		return
	case c.id == "": // it was to be created
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
		w.apply(c, p.after)
	}
}

func (w *writer) fetch(t *testing.T, id string) (found customer, there bool) {
	status, answer, err := w.call(http.MethodGet, "/api/customers/"+id, "", "")
	if !assert.NoError(t, err) || status == http.StatusNotFound {
		return customer{}, false
	}
	assert.Equal(t, http.StatusOK, status, string(answer))
	return w.shown(answer), true
}

// search returns the ids of those who are found, waiting for an index that is
// being rebuilt.
func (w *writer) search(t *testing.T, text string) []string {
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		status, answer, err := w.call(http.MethodGet, "/api/customers/search?q="+url.QueryEscape(text), "", "")
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
