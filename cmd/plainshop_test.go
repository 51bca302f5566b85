package cmd

import (
	"maps"
	"slices"
	"time"
)

// plainShop is the plainest shop that could be right. It is written from the
// README and from EVENTS.md, and shares no code with the store.
type plainShop struct {
	users  map[string]*plainUser
	outbox []plainTelling
}

// plainTelling is what ATHS is to be told: "status Suspended", or "delete".
type plainTelling struct{ user, what string }

// plainUser is what is known under a userId.
type plainUser struct {
	profile   *plainProfile
	deletedAt time.Time             // when the last life ended; zero when none has
	waiting   map[string]plainEvent // parked, by id
}

type plainProfile struct {
	email, name, number string
	status, tier        string
	since               time.Time
	said                map[string]time.Time  // when the latest of each contact field was said
	registrations       map[time.Time]bool    // by the time of their reports
	notes, history      []string              // contents; actions
	things              map[string]plainEvent // the latest report of each order and complaint
	leaving             time.Time             // when ATHS deleted the user; zero when it did not
}

// plainEvent is a report. An order or a complaint is a thing; the thing's status,
// value and category are its state.
type plainEvent struct {
	id, kind, user      string // kinds are those of the API
	at, began           time.Time
	email, name, number string // empty for what is not said
	thing, status       string
	category            string // of a complaint
	cents               int64  // of an order
	gone                bool   // the thing is deleted
}

func (e plainEvent) isOrder() bool { return e.category == "" }

// isOpen reports whether something remains to be done.
func (e plainEvent) isOpen() bool {
	done := []string{"Delivered", "Cancelled"}
	if !e.isOrder() {
		done = []string{"Resolved", "Closed"}
	}
	return !e.gone && !slices.Contains(done, e.status)
}

func (s *plainShop) user(id string) *plainUser {
	if s.users[id] == nil {
		s.users[id] = &plainUser{waiting: map[string]plainEvent{}}
	}
	return s.users[id]
}

// floor is the last deletion of the user; what began no later is over.
func (u *plainUser) floor() time.Time {
	if u.isLeaving() {
		return u.profile.leaving
	}
	return u.deletedAt
}

func (u *plainUser) isLeaving() bool { return u.profile != nil && !u.profile.leaving.IsZero() }

// deliver does what an event says and reports what became of it.
func (s *plainShop) deliver(e plainEvent) (outcome string) {
	u := s.user(e.user)
	isOver := !u.floor().IsZero() && !e.began.After(u.floor())
	switch {
	case u.isLeaving() && e.thing != "" && e.began.After(u.deletedAt) && (isOver || e.gone):
		outcome = u.profile.put(e)
		if outcome == "applied" && u.profile.open() == 0 {
			u.depart(u.profile.leaving)
		}
		return outcome
	case isOver:
		return "stale"
	case e.kind == "aths.user.deleted":
		s.deleteUser(u, e.at)
		return "applied"
	case e.kind == "aths.user.registered":
		if u.isLeaving() {
			u.depart(u.profile.leaving)
		}
		if u.profile != nil {
			return u.profile.say(e)
		}
		s.begin(e.user, &plainProfile{email: e.email, name: e.name, number: e.number, since: e.at}, e.at)
		if e.number == "" {
			delete(u.profile.said, "number")
		}
		s.deliverWaiting(u)
		return "applied"
	case u.profile == nil && u.deletedAt.IsZero():
		u.waiting[e.id] = e
		return "parked"
	case u.profile == nil || u.isLeaving():
		u.waiting[e.id] = e // for another registration
		return "stale"
	case e.thing != "":
		return u.profile.put(e)
	default:
		return u.profile.say(e)
	}
}

func (s *plainShop) deliverWaiting(u *plainUser) {
	waiting := u.waiting
	u.waiting = map[string]plainEvent{}
	for _, e := range waiting {
		s.deliver(e)
	}
}

// begin is the beginning of a life. ATHS is not told any more of the end of the
// one before.
func (s *plainShop) begin(user string, p *plainProfile, at time.Time) {
	u := s.user(user)
	p.status, p.history = "Active", []string{"created"}
	p.said = map[string]time.Time{"email": at, "name": at, "number": at}
	p.registrations, p.things = map[time.Time]bool{at: true}, map[string]plainEvent{}
	if p.tier == "" {
		p.tier = "Regular"
	}
	if !u.deletedAt.IsZero() {
		s.outbox = slices.DeleteFunc(s.outbox, func(o plainTelling) bool { return o.user == user })
	}
	u.profile = p
}

// deleteUser is a deletion in ATHS that is newer than all that is known.
func (s *plainShop) deleteUser(u *plainUser, at time.Time) {
	switch {
	case u.profile == nil:
		u.deletedAt = at
	case u.profile.open() == 0:
		u.depart(at)
		return
	default:
		u.profile.leaving, u.profile.status = at, "Inactive"
		u.profile.history = append(u.profile.history, "statusChanged")
	}
	s.deliverWaiting(u)
}

// depart ends a life. What was said of things to come is kept.
func (u *plainUser) depart(at time.Time) {
	for name, e := range u.profile.things {
		if e.gone && e.at.After(at) {
			u.waiting["kept "+name] = e
		}
	}
	u.profile, u.deletedAt = nil, at
}

// say takes over what is newer than what is known.
func (p *plainProfile) say(e plainEvent) (outcome string) {
	outcome, changed := "stale", false
	for _, f := range []struct {
		name, value string
		known       *string
	}{{"email", e.email, &p.email}, {"name", e.name, &p.name}, {"number", e.number, &p.number}} {
		if f.value == "" || !e.at.After(p.said[f.name]) {
			continue
		}
		changed = changed || *f.known != f.value
		*f.known, p.said[f.name], outcome = f.value, e.at, "applied"
	}
	if e.kind == "aths.user.registered" && !p.registrations[e.at] {
		p.registrations[e.at], outcome = true, "applied"
		if e.at.Before(p.since) {
			p.since, changed = e.at, true
		}
	}
	if changed {
		p.history = append(p.history, "updated")
	}
	return outcome
}

// put takes over the state of an order or a complaint.
func (p *plainProfile) put(e plainEvent) (outcome string) {
	old, known := p.things[e.thing]
	if known && (old.gone || !e.gone && !e.at.After(old.at)) {
		return "stale"
	}
	p.things[e.thing] = e
	return "applied"
}

// open counts what remains to be done.
func (p *plainProfile) open() (n int) {
	for _, e := range p.things {
		if e.isOpen() {
			n++
		}
	}
	return n
}

// plainFigures are those of a customer, or of several.
type plainFigures struct {
	Orders, Complaints, OpenComplaints int
	Cents                              int64
}

func (f *plainFigures) add(p *plainProfile) {
	for _, e := range p.things {
		switch {
		case e.gone:
		case e.isOrder():
			f.Orders++
			if e.status != "Cancelled" {
				f.Cents += e.cents
			}
		default:
			f.Complaints++
			if e.isOpen() {
				f.OpenComplaints++
			}
		}
	}
}

func (p *plainProfile) figures() (f plainFigures) { f.add(p); return f }

// registered are the users with a profile that the filter lets through, newest
// first.
func (s *plainShop) registered(choose func(*plainProfile) bool) []string {
	ids := []string{}
	for id, u := range s.users {
		if u.profile != nil && choose(u.profile) {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int { return s.users[b].profile.since.Compare(s.users[a].profile.since) })
	return ids
}

// waiting counts the parked events by user.
func (s *plainShop) waiting() map[string]int {
	counts := map[string]int{}
	for id, u := range s.users {
		if len(u.waiting) > 0 {
			counts[id] = len(u.waiting)
		}
	}
	return counts
}

// userIDs are all that were ever spoken of, in order.
func (s *plainShop) userIDs() []string { return slices.Sorted(maps.Keys(s.users)) }
