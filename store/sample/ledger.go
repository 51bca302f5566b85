package sample

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"crms/store/crm"
)

const day = 24 * time.Hour

// span is the part of a customer's life in which it buys; now is when the
// sample is looked at.
type span struct{ since, until, now time.Time }

// moment is a random time in the span.
func (s span) moment(r *rand.Rand) time.Time { return s.since.Add(within(r, s.until.Sub(s.since))) }

// activity is the whole time since registration for active customers. The
// others have stopped a while ago.
func (v *inventor) activity(r *rand.Rand, status crm.Status, since time.Time) span {
	s := span{since, v.now, v.now}
	lived := s.now.Sub(since)
	switch status {
	case crm.Inactive:
		s.until = crm.Millis(since.Add(lived/4 + within(r, lived/4)))
	case crm.Suspended:
		s.until = crm.Millis(since.Add(lived/2 + within(r, lived/2)))
	}
	return s
}

// orders are the customer's orders, oldest first. Higher tiers buy more; a
// quarter of the regular customers has not bought anything yet.
func orders(r *rand.Rand, serial int, t crm.Type, life span) []crm.Order {
	var n, items int
	switch t {
	case crm.VIP:
		n, items = 25+r.IntN(30), 6
	case crm.Premium:
		n, items = 8+r.IntN(16), 4
	default:
		n, items = 1+r.IntN(6)+r.IntN(6), 3
		if chance(r, 25) {
			n = 0
		}
	}
	// Nobody buys more than every third day.
	n = min(n, 1+int(life.until.Sub(life.since)/(3*day)))

	placed := make([]time.Time, n)
	for i := range placed {
		placed[i] = life.moment(r)
	}
	slices.SortFunc(placed, time.Time.Compare)
	var all []crm.Order
	for i, at := range placed {
		status, version := state(r, orderStages, at, life.now)
		all = append(all, crm.Order{
			OrderID: fmt.Sprintf("ORD-%06d-%02d", serial, i+1), Status: status,
			Total: total(r, 1+r.IntN(items)), PlacedAt: at, Version: version,
		})
	}
	return all
}

// stage is where things of some age stand: how many of 100 are in each state.
type stage[S any] struct {
	before time.Duration // for things younger than this
	shares []share[S]
}

// share is a state, the percentage of things in it, and how long after the
// beginning they have come into it at the latest.
type share[S any] struct {
	state   S
	percent int
	after   time.Duration
}

// state draws the state of a thing that began at the given time, and when it
// came into it.
func state[S any](r *rand.Rand, stages []stage[S], began, now time.Time) (S, time.Time) {
	age := now.Sub(began)
	i := slices.IndexFunc(stages, func(s stage[S]) bool { return age < s.before })
	if i < 0 {
		i = len(stages) - 1
	}
	shares := stages[i].shares
	n := r.IntN(100)
	for n >= shares[0].percent && len(shares) > 1 {
		n -= shares[0].percent
		shares = shares[1:]
	}
	return shares[0].state, began.Add(within(r, min(age, shares[0].after)))
}

var orderStages = []stage[crm.OrderStatus]{
	{1 * day, []share[crm.OrderStatus]{{crm.Placed, 80, 0}, {crm.Processing, 15, day}, {crm.Cancelled, 5, day}}},
	{3 * day, []share[crm.OrderStatus]{{crm.Placed, 10, 0}, {crm.Processing, 60, day}, {crm.Shipped, 25, 3 * day}, {crm.Cancelled, 5, day}}},
	{10 * day, []share[crm.OrderStatus]{{crm.Shipped, 65, 3 * day}, {crm.Delivered, 30, 10 * day}, {crm.Cancelled, 5, 2 * day}}},
	{21 * day, []share[crm.OrderStatus]{{crm.Shipped, 8, 5 * day}, {crm.Delivered, 86, 14 * day}, {crm.Cancelled, 6, 2 * day}}},
	{registeredWithin, []share[crm.OrderStatus]{{crm.Delivered, 93, 21 * day}, {crm.Cancelled, 7, 7 * day}}},
}

var prices = []crm.Amount{
	399, 499, 850, 1250, 1990, 2499, 2995, 3900, 4900, 7990, 12900, 19900, 24950, 39900, 49900, 89900, 129900,
}

// total is the price of so many items.
func total(r *rand.Rand, items int) crm.Amount {
	var sum crm.Amount
	for range items {
		sum += pick(r, prices) * crm.Amount(1+r.IntN(2))
	}
	return sum
}

var categories = []string{
	"Product Quality", "Delivery Issue", "Product Quality", "Delivery Issue", "Wrong Item", "Billing", "Refund", "Customer Service",
}

// complaints are about some of the orders, within three weeks after them.
func complaints(r *rand.Rand, serial int, orders []crm.Order, life span) []crm.Complaint {
	var all []crm.Complaint
	for _, o := range orders {
		opened := o.PlacedAt.Add(within(r, 21*day))
		if !chance(r, 7) || opened.After(life.until) {
			continue
		}
		status, version := state(r, complaintStages, opened, life.now)
		all = append(all, crm.Complaint{
			ComplaintID: fmt.Sprintf("CMP-%06d-%02d", serial, len(all)+1), Category: pick(r, categories),
			Status: status, OpenedAt: opened, Version: version,
		})
	}
	return all
}

var complaintStages = []stage[crm.ComplaintStatus]{
	{4 * day, []share[crm.ComplaintStatus]{{crm.Open, 70, 0}, {crm.InProgress, 30, 2 * day}}},
	{14 * day, []share[crm.ComplaintStatus]{{crm.Open, 10, 0}, {crm.InProgress, 40, 4 * day}, {crm.Resolved, 50, 12 * day}}},
	{60 * day, []share[crm.ComplaintStatus]{{crm.InProgress, 15, 6 * day}, {crm.Resolved, 55, 21 * day}, {crm.Closed, 30, 50 * day}}},
	{registeredWithin, []share[crm.ComplaintStatus]{{crm.Resolved, 60, 21 * day}, {crm.Closed, 40, 60 * day}}},
}
