package metrics

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"crms/httpapi/connections"
	"crms/search"
	"crms/store"
	"crms/store/crm"
	"crms/store/storetest"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)

// watched is what a service tells that has one customer, whose suspension ATHS
// has not heard of, an event of somebody unknown, a backup and a certificate.
func watched(t *testing.T) (*Metrics, *search.Index) {
	t.Helper()
	m := New(Build{Version: "v1.2.3", Commit: "abc", Go: "go1"})
	dir := t.TempDir()
	s := storetest.OpenIn(t, dir, store.Options{TellATHS: true, OnCommit: m.Commits.Count})
	ids, change := crm.NewIDs(), store.Change{At: noon, By: "admin@example.com"}
	created, err := store.Do(context.Background(), s, store.Create{
		Change: change, ID: ids.New(noon), UserID: "USER-1", Email: "asha@example.com", FullName: "Asha Rao", Preferences: []byte("{}"),
	})
	require.NoError(t, err)
	_, err = store.Do(context.Background(), s, store.SetStatus{Change: change, ID: created.ID, Status: crm.Suspended})
	require.NoError(t, err)
	_, err = store.Do(context.Background(), s, store.Ingest{At: noon, Events: []crm.Event{{
		Source: "orms", ID: "1", Type: crm.OrderDeleted, Time: noon, UserID: "USER-2", Order: crm.Order{OrderID: "ORD-1"},
	}}})
	require.NoError(t, err)
	x, err := search.Open(s, search.Options{Dir: filepath.Join(dir, "search"), Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, x.Close()) })
	require.Eventually(t, func() bool { return x.Status().State == search.OK && x.Status().Lag == 0 }, time.Minute, time.Millisecond)
	m.Watch(Sources{
		Connections: connections.New(100),
		Store:       s, Index: x,
		LastBackup:        func() (time.Time, error) { return noon.Add(-time.Hour), nil },
		CertificateExpiry: func() time.Time { return noon.Add(time.Hour) },
	})
	return m, x
}

func TestFiguresAreThoseOfStoreAndIndex(t *testing.T) {
	m, _ := watched(t)
	for name, want := range map[string]map[string]float64{
		"crms_build_info":                               {"abc go1 v1.2.3": 1},
		"crms_customers":                                {"": 1},
		"crms_store_commits_total":                      {"": 3},
		"crms_store_commit_failures_total":              {"": 0},
		"crms_store_commit_duration_seconds":            {"": 3},
		"crms_store_commit_group_commands":              {"": 3},
		"crms_store_queued_commands":                    {"": 0},
		"crms_store_log_sequence":                       {"": 1},
		"crms_events_total":                             {"applied": 0, "duplicate": 0, "stale": 0, "parked": 1},
		"crms_outbox_entries":                           {"pending": 1, "dead": 0},
		"crms_outbox_oldest_pending_timestamp_seconds":  {"": float64(noon.Unix())},
		"crms_parked_events":                            {"unknown user": 1, "deleted user": 0},
		"crms_search_state":                             {"ok": 1, "rebuilding": 0, "failed": 0},
		"crms_search_answering":                         {"": 1},
		"crms_search_position":                          {"": 1},
		"crms_search_lag_changes":                       {"": 0},
		"crms_search_documents":                         {"": 1},
		"crms_search_waiting":                           {"": 0},
		"crms_search_refused_total":                     {"": 0},
		"crms_search_rebuild_ratio":                     {"": 1},
		"crms_backup_last_success_timestamp_seconds":    {"": float64(noon.Add(-time.Hour).Unix())},
		"crms_backup_failed":                            {"": 0},
		"crms_tls_certificate_expiry_timestamp_seconds": {"": float64(noon.Add(time.Hour).Unix())},
	} {
		assert.Equal(t, want, values(t, m.registry, name), name)
	}
	for _, name := range []string{"crms_store_file_bytes", "crms_store_page_bytes", "crms_store_page_writes_total", "crms_store_page_write_seconds_total"} {
		assert.Positive(t, values(t, m.registry, name)[""], name)
	}
}

func TestCommits(t *testing.T) {
	r := prometheus.NewRegistry()
	c := newCommits(r)
	c.Count(store.Commit{Commands: 3, Took: time.Millisecond})
	c.Count(store.Commit{Commands: 5, Err: errors.New("disk full")})
	assert.Equal(t, 1.0, values(t, r, "crms_store_commits_total")[""])
	assert.Equal(t, 1.0, values(t, r, "crms_store_commit_failures_total")[""])
	group := gather(t, r)["crms_store_commit_group_commands"].GetMetric()[0].GetHistogram()
	assert.Equal(t, 3.0, group.GetSampleSum(), "a group that failed was none")
}

func TestBackups(t *testing.T) {
	tell := func(at time.Time, err error) *prometheus.Registry {
		r := prometheus.NewRegistry()
		r.MustRegister(backups(func() (time.Time, error) { return at, err }))
		return r
	}
	assert.Equal(t, 1.0, values(t, tell(noon, errors.New("disk full")), "crms_backup_failed")[""])
	before := gather(t, tell(time.Time{}, nil))
	assert.NotContains(t, before, "crms_backup_last_success_timestamp_seconds", "there was none in 1970 either")
	assert.Contains(t, before, "crms_backup_failed")
}

func TestRebuiltRatio(t *testing.T) {
	for outcome, c := range map[string]struct {
		status search.Status
		want   float64
	}{
		"none is 1":               {search.Status{State: search.OK}, 1},
		"one that begins is 0":    {search.Status{State: search.Rebuilding}, 0},
		"one under way is a part": {search.Status{State: search.Rebuilding, Done: 1, Total: 4}, 0.25},
	} {
		t.Run(outcome, func(t *testing.T) { assert.Equal(t, c.want, rebuiltRatio(c.status)) })
	}
}
