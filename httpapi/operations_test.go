package httpapi

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/search"
	"crms/store"
	"crms/store/backup"
	"crms/store/crm"
)

func TestIndexShape(t *testing.T) {
	for _, c := range []struct {
		outcome string
		status  search.Status
		want    string
	}{
		{"an index that follows shows no rebuild", search.Status{State: search.OK, Answering: true, Position: 7, Lag: 1, Documents: 5},
			`{"state":"ok","answering":true,"documents":5,"position":7,"lag":1}`},
		{"one that is rebuilt shows why and how far", search.Status{State: search.Rebuilding, Reason: "it does not exist", Lag: 7, Done: 2, Total: 5},
			`{"state":"rebuilding","reason":"it does not exist","answering":false,"documents":0,"position":0,"lag":7,"rebuild":{"done":2,"total":5}}`},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			encoded, err := json.Marshal(indexShape(c.status))
			require.NoError(t, err)
			assert.Equal(t, c.want, string(encoded))
		})
	}
}

func TestBackupFigures(t *testing.T) {
	a := newAPI(t, io.Discard, 0)
	now := noon
	a.now = func() time.Time { return now }

	t.Run("none are scheduled", func(t *testing.T) {
		assert.Equal(t, backupFigures{}, a.backupFigures())
	})
	schedule := backup.Schedule{
		Store: a.store, Dir: t.TempDir(), Every: 6 * time.Hour, Keep: 1, Program: "test",
		Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler),
	}
	var err error
	a.backups, err = backup.Start(schedule)
	require.NoError(t, err)
	t.Cleanup(a.backups.Close)
	require.Eventually(t, func() bool { return a.backupFigures().LastGood != "" }, time.Minute, time.Millisecond)

	t.Run("the last good one has a time and an age", func(t *testing.T) {
		now = noon.Add(90 * time.Minute)
		age := int64(5400)
		assert.Equal(t, backupFigures{Scheduled: true, EverySeconds: 21600, LastGood: "2026-11-18T12:00:00.000Z", AgeSeconds: &age}, a.backupFigures())
	})
}

// TestRoomsAreLogged: who drops or retries something is named in the log, by an
// id that names no person.
func TestRoomsAreLogged(t *testing.T) {
	var log lines
	a := newAPI(t, &log, 0)
	order := crm.Order{OrderID: "ORD-1", Status: crm.Placed, Total: 100, PlacedAt: noon, Version: noon}
	_, err := store.Do(context.Background(), a.store, store.Ingest{At: noon, Events: []crm.Event{
		{Source: "orms", ID: "e1", Time: noon, Type: crm.OrderPlaced, UserID: "maria@example.com", Order: order},
	}})
	require.NoError(t, err)
	call := func(method, path string) int {
		got := httptest.NewRecorder()
		a.ServeHTTP(got, a.request(method, path))
		return got.Code
	}
	require.Equal(t, http.StatusOK, call(http.MethodDelete, "/api/operations/parked/maria@example.com"))
	require.Equal(t, http.StatusOK, call(http.MethodPost, "/api/operations/outbox/retry"))
	assert.Regexp(t, `msg="parked events dropped" by=ADMIN users="?\[sha256:\w+\]"? all=false dropped=1`, log.String())
	assert.Regexp(t, `msg="outbox entries retried" by=ADMIN ids=\[\] all=true retried=0 overtaken=0`, log.String())
	assert.NotContains(t, log.String(), "maria")

	t.Run("but not what was not done", func(t *testing.T) {
		require.Equal(t, http.StatusNotFound, call(http.MethodDelete, "/api/operations/outbox/1"))
		require.Equal(t, http.StatusNotFound, call(http.MethodDelete, "/api/operations/parked/maria@example.com"))
		assert.NotContains(t, log.String(), "entries dropped")
		assert.Equal(t, 1, strings.Count(log.String(), "events dropped"))
	})
}
