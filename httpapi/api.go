package httpapi

import (
	"log/slog"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"crms/httpapi/accesslog"
	"crms/httpapi/auth"
	"crms/httpapi/metrics"
	"crms/httpapi/static"
	"crms/httpapi/throttle"
	"crms/search"
	"crms/store"
	"crms/store/backup"
	"crms/store/crm"

	"github.com/rs/cors"
)

// Config is what the API is made of. All fields but TrustedProxies, CORSOrigins,
// Backups, Pages and DevToken are required.
type Config struct {
	Store *store.Store
	Index *search.Index
	Auth  *auth.Verifier
	IDs   *crm.IDs
	Now   func() time.Time
	Log   *slog.Logger // of faults
	// Access logs the requests that were no faults, where Log logs what is of
	// level INFO. Log should write through it.
	Access *accesslog.Log
	// Requests counts the requests.
	Requests *metrics.Requests
	// TrustedProxies say truly for whom they ask, in X-Forwarded-For.
	TrustedProxies []netip.Prefix
	// CORSOrigins may call the API from a browser: scheme://host[:port], or *
	// for any. Without one no other origin may.
	CORSOrigins []string
	// Backups are shown on /readyz; nil when none are made.
	Backups *backup.Scheduler
	// Pages are for browsers, by the path of each.
	Pages map[string]*static.File
	// DevToken makes a token of an administrator for pages on this machine, in
	// --dev; nil elsewhere.
	DevToken func() (DevToken, error)
	Version  string // of the program, for operators
}

// API serves the routes.
type API struct {
	store *store.Store
	index *search.Index
	auth  *auth.Verifier
	ids   *crm.IDs
	now   func() time.Time
	log   *slog.Logger

	access  *accesslog.Log
	backups *backup.Scheduler // nil when none are made

	pages    map[string]*static.File  // by path
	devToken func() (DevToken, error) // nil outside of --dev
	version  string
	rooms    WaitingRooms

	throttle *throttle.Throttle // of bad tokens
	requests *metrics.Requests
	draining atomic.Bool
	handler  http.Handler
}

// New returns the whole API.
func New(c Config) *API {
	a := &API{
		store: c.Store, index: c.Index, auth: c.Auth, ids: c.IDs, log: c.Log, access: c.Access, backups: c.Backups,
		now: func() time.Time { return crm.Millis(c.Now()) }, requests: c.Requests,
		pages: c.Pages, devToken: c.DevToken, version: c.Version, rooms: WaitingRooms{c.Store, c.Now, c.Log},
	}
	a.throttle = throttle.New(c.TrustedProxies, a.now, a.log)
	a.handler = a.observe(a.withCORS(c.CORSOrigins, newMux(a)))
	return a
}

// ServeHTTP answers a request.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.handler.ServeHTTP(w, r) }

// Drain makes /readyz say that the service is shutting down. Requests are still
// answered.
func (a *API) Drain() { a.draining.Store(true) }

// withCORS lets the origins call the handler from a browser, but for what only
// the server's own pages may have.
func (a *API) withCORS(origins []string, next http.Handler) http.Handler {
	if len(origins) == 0 {
		return next
	}
	shared := cors.New(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: append([]string{http.MethodHead}, methods...),
		AllowedHeaders: []string{"Authorization", "Content-Type", "If-Match", "If-None-Match", headerRequestID},
		ExposedHeaders: []string{"ETag", "Location", "Retry-After", headerRequestID},
		MaxAge:         600,
	}).Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, page := a.pages[r.URL.Path]; page || r.URL.Path == devTokenPath {
			next.ServeHTTP(w, r)
			return
		}
		shared.ServeHTTP(w, r)
	})
}
