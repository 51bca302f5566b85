package httpapi

import (
	"errors"
	"fmt"
	"iter"
	"net/http"
	"syscall"
	"time"

	"crms/httpapi/auth"
	"crms/search"
)

// alive answers as long as the process does.
func (a *API) alive(*request) (answer, error) {
	return answer{message: "Alive", body: jsonNull}, nil
}

// Condition is how well the service, or a part of it, can do its work.
type Condition string

const (
	Fine        Condition = "ok"
	Degraded    Condition = "degraded"    // works, but an operator should look
	Unavailable Condition = "unavailable" // requests cannot be served
)

// Part is how well a part of the service does.
type Part struct {
	State  Condition `json:"state"`
	Reason string    `json:"reason,omitempty"`
}

// Readiness is the data of /readyz.
type Readiness struct {
	State Condition `json:"state"` // the worst of the parts
	Parts Parts     `json:"parts"`
}

// Parts are those of the service.
type Parts struct {
	Server Part `json:"server,omitzero"` // only while it shuts down
	Store  Part `json:"store"`
	Search Part `json:"search"`
	Auth   Part `json:"auth"`
	Outbox Part `json:"outbox"`
	Parked Part `json:"parked"`
	Backup Part `json:"backup"`
}

// All yields each part and its name.
func (p Parts) All() iter.Seq2[string, Part] {
	return func(yield func(string, Part) bool) {
		for _, part := range []struct {
			name string
			Part
		}{
			{"server", p.Server}, {"store", p.Store}, {"search", p.Search}, {"auth", p.Auth},
			{"outbox", p.Outbox}, {"parked", p.Parked}, {"backup", p.Backup},
		} {
			if part.State != "" && !yield(part.name, part.Part) {
				return
			}
		}
	}
}

// worst is the state of the part that is worst off.
func (p Parts) worst() Condition {
	state := Fine
	for _, part := range p.All() {
		if part.State == Unavailable || state == Fine {
			state = part.State
		}
	}
	return state
}

// ready answers with the readiness: 503 only when requests cannot be served.
func (a *API) ready(*request) (answer, error) {
	r := a.Readiness()
	ans := answer{message: "Ready", body: jsonValue(r)}
	if r.State == Unavailable {
		ans.status, ans.message = http.StatusServiceUnavailable, "Not ready"
	}
	return ans, nil
}

// Readiness says whether requests can be served, and the state of each part.
func (a *API) Readiness() Readiness {
	p := Parts{Store: a.storePart(), Search: a.searchPart(), Auth: a.authPart(), Backup: a.backupPart()}
	p.Outbox, p.Parked = a.backlogParts()
	if a.draining.Load() {
		p.Server = Part{Unavailable, "shutting down"}
	}
	return Readiness{State: p.worst(), Parts: p}
}

func (a *API) storePart() Part {
	if _, err := a.store.CountContacts(); err != nil {
		a.log.Error("store does not answer", "error", err)
		return Part{Unavailable, "the store cannot be read"}
	}
	if trouble := a.store.DiskTrouble(); trouble != "" {
		return Part{Degraded, trouble}
	}
	return Part{State: Fine}
}

// searchPart never makes the service unavailable: everything but search works
// without the index.
func (a *API) searchPart() Part {
	s := a.index.Status()
	if s.State == search.OK {
		return Part{State: Fine}
	}
	reason := fmt.Sprintf("index %s: %s", s.State, s.Reason)
	if s.Total > 0 {
		reason += fmt.Sprintf(", %d of %d customers written", s.Done, s.Total)
	}
	if !s.Answering {
		reason += ", searches wait for it"
	}
	return Part{Degraded, reason}
}

// A backlog that is older or larger than this is for an operator to look at.
const (
	slowOutbox    = 5 * time.Minute
	crowdedParked = 1000 // events of users that never registered
)

// backlogParts look into the two waiting rooms. A backlog keeps nobody from
// being served.
func (a *API) backlogParts() (outbox, parked Part) {
	b, err := a.store.Backlog()
	if err != nil {
		a.log.Error("the waiting rooms cannot be read", "error", err)
		broken := Part{Degraded, "cannot be read"}
		return broken, broken
	}
	outbox, parked = Part{State: Fine}, Part{State: Fine}
	age := a.since(b.OldestPending)
	switch {
	case b.Dead > 0:
		outbox = Part{Degraded, fmt.Sprintf("%d changes that ATHS did not take wait for an operator; %d pending", b.Dead, b.Pending)}
	case b.Pending > 0 && age > slowOutbox:
		outbox = Part{Degraded, fmt.Sprintf("%d changes pending, the oldest for %s", b.Pending, inWords(age))}
	}
	if b.UnknownUsers >= crowdedParked {
		parked = Part{Degraded, fmt.Sprintf("%d events wait for users that are not registered", b.UnknownUsers)}
	}
	return outbox, parked
}

// since is how long ago t was; not below zero, should the clock have been set back.
func (a *API) since(t time.Time) time.Duration { return max(0, a.now().Sub(t)) }

// backupPart says how old the last good backup is. It is late when a second one
// is due.
func (a *API) backupPart() Part {
	if a.backups == nil {
		return Part{State: Fine, Reason: "no scheduled backups"}
	}
	last, failed := a.backups.Last()
	age := a.since(last)
	switch {
	case failed != nil && last.IsZero():
		return Part{Degraded, "there is no good backup: " + failedAttempt(failed)}
	case failed != nil:
		return Part{Degraded, fmt.Sprintf("%s; the last good backup is %s old", failedAttempt(failed), inWords(age))}
	case last.IsZero():
		return Part{State: Fine, Reason: "the first backup is being made"}
	case age > 2*a.backups.Interval():
		return Part{Degraded, fmt.Sprintf("the last good backup is %s old", inWords(age))}
	default:
		return Part{State: Fine, Reason: fmt.Sprintf("the last good backup is %s old", inWords(age))}
	}
}

// failedAttempt says that a backup failed, and why, where it is the disk that says
// so. Anything else may name files.
func failedAttempt(err error) string {
	var errno syscall.Errno
	if errors.As(err, &errno) {
		return fmt.Sprintf("the last attempt failed (%s), see the log", errno)
	}
	return "the last attempt failed, see the log"
}

// inWords is a length of time as people say it, in the largest unit of which there
// are two.
func inWords(d time.Duration) string {
	switch {
	case d >= 48*time.Hour:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%d hours", d/time.Hour)
	case d >= 2*time.Minute:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	default:
		return fmt.Sprintf("%d seconds", d/time.Second)
	}
}

// authPart says nothing of where the keys come from: anybody may ask. The log does.
func (a *API) authPart() Part {
	switch err := a.auth.Status(); {
	case err == nil:
		return Part{State: Fine}
	case errors.Is(err, auth.ErrNoKey):
		return Part{Unavailable, "there is no key to verify tokens with: the key set cannot be had, see the log"}
	default:
		return Part{Degraded, "the key set cannot be had, see the log: the keys from before count"}
	}
}
