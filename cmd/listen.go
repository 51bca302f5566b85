package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"syscall"
	"time"

	"crms/httpapi/connections"
	"crms/httpapi/plain"
)

// The server's timeouts. A request's header and body must come within theirs;
// an answer, of which the largest is some 100 KB, has a minute to be fetched.
const (
	readHeaderTimeout = 10 * time.Second
	readTimeout       = 30 * time.Second
	writeTimeout      = time.Minute
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
)

// patienceWithClients is how long the API waits for slow clients; what is 0 is as
// long as the constants say. Tests have less.
type patienceWithClients struct{ header, body, answer, idle time.Duration }

// listen takes the API's address, with TLS if there is to be any.
func (a *app) listen(p *program) (err error) {
	s := a.settings
	if s.TLSCertFile != "" {
		if a.certificate, err = openCertificate(s.TLSCertFile, s.TLSKeyFile, p.now, a.log); err != nil {
			return err
		}
	}
	inner, err := net.Listen("tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", s.Addr, err)
	}
	a.connections = connections.New(affordable(s.MaxConnections, a.log))
	a.listener = a.connections.Listen(inner)
	a.server = a.newServer(p.patience)
	if a.certificate == nil {
		a.plain = plain.Listen(a.listener, a.server)
		a.listener = a.plain
	}
	a.closers = append(a.closers, func() error { return ignoreClosed(a.listener.Close()) })
	return nil
}

// affordable is how many connections there may be: as many as are wished for, but
// for a quarter of the process's file descriptors, which store, index and backups
// need.
func affordable(wished int, log *slog.Logger) int {
	var descriptors syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &descriptors); err != nil || uint64(wished) <= descriptors.Cur/4*3 {
		return wished
	}
	most := max(1, int(descriptors.Cur/4*3))
	log.Warn("the limit of file descriptors allows fewer connections than "+settingNamed("max-connections").String(), "wished", wished, "allowed", most)
	return most
}

func (a *app) newServer(p patienceWithClients) *http.Server {
	server := &http.Server{
		Handler:           a.api,
		ReadHeaderTimeout: cmp.Or(p.header, readHeaderTimeout),
		ReadTimeout:       cmp.Or(p.body, readTimeout),
		WriteTimeout:      cmp.Or(p.answer, writeTimeout),
		IdleTimeout:       cmp.Or(p.idle, idleTimeout),
		MaxHeaderBytes:    maxHeaderBytes,
		ConnState:         a.connections.Watch,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	if a.certificate != nil {
		server.TLSConfig = a.certificate.config()
	}
	return server
}

// serve answers on the listener until the server is told to stop.
func (a *app) serve() error {
	if a.certificate != nil {
		return a.server.ServeTLS(a.listener, "", "")
	}
	return a.server.Serve(a.listener)
}

// shutdown stops listening, closes idle connections and waits for the requests that
// run. When ctx ends before, it breaks them off.
func (a *app) shutdown(ctx context.Context) error {
	err := a.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, a.server.Close())
	}
	if a.plain != nil {
		err = errors.Join(err, a.plain.Shutdown(ctx))
	}
	return err
}
