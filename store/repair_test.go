package store

import (
	"context"
	"testing"

	"crms/store/crm"
	"crms/store/internal/kv"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rewrite saves the customer's record past everything that follows from it.
func rewrite(t *tx, id crm.ID, change func(*record)) error {
	r, err := t.customer(id)
	if err != nil {
		return err
	}
	change(&r)
	return t.customers.Put(t.Tx, id, r)
}

func TestRepairMendsWhatCanBeDerived(t *testing.T) {
	tests := []struct {
		wrong   string
		plant   func(t *tx, id crm.ID) error
		figures int // customers whose figures were wrong
	}{
		{"nothing", func(*tx, crm.ID) error { return nil }, 0},
		{"an order that is not counted", func(t *tx, id crm.ID) error {
			return t.orders.Put(t.Tx, ledgerKey{id, "o2"}, crm.Order{OrderID: "o2", Status: crm.Placed, Total: 7})
		}, 1},
		{"an order that is gone but counted", func(t *tx, id crm.ID) error { return t.orders.Delete(t.Tx, ledgerKey{id, "o"}) }, 1},
		{"a complaint that is gone but counted", func(t *tx, id crm.ID) error { return t.complaints.Delete(t.Tx, ledgerKey{id, "c"}) }, 1},
		{"figures out of thin air", func(t *tx, id crm.ID) error {
			return rewrite(t, id, func(r *record) { r.Figures.OrderValue = 1_000_000 })
		}, 1},
		{"indexes and sums of another status and type", func(t *tx, id crm.ID) error {
			return rewrite(t, id, func(r *record) { r.Status, r.Type = crm.Suspended, crm.VIP })
		}, 0},
		{"indexes of another email and user", func(t *tx, id crm.ID) error {
			return rewrite(t, id, func(r *record) { r.Email, r.UserID = "b@example.com", "another" })
		}, 0},
		{"a sum of what is parked", func(t *tx, _ crm.ID) error {
			waiting := ParkedEvent{Event: crm.Event{UserID: "u", Source: "source", ID: "id"}}
			return t.parked.Put(t.Tx, waiting.key(), waiting)
		}, 0},
		{"a sum of what is queued", func(t *tx, _ crm.ID) error {
			seq, err := t.NextSequence(t.outbox.Name)
			if err != nil {
				return err
			}
			return t.outbox.Put(t.Tx, seq, OutboxEntry{Seq: seq, UserID: "u"})
		}, 0},
	}
	for _, test := range tests {
		t.Run(test.wrong, func(t *testing.T) {
			p := newPlot(t)
			p.do(t, func(t *tx) error { return test.plant(t, p.id) })
			findings, err := p.Verify()
			require.NoError(t, err)
			require.Equal(t, test.wrong != "nothing", len(findings) > 0)

			mended, err := Do(context.Background(), p.Store, Repair{})
			require.NoError(t, err)
			assert.Equal(t, Repaired{Figures: test.figures}, mended)
			findings, err = p.Verify()
			require.NoError(t, err)
			assert.Empty(t, findings)
		})
	}
	t.Run("and lists, totals and searches for the next changes go by it", func(t *testing.T) {
		p := newPlot(t)
		p.do(t, func(t *tx) error {
			return rewrite(t, p.id, func(r *record) { r.Status = crm.Suspended })
		})
		_, err := Do(context.Background(), p.Store, Repair{})
		require.NoError(t, err)
		suspended := crm.Suspended
		_, total, err := p.List(Filter{Status: &suspended}, 0, 10)
		require.NoError(t, err)
		assert.EqualValues(t, 1, total)
	})
}

func TestRepairLeavesDamageAlone(t *testing.T) {
	for what, plant := range map[string]func(t *tx, id crm.ID) error{
		"a record": func(t *tx, id crm.ID) error {
			later := kv.Table[crm.ID, string]{Name: t.customers.Name, Key: t.customers.Key, Row: textCodec}
			return later.Put(t.Tx, id, "\x09from the future")
		},
		"an order": func(t *tx, id crm.ID) error {
			later := kv.Table[ledgerKey, string]{Name: t.orders.Name, Bucket: t.orders.Bucket, Key: t.orders.Key, Row: textCodec}
			return later.Put(t.Tx, ledgerKey{id, "o"}, "\x09from the future")
		},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPlot(t)
			p.do(t, func(t *tx) error { return plant(t, p.id) })
			before, err := p.Verify()
			require.NoError(t, err)
			require.NotEmpty(t, before)

			_, err = Do(context.Background(), p.Store, Repair{})
			require.ErrorIs(t, err, ErrDamaged)
			assert.NotContains(t, err.Error(), "\n")
			after, err := p.Verify()
			require.NoError(t, err)
			assert.Equal(t, before, after, "nothing has been changed")
		})
	}
}
