// Package control is how the command line works on a data folder. The same
// handler answers over the unix socket of a running server and, when there is
// none, in the process of the command itself: one code path, both ways.
package control

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"crms/httpapi"
	"crms/search"
	"crms/store"
	"crms/store/crm"

	"github.com/go-json-experiment/json"
)

// Service is what the operations work on.
type Service struct {
	Store *store.Store
	// Index returns the search index. A command's own process opens it with the
	// first call only, since most operations do without.
	Index func() (*search.Index, error)
	Now   func() time.Time
	Log   *slog.Logger
	Build string // of this program, for manifests
	// Readiness is that of the server; nil in a command's own process.
	Readiness func() httpapi.Readiness
	// Alone says that nobody but this one command uses the store.
	Alone bool
}

// Handler serves the operations of the command line.
func Handler(s Service) http.Handler {
	o := &operations{s, httpapi.WaitingRooms{Store: s.Store, Now: s.Now, Log: s.Log}}
	m := http.NewServeMux()
	m.HandleFunc("GET /outbox", handle(o.listOutbox))
	m.HandleFunc("POST /outbox/retry", handle(o.retryOutbox))
	m.HandleFunc("POST /outbox/drop", handle(o.dropOutbox))
	m.HandleFunc("GET /parked", handle(o.listParked))
	m.HandleFunc("POST /parked/drop", handle(o.dropParked))
	m.HandleFunc("GET /readiness", handle(o.readiness))
	m.HandleFunc("GET /backup", o.backup)
	m.HandleFunc("POST /import", o.importFile)
	m.HandleFunc("GET /export", o.exportFile)
	m.HandleFunc("POST /verify", handle(o.verify))
	m.HandleFunc("POST /reindex", handle(o.reindex))
	return m
}

type operations struct {
	Service
	rooms httpapi.WaitingRooms
}

func (o *operations) readiness(*http.Request, none) (httpapi.Readiness, error) {
	if o.Readiness == nil {
		return httpapi.Readiness{}, errors.New("no server runs here")
	}
	return o.Readiness(), nil
}

// none is the input of an operation that takes nothing.
type none struct{}

// handle decodes In, runs the operation, and encodes what it returns.
func handle[In, Out any](operation func(*http.Request, In) (Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in In
		if r.Method == http.MethodPost {
			if err := json.UnmarshalRead(r.Body, &in); err != nil {
				fail(w, err)
				return
			}
		}
		out, err := operation(r, in)
		if err != nil {
			fail(w, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.MarshalWrite(w, out) // the command has gone: nobody is left to tell
	}
}

// failure is what an operation that failed answers.
type failure struct {
	Message string `json:"message"`
}

func fail(w http.ResponseWriter, err error) {
	status := http.StatusInternalServerError
	var domain *crm.Error
	if errors.As(err, &domain) && (domain.Kind == crm.Invalid || domain.Kind == crm.NotFound) {
		status = http.StatusBadRequest
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.MarshalWrite(w, failure{err.Error()})
}

// maxListed bounds what a list shows.
const maxListed = 10_000

// Outbox is the queue for ATHS.
type Outbox struct {
	Pending int64                 `json:"pending"`
	Dead    int64                 `json:"dead"`
	Entries []httpapi.OutboxEntry `json:"entries"` // oldest first
}

func (o *operations) listOutbox(*http.Request, none) (Outbox, error) {
	entries, pending, dead, err := o.Store.OutboxEntries(maxListed)
	out := Outbox{Pending: pending, Dead: dead, Entries: make([]httpapi.OutboxEntry, len(entries))}
	for i, e := range entries {
		out.Entries[i] = httpapi.NewOutboxEntry(e)
	}
	return out, err
}

// operator is who works on the waiting rooms here, as the log names people: the
// owner of the data folder, whoever that is.
const operator = "command line"

func (o *operations) retryOutbox(r *http.Request, c httpapi.Choice[uint64]) (store.Retried, error) {
	return o.rooms.RetryOutbox(r.Context(), operator, c)
}

func (o *operations) dropOutbox(r *http.Request, c httpapi.Choice[uint64]) (httpapi.Dropped, error) {
	return o.rooms.DropOutbox(r.Context(), operator, c)
}

// Parked is what waits for its user.
type Parked struct {
	Total  int64                 `json:"total"`
	Events []httpapi.ParkedEvent `json:"events"` // by user
}

func (o *operations) listParked(*http.Request, none) (Parked, error) {
	events, total, err := o.Store.ParkedEvents(maxListed)
	out := Parked{Total: total, Events: make([]httpapi.ParkedEvent, len(events))}
	for i, e := range events {
		out.Events[i] = httpapi.NewParkedEvent(e)
	}
	return out, err
}

func (o *operations) dropParked(r *http.Request, c httpapi.Choice[string]) (httpapi.Dropped, error) {
	return o.rooms.DropParked(r.Context(), operator, c)
}
