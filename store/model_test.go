package store_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
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

// model is the plainest shop that could be right: it keeps everything in
// memory and counts it anew at each question.
type model struct {
	zone      *time.Location
	customers map[crm.ID]*modelCustomer
}

type modelCustomer struct {
	crm.Profile
	day        crm.Day // of registration
	history    []crm.Entry
	orders     map[string]crm.Order
	complaints map[string]crm.Complaint
}

// figures adds up the customer's orders and complaints.
func (c *modelCustomer) figures() (f crm.Figures) {
	for _, o := range c.orders {
		if !o.Deleted {
			f.AddOrder(o, 1)
		}
	}
	for _, x := range c.complaints {
		if !x.Deleted {
			f.AddComplaint(x, 1)
		}
	}
	return f
}

// list is everything that [store.Store.List] pages through.
func (m *model) list(f store.Filter) []crm.ID {
	var chosen []*modelCustomer
	for _, c := range m.customers {
		if (f.Status == nil || c.Status == *f.Status) && (f.Type == nil || c.Type == *f.Type) &&
			(f.From == nil || c.day >= *f.From) && (f.To == nil || c.day <= *f.To) {
			chosen = append(chosen, c)
		}
	}
	slices.SortFunc(chosen, func(a, b *modelCustomer) int {
		return cmp.Or(b.Since.Compare(a.Since), bytes.Compare(b.ID[:], a.ID[:]))
	})
	ids := make([]crm.ID, len(chosen))
	for i, c := range chosen {
		ids[i] = c.ID
	}
	return ids
}

// dayByCalendar is the day of the date that a calendar on the wall shows.
func dayByCalendar(t time.Time, zone *time.Location) crm.Day {
	day, err := crm.ParseDay(t.In(zone).Format(time.DateOnly))
	if err != nil {
		panic(err)
	}
	return day
}

// analytics is what [store.Store.Analytics] answers.
func (m *model) analytics(now time.Time) crm.Analytics {
	a := crm.Analytics{Top: []crm.Customer{}}
	today := now.In(m.zone)
	for _, c := range m.customers {
		f := c.figures()
		a.All.Add(crm.Totals{
			Customers: 1, Orders: f.TotalOrders, OrderValue: f.OrderValue,
			Complaints: f.TotalComplaints, OpenComplaints: f.OpenComplaints,
		}, 1)
		a.ByStatus[c.Status]++
		a.ByType[c.Type]++
		since := c.Since.In(m.zone)
		if since.Format(time.DateOnly) <= today.Format(time.DateOnly) {
			year, week := since.ISOWeek()
			thisYear, thisWeek := today.ISOWeek()
			a.NewToday += one(since.YearDay() == today.YearDay() && since.Year() == today.Year())
			a.NewThisWeek += one(year == thisYear && week == thisWeek)
			a.NewThisMonth += one(since.Month() == today.Month() && since.Year() == today.Year())
		}
		if f.TotalOrders > 0 {
			a.Top = append(a.Top, c.Customer)
		}
	}
	slices.SortFunc(a.Top, func(a, b crm.Customer) int {
		return cmp.Or(cmp.Compare(b.Figures.OrderValue, a.Figures.OrderValue), strings.Compare(a.ID.String(), b.ID.String()))
	})
	a.Top = a.Top[:min(10, len(a.Top))]
	return a
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// player sends random commands to a store and to the model.
type player struct {
	t      *testing.T
	random *rand.Rand
	store  *store.Store
	model  *model
	now    time.Time
	ids    []crm.ID // of the customers that exist
	made   uint32
}

func TestStoreAgreesWithTheModel(t *testing.T) {
	const commands = 800
	for i, name := range []string{"UTC", "Asia/Kolkata", "America/St_Johns"} {
		seed := uint64(20260125 + i)
		t.Run(fmt.Sprintf("%s, seed %d", name, seed), func(t *testing.T) {
			t.Parallel()
			zone, err := time.LoadLocation(name)
			require.NoError(t, err)
			p := &player{
				t: t, random: rand.New(rand.NewPCG(seed, 0)), now: time.Date(2026, 3, 31, 18, 45, 0, 0, time.UTC),
				store: storetest.Open(t, store.Options{Zone: zone}),
				model: &model{zone: zone, customers: map[crm.ID]*modelCustomer{}},
			}
			for n := range commands {
				p.play()
				if n%100 == 99 {
					p.compareLists(20)
					p.compareAnalytics()
					p.compareRegistrations()
					p.compareCustomers(10)
				}
				if n%400 == 399 {
					storetest.Verify(t, p.store)
				}
				require.False(t, t.Failed(), "after command %d", n)
			}
			require.Greater(t, len(p.ids), 150)
			p.compareLists(200)
			p.compareCustomers(len(p.ids))
		})
	}
}

func (p *player) play() {
	p.now = p.now.Add(time.Duration(p.random.IntN(2000)) * time.Millisecond)
	switch n := p.random.IntN(100); {
	case n < 35 || len(p.ids) < 5:
		p.load()
	case n < 38:
		p.delete()
	case n < 46:
		p.update()
	case n < 54:
		p.setStatus()
	case n < 62:
		p.setType()
	case n < 68:
		p.note()
	case n < 88:
		p.order()
	default:
		p.complaint()
	}
}

func (p *player) change() store.Change { return store.Change{At: p.now, By: admin} }

func (p *player) any() *modelCustomer {
	return p.model.customers[p.ids[p.random.IntN(len(p.ids))]]
}

// since is mostly a moment of the last months, often shared with others, and
// now and then at the edge of a day, in the future, or long ago.
func (p *player) since() time.Time {
	switch p.random.IntN(10) {
	case 0:
		day := dayByCalendar(p.now, p.model.zone) - crm.Day(p.random.IntN(40))
		return day.Start(p.model.zone).Add(time.Duration(p.random.IntN(3)-1) * time.Millisecond)
	case 1:
		return p.now.Add(time.Duration(p.random.IntN(72)) * time.Hour)
	case 2:
		return time.Date(1900+p.random.IntN(60), 5, 1, 3, 30, 0, 0, time.UTC)
	default:
		return p.now.Add(-time.Duration(p.random.IntN(100*24)) * time.Hour).Truncate(time.Hour)
	}
}

func (p *player) load() {
	p.made++
	var id crm.ID
	binary.BigEndian.PutUint32(id[:], p.random.Uint32())
	binary.BigEndian.PutUint32(id[8:], p.made)
	c := crm.Customer{
		ID: id, UserID: fmt.Sprintf("user %d", p.made), Email: fmt.Sprintf("U%d@example.com", p.made), FullName: "Somebody",
		Status: crm.Status(p.random.IntN(crm.NumStatuses)), Type: crm.Type(p.random.IntN(crm.NumTypes)), Since: p.since(),
		Tags: []string{}, Preferences: []byte("{}"), CreatedBy: admin, CreatedAt: p.now, LastModifiedBy: admin, LastModifiedAt: p.now,
	}
	_, err := store.Do(context.Background(), p.store, store.Load{Change: p.change(), Customer: c})
	require.NoError(p.t, err)
	c.Revision = 1
	c.Registrations = []crm.Registration{{At: c.Since, Since: c.Since}}
	p.ids = append(p.ids, id)
	p.model.customers[id] = &modelCustomer{
		Profile: crm.Profile{Customer: c}, day: dayByCalendar(c.Since, p.model.zone), orders: map[string]crm.Order{}, complaints: map[string]crm.Complaint{},
		history: []crm.Entry{{Number: 1, At: p.now, By: admin, Action: crm.Created, Changes: []crm.FieldChange{}}},
	}
}

func (p *player) delete() {
	c := p.any()
	f := c.figures()
	_, err := store.Do(context.Background(), p.store, store.Delete{Change: p.change(), ID: c.ID})
	if f.ActiveOrders() > 0 || f.OpenComplaints > 0 {
		var known *crm.Error
		require.True(p.t, errors.As(err, &known))
		require.Equal(p.t, store.ActiveWork{ActiveOrders: f.ActiveOrders(), OpenComplaints: f.OpenComplaints}, known.Data)
		return
	}
	require.NoError(p.t, err)
	delete(p.model.customers, c.ID)
	p.ids = slices.DeleteFunc(p.ids, func(id crm.ID) bool { return id == c.ID })
}

// remember is a change of the model's customer.
func (p *player) remember(c *modelCustomer, action crm.Action, reason, field, from, to string) {
	c.Revision++
	c.LastModifiedBy, c.LastModifiedAt = admin, p.now
	changes := []crm.FieldChange{}
	if field != "" {
		changes = append(changes, crm.FieldChange{Field: field, To: []byte(`"` + to + `"`)})
		if from != "" {
			changes[0].From = []byte(`"` + from + `"`)
		}
	}
	c.history = append(c.history, crm.Entry{
		Number: uint32(len(c.history) + 1), At: p.now, By: admin, Action: action, Reason: reason, Changes: changes,
	})
}

func (p *player) update() {
	c := p.any()
	name := []string{"Ana", "Bo", "Chandra"}[p.random.IntN(3)]
	_, err := store.Do(context.Background(), p.store, store.Update{Change: p.change(), ID: c.ID, FullName: &name})
	require.NoError(p.t, err)
	if p.now.After(c.Versions.FullName) {
		c.Versions.FullName = p.now
	} else {
		c.Versions.FullName = c.Versions.FullName.Add(time.Millisecond)
	}
	if name != c.FullName {
		p.remember(c, crm.Updated, "", "fullName", c.FullName, name)
		c.FullName = name
	}
}

func (p *player) setStatus() {
	c, status := p.any(), crm.Status(p.random.IntN(crm.NumStatuses))
	_, err := store.Do(context.Background(), p.store, store.SetStatus{Change: p.change(), ID: c.ID, Status: status, Reason: "why"})
	require.NoError(p.t, err)
	last := c.history[len(c.history)-1]
	switch {
	case status != c.Status:
		p.remember(c, crm.StatusChanged, "why", "customerStatus", c.Status.String(), status.String())
		c.Status = status
	case last.Action != crm.StatusChanged: // the reason is new
		p.remember(c, crm.StatusChanged, "why", "", "", "")
	}
}

func (p *player) setType() {
	c, tier := p.any(), crm.Type(p.random.IntN(crm.NumTypes))
	_, err := store.Do(context.Background(), p.store, store.SetType{Change: p.change(), ID: c.ID, Type: tier})
	require.NoError(p.t, err)
	if tier != c.Type {
		p.remember(c, crm.TypeChanged, "", "customerType", c.Type.String(), tier.String())
		c.Type = tier
	}
}

func (p *player) note() {
	c := p.any()
	note, err := store.Do(context.Background(), p.store, store.AddNote{Change: p.change(), ID: c.ID, Content: "A remark of some length"})
	require.NoError(p.t, err)
	c.Notes = append(c.Notes, crm.Note{Number: uint32(len(c.Notes) + 1), Content: "A remark of some length", AddedBy: admin, AddedAt: p.now})
	p.remember(c, crm.NoteAdded, "", "notes", "", note.ID())
}

// wins says whether a report replaces what is known; asOld decides between two
// of the same time.
func wins(known, wasDeleted bool, was time.Time, isDeletion bool, now time.Time, asOld bool) bool {
	return !known || !wasDeleted && (isDeletion || now.After(was) || now.Equal(was) && asOld)
}

// place is how far a status is in a life; one that the life does not know comes
// last.
func place[S ~string](status S, life ...S) int {
	if i := slices.Index(life, status); i >= 0 {
		return i
	}
	return len(life)
}

func earlierOrder(o, old crm.Order) bool {
	of := func(o crm.Order) string {
		return fmt.Sprintf("%d %09d %v", place(o.Status, crm.Placed, crm.Processing, crm.Shipped, crm.Delivered, crm.Cancelled), o.Total, crm.FormatTime(o.PlacedAt))
	}
	return of(o) < of(old)
}

func earlierComplaint(x, old crm.Complaint) bool {
	of := func(x crm.Complaint) string {
		return fmt.Sprintf("%d %s %v", place(x.Status, crm.Open, crm.InProgress, crm.Resolved, crm.Closed), x.Category, crm.FormatTime(x.OpenedAt))
	}
	return of(x) < of(old)
}

func (p *player) reported() (id string, began, version time.Time, deleted bool) {
	return fmt.Sprintf("no %d", p.random.IntN(4)), at(p.random.IntN(20)), at(p.random.IntN(20)), p.random.IntN(8) == 0
}

func (p *player) order() {
	c := p.any()
	var o crm.Order
	o.OrderID, o.PlacedAt, o.Version, o.Deleted = p.reported()
	o.Status = []crm.OrderStatus{crm.Placed, crm.Shipped, crm.Delivered, crm.Delivered, crm.Cancelled, "Lost"}[p.random.IntN(6)]
	o.Total = crm.Amount(p.random.IntN(5) * 100)
	outcome, err := store.Do(context.Background(), p.store, store.PutOrder{Change: p.change(), ID: c.ID, Order: o})
	require.NoError(p.t, err)
	old, known := c.orders[o.OrderID]
	applied := wins(known, old.Deleted, old.Version, o.Deleted, o.Version, earlierOrder(o, old))
	require.Equal(p.t, applied, outcome == store.Applied)
	if applied {
		c.orders[o.OrderID] = o
		p.moved(c)
	}
}

func (p *player) complaint() {
	c := p.any()
	var x crm.Complaint
	x.ComplaintID, x.OpenedAt, x.Version, x.Deleted = p.reported()
	x.Category = []string{"Late", "Broken"}[p.random.IntN(2)]
	x.Status = []crm.ComplaintStatus{crm.Open, crm.InProgress, crm.Resolved, crm.Closed}[p.random.IntN(4)]
	outcome, err := store.Do(context.Background(), p.store, store.PutComplaint{Change: p.change(), ID: c.ID, Complaint: x})
	require.NoError(p.t, err)
	old, known := c.complaints[x.ComplaintID]
	applied := wins(known, old.Deleted, old.Version, x.Deleted, x.Version, earlierComplaint(x, old))
	require.Equal(p.t, applied, outcome == store.Applied)
	if applied {
		c.complaints[x.ComplaintID] = x
		p.moved(c)
	}
}

// moved is a change of the model's figures.
func (p *player) moved(c *modelCustomer) {
	c.Figures = c.figures()
	c.Activity++
	c.LastModifiedBy, c.LastModifiedAt = crm.System, p.now
}

func (p *player) filter() (f store.Filter) {
	if p.random.IntN(2) == 0 {
		f.Status = to(crm.Status(p.random.IntN(crm.NumStatuses)))
	}
	if p.random.IntN(2) == 0 {
		f.Type = to(crm.Type(p.random.IntN(crm.NumTypes)))
	}
	today := dayByCalendar(p.now, p.model.zone)
	if p.random.IntN(2) == 0 {
		f.From = to(today - crm.Day(p.random.IntN(110)))
	}
	if p.random.IntN(2) == 0 {
		f.To = to(today + 5 - crm.Day(p.random.IntN(110)))
	}
	return f
}

func (p *player) compareLists(n int) {
	for range n {
		f, limit := p.filter(), 1+p.random.IntN(30)
		all := p.model.list(f)
		total := int64(len(all))
		for _, offset := range []int64{0, p.random.Int64N(total + 1), max(0, total-int64(limit)), total, total + 1 + p.random.Int64N(50)} {
			want := all[min(offset, total):min(offset+int64(limit), total)]
			page, gotTotal, err := p.store.List(f, offset, limit)
			require.NoError(p.t, err)
			require.Equal(p.t, total, gotTotal, "total of %s", describe(f))
			require.Equal(p.t, want, idsOf(page), "%s, from %d, at most %d", describe(f), offset, limit)
		}
	}
}

func idsOf(page []crm.Customer) []crm.ID {
	ids := make([]crm.ID, len(page))
	for i, c := range page {
		ids[i] = c.ID
	}
	return ids
}

func describe(f store.Filter) string {
	var b strings.Builder
	if f.Status != nil {
		fmt.Fprintf(&b, "status %s ", f.Status)
	}
	if f.Type != nil {
		fmt.Fprintf(&b, "type %s ", f.Type)
	}
	if f.From != nil {
		fmt.Fprintf(&b, "from %s ", f.From)
	}
	if f.To != nil {
		fmt.Fprintf(&b, "to %s ", f.To)
	}
	return b.String()
}

func (p *player) compareAnalytics() {
	for _, now := range []time.Time{p.now, p.now.Add(30 * time.Hour), p.now.AddDate(0, -1, 0)} {
		want := p.model.analytics(now)
		got, err := p.store.Analytics(now)
		require.NoError(p.t, err)
		require.Equal(p.t, idsOf(want.Top), idsOf(got.Top), "the top of %s", now)
		want.Top, got.Top = nil, nil
		require.Equal(p.t, want, got, "analytics of %s", now)
	}
}

// compareRegistrations asks for whole ranges and for single days, some of which
// nobody registered on.
func (p *player) compareRegistrations() {
	today := dayByCalendar(p.now, p.model.zone)
	for range 20 {
		first := today - crm.Day(p.random.IntN(120))
		want := make([]int64, 1+p.random.IntN(130))
		for _, c := range p.model.customers {
			if n := int(c.day - first); n >= 0 && n < len(want) {
				want[n]++
			}
		}
		last := first + crm.Day(len(want)-1)
		got, err := p.store.Registrations(first, last)
		require.NoError(p.t, err)
		require.Equal(p.t, want, got, "registrations from %s to %s", first, last)
	}
}

func (p *player) compareCustomers(n int) {
	for _, i := range p.random.Perm(len(p.ids))[:min(n, len(p.ids))] {
		want := p.model.customers[p.ids[i]]
		got, err := p.store.Profile(want.ID)
		require.NoError(p.t, err)
		assertFigures(p.t, want.figures(), got.Figures)
		got.Figures, got.Opening = want.Figures, want.Opening
		assert.Equal(p.t, want.Profile, got)

		offset, limit := p.random.Int64N(int64(len(want.history)+2)), 1+p.random.IntN(3)
		newest := slices.Clone(want.history)
		slices.Reverse(newest)
		length := int64(len(newest))
		entries, total, err := p.store.History(want.ID, offset, limit)
		require.NoError(p.t, err)
		assert.Equal(p.t, length, total)
		assert.Equal(p.t, append([]crm.Entry(nil), newest[min(offset, length):min(offset+int64(limit), length)]...), entries)
	}
}
