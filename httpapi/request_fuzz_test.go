package httpapi

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/storetest"
)

// call is a request as the fuzzer makes it up. The header is lines that end in
// \r\n; who is one of the people, whose token is added to it.
type call struct {
	who            uint8
	method, target string
	header         string
	body           string
}

const (
	asJSON = "Content-Type: application/json\r\n"
	anID   = "/api/customers/" + johnDoe
)

// goodCalls succeed, one for each route by its name in the table. The fuzzer
// begins with them.
var goodCalls = map[string]call{
	"GET /api/customers/me":            {aCustomer, "GET", "/api/customers/me", "", ""},
	"GET /api/customers/me/statistics": {aCustomer, "GET", "/api/customers/me/statistics", "", ""},

	"GET /api/customers": {anAdmin, "GET", "/api/customers?page=1&limit=20&status=Active&customerType=Premium&fromDate=2026-01-01&toDate=2026-12-31", "", ""},
	"POST /api/customers": {aService, "POST", "/api/customers", asJSON,
		`{"userId":"U-9","email":"a@b.example","fullName":"Ana Lima","contactNumber":"+91 98450 00017","customerType":"VIP","tags":["a"],"preferences":{"b":{"c":[1.5,null]}}}`},
	"GET /api/customers/search":                  {anAdmin, "GET", "/api/customers/search?q=john+doe%40example&page=1&limit=5", "", ""},
	"GET /api/customers/analytics":               {anAdmin, "GET", "/api/customers/analytics", "", ""},
	"GET /api/customers/analytics/registrations": {anAdmin, "GET", "/api/customers/analytics/registrations?fromDate=2026-01-01&toDate=2026-02-01", "", ""},
	"GET /api/customers/:customer_id":            {anAdmin, "GET", anID, "If-None-Match: \"9-9\"\r\n", ""},
	"PUT /api/customers/:customer_id": {anAdmin, "PUT", anID, asJSON + "If-Match: *\r\n",
		`{"fullName":"John M. Doe","contactNumber":null,"customerType":"VIP","tags":["b","c"],"preferences":{}}`},
	"DELETE /api/customers/:customer_id":         {anAdmin, "DELETE", "/api/customers/" + deletable, "If-Match: \"1-0\"\r\n", ""},
	"PATCH /api/customers/:customer_id/status":   {anAdmin, "PATCH", anID + "/status", asJSON, `{"status":"Suspended","reason":"Payment failed"}`},
	"PATCH /api/customers/:customer_id/type":     {anAdmin, "PATCH", anID + "/type", asJSON, `{"customerType":"Regular","notes":"Few orders"}`},
	"POST /api/customers/:customer_id/notes":     {anAdmin, "POST", anID + "/notes", asJSON, `{"content":"Called back"}`},
	"GET /api/customers/:customer_id/statistics": {anAdmin, "GET", anID + "/statistics", "", ""},
	"GET /api/customers/:customer_id/history":    {anAdmin, "GET", anID + "/history?page=1&limit=2", "", ""},

	"GET /api/users/:user_id/eligibility": {aService, "GET", "/api/users/USER-1/eligibility", "", ""},

	"POST /api/events": {aService, "POST", "/api/events", asJSON + "Ce-Specversion: 1.0\r\nCe-Id: 7\r\nCe-Source: /orms\r\n" +
		"Ce-Type: orms.order.placed\r\nCe-Time: 2026-11-18T11:00:00Z\r\n", `{"orderId":"ORD-7","userId":"USER-1","total":19.5,"placedAt":"2026-11-18T10:59:59Z"}`},

	"GET /api/operations":                         {anAdmin, "GET", "/api/operations", "", ""},
	"GET /api/operations/outbox":                  {anAdmin, "GET", "/api/operations/outbox?state=pending&limit=9", "", ""},
	"POST /api/operations/outbox/retry":           {anAdmin, "POST", "/api/operations/outbox/retry", "", ""},
	"POST /api/operations/outbox/:entry_id/retry": {anAdmin, "POST", "/api/operations/outbox/1/retry", "", ""},
	"DELETE /api/operations/outbox/:entry_id":     {anAdmin, "DELETE", "/api/operations/outbox/1", "", ""},
	"GET /api/operations/parked":                  {anAdmin, "GET", "/api/operations/parked?page=1", "", ""},
	"DELETE /api/operations/parked/:user_id":      {anAdmin, "DELETE", "/api/operations/parked/" + stranger, "", ""},

	"GET /api/console":      {anonymous, "GET", "/api/console", "", ""},
	"GET /api/openapi.json": {anonymous, "GET", "/api/openapi.json", "Accept-Encoding: gzip\r\n", ""},
	"GET /healthz":          {anonymous, "GET", "/healthz", "", ""},
	"GET /readyz":           {anonymous, "GET", "/readyz", "", ""},
	"POST /api/dev/token":   {anonymous, "POST", "/api/dev/token", "Origin: http://localhost:5002\r\nSec-Fetch-Site: same-origin\r\n", ""},
}

// request is the call as a server reads it.
func (c call) request(people []string) (*http.Request, error) {
	head := c.method + " " + c.target + " HTTP/1.1\r\nHost: localhost:5002\r\n" + people[int(c.who)%len(people)] + c.header
	return readRequest(head, []byte(c.body))
}

// TestGoodCalls makes sure that the fuzzer begins with a success of each route.
func TestGoodCalls(t *testing.T) {
	w, people := newWorld(t), people(t)
	for _, rt := range w.routes() {
		t.Run(rt.method+" "+rt.path, func(t *testing.T) {
			c, there := goodCalls[rt.method+" "+rt.path]
			require.True(t, there, "the route has a call")
			r, err := c.request(people)
			require.NoError(t, err)
			answered := w.send(r)
			assert.Less(t, answered.Code, 300, answered.Body.String())
			assert.Equal(t, rt.path, loggedRoute(t, w.log.String(), answered.Code))
			w.renew(t)
		})
	}
	assert.Len(t, goodCalls, len(w.routes()), "each call has a route")
}

// FuzzRequest: no request, to whatever route, brings a fault of ours to light or
// an answer that the contract does not know. What is refused has changed
// nothing, what is read is the same when it is read again, and the store stays
// sound.
func FuzzRequest(f *testing.F) {
	for _, name := range slices.Sorted(maps.Keys(goodCalls)) {
		c := goodCalls[name]
		f.Add(c.who, c.method, c.target, c.header, []byte(c.body))
	}
	f.Add(uint8(anonymous), "OPTIONS", anID, "Origin: https://shop.example\r\nAccess-Control-Request-Method: PUT\r\n", []byte{})
	f.Add(uint8(aCustomer), "GET", anID, "X-Forwarded-For: 192.0.2.7, [2001:db8::1]:80, unknown\r\n", []byte{})
	f.Add(uint8(anonymous), "GET", "/console", "Accept-Encoding: gzip;q=0.5, *\r\n", []byte{})
	w, people, documented := newWorld(f), people(f), documentedAnswers(f)
	f.Fuzz(func(t *testing.T, who uint8, method, target, header string, body []byte) {
		c := call{who, method, target, header, string(body)}
		r, err := c.request(people)
		if err != nil {
			t.Skip("a server answers this without asking the handler")
		}
		before := w.commits
		answered := w.send(r)
		checkAnswer(t, w, documented, r, answered)
		if w.commits == before {
			checkAgain(t, w, c, people, answered)
			return
		}
		assert.Less(t, answered.Code, 300, "what was refused has changed something")
		assert.False(t, reads(r.Method), "what only reads has changed something")
		storetest.Verify(t, w.store)
		w.renew(t)
	})
}

func reads(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// checkAgain reads a second time: the bytes are the same, and a caller who has
// them already is told so.
func checkAgain(t *testing.T, w *world, c call, people []string, first *httptest.ResponseRecorder) {
	t.Helper()
	if c.method != http.MethodGet || first.Code != http.StatusOK || strings.HasPrefix(c.target, "/api/operations") {
		return // operations show figures that move by themselves
	}
	r, err := c.request(people)
	require.NoError(t, err)
	again := w.send(r)
	if isBusy(again) {
		return
	}
	assert.Equal(t, first.Body.String(), again.Body.String(), "read again")

	etag := first.Header().Get("Etag")
	if etag == "" {
		return
	}
	r, err = c.request(people)
	require.NoError(t, err)
	r.Header["If-None-Match"] = []string{etag}
	assert.Equal(t, http.StatusNotModified, w.send(r).Code, "not read again")
}
