package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"crms/httpapi/connections"
	"crms/httpapi/metrics"
)

// off is the ops address of a server without one.
const off = "off"

// opsTimeout bounds an answer of the ops listener: pprof samples for as long as
// it is asked to, a minute as a rule at most.
const opsTimeout = 5 * time.Minute

// maxOpsConnections is many more than operators and their monitoring need.
const maxOpsConnections = 64

// checkOps warns of an ops listener that others can reach: its answers tell
// what runs inside the process.
func (s *Settings) checkOps() error {
	if s.OpsAddr != off && !isLoopback(s.OpsAddr) {
		s.Warnings = append(s.Warnings, fmt.Sprintf("the metrics and profiles at %s can be read by others on the network", s.OpsAddr))
	}
	return nil
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback())
}

// startOps serves metrics, profiles and health to the operator, beside the API
// and until it has stopped.
func (a *app) startOps() error {
	if a.settings.OpsAddr == off {
		return nil
	}
	l, err := net.Listen("tcp", a.settings.OpsAddr)
	if err != nil && !a.settings.given["ops-addr"] {
		a.log.Warn("there are no metrics; set "+settingNamed("ops-addr").String()+" to have them", "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot listen for operators: %w", err)
	}
	limit := connections.New(maxOpsConnections)
	a.opsListener = limit.Listen(l)
	server := &http.Server{
		Handler:           a.opsHandler(),
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      opsTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         limit.Watch,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	go func() { _ = server.Serve(a.opsListener) }()
	a.closers = append(a.closers, func() error { return closeSoon(server) })
	return nil
}

// opsAddr is where operators are answered.
func (a *app) opsAddr() string {
	if a.opsListener == nil {
		return off
	}
	return a.opsListener.Addr().String()
}

func (a *app) opsHandler() http.Handler {
	m := http.NewServeMux()
	m.Handle("GET /metrics", a.metrics.Handler(a.log))
	m.Handle("GET /healthz", a.api)
	m.Handle("GET /readyz", a.api)
	m.HandleFunc("/debug/pprof/", pprof.Index)
	m.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	m.HandleFunc("/debug/pprof/profile", pprof.Profile)
	m.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	m.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return m
}

// closeSoon gives a scrape under way, which reads the store, a moment to end.
func closeSoon(server *http.Server) error {
	soon, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := server.Shutdown(soon); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return server.Close()
}

// sources are what the metrics are read from.
func (a *app) sources() metrics.Sources {
	s := metrics.Sources{Store: a.store, Index: a.index, Connections: a.connections}
	if a.backups != nil {
		s.LastBackup = a.backups.Last
	}
	if a.certificate != nil {
		s.CertificateExpiry = a.certificate.expiry
	}
	return s
}

func newMetrics() *metrics.Metrics {
	b := currentBuild()
	return metrics.New(metrics.Build{Version: b.Version, Commit: b.Commit, Go: b.Go})
}
