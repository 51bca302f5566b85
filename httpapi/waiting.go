package httpapi

import (
	"context"
	"log/slog"
	"time"

	"crms/store"
	"crms/store/crm"
)

// WaitingRooms are what waits for ATHS, and for users to register. The API and
// the command line work on them through the same methods; each change is logged
// with who made it.
type WaitingRooms struct {
	Store *store.Store
	Now   func() time.Time
	Log   *slog.Logger
}

// Choice names entries of a waiting room, or all of them.
type Choice[T any] struct {
	IDs []T  `json:"ids"`
	All bool `json:"all"`
}

// Dropped says how many were dropped.
type Dropped struct {
	Dropped int `json:"dropped"`
}

// OutboxEntry is one thing that ATHS is to be told.
type OutboxEntry struct {
	ID        uint64 `json:"id"`
	UserID    string `json:"userId"`
	What      string `json:"what"` // "status Suspended" or "delete"
	State     string `json:"state"`
	Since     string `json:"since"`
	Attempts  uint64 `json:"attempts"`
	NextAt    string `json:"nextAt,omitempty"` // of a pending one
	LastError string `json:"lastError,omitempty"`
}

// NewOutboxEntry is an entry as operators see it.
func NewOutboxEntry(e store.OutboxEntry) OutboxEntry {
	shown := OutboxEntry{
		ID: e.Seq, UserID: e.UserID, What: "delete", State: e.State.String(), Since: crm.FormatTime(e.QueuedAt),
		Attempts: e.Attempts, LastError: e.LastError,
	}
	if e.What == store.StatusOut {
		shown.What = "status " + e.Status.String()
	}
	if e.State == store.Pending {
		shown.NextAt = crm.FormatTime(e.NextAt)
	}
	return shown
}

// ParkedEvent is an event that waits for its user.
type ParkedEvent struct {
	UserID string `json:"userId"`
	Type   string `json:"type"`
	Source string `json:"source"`
	ID     string `json:"id"`
	Time   string `json:"time"`
	Since  string `json:"since"`
	Why    string `json:"why"`
}

// NewParkedEvent is an event as operators see it.
func NewParkedEvent(e store.ParkedEvent) ParkedEvent {
	return ParkedEvent{
		e.UserID, e.Type.String(), e.Source, e.ID, crm.FormatTime(e.Time), crm.FormatTime(e.Since), e.Why.String(),
	}
}

// RetryOutbox has entries sent again at once.
func (w WaitingRooms) RetryOutbox(ctx context.Context, by string, c Choice[uint64]) (store.Retried, error) {
	n, err := store.Do(ctx, w.Store, store.RetryOutbox{At: crm.Millis(w.Now()), Seqs: c.IDs, All: c.All})
	if err == nil {
		w.Log.Info("outbox entries retried", "by", by, "ids", c.IDs, "all", c.All, "retried", n.Retried, "overtaken", n.Overtaken)
	}
	return n, err
}

// DropOutbox removes entries for good: ATHS is never told.
func (w WaitingRooms) DropOutbox(ctx context.Context, by string, c Choice[uint64]) (Dropped, error) {
	n, err := store.Do(ctx, w.Store, store.DropOutbox{Seqs: c.IDs, All: c.All})
	if err == nil && n > 0 {
		w.Log.Info("outbox entries dropped", "by", by, "ids", c.IDs, "all", c.All, "dropped", n)
	}
	return Dropped{n}, err
}

// DropParked removes what waits for the users, for good.
func (w WaitingRooms) DropParked(ctx context.Context, by string, c Choice[string]) (Dropped, error) {
	n, err := store.Do(ctx, w.Store, store.DropParked{Users: c.IDs, All: c.All})
	if err == nil && n > 0 {
		users := make([]string, len(c.IDs))
		for i, id := range c.IDs {
			users[i] = crm.LoggableID(id)
		}
		w.Log.Info("parked events dropped", "by", by, "users", users, "all", c.All, "dropped", n)
	}
	return Dropped{n}, err
}
