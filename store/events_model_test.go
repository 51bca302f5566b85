package store_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"
	"crms/store/storetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// seeds is how many histories are played; each failure names its own.
const seeds = 30

// The model says what becomes of a user as a function of the set of events
// about it: neither their order nor how often they come is an argument.

// modelUser is what events make of one user; nil is a user without a profile.
type modelUser struct {
	email, fullName, contactNumber string
	since                          time.Time
	figures                        crm.Figures
}

// userOf folds the events of one user.
func userOf(events []crm.Event) *modelUser {
	var deleted time.Time
	for _, e := range events {
		if e.Type == crm.UserDeleted && e.Time.After(deleted) {
			deleted = e.Time
		}
	}
	var living []crm.Event
	for _, e := range events {
		if deleted.IsZero() || e.Began().After(deleted) {
			living = append(living, e)
		}
	}
	u := profileOf(living)
	if u != nil {
		u.figures = figuresOf(living)
	}
	return u
}

func profileOf(living []crm.Event) *modelUser {
	u, registered := modelUser{}, false
	for _, e := range inOrderOfTime(living) {
		if e.Type == crm.UserRegistered {
			since := e.User.RegisteredAt
			if since.IsZero() {
				since = e.Time
			}
			if !registered || since.Before(u.since) {
				u.since = since
			}
			registered = true
		}
		for field, said := range map[*string]*string{
			&u.email: e.User.Email, &u.fullName: e.User.FullName, &u.contactNumber: e.User.ContactNumber,
		} {
			if said != nil {
				*field = *said
			}
		}
	}
	if !registered {
		return nil
	}
	return &u
}

func figuresOf(living []crm.Event) (f crm.Figures) {
	orders, complaints := map[string]crm.Order{}, map[string]crm.Complaint{}
	for _, e := range inOrderOfTime(living) {
		switch {
		case e.Type < crm.OrderPlaced:
		case e.Type <= crm.OrderDeleted:
			if !orders[e.Order.OrderID].Deleted {
				orders[e.Order.OrderID] = e.Order
			}
		case !complaints[e.Complaint.ComplaintID].Deleted:
			complaints[e.Complaint.ComplaintID] = e.Complaint
		}
	}
	for _, o := range orders {
		if !o.Deleted {
			f.AddOrder(o, 1)
		}
	}
	for _, c := range complaints {
		if !c.Deleted {
			f.AddComplaint(c, 1)
		}
	}
	return f
}

func inOrderOfTime(events []crm.Event) []crm.Event {
	return slices.SortedFunc(slices.Values(events), func(a, b crm.Event) int { return a.Time.Compare(b.Time) })
}

// biographer invents what happens to a user. No two events of a user have the
// same time, and whatever is said of an order says the same of when it was placed.
type biographer struct {
	random *rand.Rand
	user   string
	now    time.Time
	events []crm.Event
	things []crm.Event // the first event of each order and complaint

	registered, deleted time.Time // last
}

func biography(random *rand.Rand, user string) []crm.Event {
	b := &biographer{random: random, user: user, now: at(random.IntN(100))}
	for range 1 + random.IntN(16) {
		b.live()
	}
	if b.deleted.After(b.registered) {
		b.finishEverything()
	}
	return b.events
}

func (b *biographer) live() {
	switch n := b.random.IntN(20); {
	case n < 4:
		b.register()
	case n < 7:
		b.update()
	case n < 9:
		b.tell(crm.Event{Type: crm.UserDeleted})
		b.deleted = b.now
	case n < 13:
		b.begin()
	case len(b.things) > 0:
		b.report(b.things[b.random.IntN(len(b.things))], n == 19, false)
	}
}

// tell adds an event, some time after the one before.
func (b *biographer) tell(e crm.Event) {
	e.Source, e.ID, e.UserID, e.Time = "test", fmt.Sprintf("%s/%d", b.user, len(b.events)), b.user, b.tick()
	e.Order.Version, e.Complaint.Version = e.Time, e.Time
	b.events = append(b.events, e)
}

func (b *biographer) tick() time.Time {
	b.now = b.now.Add(time.Duration(1+b.random.IntN(3)) * time.Minute)
	return b.now
}

// email is shared by some users: ATHS decides who has which.
func (b *biographer) email() *string { return to(fmt.Sprintf("%d@example.com", b.random.IntN(40))) }
func (b *biographer) name() *string  { return to(fmt.Sprintf("Name %d", b.random.IntN(40))) }

func (b *biographer) number() *string {
	return []*string{nil, to("+91 98450 00017"), to("(02) 5550-0199")}[b.random.IntN(3)]
}

func (b *biographer) register() {
	e := crm.Event{Type: crm.UserRegistered, User: crm.UserReport{Email: b.email(), FullName: b.name(), ContactNumber: b.number()}}
	if b.random.IntN(2) == 0 {
		e.User.RegisteredAt = b.now.Add(-time.Duration(b.random.IntN(60)) * time.Hour)
	}
	b.tell(e)
	b.registered = b.now
}

func (b *biographer) update() {
	e := crm.Event{Type: crm.UserUpdated}
	said := 1 + b.random.IntN(7)
	if said&1 != 0 {
		e.User.Email = b.email()
	}
	if said&2 != 0 {
		e.User.FullName = b.name()
	}
	if said&4 != 0 {
		if e.User.ContactNumber = b.number(); e.User.ContactNumber == nil {
			e.User.ContactNumber = to("") // cleared
		}
	}
	b.tell(e)
}

// begin places an order or opens a complaint.
func (b *biographer) begin() {
	began, id := b.tick(), fmt.Sprintf("no %d", len(b.things))
	e := crm.Event{Type: crm.OrderPlaced, Order: crm.Order{OrderID: id, PlacedAt: began}}
	if b.random.IntN(2) == 0 {
		e = crm.Event{Type: crm.ComplaintOpened, Complaint: crm.Complaint{ComplaintID: id, OpenedAt: began}}
	}
	b.things = append(b.things, e)
	b.report(e, false, false)
}

// report tells the state of an order or a complaint, the last of which is one
// in which nothing remains to be done.
func (b *biographer) report(thing crm.Event, isDeletion, isLast bool) {
	switch {
	case thing.Type == crm.OrderPlaced && isDeletion:
		b.tell(crm.Event{Type: crm.OrderDeleted, Order: crm.Order{OrderID: thing.Order.OrderID, Deleted: true}})
	case thing.Type == crm.OrderPlaced:
		statuses := []crm.OrderStatus{crm.Delivered, crm.Cancelled, crm.Placed, crm.Processing, crm.Shipped, "Lost"}
		if isLast {
			statuses = statuses[:2]
		}
		e := crm.Event{Type: crm.OrderUpdated, Order: thing.Order}
		e.Order.Status, e.Order.Total = statuses[b.random.IntN(len(statuses))], crm.Amount(b.random.IntN(5)*100)
		b.tell(e)
	case isDeletion:
		b.tell(crm.Event{Type: crm.ComplaintDeleted, Complaint: crm.Complaint{ComplaintID: thing.Complaint.ComplaintID, Deleted: true}})
	default:
		statuses := []crm.ComplaintStatus{crm.Resolved, crm.Closed, crm.Open, crm.InProgress, "Escalated"}
		if isLast {
			statuses = statuses[:2]
		}
		e := crm.Event{Type: crm.ComplaintUpdated, Complaint: thing.Complaint}
		e.Complaint.Status, e.Complaint.Category = statuses[b.random.IntN(len(statuses))], []string{"Late", "Broken"}[b.random.IntN(2)]
		b.tell(e)
	}
}

// finishEverything closes what a deleted user has left: the profile stays, as it
// should, for as long as something is open.
func (b *biographer) finishEverything() {
	for _, thing := range b.things {
		b.report(thing, b.random.IntN(3) == 0, true)
	}
}

// delivery is a history of many users, as it may reach the store.
type delivery struct {
	users   map[string][]crm.Event // in the order in which things happened
	batches [][]crm.Event
}

// newDelivery is the same for the same seed.
func newDelivery(seed uint64, users int) delivery {
	random := rand.New(rand.NewPCG(seed, 0))
	d := delivery{users: map[string][]crm.Event{}}
	var queues [][]crm.Event
	left := 0
	for n := range users {
		user := fmt.Sprintf("user-%d", n)
		d.users[user] = biography(random, user)
		queues = append(queues, arrivals(random, d.users[user]))
		left += len(queues[n])
	}
	most := []int{1, 8, 40}[random.IntN(3)]
	for left > 0 {
		var batch []crm.Event
		for size := min(left, 1+random.IntN(most)); len(batch) < size; {
			if n := random.IntN(users); len(queues[n]) > 0 {
				batch, queues[n] = append(batch, queues[n][0]), queues[n][1:]
			}
		}
		d.batches = append(d.batches, batch)
		left -= len(batch)
	}
	return d
}

// arrivals are the events of a user with some of them repeated, under the same
// id or another, in one of three orders: nearly the right one, any, the reverse.
func arrivals(random *rand.Rand, events []crm.Event) []crm.Event {
	type arrival struct {
		crm.Event
		at int
	}
	order, sent := random.IntN(3), []arrival{}
	for i, e := range events {
		for n := range 1 + random.IntN(2) {
			if n > 0 && random.IntN(2) == 0 {
				e.ID += " again"
			}
			sent = append(sent, arrival{e, []int{i + random.IntN(3), random.Int(), -i}[order]})
		}
	}
	slices.SortStableFunc(sent, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	events = make([]crm.Event, len(sent))
	for i, a := range sent {
		events[i] = a.Event
	}
	return events
}

// send delivers a batch. Whoever registers gets an id of its own at each attempt.
func send(s *store.Store, ids *crm.IDs, batch []crm.Event) (store.Ingested, error) {
	events := slices.Clone(batch)
	for i := range events {
		events[i].NewID = ids.New(events[i].Time)
	}
	return store.Do(context.Background(), s, store.Ingest{At: crm.Millis(time.Now()), Events: events})
}

// compare holds the store to the model.
func (d delivery) compare(t *testing.T, s *store.Store) {
	t.Helper()
	var want crm.Analytics
	var values []crm.Amount
	for user, events := range d.users {
		expected := userOf(events)
		c, err := s.CustomerByUser(user)
		if expected == nil {
			assert.Equal(t, crm.ErrCustomerNotFound(), err, d.story(user))
			continue
		}
		if !assert.NoError(t, err, d.story(user)) {
			continue
		}
		assert.Equal(t, *expected, modelUser{c.Email, c.FullName, c.ContactNumber, c.Since, withoutEmptyCounts(c.Figures)}, d.story(user))
		assert.False(t, c.IsLeaving(), d.story(user))
		f := expected.figures
		want.ByStatus[c.Status]++
		want.ByType[c.Type]++
		want.All.Add(crm.Totals{
			Customers: 1, Orders: f.TotalOrders, OrderValue: f.OrderValue, Complaints: f.TotalComplaints, OpenComplaints: f.OpenComplaints,
		}, 1)
		if f.TotalOrders > 0 {
			values = append(values, f.OrderValue)
		}
	}
	slices.SortFunc(values, func(a, b crm.Amount) int { return cmp.Compare(b, a) })
	got, err := s.Analytics(at(0).AddDate(10, 0, 0))
	require.NoError(t, err)
	top := got.Top
	got.Top = nil
	assert.Equal(t, want, got)
	if assert.Len(t, top, min(10, len(values))) {
		for i, c := range top {
			assert.Equal(t, values[i], c.Figures.OrderValue)
		}
	}
	d.comparePlaces(t, s)
}

// comparePlaces holds nothing back for those who are registered.
func (d delivery) comparePlaces(t *testing.T, s *store.Store) {
	t.Helper()
	parked, total, err := s.ParkedEvents(1 << 20)
	require.NoError(t, err)
	assert.Len(t, parked, int(total))
	for _, p := range parked {
		assert.Nil(t, userOf(d.users[p.UserID]), "%s of %s waits for nothing", p.ID, p.UserID)
	}
}

func withoutEmptyCounts(f crm.Figures) crm.Figures {
	if len(f.OrdersByStatus) == 0 {
		f.OrdersByStatus = nil
	}
	if len(f.ComplaintsByCategory) == 0 {
		f.ComplaintsByCategory = nil
	}
	return f
}

// story tells the events of a user in the order in which they were sent.
func (d delivery) story(user string) string {
	var b strings.Builder
	for i, batch := range d.batches {
		for _, e := range batch {
			if e.UserID != user {
				continue
			}
			fmt.Fprintf(&b, "batch %d: %s %s %s", i, e.ID, e.Time.Format(time.TimeOnly), e.Type)
			switch {
			case e.Type <= crm.UserDeleted:
				fmt.Fprintf(&b, " since %s", e.User.RegisteredAt.Format(time.DateTime))
			case e.Type <= crm.OrderDeleted:
				fmt.Fprintf(&b, " order %q %s %s, placed %s", e.Order.OrderID, e.Order.Status, e.Order.Total, e.Order.PlacedAt.Format(time.TimeOnly))
			default:
				fmt.Fprintf(&b, " complaint %q %s, opened %s", e.Complaint.ComplaintID, e.Complaint.Status, e.Complaint.OpenedAt.Format(time.TimeOnly))
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestEventsInAnyOrderComeOutTheSame(t *testing.T) {
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			d := newDelivery(seed, 30)
			s := &shop{t: t, dir: t.TempDir(), ids: crm.NewIDs()}
			s.open()
			defer func() { assert.NoError(t, s.Close()) }()
			random := rand.New(rand.NewPCG(seed, 1))
			for _, batch := range d.batches {
				n, err := send(s.Store, s.ids, batch)
				require.NoError(t, err)
				require.Equal(t, n.Received, n.Applied+n.Duplicate+n.Stale+n.Parked)
				if random.IntN(60) == 0 {
					require.NoError(t, s.Close())
					s.open()
				}
			}
			storetest.Verify(t, s.Store)
			d.compare(t, s.Store)
		})
	}
}
