package httpapi

import (
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"crms/httpapi/accesslog"
	"crms/httpapi/metrics"

	"crms/store/crm"
)

const headerRequestID = "X-Request-Id"

// note gathers what the access log says of a request. It never holds a token,
// a query, or a path as it was sent: those may name people.
type note struct {
	http.ResponseWriter
	id     string
	route  string // as in the table of routes; empty when there is none
	userID string
	status int
	bytes  int
	cause  error // of a fault of ours
	counts *metrics.Route
	sent   *sentBody // nil when none was, and with HTTP/2

	values [3]string // of headers, see setHeader
	set    int       // how many of them
}

// setHeader sets a header, whose name must be in its canonical form, without
// the slice that [http.Header.Set] makes for each value.
func (n *note) setHeader(name, value string) {
	if n.set == len(n.values) {
		n.Header()[name] = []string{value}
		return
	}
	n.values[n.set] = value
	n.set++
	n.Header()[name] = n.values[n.set-1 : n.set : n.set]
}

func (n *note) WriteHeader(status int) {
	n.status = status
	if n.sent != nil && n.sent.mustBeLast() {
		n.Header()["Connection"] = closing
	}
	n.ResponseWriter.WriteHeader(status)
}

func (n *note) Write(b []byte) (int, error) {
	size, err := n.ResponseWriter.Write(b)
	n.bytes += size
	return size, err
}

// Unwrap lets http.ResponseController through.
func (n *note) Unwrap() http.ResponseWriter { return n.ResponseWriter }

// noteOf returns the note that observe made.
func noteOf(w http.ResponseWriter) *note { return w.(*note) }

// observe gives each request an id, counts it, and logs how it went.
func (a *API) observe(next http.Handler) http.Handler {
	noRoute := a.requests.NoRoute()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		a.requests.Begin()
		n := &note{ResponseWriter: w, id: requestID(r.Header.Get(headerRequestID)), counts: noRoute}
		n.setHeader(headerRequestID, n.id)
		if r.ContentLength != 0 && r.ProtoMajor == 1 {
			r, n.sent = watchBody(r)
		}
		next.ServeHTTP(n, r)
		n.sent.endSoon(w)
		took := time.Since(start)
		n.counts.Answered(n.status, took)
		a.logRequest(r, n, start, took)
	})
}

func (a *API) logRequest(r *http.Request, n *note, start time.Time, took time.Duration) {
	if n.cause != nil {
		a.log.LogAttrs(r.Context(), slog.LevelError, "request",
			slog.String("request", n.id), slog.String("method", method(r.Method)), slog.String("route", n.route),
			slog.Int("status", n.status), slog.Int("bytes", n.bytes), slog.Duration("took", took),
			slog.String("user", crm.LoggableID(n.userID)), slog.Any("error", n.cause))
		return
	}
	if a.log.Enabled(r.Context(), slog.LevelInfo) {
		a.access.Log(accesslog.Entry{
			Time: start.Add(took), Request: n.id, Method: method(r.Method), Route: n.route,
			Status: n.status, Bytes: n.bytes, Took: took, User: crm.LoggableID(n.userID),
		})
	}
}

// method keeps inventions of the caller out of the log.
func method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// requestID takes over the caller's id when it is a plain one, so that a
// request can be followed from service to service, and makes one otherwise.
func requestID(given string) string {
	if len(given) >= 8 && len(given) <= 64 && isPlain(given) {
		return given
	}
	return strconv.FormatUint(rand.Uint64()|1<<63, 36)
}

func isPlain(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return true
}
