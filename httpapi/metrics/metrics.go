// Package metrics tells Prometheus how the service does: what it has counted
// while it answered requests and committed changes, and the figures that store
// and index give when they are asked.
package metrics

import (
	"log/slog"
	"net/http"
	"time"

	"crms/httpapi/connections"
	"crms/search"
	"crms/store"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Build says what the binary was made from.
type Build struct{ Version, Commit, Go string }

// Metrics is all that one process tells.
type Metrics struct {
	Requests *Requests
	Commits  *Commits

	registry *prometheus.Registry
}

// New returns metrics of requests and commits, of which there were none yet, of
// the Go runtime, the process and the build.
func New(b Build) *Metrics {
	r := prometheus.NewRegistry()
	m := &Metrics{Requests: newRequests(r), Commits: newCommits(r), registry: r}
	r.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collector(func(yield func(prometheus.Metric)) {
			info := gauge("crms_build_info", "Always 1; the labels say what this binary was made from.", "version", "commit", "goversion")
			yield(info.is(1, b.Version, b.Commit, b.Go))
		}),
	)
	return m
}

// Sources are asked for their figures at each scrape.
type Sources struct {
	Store *store.Store
	Index *search.Index
	// Connections are those of the API.
	Connections *connections.Limit
	// LastBackup is when the newest good backup of the schedule was made, zero
	// before the first, and what the latest attempt failed with. Without a
	// schedule it is nil.
	LastBackup func() (time.Time, error)
	// CertificateExpiry is when the TLS certificate in use expires. Without TLS
	// it is nil.
	CertificateExpiry func() time.Time
}

// Watch adds the figures of the sources. It is called once.
func (m *Metrics) Watch(s Sources) {
	m.registry.MustRegister(storeFigures(s.Store), waitingRooms(s.Store), events(s.Store), indexFigures(s.Index), connectionFigures(s.Connections))
	if s.LastBackup != nil {
		m.registry.MustRegister(backups(s.LastBackup))
	}
	if s.CertificateExpiry != nil {
		m.registry.MustRegister(certificate(s.CertificateExpiry))
	}
}

// Handler answers scrapes. What cannot be read is left out and logged.
func (m *Metrics) Handler(log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog:      slog.NewLogLogger(log.Handler(), slog.LevelError),
		ErrorHandling: promhttp.ContinueOnError,
		// A scraper that does not give up must not let scrapes pile up.
		MaxRequestsInFlight: 4,
	})
}
