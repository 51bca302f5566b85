package httpapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store"
	"crms/store/storetest"
)

// FuzzEvents: events in all three modes are taken whole or not at all, each is
// counted under one outcome, and sent a second time they change nothing.
func FuzzEvents(f *testing.F) {
	const placed = `{"specversion":"1.0","id":"1","source":"/orms","type":"orms.order.placed","time":"2026-11-18T11:00:00Z",` +
		`"data":{"orderId":"ORD-7","userId":"USER-1","total":19.50,"placedAt":"2026-11-18T10:59:59Z"}}`
	const opened = `{"specversion":"1.0","id":"2","source":"/cmps","type":"cmps.complaint.opened","time":"2026-11-18T11:00:00+05:30",` +
		`"data":{"complaintId":"C-1","userId":"USER-1","category":"Late","status":"Open","openedAt":"2026-11-18T10:59:59Z"}}`
	const registered = `{"specversion":"1.0","id":"3","source":"/aths","type":"aths.user.registered","time":"2026-11-18T11:00:00Z",` +
		`"data":{"userId":"USER-7","email":"ana@example.com","fullName":"Ana Lima","contactNumber":null}}`
	const gone = `{"specversion":"1.0","id":"4","source":"/aths","type":"aths.user.deleted","time":"2026-11-18T11:00:00Z","data":{"userId":"USER-1"}}`
	const updated = `{"specversion":"1.0","id":"5","source":"/aths","type":"aths.user.updated","time":"2026-11-18T11:00:00Z",` +
		`"data":{"userId":"USER-1","email":"new@example.com"}}`
	for _, one := range []string{placed, opened, registered, gone, updated} {
		f.Add("Content-Type: application/cloudevents+json\r\n", []byte(one))
	}
	for _, list := range []string{
		"[]", "[" + placed + "," + opened + "," + registered + "," + gone + "]", "[" + placed + "," + placed + "]", "[" + placed + `,{"specversion":"1.0"}]`,
	} {
		f.Add("Content-Type: application/cloudevents-batch+json; charset=UTF-8\r\n", []byte(list))
	}
	f.Add("Content-Type: application/json\r\nCe-Specversion: 1.0\r\nCe-Id: \"a\\\"%20\"\r\nCe-Source: /orms\r\nCe-Type: orms.order.deleted\r\n"+
		"Ce-Time: 2026-11-18T11:00:00Z\r\n", []byte(`{"orderId":"ORD-7","userId":"`+stranger+`"}`))

	w, people, documented := newWorld(f), people(f), documentedAnswers(f)
	f.Fuzz(func(t *testing.T, header string, body []byte) {
		c := call{aService, http.MethodPost, "/api/events", header, string(body)}
		r, err := c.request(people)
		if err != nil {
			t.Skip("a server answers this without asking the handler")
		}
		before := w.commits
		answered := w.send(r)
		checkAnswer(t, w, documented, r, answered)
		if answered.Code != http.StatusOK {
			assert.Equal(t, before, w.commits, "what was refused has changed something")
			return
		}
		first := outcomes(t, answered)
		assert.Equal(t, first.Received, first.Applied+first.Duplicate+first.Stale+first.Parked)
		figures := w.figures(t)
		r, err = c.request(people)
		require.NoError(t, err)
		again := outcomes(t, w.send(r))
		assert.Equal(t, first.Received, again.Received)
		assert.Zero(t, again.Applied, "the second time")
		assert.Equal(t, figures, w.figures(t), "the second time")
		storetest.Verify(t, w.store)
		w.renew(t)
	})
}

// outcomes are what became of the events that were sent.
func outcomes(t *testing.T, answered *httptest.ResponseRecorder) store.Ingested {
	t.Helper()
	var told struct{ Data store.Ingested }
	require.NoError(t, json.Unmarshal(answered.Body.Bytes(), &told), answered.Body.String())
	return told.Data
}

// figures are all that events can move.
func (w *world) figures(t *testing.T) string {
	t.Helper()
	all := ""
	for _, path := range []string{"/api/customers?limit=100", "/api/customers/analytics", "/api/operations/parked"} {
		answered := answerOf(w, w.request(http.MethodGet, path))
		require.Equal(t, http.StatusOK, answered.Code, answered.Body.String())
		all += answered.Body.String()
	}
	return all
}
