package cmd

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// desk is an administrator who asks the whole handler without a network, which is
// fast enough for thousands of questions, from any number of goroutines.
type desk struct {
	handler http.Handler
	token   string
}

func newDesk(t testing.TB, h http.Handler, now time.Time) desk {
	t.Helper()
	return desk{h, "Bearer " + mint(t, someSecret, anAdmin, now)}
}

// answered is what comes back.
type answered struct {
	code int
	etag string
	body []byte
}

// ask sends a request; headers are names and values in turn.
func (d desk) ask(method, path, body string, headers ...string) answered {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", d.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return answered{w.Code, w.Header().Get("ETag"), w.Body.Bytes()}
}

// report sends one event and returns how many were applied and parked.
func (d desk) report(event string) (r answered, applied, parked int) {
	r = d.ask(http.MethodPost, "/api/events", event, "Content-Type", "application/cloudevents+json")
	var answer struct{ Data struct{ Applied, Parked int } }
	if json.Unmarshal(r.body, &answer) != nil {
		return r, 0, 0
	}
	return r, answer.Data.Applied, answer.Data.Parked
}

// decoded reads an answer; what cannot be decoded stays zero, and will not be what
// was expected.
func decoded[T any](r answered) (v T) {
	_ = json.Unmarshal(r.body, &v)
	return v
}
