package store

import (
	"fmt"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// Filter chooses customers. What is nil chooses all.
type Filter struct {
	Status   *crm.Status
	Type     *crm.Type
	From, To *crm.Day // of registration in the store's zone, both inclusive
}

// cells says for each place of a vector of days whether it is chosen.
func (f Filter) cells() (chosen [crm.NumStatuses * crm.NumTypes]bool) {
	for s := range crm.NumStatuses {
		for t := range crm.NumTypes {
			chosen[s*crm.NumTypes+t] = (f.Status == nil || int(*f.Status) == s) && (f.Type == nil || int(*f.Type) == t)
		}
	}
	return chosen
}

// dayBounds are the keys of days between which the chosen days lie.
func (f Filter) dayBounds() (first, end []byte) {
	if f.From != nil {
		first = kv.AppendInt64(nil, int64(*f.From))
	}
	if f.To != nil {
		end = kv.AppendInt64(nil, int64(*f.To)+1)
	}
	return first, end
}

// List returns the chosen customers, newest registration first and the greater
// id first among equals, without the first offset of them and at most limit,
// and how many there are.
//
// It finds the day on which the page begins by adding up the counts of days,
// and goes through the entries of that day only, so that the price grows with
// the days in range and with the page, not with the customers.
func (s *Store) List(f Filter, offset int64, limit int) (page []crm.Customer, total int64, err error) {
	err = s.view("customers", func(tx *kv.Tx) error {
		p := pager{store: s, tx: tx, chosen: f.cells(), skip: offset, limit: limit}
		if err := p.run(f); err != nil {
			return err
		}
		page, total = p.page, p.total
		return nil
	})
	return page, total, err
}

// pager collects one page while it walks the days downwards.
type pager struct {
	store  *Store
	tx     *kv.Tx
	chosen [crm.NumStatuses * crm.NumTypes]bool
	skip   int64 // customers still to pass over
	limit  int
	page   []crm.Customer
	total  int64
}

func (p *pager) run(f Filter) error {
	// Without dates the total follows from nine counters, and the walk ends
	// with the page; with dates the walk adds it up.
	allDays := f.From == nil && f.To == nil
	if allDays {
		if err := p.countAll(); err != nil {
			return err
		}
	}
	first, end := f.dayBounds()
	for c := range p.store.schema.days.Back(p.tx, first, end) {
		if c.Err != nil {
			return c.Err
		}
		n := p.count(c.Terms)
		if !allDays {
			p.total += n
		}
		switch {
		case n == 0 || len(p.page) == p.limit:
		case p.skip >= n:
			p.skip -= n
		default:
			if err := p.collect(dayOfKey(c.Key)); err != nil {
				return err
			}
		}
		if allDays && len(p.page) == p.limit {
			break
		}
	}
	return nil
}

func (p *pager) countAll() error {
	for c := range p.store.schema.totals.Back(p.tx, nil, nil) {
		if c.Err != nil {
			return c.Err
		}
		chosen, err := p.isChosen(c.Key)
		if err != nil {
			return err
		}
		if chosen {
			p.total += c.Terms[0]
		}
	}
	return nil
}

func (p *pager) count(terms []int64) (n int64) {
	for i, m := range terms {
		if p.chosen[i] {
			n += m
		}
	}
	return n
}

// isChosen takes the two bytes of status and type.
func (p *pager) isChosen(kind []byte) (bool, error) {
	status, tier, err := parseKind(kind)
	return err == nil && p.chosen[cellOf(status, tier)], err
}

// parseKind reads the status and type of an entry of since or totals. These
// have no checksum, and the values become places in tables.
func parseKind(kind []byte) (crm.Status, crm.Type, error) {
	if len(kind) != 2 || int(kind[0]) >= crm.NumStatuses || int(kind[1]) >= crm.NumTypes {
		return 0, 0, fmt.Errorf("status and type %x: %w", kind, ErrDamaged)
	}
	return crm.Status(kind[0]), crm.Type(kind[1]), nil
}

// collect goes through the customers of one day, newest first.
func (p *pager) collect(day crm.Day) error {
	s := p.store
	first := kv.AppendInt64(nil, day.Start(s.zone).UnixMilli())
	end := kv.AppendInt64(nil, (day + 1).Start(s.zone).UnixMilli())
	for key, kind := range s.schema.since.Back(p.tx, first, end) {
		chosen, err := p.isChosen(kind)
		if err != nil {
			return err
		}
		if !chosen {
			continue
		}
		if p.skip > 0 {
			p.skip--
			continue
		}
		id, err := s.schema.since.Owner(key, kind)
		if err != nil {
			return err
		}
		r, found, err := s.schema.customers.Get(p.tx, id)
		if err != nil {
			return err
		}
		if !found {
			return missingRow(id)
		}
		if p.page = append(p.page, r.Customer); len(p.page) == p.limit {
			return nil
		}
	}
	return nil
}

func dayOfKey(key []byte) crm.Day { return crm.Day(kv.ReadKey(key).Int64()) }

// Analytics adds up the whole shop; now decides what is today, this week and
// this month in the store's zone.
func (s *Store) Analytics(now time.Time) (a crm.Analytics, err error) {
	err = s.view("analytics", func(tx *kv.Tx) error {
		if a, err = s.totals(tx); err != nil {
			return err
		}
		if err := s.countNew(tx, &a, crm.DayOf(now, s.zone)); err != nil {
			return err
		}
		a.Top, err = s.topCustomers(tx)
		return err
	})
	return a, err
}

// topSize is how many customers analytics list by order value.
const topSize = 10

func (s *Store) totals(tx *kv.Tx) (a crm.Analytics, err error) {
	for c := range s.schema.totals.Back(tx, nil, nil) {
		if c.Err != nil {
			return a, c.Err
		}
		status, tier, err := parseKind(c.Key)
		if err != nil {
			return a, err
		}
		t := crm.Totals{
			Customers: c.Terms[0], Orders: c.Terms[1], OrderValue: crm.Amount(c.Terms[2]),
			Complaints: c.Terms[3], OpenComplaints: c.Terms[4],
		}
		a.All.Add(t, 1)
		a.ByStatus[status] += t.Customers
		a.ByType[tier] += t.Customers
	}
	return a, nil
}

// countNew counts the registrations since the week or the month began,
// whichever is earlier. Those dated after today are not new yet.
func (s *Store) countNew(tx *kv.Tx, a *crm.Analytics, today crm.Day) error {
	first := kv.AppendInt64(nil, int64(min(today.Week(), today.Month())))
	end := kv.AppendInt64(nil, int64(today)+1)
	for c := range s.schema.days.Back(tx, first, end) {
		if c.Err != nil {
			return c.Err
		}
		var n int64
		for _, m := range c.Terms {
			n += m
		}
		day := dayOfKey(c.Key)
		if day == today {
			a.NewToday += n
		}
		if day >= today.Week() {
			a.NewThisWeek += n
		}
		if day >= today.Month() {
			a.NewThisMonth += n
		}
	}
	return nil
}

func (s *Store) topCustomers(tx *kv.Tx) ([]crm.Customer, error) {
	top := make([]crm.Customer, 0, topSize)
	for key, value := range s.schema.top.Walk(tx, nil) {
		id, err := s.schema.top.Owner(key, value)
		if err != nil {
			return nil, err
		}
		r, found, err := s.schema.customers.Get(tx, id)
		if err != nil {
			return nil, err
		}
		if !found {
			return nil, missingRow(id)
		}
		if top = append(top, r.Customer); len(top) == topSize {
			break
		}
	}
	return top, nil
}
