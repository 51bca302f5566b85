package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"crms/httpapi/auth"
	"crms/search"
)

// alive answers as long as the process does.
func (a *API) alive(*request) (answer, error) {
	return answer{message: "Alive", body: jsonNull}, nil
}

// condition is how well the service, or a part of it, can do its work.
type condition string

const (
	fine        condition = "ok"
	degraded    condition = "degraded"    // works, but an operator should look
	unavailable condition = "unavailable" // requests cannot be served
)

// part is one line of readiness.
type part struct {
	State  condition `json:"state"`
	Reason string    `json:"reason,omitempty"`
}

// readiness is the data of /readyz.
type readiness struct {
	State condition `json:"state"` // the worst of the parts
	Parts struct {
		Store  part `json:"store"`
		Search part `json:"search"`
		Auth   part `json:"auth"`
		Outbox part `json:"outbox"`
		Parked part `json:"parked"`
		Backup part `json:"backup"`
	} `json:"parts"`
}

// ready says whether requests can be served, and the state of each part. It is
// 503 only when they cannot.
func (a *API) ready(*request) (answer, error) {
	var r readiness
	r.Parts.Store = a.storePart()
	r.Parts.Search = a.searchPart()
	r.Parts.Auth = a.authPart()
	r.Parts.Outbox, r.Parts.Parked = a.backlogParts()
	r.Parts.Backup = a.backupPart()
	r.State = worst(r.Parts.Store, r.Parts.Search, r.Parts.Auth, r.Parts.Outbox, r.Parts.Parked, r.Parts.Backup)
	ans := answer{message: "Ready", body: jsonValue(r)}
	if r.State == unavailable {
		ans.status, ans.message = http.StatusServiceUnavailable, "Not ready"
	}
	return ans, nil
}

func worst(parts ...part) condition {
	state := fine
	for _, p := range parts {
		if p.State == unavailable || state == fine {
			state = p.State
		}
	}
	return state
}

func (a *API) storePart() part {
	if _, err := a.store.CountContacts(); err != nil {
		a.log.Error("store does not answer", "error", err)
		return part{unavailable, "the store cannot be read"}
	}
	return part{State: fine}
}

// searchPart never makes the service unavailable: everything but search works
// without the index.
func (a *API) searchPart() part {
	s := a.index.Status()
	if s.State == search.OK {
		return part{State: fine}
	}
	reason := fmt.Sprintf("index %s: %s", s.State, s.Reason)
	if s.Total > 0 {
		reason += fmt.Sprintf(", %d of %d customers written", s.Done, s.Total)
	}
	if !s.Answering {
		reason += ", searches wait for it"
	}
	return part{degraded, reason}
}

// A backlog that is older or larger than this is for an operator to look at.
const (
	slowOutbox    = 5 * time.Minute
	crowdedParked = 1000 // events of users that never registered
)

// backlogParts look into the two waiting rooms. A backlog keeps nobody from
// being served.
func (a *API) backlogParts() (outbox, parked part) {
	b, err := a.store.Backlog()
	if err != nil {
		a.log.Error("the waiting rooms cannot be read", "error", err)
		broken := part{degraded, "cannot be read"}
		return broken, broken
	}
	outbox, parked = part{State: fine}, part{State: fine}
	age := a.now().Sub(b.OldestPending)
	switch {
	case b.Dead > 0:
		outbox = part{degraded, fmt.Sprintf("%d changes that ATHS did not take, see crms outbox list; %d pending", b.Dead, b.Pending)}
	case b.Pending > 0 && age > slowOutbox:
		outbox = part{degraded, fmt.Sprintf("%d changes pending, the oldest for %s", b.Pending, age.Round(time.Second))}
	}
	if b.UnknownUsers >= crowdedParked {
		parked = part{degraded, fmt.Sprintf("%d events wait for users that are not registered, see crms parked list", b.UnknownUsers)}
	}
	return outbox, parked
}

// backupPart says how old the last good backup is. It is late when a second one
// is due.
func (a *API) backupPart() part {
	if a.backups == nil {
		return part{State: fine, Reason: "no scheduled backups"}
	}
	last, failed := a.backups.Last()
	age := a.now().Sub(last).Round(time.Second)
	switch {
	case failed != nil && last.IsZero():
		return part{degraded, "there is no good backup: the last attempt failed, see the log"}
	case failed != nil:
		return part{degraded, fmt.Sprintf("the last attempt failed, see the log; the last good backup is %s old", age)}
	case last.IsZero():
		return part{State: fine, Reason: "the first backup is being made"}
	case age > 2*a.backups.Interval():
		return part{degraded, fmt.Sprintf("the last good backup is %s old", age)}
	default:
		return part{State: fine, Reason: fmt.Sprintf("the last good backup is %s old", age)}
	}
}

func (a *API) authPart() part {
	switch err := a.auth.Status(); {
	case err == nil:
		return part{State: fine}
	case errors.Is(err, auth.ErrNoKey):
		return part{unavailable, err.Error()}
	default:
		return part{degraded, err.Error()}
	}
}
