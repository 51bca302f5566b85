package httpapi

import (
	"strconv"

	"crms/search"
	"crms/store"
	"crms/store/crm"
)

// operations answers how the service does, in one look.
func (a *API) operations(*request) (answer, error) {
	backlog, err := a.store.Backlog()
	if err != nil {
		return answer{}, err
	}
	shop, err := a.shopOnDisk()
	if err != nil {
		return answer{}, err
	}
	return answer{message: "Operations retrieved successfully", body: jsonValue(operationsOnWire{
		AsOf: crm.FormatTime(a.now()), Version: a.version, TimeZone: a.store.Zone().String(),
		Readiness: a.Readiness(), Index: indexShape(a.index.Status()),
		Outbox: outboxShape(a.store.TellsATHS(), backlog), Parked: parkedCounts{backlog.UnknownUsers, backlog.DeletedUsers},
		Backup: a.backupFigures(), Store: shop,
	})}, nil
}

type operationsOnWire struct {
	AsOf      string        `json:"asOf"`
	Version   string        `json:"version"`
	TimeZone  string        `json:"timeZone"`
	Readiness Readiness     `json:"readiness"`
	Index     indexFigures  `json:"index"`
	Outbox    outboxFigures `json:"outbox"`
	Parked    parkedCounts  `json:"parked"`
	Backup    backupFigures `json:"backup"`
	Store     storeFigures  `json:"store"`
}

type indexFigures struct {
	State     search.State `json:"state"`
	Reason    string       `json:"reason,omitempty"`
	Answering bool         `json:"answering"`
	Documents uint64       `json:"documents"`
	Position  uint64       `json:"position"`
	Lag       uint64       `json:"lag"`
	Rebuild   *progress    `json:"rebuild,omitempty"`
}

type progress struct {
	Done  int `json:"done"`
	Total int `json:"total"`
}

func indexShape(s search.Status) indexFigures {
	f := indexFigures{State: s.State, Reason: s.Reason, Answering: s.Answering, Documents: s.Documents, Position: s.Position, Lag: s.Lag}
	if s.Total > 0 {
		f.Rebuild = &progress{s.Done, s.Total}
	}
	return f
}

type outboxFigures struct {
	Enabled       bool   `json:"enabled"` // ATHS is told of changes
	Pending       int64  `json:"pending"`
	Dead          int64  `json:"dead"`
	OldestPending string `json:"oldestPending,omitempty"`
}

func outboxShape(enabled bool, b store.Backlog) outboxFigures {
	f := outboxFigures{Enabled: enabled, Pending: b.Pending, Dead: b.Dead}
	if !b.OldestPending.IsZero() {
		f.OldestPending = crm.FormatTime(b.OldestPending)
	}
	return f
}

// parkedCounts are events, by why they wait.
type parkedCounts struct {
	UnknownUsers int64 `json:"unknownUsers"`
	DeletedUsers int64 `json:"deletedUsers"`
}

// backupFigures are those of the schedule. Why a backup has failed is in the
// log: it names folders.
type backupFigures struct {
	Scheduled    bool   `json:"scheduled"`
	EverySeconds int64  `json:"everySeconds,omitzero"`
	Failing      bool   `json:"failing"` // the latest attempt has failed
	LastGood     string `json:"lastGood,omitempty"`
	AgeSeconds   *int64 `json:"ageSeconds,omitempty"` // of the last good one
}

func (a *API) backupFigures() backupFigures {
	if a.backups == nil {
		return backupFigures{}
	}
	last, failed := a.backups.Last()
	f := backupFigures{Scheduled: true, EverySeconds: int64(a.backups.Interval().Seconds()), Failing: failed != nil}
	if !last.IsZero() {
		age := int64(a.since(last).Seconds())
		f.LastGood, f.AgeSeconds = crm.FormatTime(last), &age
	}
	return f
}

type storeFigures struct {
	Customers      int64  `json:"customers"`
	FileBytes      int64  `json:"fileBytes"`
	FreeBytes      int64  `json:"freeBytes"` // of the file, that will be used again
	QueuedCommands int    `json:"queuedCommands"`
	LastChange     uint64 `json:"lastChange"` // the number of the newest one
}

func (a *API) shopOnDisk() (storeFigures, error) {
	customers, err := a.store.CountContacts()
	if err != nil {
		return storeFigures{}, err
	}
	s, err := a.store.Stats()
	return storeFigures{
		Customers: int64(customers), FileBytes: s.FileBytes, FreeBytes: int64(s.FreePages+s.PendingPages) * int64(s.PageBytes),
		QueuedCommands: s.QueuedCommands, LastChange: s.LastSeq,
	}, err
}

func (a *API) listOutbox(r *request) (answer, error) {
	q := readQuery(r)
	p := q.page()
	state := parsed(q, "state", store.ParseOutboxState)
	if err := q.problems.Err(); err != nil {
		return answer{}, err
	}
	entries, total, err := a.store.OutboxPage(state, p.offset(), int(p.size))
	if err != nil {
		return answer{}, err
	}
	return answer{body: listJSON(entries, func(b []byte, e *store.OutboxEntry) []byte {
		return jsonValue(NewOutboxEntry(*e))(b)
	}, p, total)}, nil
}

// retryEntry has one entry sent again. Where that would undo a newer change the
// caller is told so: nothing has been done.
func (a *API) retryEntry(r *request) (answer, error) {
	id, err := entryID(r)
	if err != nil {
		return answer{}, err
	}
	n, err := a.rooms.RetryOutbox(r.Context(), r.actor(), Choice[uint64]{IDs: []uint64{id}})
	if err != nil {
		return answer{}, err
	}
	if n.Overtaken > 0 {
		return answer{}, &crm.Error{
			Kind: crm.Conflict, Message: "A newer change has overtaken this entry: sending it would undo that. Drop it instead.",
		}
	}
	return answer{message: "Outbox entry will be sent again", body: jsonValue(n)}, nil
}

func (a *API) retryOutbox(r *request) (answer, error) {
	n, err := a.rooms.RetryOutbox(r.Context(), r.actor(), Choice[uint64]{All: true})
	if err != nil {
		return answer{}, err
	}
	return answer{message: "Outbox entries will be sent again", body: jsonValue(n)}, nil
}

func (a *API) dropEntry(r *request) (answer, error) {
	id, err := entryID(r)
	if err != nil {
		return answer{}, err
	}
	n, err := a.rooms.DropOutbox(r.Context(), r.actor(), Choice[uint64]{IDs: []uint64{id}})
	if err != nil {
		return answer{}, err
	}
	return answer{message: "Outbox entry dropped", body: jsonValue(n)}, nil
}

func (a *API) listParked(r *request) (answer, error) {
	q := readQuery(r)
	p := q.page()
	if err := q.problems.Err(); err != nil {
		return answer{}, err
	}
	events, total, err := a.store.ParkedPage(p.offset(), int(p.size))
	if err != nil {
		return answer{}, err
	}
	return answer{body: listJSON(events, func(b []byte, e *store.ParkedEvent) []byte {
		return jsonValue(NewParkedEvent(*e))(b)
	}, p, total)}, nil
}

func (a *API) dropParked(r *request) (answer, error) {
	n, err := a.rooms.DropParked(r.Context(), r.actor(), Choice[string]{IDs: []string{r.params.ByName("user_id")}})
	if err != nil {
		return answer{}, err
	}
	if n.Dropped == 0 {
		return answer{}, &crm.Error{Kind: crm.NotFound, Message: "No events are parked for this user"}
	}
	return answer{message: "Parked events dropped", body: jsonValue(n)}, nil
}

// actor is who sent the request, as the log names people.
func (r *request) actor() string { return crm.LoggableID(r.who.UserID) }

// entryID is the number of the outbox entry in the path.
func entryID(r *request) (uint64, error) {
	text := r.params.ByName("entry_id")
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil || strconv.FormatUint(id, 10) != text {
		return 0, &crm.Error{Kind: crm.Invalid, Message: "Invalid outbox entry ID format"}
	}
	return id, nil
}
