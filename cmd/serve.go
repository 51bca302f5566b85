package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"crms/httpapi"
	"crms/httpapi/accesslog"
	"crms/httpapi/auth"
	"crms/httpapi/connections"
	"crms/httpapi/control"
	"crms/httpapi/metrics"
	"crms/httpapi/plain"
	"crms/search"
	"crms/store"
	"crms/store/backup"
	"crms/store/crm"

	"github.com/spf13/cobra"
)

func (p *program) newServeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Long: `Run the server until it is told to stop (SIGINT or SIGTERM). Requests that run
then are finished first.

With --dev nothing needs to be configured: a secret is made and kept in the data
folder, an empty store is filled with sample customers, and tokens to try the API
with are printed. Never use it where others can reach the server.`,
		Example: `  crms serve --dev
  CRMS_JWT_SECRET=... crms serve --data /var/lib/crms --zone Asia/Kolkata
  crms serve --jwks-url https://auth.example.com/.well-known/jwks.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.settings(cmd, (*Settings).ChooseKeys, (*Settings).checkATHS, (*Settings).checkTLS, (*Settings).checkOps)
			if err != nil {
				return err
			}
			p.warn(s.Warnings)
			if s.Dev {
				s.relaxForDev()
			}
			return p.serve(cmd.Context(), s)
		},
	}
}

func (p *program) serve(ctx context.Context, s Settings) error {
	p.tuneCollector()
	p.tuneScheduler()
	a, err := p.start(ctx, s)
	if err != nil {
		return err
	}
	if s.Dev {
		err = p.welcome(ctx, a)
	}
	if err == nil {
		err = a.run(ctx)
	}
	return errors.Join(err, a.close())
}

// app is the running service: the one value that knows every package. The
// end-to-end tests start the same one.
type app struct {
	settings Settings
	access   *accesslog.Log
	log      *slog.Logger // writes through access
	store    *store.Store
	index    *search.Index
	auth     *auth.Verifier
	backups  *backup.Scheduler // nil when there are none
	metrics  *metrics.Metrics
	api      *httpapi.API
	listener net.Listener
	server   *http.Server

	certificate *certificate // nil without TLS
	connections *connections.Limit
	plain       *plain.Listener // nil with TLS
	opsListener net.Listener    // nil when it is off

	closers []func() error // in the order in which things were opened
}

// searchFolder holds the search index inside the data folder.
const searchFolder = "search"

// start opens everything and listens, without accepting requests yet. On an
// error what was opened is closed again.
func (p *program) start(ctx context.Context, s Settings) (_ *app, err error) {
	access := p.accessLog(s)
	a := &app{settings: s, access: access, log: loggerTo(access, s), metrics: newMetrics()}
	a.closers = append(a.closers, func() error { access.Flush(); return nil })
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if err := control.CheckFolder(s.Data); err != nil {
		return nil, err
	}
	if a.store, err = openStore(s.Data, store.Options{
		Zone: s.Zone, TellATHS: s.ATHSURL != "", OnCommit: a.metrics.Commits.Count, Now: p.now, Log: a.log,
	}); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, a.store.Close)
	if a.auth, err = p.verifier(ctx, &s, a.log); err != nil {
		return nil, err
	}
	a.settings = s
	a.closers = append(a.closers, func() error { a.auth.Close(); return nil })
	if a.index, err = search.Open(a.store, search.Options{Dir: filepath.Join(s.Data, searchFolder), Log: a.log}); err != nil {
		return nil, err
	}
	a.closers = append(a.closers, a.index.Close)
	if err := a.startDispatcher(p); err != nil {
		return nil, err
	}
	if err := a.startBackups(p); err != nil {
		return nil, err
	}
	if a.api, err = a.newAPI(p); err != nil {
		return nil, err
	}
	if err := a.startControl(p); err != nil {
		return nil, err
	}
	if err := a.listen(p); err != nil {
		return nil, err
	}
	a.metrics.Watch(a.sources())
	if err := a.startOps(); err != nil {
		return nil, err
	}
	return a, nil
}

// startBackups makes scheduled backups, if there are to be any.
func (a *app) startBackups(p *program) (err error) {
	s := a.settings
	if s.BackupDir == "" {
		return nil
	}
	recipient, err := backup.ParseRecipient(s.BackupRecipient)
	if err != nil {
		return fmt.Errorf("cannot use %s: %w", settingNamed("backup-recipient"), err)
	}
	a.backups, err = backup.Start(backup.Schedule{
		Store: a.store, Dir: s.BackupDir, Every: s.BackupEvery, Keep: s.BackupKeep, Recipient: recipient,
		Program: currentBuild().String(), Now: p.now, Log: a.log,
	})
	if err != nil {
		return err
	}
	a.closers = append(a.closers, func() error { a.backups.Close(); return nil })
	return nil
}

// startControl answers the command line on the data folder's socket.
func (a *app) startControl(p *program) error {
	l, err := control.Listen(a.settings.Data)
	if err != nil {
		return err
	}
	// Backups and imports stream for as long as they take, and a reindex waits; all the rest is bounded.
	server := &http.Server{ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes, Handler: control.Handler(control.Service{
		Store: a.store, Index: func() (*search.Index, error) { return a.index, nil },
		Now: p.now, Log: a.log, Build: currentBuild().String(), Readiness: a.api.Readiness,
	})}
	go func() { _ = server.Serve(l) }()
	a.closers = append(a.closers, server.Close)
	return nil
}

func (a *app) newAPI(p *program) (*httpapi.API, error) {
	c := httpapi.Config{
		Store: a.store, Index: a.index, Auth: a.auth, IDs: crm.NewIDs(), Now: p.now, Log: a.log, Access: a.access,
		Requests: a.metrics.Requests, TrustedProxies: a.settings.TrustedProxies, CORSOrigins: a.settings.CORSOrigins, Backups: a.backups,
		DevToken: a.devToken(p), Version: currentBuild().String(),
	}
	if !a.settings.NoConsole {
		pages, err := browserPages()
		if err != nil {
			return nil, err
		}
		c.Pages = pages
	}
	return httpapi.New(c), nil
}

// url is that of the API, as a caller on this machine types it.
func (a *app) url() string {
	scheme := "http://"
	if a.certificate != nil {
		scheme = "https://"
	}
	return scheme + reachable(a.listener.Addr())
}

// verifier makes the verifier of tokens from the one key that is configured. In
// --dev it makes a secret first.
func (p *program) verifier(ctx context.Context, s *Settings, log *slog.Logger) (*auth.Verifier, error) {
	c := auth.Config{Issuer: s.JWTIssuer, Audience: s.JWTAudience, JWKSRefresh: s.JWKSRefresh, Now: p.now, Log: log}
	switch s.KeySource {
	case DevSecret:
		secret, err := ensureDevSecret(s.Data)
		if err != nil {
			return nil, err
		}
		s.JWTSecret, c.Secret = secret, secret
	case SharedSecret:
		c.Secret = s.JWTSecret
	case PublicKeyFile:
		pem, err := os.ReadFile(s.JWTPublicKeyFile)
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %w", settingNamed("jwt-public-key-file"), err)
		}
		c.PublicKey = pem
	case KeySet:
		c.JWKSURL = s.JWKSURL
	}
	return auth.NewVerifier(ctx, c)
}

func (p *program) accessLog(s Settings) *accesslog.Log {
	if s.LogFormat == "json" {
		return accesslog.New(p.stderr, accesslog.JSON)
	}
	return accesslog.New(p.stderr, accesslog.Text)
}

func (p *program) logger(s Settings) *slog.Logger { return loggerTo(p.stderr, s) }

func loggerTo(w io.Writer, s Settings) *slog.Logger {
	o := &slog.HandlerOptions{Level: s.LogLevel}
	if s.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}

// run serves until ctx ends, then lets the running requests finish.
func (a *app) run(ctx context.Context) error {
	a.log.Info("serving", "addr", a.listener.Addr().String(), "ops", a.opsAddr(), "data", a.settings.Data, "version", currentBuild().String())
	failed := make(chan error, 1)
	go func() { failed <- a.serve() }()
	select {
	case err := <-failed:
		return fmt.Errorf("cannot serve: %w", err)
	case <-ctx.Done():
	}
	a.api.Drain()
	a.log.Info("stopping: running requests are finished first", "grace", a.settings.ShutdownGrace)
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.settings.ShutdownGrace)
	defer cancel()
	if err := a.shutdown(grace); err != nil {
		return fmt.Errorf("some requests did not finish within %s: %w", a.settings.ShutdownGrace, err)
	}
	return nil
}

// close closes what was opened, last first.
func (a *app) close() error {
	var errs []error
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
