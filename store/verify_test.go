package store

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plot is a store with one customer who has two notes, an order and a
// complaint, for somebody to do something wicked to.
type plot struct {
	*Store
	id crm.ID
}

func newPlot(t *testing.T) *plot {
	t.Helper()
	s, err := Open(t.TempDir(), Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	c := someone("anna@example.com")
	p := &plot{s, c.ID}
	commands := []func(*tx) error{
		func(t *tx) error { _, err := c.apply(t); return err },
		func(t *tx) error {
			_, err := AddNote{Change: c.Change, ID: c.ID, Content: "first note"}.apply(t)
			return err
		},
		func(t *tx) error {
			_, err := AddNote{Change: c.Change, ID: c.ID, Content: "second note"}.apply(t)
			return err
		},
		func(t *tx) error {
			_, err := PutOrder{Change: c.Change, ID: c.ID, Order: crm.Order{OrderID: "o", Status: crm.Placed, Total: 500, PlacedAt: c.At, Version: c.At}}.apply(t)
			return err
		},
		func(t *tx) error {
			_, err := PutComplaint{Change: c.Change, ID: c.ID, Complaint: crm.Complaint{ComplaintID: "c", Status: crm.Open, OpenedAt: c.At, Version: c.At}}.apply(t)
			return err
		},
	}
	for _, command := range commands {
		p.do(t, command)
	}
	return p
}

func (p *plot) do(t *testing.T, fn func(*tx) error) {
	t.Helper()
	_, err := Do(context.Background(), p.Store, step(func(t *tx) (int, error) { return 0, fn(t) }))
	require.NoError(t, err)
}

// rawRows takes any key and row in the place of those of customers.
var rawRows = kv.Table[string, string]{Name: "raw", Bucket: customersBucket, Key: textCodec, Row: textCodec}

// spoil puts rows of a format that nobody knows under keys that begin with the id.
func spoil(t *tx, id crm.ID, rests ...string) error {
	for _, rest := range rests {
		if err := rawRows.Put(t.Tx, string(id[:])+rest, "\x09from the future"); err != nil {
			return err
		}
	}
	return nil
}

func TestVerifyNamesWhatIsWrong(t *testing.T) {
	stranger := crm.ID{9, 9, 9}
	tests := []struct {
		wrong string
		plant func(t *tx, id crm.ID) error
		named []string
	}{
		{
			"an order without its figures",
			func(t *tx, id crm.ID) error {
				return t.orders.Put(t.Tx, ledgerKey{id, "o2"}, crm.Order{OrderID: "o2", Status: crm.Placed, Total: 7})
			},
			[]string{"customer ID: figures are {TotalOrders:1 OrderValue:5.00"},
		},
		{
			"figures without their order",
			func(t *tx, id crm.ID) error { return t.orders.Delete(t.Tx, ledgerKey{id, "o"}) },
			[]string{"the ledger adds up to {TotalOrders:0 OrderValue:0.00"},
		},
		{
			"a complaint without its figures",
			func(t *tx, id crm.ID) error { return t.complaints.Delete(t.Tx, ledgerKey{id, "c"}) },
			[]string{"customer ID: figures are"},
		},
		{
			"a note that is gone",
			func(t *tx, id crm.ID) error { return t.notes.Delete(t.Tx, numberedKey{id, 1}) },
			[]string{"customer ID: notes: number 2 follows 0"},
		},
		{
			"the last note that is gone",
			func(t *tx, id crm.ID) error { return t.notes.Delete(t.Tx, numberedKey{id, 2}) },
			[]string{"customer ID: notes: the record says 2, the last is 1"},
		},
		{
			"a history entry that is gone",
			func(t *tx, id crm.ID) error { return t.history.Delete(t.Tx, numberedKey{id, 2}) },
			[]string{"customer ID: history: number 3 follows 1"},
		},
		{
			"rows of somebody who does not exist",
			func(t *tx, _ crm.ID) error {
				return t.notes.Put(t.Tx, numberedKey{stranger, 1}, crm.Note{Number: 1, Content: "whose?"})
			},
			[]string{"notes: row 0909090000000000000000000100000001 belongs to customer 090909000000000000000000, who does not exist"},
		},
		{
			"rows that are damaged and belong to nobody",
			func(t *tx, _ crm.ID) error { return spoil(t, stranger, "\x01\x00\x00\x00\x01", "\x03o", "\x04c") },
			[]string{
				"notes: row 0909090000000000000000000100000001 belongs to customer 090909000000000000000000, who does not exist",
				"notes 0909090000000000000000000100000001 is damaged",
				"orders: row 090909000000000000000000036f belongs to customer 090909000000000000000000, who does not exist",
				"orders 090909000000000000000000036f is damaged",
				"complaints: row 0909090000000000000000000463 belongs to customer 090909000000000000000000, who does not exist",
				"complaints 0909090000000000000000000463 is damaged",
			},
		},
		{
			"each row of one customer",
			func(t *tx, id crm.ID) error {
				return spoil(t, id, "", "\x01\x00\x00\x00\x01", "\x01\x00\x00\x00\x02", "\x02\x00\x00\x00\x01", "\x03o", "\x04c")
			},
			[]string{
				"customers ID is damaged: unknown row format 9",
				"notes ID0100000001 is damaged", "notes ID0100000002 is damaged", "history ID0200000001 is damaged",
				"orders ID036f is damaged", "complaints ID0463 is damaged",
			},
		},
		{
			"keys that end too early, or too late",
			func(t *tx, id crm.ID) error { return spoil(t, id, "\x01", "\x02\x00\x00\x00\x01\x00", "\x03", "\x04") },
			[]string{
				"notes ID01 is damaged: malformed key", "history ID020000000100 is damaged: malformed key",
				"orders ID03 is damaged: ledger key of 13 bytes", "complaints ID04 is damaged: ledger key of 13 bytes",
			},
		},
		{
			"a key that is too short for any customer",
			func(t *tx, _ crm.ID) error { return rawRows.Put(t.Tx, "\x09\x09", "\x09") },
			[]string{"customers 0909 is damaged: malformed key"},
		},
		{
			"a row that is neither a note nor anything else that is known",
			func(t *tx, id crm.ID) error { return spoil(t, id, "\x09") },
			[]string{"customers: row ID09 is of an unknown kind"},
		},
		{
			"a customer beside its own tombstone",
			func(t *tx, id crm.ID) error { return t.tombstones.Put(t.Tx, "anna@example.com", tombstone{ID: id}) },
			[]string{"customer ID exists beside its tombstone"},
		},
		{
			"a log with a gap",
			func(t *tx, id crm.ID) error {
				for range 2 {
					if err := t.appendChange(id); err != nil {
						return err
					}
				}
				return t.log.Delete(t.Tx, 2)
			},
			[]string{"log: row 3 follows row 1"},
		},
		{
			"a log that ends too early",
			func(t *tx, id crm.ID) error { _, err := t.NextSequence(t.log.Name); return err },
			[]string{"log: ends with row 1, but 2 were given out"},
		},
		{
			"a record that was written past its indexes and sums",
			func(t *tx, id crm.ID) error {
				r, err := t.customer(id)
				if err != nil {
					return err
				}
				r.Status = crm.Suspended
				return t.customers.Put(t.Tx, id, r)
			},
			[]string{"index since: entry", "sum days:", "sum totals:"},
		},
		{
			"a row of a format that nobody knows",
			func(t *tx, id crm.ID) error {
				later := kv.Table[numberedKey, string]{Name: t.notes.Name, Bucket: t.notes.Bucket, Key: t.notes.Key, Row: textCodec}
				return later.Put(t.Tx, numberedKey{id, 2}, "\x09from the future")
			},
			[]string{"is damaged: unknown row format 9"},
		},
	}
	for _, test := range tests {
		t.Run(test.wrong, func(t *testing.T) {
			p := newPlot(t)
			findings, err := p.Verify()
			require.NoError(t, err)
			require.Empty(t, findings, "before")
			p.do(t, func(t *tx) error { return test.plant(t, p.id) })

			findings, err = p.Verify()
			require.NoError(t, err)
			var lines []string
			for _, f := range findings {
				assert.NotContains(t, string(f), "\n")
				lines = append(lines, string(f))
			}
			for _, named := range test.named {
				assert.Contains(t, strings.Join(lines, "\n"), strings.ReplaceAll(named, "ID", p.id.String()))
			}
		})
	}
}

// A damaged row is named once, and is no reason to say that something else is wrong.
func TestVerifyNamesADamagedRowOnce(t *testing.T) {
	for _, rest := range []string{"\x01\x00\x00\x00\x01", "\x02\x00\x00\x00\x02", "\x03o", "\x04c"} {
		p := newPlot(t)
		p.do(t, func(t *tx) error { return spoil(t, p.id, rest) })
		findings, err := p.Verify()
		require.NoError(t, err)
		assert.Len(t, findings, 1)
	}
}

func TestVerifyRunsBesideWritersAndReaders(t *testing.T) {
	p := newPlot(t)
	done := make(chan struct{})
	defer func() { <-done }()
	go func() {
		defer close(done)
		for n := range 50 {
			status := []crm.Status{crm.Active, crm.Inactive}[n%2]
			_, err := Do(context.Background(), p.Store, SetStatus{Change: Change{At: time.Unix(int64(n), 0)}, ID: p.id, Status: status})
			assert.NoError(t, err)
			_, err = p.Profile(p.id)
			assert.NoError(t, err)
			_, _, err = p.List(Filter{Status: &status}, 0, 1)
			assert.NoError(t, err)
		}
	}()
	for {
		findings, err := p.Verify()
		require.NoError(t, err)
		require.Empty(t, findings)
		select {
		case <-done:
			return
		default:
		}
	}
}
