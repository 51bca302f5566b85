package cmd

import (
	"log/slog"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	prometheus "github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// getOps fetches from the ops listener.
func (v *service) getOps(t *testing.T, path string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+v.opsAddr()+path, nil)
	require.NoError(t, err)
	return send(t, r)
}

// scrape returns what Prometheus reads: by name and labels, as in
// crms_events_total{outcome="stale"}. A histogram is its count.
func (v *service) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	status, answer := v.getOps(t, "/metrics")
	require.Equal(t, http.StatusOK, status, answer)
	parser := expfmt.NewTextParser(prometheus.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(answer))
	require.NoError(t, err)
	found := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetName()+`="`+l.GetValue()+`"`)
			}
			key := name
			if slices.Sort(labels); labels != nil {
				key += "{" + strings.Join(labels, ",") + "}"
			}
			found[key] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + m.GetUntyped().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return found
}

func TestMetricsMove(t *testing.T) {
	v := startService(t, noon)
	before := v.scrape(t)
	moved := func(t *testing.T, key string, by float64) {
		t.Helper()
		assert.Equal(t, before[key]+by, v.scrape(t)[key], key)
	}

	t.Run("with an answered request, its route and its status", func(t *testing.T) {
		v.call(t, http.MethodGet, "/api/customers", "")
		v.call(t, http.MethodGet, "/api/customers/6979a1b1a6db796b4a1447e9", "")
		v.call(t, http.MethodGet, "/nowhere", "")
		moved(t, `crms_http_requests_total{code="200",method="GET",route="/api/customers"}`, 1)
		moved(t, `crms_http_requests_total{code="404",method="GET",route="/api/customers/:customer_id"}`, 1)
		moved(t, `crms_http_requests_total{code="404",method="other",route="none"}`, 1)
		moved(t, `crms_http_request_duration_seconds{method="GET",route="/api/customers"}`, 1)
		moved(t, `crms_http_requests_in_flight`, 0)
	})
	t.Run("with a commit", func(t *testing.T) {
		status, answer := v.call(t, http.MethodPost, "/api/customers", object("email", "asha@example.com", "fullName", "Asha Rao"))
		require.Equal(t, http.StatusCreated, status, answer)
		moved(t, "crms_customers", 1)
		moved(t, "crms_store_commits_total", 1)
		moved(t, "crms_store_commit_duration_seconds", 1)
		moved(t, "crms_store_commit_group_commands", 1)
		moved(t, "crms_store_log_sequence", 1)
		assert.Greater(t, v.scrape(t)["crms_store_page_writes_total"], before["crms_store_page_writes_total"])
	})
	t.Run("with what searches see", func(t *testing.T) {
		v.call(t, http.MethodGet, "/api/customers/search?q=asha", "") // waits for the index
		moved(t, "crms_search_documents", 1)
		moved(t, "crms_search_position", 1)
		moved(t, "crms_search_lag_changes", 0)
	})
	t.Run("with an event", func(t *testing.T) {
		r := v.request(t, http.MethodPost, "/api/events", `{"specversion": "1.0", "id": "1", "source": "orms", "type": "orms.order.deleted",
			"time": "2026-01-25T12:00:00.000Z", "data": {"orderId": "ORD-1", "userId": "USER-99"}}`)
		r.Header.Set("Content-Type", "application/cloudevents+json")
		status, answer := send(t, r)
		require.Equal(t, http.StatusOK, status, answer)
		moved(t, `crms_events_total{outcome="parked"}`, 1)
		moved(t, `crms_events_total{outcome="applied"}`, 0)
		moved(t, `crms_parked_events{why="unknown user"}`, 1)
	})
	t.Run("and the build, the runtime and the process are there", func(t *testing.T) {
		now := v.scrape(t)
		b := currentBuild()
		assert.Equal(t, 1.0, now[`crms_build_info{commit="`+b.Commit+`",goversion="`+b.Go+`",version="`+b.Version+`"}`])
		assert.Positive(t, now["go_goroutines"])
		assert.Positive(t, now["process_open_fds"])
	})
	t.Run("but what is not configured is not there", func(t *testing.T) {
		assert.NotContains(t, v.scrape(t), "crms_backup_failed")
		assert.NotContains(t, v.scrape(t), "crms_tls_certificate_expiry_timestamp_seconds")
	})
}

func TestScheduledBackupsAreAmongTheMetrics(t *testing.T) {
	v := startService(t, noon, "--backup-dir", t.TempDir())
	require.Eventually(t, func() bool {
		return v.scrape(t)["crms_backup_last_success_timestamp_seconds"] == float64(noon.Unix())
	}, patience, 10*time.Millisecond, "the first one is made at once")
	assert.Zero(t, v.scrape(t)["crms_backup_failed"])
}

func TestOperatorsHaveAListenerOfTheirOwn(t *testing.T) {
	v := startService(t, noon)
	for path, shows := range map[string]string{
		"/metrics":                       "# HELP crms_customers Customers that there are.",
		"/debug/pprof/":                  "goroutine",
		"/debug/pprof/goroutine?debug=1": "goroutine profile: total",
		"/debug/pprof/cmdline":           os.Args[0],
		"/healthz":                       "Alive",
		"/readyz":                        `"state":"ok"`,
	} {
		t.Run(path+" is answered there", func(t *testing.T) {
			status, answer := v.getOps(t, path)
			assert.Equal(t, http.StatusOK, status)
			assert.True(t, strings.Contains(answer, shows), "it shows %q", shows)
		})
	}
	t.Run("the API is not", func(t *testing.T) {
		status, _ := v.getOps(t, "/api/customers")
		assert.Equal(t, http.StatusNotFound, status)
	})
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/profile"} {
		t.Run(path+" is not answered on the API's port", func(t *testing.T) {
			status, _ := v.call(t, http.MethodGet, path, "")
			assert.Equal(t, http.StatusNotFound, status)
		})
	}
}

func TestOpsAddr(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	start := func(given bool) (*app, *output, error) {
		log := new(output)
		a := &app{log: slog.New(slog.NewTextHandler(log, nil)), settings: Settings{OpsAddr: taken.Addr().String(), given: map[string]bool{"ops-addr": given}}}
		return a, log, a.startOps()
	}
	t.Run("that is taken is refused when it was asked for", func(t *testing.T) {
		_, _, err := start(true)
		assert.ErrorContains(t, err, "cannot listen for operators")
	})
	t.Run("that is taken does without when nobody asked for it", func(t *testing.T) {
		a, log, err := start(false)
		require.NoError(t, err)
		assert.Equal(t, off, a.opsAddr())
		assert.Contains(t, log.String(), "--ops-addr (env CRMS_OPS_ADDR)")
	})
	t.Run("off has no listener", func(t *testing.T) {
		v := startService(t, noon, "--ops-addr", "off")
		assert.Nil(t, v.opsListener)
	})
	for addr, warned := range map[string]bool{
		"localhost:1": false, "127.0.0.1:1": false, "127.9.9.9:1": false, "[::1]:1": false, "off": false,
		":1": true, "0.0.0.0:1": true, "[::]:1": true, "10.0.0.1:1": true, "ops.example:1": true,
	} {
		t.Run(addr+map[bool]string{true: " is warned of", false: " is fine"}[warned], func(t *testing.T) {
			s, err := readSettings(t, nil, "serve", []string{"--ops-addr", addr}, (*Settings).checkOps)
			require.NoError(t, err)
			assert.Equal(t, warned, len(s.Warnings) == 1, s.Warnings)
		})
	}
}

func TestHealth(t *testing.T) {
	data := t.TempDir()
	t.Run("without a server is a failure", func(t *testing.T) {
		got := run(nil, "health", "--data", data)
		requireRefusal(t, got, exitFailed)
		assert.Contains(t, got.stderr, "no server runs on "+data)
	})
	t.Run("shows the parts of the server", func(t *testing.T) {
		p, _ := serveProcess(t, data)
		got := run(nil, "health", "--data", data)
		require.Equal(t, exitOK, got.code, got.stderr)
		assert.Regexp(t, `(?m)^store +ok *$`, got.stdout)
		assert.Regexp(t, `(?m)^backup +ok +no scheduled backups$`, got.stdout)
		assert.Regexp(t, `\nin all: (ok|degraded)\n$`, got.stdout)
		p.signal(t, syscall.SIGTERM)
		p.wait(t)
	})
	t.Run("of a server that cannot serve is a failure", func(t *testing.T) {
		v := startService(t, noon)
		v.api.Drain()
		got := run(nil, "health", "--data", v.settings.Data)
		assert.Equal(t, exitFailed, got.code)
		assert.Regexp(t, `(?m)^server +unavailable +shutting down$`, got.stdout)
		assert.Equal(t, "crms: the server cannot serve requests\n", got.stderr)
	})
}
