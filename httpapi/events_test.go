package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	"github.com/cloudevents/sdk-go/v2/event"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/store"
	"crms/store/crm"
)

// sibling is a service that tells the API what happened.
type sibling struct {
	api
	url     string
	service string // the Authorization header
}

func newSibling(t *testing.T) sibling {
	t.Helper()
	a := newAPI(t, io.Discard, 0)
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return sibling{a, server.URL + "/api/events", bearer(t, auth.Identity{UserID: "ORMS", Roles: auth.Service})}
}

func bearer(t *testing.T, who auth.Identity) string {
	t.Helper()
	minter, err := auth.NewMinter([]byte(secret), "", "")
	require.NoError(t, err)
	token, err := minter.Mint(who, time.Hour, noon)
	require.NoError(t, err)
	return "Bearer " + token
}

func (s sibling) send(t *testing.T, r *http.Request) (status int, answer string) {
	t.Helper()
	r.Header.Set("Authorization", s.service)
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

// post sends a body of a media type, with further headers.
func (s sibling) post(t *testing.T, media, body string, header ...string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, s.url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", media)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return s.send(t, r)
}

// refuses posts what is malformed, for these reasons.
func (s sibling) refuses(t *testing.T, media, body string, problems ...string) {
	t.Helper()
	status, answer := s.post(t, media, body)
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Equal(t, problems, problemsOf(t, answer))
}

func problemsOf(t *testing.T, answer string) (problems []string) {
	t.Helper()
	var e struct {
		Message string
		Data    struct{ Errors []crm.FieldProblem }
	}
	require.NoError(t, json.Unmarshal([]byte(answer), &e))
	require.Equal(t, "Validation failed", e.Message)
	for _, p := range e.Data.Errors {
		problems = append(problems, p.Field+" "+p.Message)
	}
	return problems
}

func counted(received, applied, duplicate, stale, parked int) string {
	return fmt.Sprintf(`{"success":true,"message":"Events processed successfully","data":{"received":%d,"applied":%d,"duplicate":%d,"stale":%d,"parked":%d}}`,
		received, applied, duplicate, stale, parked)
}

// sdkEvent is an event as the official SDK makes it.
func sdkEvent(t *testing.T, kind string, hour int, data map[string]any) event.Event {
	t.Helper()
	e := event.New()
	e.SetID(fmt.Sprintf("%s-%d", kind, hour))
	e.SetSource("https://shop.example/test")
	e.SetType(kind)
	e.SetTime(noon.Add(time.Duration(hour) * time.Hour))
	require.NoError(t, e.SetData(event.ApplicationJSON, data))
	return e
}

func registration(t *testing.T, user string) event.Event {
	t.Helper()
	e := sdkEvent(t, "aths.user.registered", 0, map[string]any{"userId": user, "email": user + "@example.com", "fullName": "Ana Lima"})
	e.SetID("registered-" + user)
	return e
}

// one is an event in the JSON format, with its members in place of those of a
// placed order; a member that is nil is left out.
func one(members map[string]any) string {
	e := map[string]any{
		"specversion": "1.0", "id": "e1", "source": "/orms", "type": "orms.order.placed", "time": "2026-11-18T10:00:00Z",
		"data": map[string]any{"orderId": "o1", "userId": "u", "total": 12.5, "placedAt": "2026-11-18T10:00:00Z"},
	}
	for name, value := range members {
		if e[name] = value; value == nil {
			delete(e, name)
		}
	}
	b, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func TestEventsOfTheOfficialSDK(t *testing.T) {
	modes := map[string]func(*testing.T, string, event.Event) *http.Request{
		"structured": func(t *testing.T, url string, e event.Event) *http.Request {
			r, err := cehttp.NewHTTPRequestFromEvent(binding.WithForceStructured(t.Context()), url, e)
			require.NoError(t, err)
			require.Equal(t, structuredMedia, r.Header.Get("Content-Type"))
			return r
		},
		"binary": func(t *testing.T, url string, e event.Event) *http.Request {
			r, err := cehttp.NewHTTPRequestFromEvent(binding.WithForceBinary(t.Context()), url, e)
			require.NoError(t, err)
			require.Equal(t, e.ID(), r.Header.Get("Ce-Id"))
			return r
		},
		"batch": func(t *testing.T, url string, e event.Event) *http.Request {
			r, err := cehttp.NewHTTPRequestFromEvents(t.Context(), url, []event.Event{e})
			require.NoError(t, err)
			require.Equal(t, batchMedia, r.Header.Get("Content-Type"))
			return r
		},
	}
	for mode, request := range modes {
		t.Run("are taken in "+mode+" mode, each of the nine types", func(t *testing.T) {
			s := newSibling(t)
			anOrder := func(status string) map[string]any {
				return map[string]any{"userId": "u", "orderId": "o1", "total": 12.5, "status": status, "placedAt": noon}
			}
			aComplaint := func(status string) map[string]any {
				return map[string]any{"userId": "u", "complaintId": "c1", "category": "Late", "status": status, "openedAt": noon}
			}
			for i, e := range []event.Event{
				registration(t, "u"),
				sdkEvent(t, "aths.user.updated", 1, map[string]any{"userId": "u", "fullName": "Ana Souza", "contactNumber": "+55 11 5550-019"}),
				sdkEvent(t, "orms.order.placed", 1, anOrder("Placed")),
				sdkEvent(t, "orms.order.updated", 2, anOrder("Shipped")),
				sdkEvent(t, "cmps.complaint.opened", 1, aComplaint("Open")),
				sdkEvent(t, "cmps.complaint.updated", 2, aComplaint("In Progress")),
			} {
				status, answer := s.send(t, request(t, s.url, e))
				assert.Equal(t, http.StatusOK, status)
				assert.Equal(t, counted(1, 1, 0, 0, 0), answer, "event %d", i)
			}
			c, err := s.store.CustomerByUser("u")
			require.NoError(t, err)
			assert.Equal(t, "Ana Souza", c.FullName)
			assert.Equal(t, []crm.Count{{Name: "Shipped", N: 1}}, c.Figures.OrdersByStatus)
			assert.Equal(t, crm.Amount(1250), c.Figures.OrderValue)
			assert.Equal(t, int64(1), c.Figures.OpenComplaints)
			for _, e := range []event.Event{
				sdkEvent(t, "orms.order.deleted", 3, map[string]any{"userId": "u", "orderId": "o1"}),
				sdkEvent(t, "cmps.complaint.deleted", 3, map[string]any{"userId": "u", "complaintId": "c1"}),
				sdkEvent(t, "aths.user.deleted", 4, map[string]any{"userId": "u"}),
			} {
				_, answer := s.send(t, request(t, s.url, e))
				assert.Equal(t, counted(1, 1, 0, 0, 0), answer, e.Type())
			}
			_, err = s.store.CustomerByUser("u")
			assert.Equal(t, crm.ErrCustomerNotFound(), err)
		})
	}
	t.Run("may carry extensions, a subject, a schema and members nobody knows", func(t *testing.T) {
		s := newSibling(t)
		e := registration(t, "u")
		e.SetExtension("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
		e.SetExtension("percent", "100%")
		e.SetSubject("u")
		e.SetDataSchema("https://shop.example/schemas/user")
		require.NoError(t, e.SetData(event.ApplicationJSON, map[string]any{
			"userId": "u", "email": "u@example.com", "fullName": "Ana Lima", "roles": []string{"Customer"}, "address": map[string]any{"city": "Recife"},
		}))
		for mode, request := range modes {
			e.SetID(mode)
			status, answer := s.send(t, request(t, s.url, e))
			assert.Equal(t, http.StatusOK, status, "%s: %s", mode, answer)
		}
	})
	t.Run("come together in a batch", func(t *testing.T) {
		s := newSibling(t)
		r, err := cehttp.NewHTTPRequestFromEvents(t.Context(), s.url, []event.Event{registration(t, "u"), registration(t, "v"), registration(t, "u")})
		require.NoError(t, err)
		_, answer := s.send(t, r)
		assert.Equal(t, counted(3, 2, 1, 0, 0), answer)
	})
	t.Run("with a percent sign in a header, which the SDK does not encode", func(t *testing.T) {
		s := newSibling(t)
		e := registration(t, "u")
		e.SetID("50% off")
		_, answer := s.send(t, modes["binary"](t, s.url, e))
		assert.Equal(t, counted(1, 1, 0, 0, 0), answer)
		_, answer = s.send(t, modes["structured"](t, s.url, e))
		assert.Equal(t, counted(1, 0, 1, 0, 0), answer, "it is the same id in both modes")
	})
}

func TestEventsAreForServices(t *testing.T) {
	s := newSibling(t)
	for name, c := range map[string]struct {
		authorization string
		status        int
		answer        string
	}{
		"a service may":                {s.service, 200, counted(0, 0, 0, 0, 0)},
		"an administrator may":         {s.admin, 200, counted(0, 0, 0, 0, 0)},
		"a customer may not":           {bearer(t, auth.Identity{UserID: "u", Roles: auth.Customer}), 403, envelope("Access denied. Service role required.", "null")},
		"somebody without role no":     {bearer(t, auth.Identity{UserID: "u"}), 403, envelope("Access denied. Service role required.", "null")},
		"nobody may without a token":   {"", 401, envelope("Authentication required", "null")},
		"nobody may with a forged one": {s.service + "x", 401, envelope("Invalid or expired token", "null")},
	} {
		t.Run(name, func(t *testing.T) {
			s := s
			s.service = c.authorization
			status, answer := s.post(t, batchMedia, "[]")
			assert.Equal(t, c.status, status)
			assert.Equal(t, c.answer, answer)
		})
	}
}

func TestEventModes(t *testing.T) {
	s := newSibling(t)
	const data = `{"orderId":"o1","userId":"u","total":1,"placedAt":"2026-11-18T10:00:00Z"}`
	binary := []string{"Ce-Specversion", "1.0", "Ce-Id", "x", "Ce-Source", "/orms", "Ce-Type", "orms.order.placed", "Ce-Time", "2026-11-18T10:00:00Z"}
	with := func(name, value string) []string {
		header := append([]string{}, binary...)
		for i := 0; i < len(header); i += 2 {
			if header[i] == name {
				header[i+1] = value
			}
		}
		return header
	}
	t.Run("binary headers may be encoded", func(t *testing.T) {
		_, answer := s.post(t, "application/json", data, with("Ce-Id", "caf%C3%A9 %22%25%22")...)
		assert.Equal(t, counted(1, 0, 0, 0, 1), answer)
		for name, same := range map[string]string{"not at all": `café "%"`, "in quotes": `"caf%C3%A9 \"%25\""`} {
			_, answer = s.post(t, "application/json; charset=UTF-8", data, with("Ce-Id", same)...)
			assert.Equal(t, counted(1, 0, 1, 0, 0), answer, name)
		}
		_, answer = s.post(t, structuredMedia+"; charset=utf-8", one(map[string]any{"id": `café "%"`}))
		assert.Equal(t, counted(1, 0, 1, 0, 0), answer, "the same in JSON")
	})
	t.Run("binary headers are checked like members", func(t *testing.T) {
		status, answer := s.post(t, "application/json", `{"orderId":"","userId":"u","total":1}`, "Ce-Specversion", "0.3", "Ce-Source", "/orms", "Ce-Source", "/orms",
			"Ce-Type", "orms.order.placed", "Ce-Id", "%FF")
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Equal(t, []string{
			"id must be valid UTF-8", "source must be sent once", "specversion must be 1.0", "time is required",
			"data.orderId must not be empty", "data.placedAt is required",
		}, problemsOf(t, answer))
	})
	t.Run("any JSON media type will do for data", func(t *testing.T) {
		status, _ := s.post(t, "application/vnd.orms.order+json", data, binary...)
		assert.Equal(t, http.StatusOK, status)
	})
	for name, media := range map[string]string{
		"plain JSON without attributes": "application/json", "text": "text/plain", "none": "", "another charset": structuredMedia + "; charset=latin1",
		"another format": "application/cloudevents+avro", "another format of a batch": "application/cloudevents-batch+avro", "a form": "application/x-www-form-urlencoded",
	} {
		t.Run("no other media type is taken: "+name, func(t *testing.T) {
			status, answer := s.post(t, media, one(nil))
			assert.Equal(t, http.StatusUnsupportedMediaType, status)
			assert.Contains(t, answer, structuredMedia)
		})
	}
	t.Run("binary data must be JSON", func(t *testing.T) {
		status, _ := s.post(t, "application/xml", "<a/>", binary...)
		assert.Equal(t, http.StatusUnsupportedMediaType, status)
	})
}

func TestMalformedEvent(t *testing.T) {
	s := newSibling(t)
	const (
		aTime  = "must be an RFC 3339 time such as 2026-01-25T14:30:00.000Z"
		aTypes = "must be one of aths.user.registered, aths.user.updated, aths.user.deleted, orms.order.placed, orms.order.updated, orms.order.deleted, " +
			"cmps.complaint.opened, cmps.complaint.updated, cmps.complaint.deleted"
	)
	data := func(kind string, members map[string]any) map[string]any {
		return map[string]any{"type": kind, "data": members}
	}
	for name, c := range map[string]struct {
		members  map[string]any
		problems []string
	}{
		"without attributes": {map[string]any{"specversion": nil, "id": nil, "source": nil, "time": nil, "type": nil},
			[]string{"specversion is required", "id is required", "source is required", "time is required", "type is required"}},
		"with attributes of other types": {map[string]any{"specversion": 1, "id": 7, "source": true, "time": 1e9, "type": []int{}},
			[]string{"specversion must be a string", "id must be a string", "source must be a string", "time must be a string", "type must be a string"}},
		"with empty attributes": {map[string]any{"id": " ", "source": ""}, []string{"id must not be empty", "source must not be empty"}},
		"of another version":    {map[string]any{"specversion": "1.1"}, []string{"specversion must be 1.0"}},
		"of an unknown type":    {map[string]any{"type": "orms.order.returned"}, []string{"type " + aTypes}},
		"with a time of day":    {map[string]any{"time": "10:00"}, []string{"time " + aTime}},
		"with a bad source":     {map[string]any{"source": "%zz"}, []string{"source must be a URI reference"}},
		"without data":          {map[string]any{"data": nil}, []string{"data is required"}},
		"with a list as data":   {map[string]any{"data": []int{}}, []string{"data must be an object"}},
		"with data of another type": {map[string]any{"datacontenttype": "text/xml"},
			[]string{"datacontenttype must be application/json"}},
		"with binary data": {map[string]any{"data_base64": "e30="}, []string{"data_base64 is not taken: send the data as JSON"}},

		"a registration without anything": {data("aths.user.registered", map[string]any{}),
			[]string{"data.userId is required", "data.email is required", "data.fullName is required"}},
		"a registration with nonsense": {data("aths.user.registered", map[string]any{
			"userId": "u\u0000", "email": "nobody", "fullName": "A", "contactNumber": "12", "registeredAt": "today"}),
			[]string{"data.userId must not hold control characters", "data.registeredAt " + aTime, "data.email must be an email address",
				"data.fullName must have at least 2 characters", "data.contactNumber must have at least 10 characters"}},
		"an update that takes a name away": {data("aths.user.updated", map[string]any{"userId": "u", "fullName": nil, "email": nil}),
			[]string{"data.email must be a string", "data.fullName must be a string"}},
		"a deletion of nobody": {data("aths.user.deleted", map[string]any{}), []string{"data.userId is required"}},
		"an order without anything": {data("orms.order.placed", map[string]any{}),
			[]string{"data.userId is required", "data.orderId is required", "data.placedAt is required", "data.total is required"}},
		"an order without its state": {data("orms.order.updated", map[string]any{"userId": "u", "orderId": "o", "total": 1, "placedAt": noon}),
			[]string{"data.status is required"}},
		"an order with nonsense": {data("orms.order.placed", map[string]any{
			"userId": "u", "orderId": strings.Repeat("o", 129), "total": -1, "placedAt": "x", "status": ""}),
			[]string{"data.orderId must have at most 128 characters", "data.placedAt " + aTime, "data.status must not be empty",
				"data.total must be between 0 and 9999999999.99"}},
		"an order with a total of three decimals": {data("orms.order.placed", map[string]any{"userId": "u", "orderId": "o", "total": 1.005, "placedAt": noon}),
			[]string{"data.total must have at most two decimals"}},
		"an order with a total in quotes": {data("orms.order.placed", map[string]any{"userId": "u", "orderId": "o", "total": "1.00", "placedAt": noon}),
			[]string{"data.total must be a number"}},
		"a deletion of no order": {data("orms.order.deleted", map[string]any{"userId": "u"}), []string{"data.orderId is required"}},
		"a complaint without anything": {data("cmps.complaint.updated", map[string]any{"userId": "u"}),
			[]string{"data.complaintId is required", "data.category is required", "data.openedAt is required", "data.status is required"}},
		"a deletion of no complaint": {data("cmps.complaint.deleted", map[string]any{"userId": "u"}), []string{"data.complaintId is required"}},
	} {
		t.Run(name+" is refused, with every problem", func(t *testing.T) {
			s.refuses(t, structuredMedia, one(c.members), c.problems...)
		})
	}
	for name, c := range map[string]struct{ media, body, message string }{
		"a structured list":   {structuredMedia, "[]", ""},
		"a batch of no list":  {batchMedia, one(nil), "Request body must be a JSON array of events"},
		"a body that breaks":  {batchMedia, "[" + one(nil) + ",", "Malformed JSON at line 1, column 192: unexpected end of data"},
		"a name twice":        {structuredMedia, `{"id":"a","id":"b"}`, `Malformed JSON at line 1, column 11: duplicate name "id"`},
		"something behind it": {structuredMedia, one(nil) + "{}", "Malformed JSON at line 1, column 191: unexpected data behind the value"},
		"nothing":             {structuredMedia, "", "Request body must not be empty"},
		"invalid UTF-8":       {structuredMedia, "{\"id\":\"\xff\"}", "Malformed JSON at line 1, column 8: invalid UTF-8"},
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			status, answer := s.post(t, c.media, c.body)
			assert.Equal(t, http.StatusBadRequest, status)
			if c.message == "" {
				assert.Equal(t, []string{"event must be an object"}, problemsOf(t, answer))
				return
			}
			assert.Equal(t, envelope(c.message, "null"), answer)
		})
	}
	t.Run("null is the same as absent for an attribute", func(t *testing.T) {
		body := strings.Replace(one(map[string]any{"id": "null"}), "{", `{"subject":null,"data_base64":null,"datacontenttype":null,`, 1)
		status, _ := s.post(t, structuredMedia, body)
		assert.Equal(t, http.StatusOK, status)
	})
}

func TestEventBatch(t *testing.T) {
	batch := func(n int) string {
		events := make([]string, n)
		for i := range events {
			events[i] = one(map[string]any{"id": fmt.Sprint(i)})
		}
		return "[" + strings.Join(events, ",") + "]"
	}
	t.Run("takes a thousand events", func(t *testing.T) {
		s := newSibling(t)
		status, answer := s.post(t, batchMedia, batch(1000))
		assert.Equal(t, http.StatusOK, status)
		assert.Equal(t, counted(1000, 0, 0, 0, 1000), answer)
	})
	t.Run("refuses one more, and does nothing then", func(t *testing.T) {
		s := newSibling(t)
		status, answer := s.post(t, batchMedia, batch(1001))
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Equal(t, envelope("A batch must have at most 1000 events", "null"), answer)
		s.assertUntouched(t)
	})
	t.Run("may have 8 MiB, and no byte more", func(t *testing.T) {
		s := newSibling(t)
		padded := func(size int) string {
			body := batch(3)
			return body + strings.Repeat(" ", size-len(body))
		}
		status, _ := s.post(t, batchMedia, padded(8<<20))
		assert.Equal(t, http.StatusOK, status)
		status, answer := s.post(t, batchMedia, padded(8<<20+1))
		assert.Equal(t, http.StatusRequestEntityTooLarge, status)
		assert.Equal(t, envelope("Request body must have at most 8 MiB", "null"), answer)
	})
	t.Run("alone may have more than 1 MiB", func(t *testing.T) {
		s := newSibling(t)
		large := one(nil) + strings.Repeat(" ", 1<<20)
		status, answer := s.post(t, structuredMedia, large)
		assert.Equal(t, http.StatusRequestEntityTooLarge, status)
		assert.Equal(t, envelope("Request body must have at most 1 MiB", "null"), answer)
	})
	t.Run("names each bad event and field, and applies none of the good ones", func(t *testing.T) {
		s := newSibling(t)
		bad := one(map[string]any{"time": nil, "data": map[string]any{"orderId": "o", "userId": "u", "total": 0.001, "placedAt": "2026-11-18T10:00:00Z"}})
		s.refuses(t, batchMedia, "["+one(nil)+","+bad+",7,"+one(map[string]any{"type": "x.y"})+"]",
			"events[1].time is required", "events[1].data.total must have at most two decimals", "events[2] must be an object",
			"events[3].type must be one of aths.user.registered, aths.user.updated, aths.user.deleted, orms.order.placed, orms.order.updated, orms.order.deleted, "+
				"cmps.complaint.opened, cmps.complaint.updated, cmps.complaint.deleted")
		s.assertUntouched(t)
	})
	t.Run("that waits longer than its sender leaves nothing", func(t *testing.T) {
		s := newSibling(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		r := httptest.NewRequest(http.MethodPost, "/api/events", bytes.NewReader([]byte(batch(2)))).WithContext(ctx)
		r.Header.Set("Authorization", s.service)
		r.Header.Set("Content-Type", batchMedia)
		answered := httptest.NewRecorder()
		s.ServeHTTP(answered, r)
		assert.Equal(t, statusClientClosed, answered.Code)
		s.assertUntouched(t)
	})
}

// assertUntouched finds no trace of any event.
func (s sibling) assertUntouched(t *testing.T) {
	t.Helper()
	b, err := s.store.Backlog()
	require.NoError(t, err)
	assert.Equal(t, store.Backlog{}, b)
	assert.Equal(t, map[string]int64{"applied": 0, "duplicate": 0, "stale": 0, "parked": 0}, s.store.EventCounts())
}

func TestEligibilityFollowsTheStatusAtOnce(t *testing.T) {
	s := newSibling(t)
	r, err := cehttp.NewHTTPRequestFromEvents(t.Context(), s.url, []event.Event{
		registration(t, "u"), sdkEvent(t, "orms.order.placed", 1, map[string]any{"userId": "u", "orderId": "o1", "total": 1, "placedAt": noon}),
	})
	require.NoError(t, err)
	_, answer := s.send(t, r)
	require.Equal(t, counted(2, 2, 0, 0, 0), answer)
	c, err := s.store.CustomerByUser("u")
	require.NoError(t, err)

	ask := func(t *testing.T) string {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, strings.Replace(s.url, "/events", "/users/u/eligibility", 1), nil)
		require.NoError(t, err)
		_, answer := s.send(t, r)
		return answer
	}
	eligible := func(status crm.Status, may bool) string {
		return fmt.Sprintf(`{"success":true,"message":"Customer eligibility retrieved successfully","data":{"customerId":"%s","userId":"u","customerStatus":"%s","canPlaceOrders":%t,"canCreateComplaints":%t}}`,
			c.ID, status, may, may)
	}
	assert.Equal(t, eligible(crm.Active, true), ask(t))
	for range 20 {
		for _, status := range []crm.Status{crm.Suspended, crm.Active, crm.Inactive, crm.Active} {
			r := s.request(http.MethodPatch, "/api/customers/"+c.ID.String()+"/status")
			r.Body = io.NopCloser(strings.NewReader(`{"status":"` + status.String() + `"}`))
			r.Header.Set("Content-Type", "application/json")
			answered := httptest.NewRecorder()
			s.ServeHTTP(answered, r)
			require.Equal(t, http.StatusOK, answered.Code, answered.Body)
			require.Equal(t, eligible(status, status == crm.Active), ask(t))
		}
	}
	t.Run("also when ATHS deletes a user who still has an order", func(t *testing.T) {
		r, err := cehttp.NewHTTPRequestFromEvent(t.Context(), s.url, sdkEvent(t, "aths.user.deleted", 2, map[string]any{"userId": "u"}))
		require.NoError(t, err)
		s.send(t, r)
		assert.Equal(t, eligible(crm.Inactive, false), ask(t))
	})
}
