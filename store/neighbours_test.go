package store

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// neighbour is a customer whose rows lie right beside those of others: its id is the
// first or the last of all, one more than another's, or ends as the tags of rows do.
type neighbour struct {
	id   crm.ID
	rows int // notes, orders and complaints, so many each
}

var neighbours = []neighbour{
	{crm.ID{11: 1}, 1},
	{crm.ID{11: 2}, 0},
	{crm.ID{11: 3}, 10_000},
	{crm.ID{11: 4}, 1},
	{crm.ID{0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 2},
	{crm.ID(append(bytes.Repeat([]byte{0xff}, 11), 0xfe)), 3},
	{crm.ID(bytes.Repeat([]byte{0xff}, 12)), 3},
}

func (n neighbour) load(at time.Time) Load {
	l := Load{Change: Change{At: at, By: "test"}, Customer: crm.Customer{
		ID: n.id, UserID: n.id.String(), Email: n.id.String() + "@example.com", FullName: "Anna", Preferences: []byte("{}"), Since: at, CreatedAt: at,
	}}
	for i := range n.rows {
		id := fmt.Sprint("\xff", i) // as texts go, among the last
		l.Notes = append(l.Notes, crm.Note{Content: "note", AddedBy: "test", AddedAt: at})
		l.Orders = append(l.Orders, crm.Order{OrderID: id, Status: crm.Delivered, Total: 100, PlacedAt: at, Version: at})
		l.Complaints = append(l.Complaints, crm.Complaint{ComplaintID: id, Status: crm.Closed, OpenedAt: at, Version: at})
	}
	return l
}

// told is what the store tells of each customer, by id.
func (p *plot) told(t *testing.T) map[crm.ID]ExportRow {
	t.Helper()
	told := map[crm.ID]ExportRow{}
	_, err := p.Export(func(row *ExportRow) error { told[row.ID] = *row; return nil })
	require.NoError(t, err)
	return told
}

func TestNeighboursKeepTheirRowsApart(t *testing.T) {
	p := newPlot(t)
	own := p.told(t)
	for _, n := range neighbours {
		_, err := Do(context.Background(), p.Store, n.load(upgrade))
		require.NoError(t, err)
	}
	told := p.told(t)
	for _, n := range neighbours {
		row := told[n.id]
		assert.Len(t, row.Notes, n.rows)
		assert.Len(t, row.Orders, n.rows)
		assert.Len(t, row.Complaints, n.rows)
		entries, total, err := p.History(n.id, 0, 100)
		require.NoError(t, err)
		assert.EqualValues(t, 1, total)
		assert.Len(t, entries, 1)
	}

	t.Run("a walk from one to the next misses nobody", func(t *testing.T) {
		var walked []crm.ID
		var after crm.ID
		for {
			contacts, err := p.ContactsAfter(after, 1)
			require.NoError(t, err)
			if len(contacts) == 0 {
				break
			}
			after = contacts[0].ID
			walked = append(walked, after)
		}
		require.Len(t, walked, len(told))
		assert.True(t, slices.IsSortedFunc(walked, func(a, b crm.ID) int { return bytes.Compare(a[:], b[:]) }))
	})
	t.Run("a deletion takes the rows of one and no others", func(t *testing.T) {
		for _, n := range neighbours {
			_, err := Do(context.Background(), p.Store, Delete{Change: Change{At: upgrade}, ID: n.id})
			require.NoError(t, err)
			delete(told, n.id)
			require.Equal(t, told, p.told(t))
			require.NoError(t, p.db.View(func(tx *kv.Tx) error {
				for key := range tx.Rows(customersBucket) {
					require.False(t, bytes.HasPrefix(key, n.id[:]))
				}
				return nil
			}))
			findings, err := p.Verify()
			require.NoError(t, err)
			require.Empty(t, findings)
		}
		assert.Equal(t, own, told)
	})
}
