package store

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// trade is a market at random: what comes to pass in it is part of a transaction,
// and known to the market when that is committed.
type trade struct {
	*market
	random *rand.Rand
	after  map[crm.ID]crm.Amount // order values as the transaction leaves them
}

// TestTopInAnyHistory plays random commands, several in a transaction, of which some
// fail when all is written.
func TestTopInAnyHistory(t *testing.T) {
	t.Parallel()
	zones := []*time.Location{time.UTC, time.FixedZone("somewhere", 5*60*60)}
	m := &trade{market: newMarket(t, t.TempDir()), random: rand.New(rand.NewPCG(20260125, 0))}
	m.join(valuesOf(topMost, 1<<20)...)
	bars := map[string]bool{}
	for n := range 20 {
		m.transact()
		if m.random.IntN(4) == 0 {
			m.reopenIn(zones[n%2])
		}
		m.check(fmt.Sprint("after transaction ", n))
		require.False(t, t.Failed())
		bars[string(m.schema.bar)] = true
	}
	assert.Greater(t, len(bars), 2, "the bar has moved")
}

func (m *trade) transact() {
	m.t.Helper()
	plays := []func(*tx) error{m.newcomers, m.imported, m.orders, m.orders, m.deletions, m.departures, m.departures, m.repair}
	fails := m.random.IntN(5) == 0
	err := m.do(func(t *tx) error {
		m.after = maps.Clone(m.values)
		for range 1 + m.random.IntN(3) {
			if err := plays[m.random.IntN(len(plays))](t); err != nil {
				return err
			}
		}
		if fails {
			return assert.AnError
		}
		return nil
	})
	if fails {
		require.ErrorIs(m.t, err, assert.AnError)
		return
	}
	require.NoError(m.t, err)
	m.values = m.after
}

// value is one that others have too, now and then nothing.
func (m *trade) value() crm.Amount { return crm.Amount(m.random.IntN(2 * topMost)) }

func (m *trade) some() []crm.Amount {
	values := make([]crm.Amount, m.random.IntN(topMost))
	for i := range values {
		values[i] = m.value()
	}
	return values
}

// ranked are customers with orders: the first ones, those behind them, or any.
func (m *trade) ranked() []crm.ID {
	all := (&market{values: m.after}).ranking()
	from := []int{0, 0, topKept, m.random.IntN(len(all) + 1)}[m.random.IntN(4)]
	from = min(from, len(all))
	return all[from:][:min(m.random.IntN(topMost), len(all)-from)]
}

func (m *trade) newcomers(t *tx) error {
	values := m.some()
	ids, err := m.admit(t, values)
	for i, id := range ids {
		m.after[id] = values[i]
	}
	return err
}

// imported makes customers with opening balances, and gives some an order besides.
func (m *trade) imported(t *tx) error {
	var rows []ImportRow
	for _, value := range m.some() {
		m.made++
		user := fmt.Sprintf("customer%d@example.com", m.made)
		row := ImportRow{NewID: someIDs.New(upgrade), Given: GivenEmail | GivenFullName | GivenTotalOrders | GivenOrderValue, Customer: crm.Customer{
			UserID: user, Email: user, FullName: "Somebody", Opening: crm.Figures{TotalOrders: 1, OrderValue: value},
		}}
		rows, m.after[row.NewID] = append(rows, row), value
	}
	_, err := Import{Change: Change{At: upgrade, By: crm.Importer}, Rows: rows}.apply(t)
	for _, row := range rows[:len(rows)/2] {
		if err == nil {
			err = m.put(t, row.NewID, 1)
			m.after[row.NewID]++
		}
	}
	return err
}

// report tells of another state of the order of each, unless it was deleted, which
// is final. What a customer has besides is the opening balance.
func (m *trade) report(t *tx, ids []crm.ID, deleted bool) error {
	for _, id := range ids {
		r, err := t.customer(id)
		if err != nil {
			return err
		}
		m.at = m.at.Add(time.Second)
		order := crm.Order{OrderID: "order", Status: crm.Delivered, Total: m.value(), PlacedAt: upgrade, Version: m.at, Deleted: deleted}
		outcome, err := PutOrder{Change: Change{At: m.at}, ID: id, Order: order}.apply(t)
		switch {
		case err != nil:
			return err
		case outcome == Stale:
		case !deleted:
			m.after[id] = r.Opening.OrderValue + order.Total
		case r.Opening.TotalOrders > 0:
			m.after[id] = r.Opening.OrderValue
		default:
			delete(m.after, id)
		}
	}
	return nil
}

func (m *trade) orders(t *tx) error { return m.report(t, m.ranked(), false) }

func (m *trade) deletions(t *tx) error { return m.report(t, m.ranked(), true) }

func (m *trade) departures(t *tx) error {
	for _, id := range m.ranked() {
		if _, err := (Delete{Change: Change{At: m.at, By: "admin@example.com"}, ID: id}).apply(t); err != nil {
			return err
		}
		delete(m.after, id)
	}
	return nil
}

func (m *trade) repair(t *tx) error {
	_, err := Repair{}.apply(t)
	return err
}

func (m *trade) reopenIn(zone *time.Location) {
	m.t.Helper()
	require.NoError(m.t, m.Close())
	var err error
	m.Store, err = Open(m.dir, Options{Log: m.log, Zone: zone})
	require.NoError(m.t, err)
}
