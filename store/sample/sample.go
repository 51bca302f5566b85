// Package sample invents customers for trying the service out and for tests.
// Nobody in it exists: emails are at the domains of RFC 2606, telephone numbers
// come from ranges that no subscriber has.
package sample

import (
	"encoding/binary"
	"iter"
	"math/rand/v2"
	"time"

	"crms/store/crm"
)

// Customer is one invented customer with its ledger. Its figures, and the
// revision of its record, are left to the store.
type Customer struct {
	crm.Customer
	Notes      []crm.Note      // oldest first, numbered from 1
	Orders     []crm.Order     // oldest first
	Complaints []crm.Complaint // in the order of the orders that they are about
}

// registeredWithin is the time before now in which customers have registered.
const registeredWithin = 2 * 365 * 24 * time.Hour

// Customers yields n invented customers registered in the two years before now,
// oldest first and more of them lately. The same seed, n and now give the same
// customers.
//
// One of them is the John Doe of the contract's examples, who has registered on
// 2026-01-01 and takes his place by that date. He is left out where now is
// before 2026-02-01, since his life would lie in the future.
func Customers(n int, seed uint64, now time.Time) iter.Seq[Customer] {
	now = crm.Millis(now)
	return func(yield func(Customer) bool) {
		if n <= 0 {
			return
		}
		john, waiting := johnDoe(), !now.Before(johnDoeFrom)
		if waiting {
			n--
		}
		all := newInventor(seed, now)
		for i := range n {
			c := all.customer(i, n)
			if waiting && john.Since.Before(c.Since) {
				waiting = false
				if !yield(john) {
					return
				}
			}
			if !yield(c) {
				return
			}
		}
		if waiting {
			yield(john)
		}
	}
}

// inventor makes up customers. What customers must not share it remembers.
type inventor struct {
	seed     uint64
	now      time.Time
	cultures []culture
	process  [5]byte         // of the ids
	counter  uint32          // of the next id
	emails   map[string]bool // taken
}

func newInventor(seed uint64, now time.Time) *inventor {
	v := &inventor{
		seed: seed, now: now, cultures: cultures(),
		emails: map[string]bool{johnDoeEmail: true},
	}
	r := rand.New(rand.NewPCG(seed, 0))
	binary.BigEndian.PutUint32(v.process[:4], r.Uint32())
	v.process[4] = byte(r.Uint32())
	// In its lower half, so that the three bytes do not run over and break the
	// order of ids within a second.
	v.counter = r.Uint32N(1 << 23)
	return v
}

// customer invents number i of n, in the order of registration. Each customer
// has random numbers of its own, so that no change to one disturbs the others.
func (v *inventor) customer(i, n int) Customer {
	r := rand.New(rand.NewPCG(v.seed, uint64(i)+1))
	since := v.registration(r, i, n)
	home := pick(r, v.cultures)

	var c Customer
	c.UserID, c.ID = v.id(since).String(), v.id(since)
	c.FullName, c.Email = v.person(r, home)
	c.ContactNumber = phone(r, home)
	c.Status, c.Type = status(r), tier(r)
	c.Since, c.CreatedAt = since, since
	c.CreatedBy = crm.AuthService
	if r.IntN(10) == 0 {
		c.CreatedBy = pick(r, admins)
	}
	c.Versions = crm.ContactVersions{Email: since, FullName: since, ContactNumber: since}
	c.Tags = tags(r, c.Type)
	c.Preferences = preferences(r, home.language)

	life := v.activity(r, c.Status, since)
	c.Notes = notes(r, c.Customer, life)
	c.Orders = orders(r, i+1, c.Type, life)
	c.Complaints = complaints(r, i+1, c.Orders, life)
	c.LastModifiedBy, c.LastModifiedAt = lastChange(c)
	return c
}

// registration is when customer i of n has registered: ever more often, so
// that a tenth of all come in the last week.
func (v *inventor) registration(r *rand.Rand, i, n int) time.Time {
	ago := (float64(n-i) - r.Float64()) / float64(n) // from 1 down to 0
	return crm.Millis(v.now.Add(-time.Duration(ago * ago * float64(registeredWithin))))
}

// id is the next id, in the layout of [crm.ID].
func (v *inventor) id(at time.Time) crm.ID {
	var id crm.ID
	binary.BigEndian.PutUint32(id[:4], uint32(at.Unix()))
	copy(id[4:9], v.process[:])
	id[9], id[10], id[11] = byte(v.counter>>16), byte(v.counter>>8), byte(v.counter)
	v.counter++
	return id
}

// lastChange is who has changed the customer last, and when.
func lastChange(c Customer) (crm.Actor, time.Time) {
	by, at := c.CreatedBy, c.CreatedAt
	later := func(actor crm.Actor, t time.Time) {
		if t.After(at) {
			by, at = actor, t
		}
	}
	for _, n := range c.Notes {
		later(n.AddedBy, n.AddedAt)
	}
	for _, o := range c.Orders {
		later(crm.System, o.Version)
	}
	for _, o := range c.Complaints {
		later(crm.System, o.Version)
	}
	return by, at
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

// chance is true in the given number of cases out of 100.
func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

// within is a random span from 0 up to the given one.
func within(r *rand.Rand, span time.Duration) time.Duration {
	if span <= 0 {
		return 0
	}
	return time.Duration(r.Int64N(int64(span))).Truncate(time.Millisecond)
}
