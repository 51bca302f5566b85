package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// market is a store of customers with one order each, and what the order of each is
// worth.
type market struct {
	*Store
	t      *testing.T
	values map[crm.ID]crm.Amount
	made   int
	at     time.Time
}

func newMarket(t *testing.T, dir string) *market {
	t.Helper()
	m := &market{t: t, values: map[crm.ID]crm.Amount{}, at: upgrade}
	m.open(dir)
	t.Cleanup(func() { assert.NoError(t, m.Close()) })
	return m
}

func (m *market) open(dir string) {
	m.t.Helper()
	var err error
	m.Store, err = Open(dir, Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(m.t, err)
}

func (m *market) reopen() {
	m.t.Helper()
	require.NoError(m.t, m.Close())
	m.open(m.dir)
}

// do runs the function in one transaction of the committer.
func (m *market) do(fn func(*tx) error) error {
	_, err := Do(context.Background(), m.Store, step(func(t *tx) (int, error) { return 0, fn(t) }))
	return err
}

// join makes a customer for each of the values, all in one transaction.
func (m *market) join(values ...crm.Amount) (joined []crm.ID) {
	m.t.Helper()
	require.NoError(m.t, m.do(func(t *tx) (err error) { joined, err = m.admit(t, values); return err }))
	for i, id := range joined {
		m.values[id] = values[i]
	}
	return joined
}

func (m *market) admit(t *tx, values []crm.Amount) (admitted []crm.ID, err error) {
	for _, value := range values {
		m.made++
		c := someone(fmt.Sprintf("customer%d@example.com", m.made))
		if _, err := c.apply(t); err != nil {
			return nil, err
		}
		if err := m.put(t, c.ID, value); err != nil {
			return nil, err
		}
		admitted = append(admitted, c.ID)
	}
	return admitted, nil
}

func (m *market) put(t *tx, id crm.ID, value crm.Amount) error {
	m.at = m.at.Add(time.Second)
	_, err := PutOrder{Change: Change{At: m.at}, ID: id, Order: crm.Order{
		OrderID: "order", Status: crm.Delivered, Total: value, PlacedAt: upgrade, Version: m.at,
	}}.apply(t)
	return err
}

// order gives each of the customers another order value.
func (m *market) order(values map[crm.ID]crm.Amount) {
	m.t.Helper()
	require.NoError(m.t, m.do(func(t *tx) error {
		for id, value := range values {
			if err := m.put(t, id, value); err != nil {
				return err
			}
			m.values[id] = value
		}
		return nil
	}))
}

func (m *market) leave(ids ...crm.ID) {
	m.t.Helper()
	require.NoError(m.t, m.do(func(t *tx) error {
		for _, id := range ids {
			if _, err := (Delete{Change: Change{At: m.at, By: "admin@example.com"}, ID: id}).apply(t); err != nil {
				return err
			}
			delete(m.values, id)
		}
		return nil
	}))
}

// ranking is all customers by their order values.
func (m *market) ranking() (ids []crm.ID) {
	for id := range m.values {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b crm.ID) int {
		return cmp.Or(cmp.Compare(m.values[b], m.values[a]), bytes.Compare(a[:], b[:]))
	})
	return ids
}

func (m *market) entries() (n int) {
	m.t.Helper()
	require.NoError(m.t, m.db.View(func(tx *kv.Tx) error {
		for range m.schema.top.Walk(tx, nil) {
			n++
		}
		return nil
	}))
	return n
}

// stored is the bar of the next open, which is to be that of this one.
func (m *market) stored() (text string, set bool) {
	m.t.Helper()
	require.NoError(m.t, m.db.View(func(tx *kv.Tx) (err error) { text, set, err = m.schema.meta.Get(tx, metaBar); return err }))
	return text, set
}

// check wants the right ten customers, few entries, and a sound store.
func (m *market) check(what string) {
	m.t.Helper()
	a, err := m.Analytics(upgrade)
	require.NoError(m.t, err)
	var top []crm.ID
	for _, c := range a.Top {
		top = append(top, c.ID)
		assert.Equal(m.t, m.values[c.ID], c.Figures.OrderValue, what)
	}
	ranking := m.ranking()
	assert.Equal(m.t, ranking[:min(topSize, len(ranking))], top, what)
	assert.LessOrEqual(m.t, m.entries(), topMost, what)
	bar, _ := m.stored()
	assert.Equal(m.t, hex.EncodeToString(m.schema.bar), bar, what)
	findings, err := m.Verify()
	require.NoError(m.t, err)
	assert.Empty(m.t, findings, what)
}

// valuesOf are amounts below the limit, in no order.
func valuesOf(n, limit int) []crm.Amount {
	random := rand.New(rand.NewPCG(uint64(n), uint64(limit)))
	values := make([]crm.Amount, n)
	for i := range values {
		values[i] = crm.Amount(1 + random.IntN(limit))
	}
	return values
}

func TestTopIsTheSameWithABar(t *testing.T) {
	for name, limit := range map[string]int{"all values different": 1 << 30, "many the same": 40, "all the same": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMarket(t, t.TempDir())
			m.join(valuesOf(topMost, limit)...)
			m.check("as many as there may be")
			assert.Equal(t, topMost, m.entries())
			assert.Nil(t, m.schema.bar)

			m.join(valuesOf(2*topMost, limit)...)
			m.check("more of them")
			require.NotNil(t, m.schema.bar)
			assert.Equal(t, topKept, m.entries())

			raised := map[crm.ID]crm.Amount{}
			for _, id := range m.ranking()[topMost:] {
				raised[id] = m.values[id] + crm.Amount(limit)
			}
			m.order(raised)
			m.check("when those below the bar come above it")

			lowered := map[crm.ID]crm.Amount{}
			for _, id := range m.ranking()[:topKept] {
				lowered[id] = 1
			}
			m.order(lowered)
			m.check("when those above the bar fall below it")

			m.reopen()
			m.check("when the store is opened again")
			for left := m.ranking(); len(left) > 2*topKept; left = m.ranking() {
				m.leave(left[:topKept-topSize/2]...)
				m.check("when those above the bar leave")
			}
			m.leave(m.ranking()[:topKept+1]...)
			m.check("when there are few")
			assert.Nil(t, m.schema.bar)
			m.leave(m.ranking()...)
			m.check("when there are none")
		})
	}
}

func TestBarIsLoweredWhenFewerThanAreAskedForAreLeft(t *testing.T) {
	for name, fall := range map[string]func(m *market, ids []crm.ID){
		"customers leave": func(m *market, ids []crm.ID) { m.leave(ids...) },
		"values fall": func(m *market, ids []crm.ID) {
			lowered := map[crm.ID]crm.Amount{}
			for _, id := range ids {
				lowered[id] = 0
			}
			m.order(lowered)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMarket(t, t.TempDir())
			m.join(valuesOf(2*topMost, 1<<20)...)
			bar, ranking := m.schema.bar, m.ranking()
			fall(m, ranking[:topKept-topSize])
			m.check("ten are left")
			assert.Equal(t, topSize, m.entries())
			assert.Equal(t, bar, m.schema.bar)

			fall(m, ranking[topKept-topSize:][:1])
			m.check("nine would be left")
			assert.GreaterOrEqual(t, m.entries(), topKept)
			assert.Greater(t, string(m.schema.bar), string(bar))
		})
	}
}

func TestShopWithFewWhoOrderHasNoBar(t *testing.T) {
	m := newMarket(t, t.TempDir())
	m.join(valuesOf(topSize-1, 1<<20)...)
	_, set := m.stored()
	assert.False(t, set, "customers are not read for each who orders")

	m.join(valuesOf(topMost-m.made, 1<<20)...)
	_, err := Do(context.Background(), m.Store, Repair{})
	require.NoError(t, err)
	m.check("repaired")
	assert.Nil(t, m.schema.bar)
	assert.Equal(t, topMost, m.entries())
}

func TestBarStaysWhenACommandFailsThatHasMovedIt(t *testing.T) {
	m := newMarket(t, t.TempDir())
	m.join(valuesOf(2*topMost, 1<<20)...)
	bar := m.schema.bar
	require.NotNil(t, bar)
	require.ErrorIs(t, m.do(func(t *tx) error { return errors.Join(t.setTop(t.Tx, nil, nil), assert.AnError) }), assert.AnError)
	assert.Equal(t, bar, m.schema.bar)
	m.check("as before")
	m.join(valuesOf(topMost, 1<<20)...)
	m.check("and written")
}

// TestBarIsThatOfTheRedoLog opens the files of a store that was not closed.
func TestBarIsThatOfTheRedoLog(t *testing.T) {
	m := newMarket(t, t.TempDir())
	for range 4 {
		m.join(valuesOf(topKept, 1<<20)...)
	}
	bar := m.schema.bar
	require.NotNil(t, bar)
	killed := filepath.Join(t.TempDir(), "killed")
	require.NoError(t, os.CopyFS(killed, os.DirFS(m.dir)))
	require.NoError(t, m.Close())
	m.open(killed)
	assert.Equal(t, bar, m.schema.bar)
	m.check("after the kill")
}

func TestImportedCustomersAreRankedToo(t *testing.T) {
	m := newMarket(t, t.TempDir())
	values := valuesOf(2*topMost, 1<<20)
	rows := make([]ImportRow, len(values))
	for i, value := range values {
		user := fmt.Sprintf("customer%d@example.com", i)
		rows[i] = ImportRow{
			Customer: crm.Customer{UserID: user, Email: user, FullName: "Somebody"}, NewID: someIDs.New(upgrade), Given: GivenEmail | GivenFullName,
			Orders: []crm.Order{{OrderID: "order", Status: crm.Delivered, Total: value, PlacedAt: upgrade, Version: upgrade}},
		}
		m.values[rows[i].NewID] = value
	}
	results, err := Do(context.Background(), m.Store, Import{Change: Change{At: upgrade, By: crm.Importer}, Rows: rows})
	require.NoError(t, err)
	for _, r := range results {
		require.Equal(t, RowCreated, r.Outcome)
	}
	m.check("imported")
	assert.Equal(t, topKept, m.entries())
}

func TestOrdersBelowTheBarWriteNothingToTop(t *testing.T) {
	m := newMarket(t, t.TempDir())
	m.join(valuesOf(2*topMost, 1<<20)...)
	ranking := m.ranking()
	writes := func(id crm.ID, value crm.Amount) (n int) {
		require.NoError(t, m.do(func(t *tx) error {
			before := t.Writes()
			err := m.put(t, id, value)
			n = t.Writes() - before
			return err
		}))
		return n
	}
	last := ranking[len(ranking)-1]
	few := writes(last, m.values[last]-1)
	assert.Equal(t, few+2, writes(ranking[0], m.values[ranking[0]]+1), "an entry taken out, another put in")
}

func TestTopIsRefilledInOnePass(t *testing.T) {
	m := newMarket(t, t.TempDir())
	ids := m.join(valuesOf(2*topMost, 1<<20)...)
	for _, id := range ids[:3] {
		require.NoError(t, m.do(func(t *tx) error { return spoil(t, id, "") }), "a record that cannot be read")
	}
	var top []crm.ID
	for _, id := range m.ranking() {
		if !slices.Contains(ids[:3], id) {
			top = append(top, id)
		}
	}
	m.leave(top[:topMost]...)
	a, err := m.Analytics(upgrade)
	require.NoError(t, err, "damage elsewhere keeps nobody from leaving")
	require.Len(t, a.Top, topSize)
	for i, c := range a.Top {
		assert.Equal(t, top[topMost+i], c.ID)
	}
}

// ranksIn are the keys of top.
func ranksIn(t *tx) (ranks [][]byte) {
	for key := range t.top.Walk(t.Tx, nil) {
		ranks = append(ranks, bytes.Clone(key))
	}
	return ranks
}

func TestTopIsProvedAndRepaired(t *testing.T) {
	for name, test := range map[string]struct {
		plant func(t *tx) error
		named string
	}{
		"a bar with hardly anybody above it": {func(t *tx) error {
			ranks := ranksIn(t)[:topSize-1]
			return t.setTop(t.Tx, ranks, ranks[topSize-2])
		}, fmt.Sprintf("index top has 9 entries, of %d customers with orders", 2*topMost)},
		"an entry that is missing": {func(t *tx) error {
			return t.top.Refill(t.Tx, ranksIn(t)[1:])
		}, "index top: entry "},
		"an entry below the bar": {func(t *tx) error {
			ranks := ranksIn(t)
			return t.setTop(t.Tx, ranks, ranks[len(ranks)-2])
		}, "is not that of its row in customers"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMarket(t, t.TempDir())
			m.join(valuesOf(2*topMost, 1<<20)...)
			require.NoError(t, m.do(test.plant))
			findings, err := m.Verify()
			require.NoError(t, err)
			assert.Contains(t, fmt.Sprint(findings), test.named)

			_, err = Do(context.Background(), m.Store, Repair{})
			require.NoError(t, err)
			m.check("repaired")
		})
	}
}

// degrade makes the store one of version 2, in which top holds all customers.
func (m *market) degrade() {
	m.t.Helper()
	require.NoError(m.t, m.db.Update(func(tx *kv.Tx) error {
		m.schema.bar = nil
		if err := m.schema.customers.Rebuild(tx, m.schema.top.Name); err != nil {
			return err
		}
		if err := m.schema.meta.Delete(tx, metaBar); err != nil {
			return err
		}
		return m.putVersion(tx, 2)
	}))
}

// TestTopOfVersion2 opens a store in which top holds all customers.
func TestTopOfVersion2(t *testing.T) {
	for _, customers := range []int{topMost, 3 * topMost} {
		t.Run(fmt.Sprint(customers), func(t *testing.T) {
			t.Parallel()
			m := newMarket(t, t.TempDir())
			m.join(valuesOf(customers, 1<<20)...)
			m.degrade()
			assert.Equal(t, customers, m.entries())
			m.reopen()
			m.check("migrated")
			assert.Equal(t, customers > topMost, m.schema.bar != nil)
			facts, err := m.Facts()
			require.NoError(t, err)
			assert.Equal(t, schemaVersion, facts.Schema)
			copies, err := filepath.Glob(filepath.Join(m.dir, "schema-2-*"))
			require.NoError(t, err)
			assert.Len(t, copies, 1)

			m.leave(m.ranking()[:topMost]...)
			m.check("and written")
		})
	}
}

func TestBarThatCannotBeRead(t *testing.T) {
	m := newMarket(t, t.TempDir())
	m.join(valuesOf(2*topMost, 1<<20)...)
	good := hex.EncodeToString(m.schema.bar)
	put := func(text string) {
		require.NoError(t, m.db.Update(func(tx *kv.Tx) error { return m.schema.meta.Put(tx, metaBar, text) }))
	}
	put("not hex")
	require.NoError(t, m.Close())
	_, err := Open(m.dir, Options{Log: slog.New(slog.DiscardHandler)})
	assert.ErrorIs(t, err, ErrDamaged)
	assert.ErrorContains(t, err, "bar in meta")

	s, _, err := openAsItIs(m.dir)
	require.NoError(t, err)
	m.Store = s
	put(good)
	require.NoError(t, s.db.Close())
	m.open(m.dir)
	m.check("with the bar that it had")
}
