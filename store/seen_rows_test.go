package store

import (
	"fmt"
	"testing"

	"crms/store/crm"
	"crms/store/internal/kv"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRowsOfSeenEventsAreDeletedTogether sends events until the window is full, and
// some more.
func TestRowsOfSeenEventsAreDeletedTogether(t *testing.T) {
	p := newPlot(t)
	const each = forgetTogether / 4
	sent := 0
	see := func() {
		p.do(t, func(t *tx) error {
			for range each {
				sent++
				t.markSeen(crm.Event{Source: "source", ID: fmt.Sprint(sent)})
			}
			return t.meta.Put(t.Tx, "what is written", "so that there is a commit")
		})
	}
	rows := func() (n int) {
		require.NoError(t, p.db.View(func(tx *kv.Tx) error {
			for item := range p.schema.seen.Walk(tx, nil) {
				assert.NoError(t, item.Err)
				assert.Len(t, item.Row, each)
				n++
			}
			return nil
		}))
		return n
	}
	for sent < seenEvents {
		see()
	}
	const full = seenEvents / each
	assert.Equal(t, full, rows())
	for range 3 {
		for n := 1; n < forgetTogether/each; n++ {
			see()
			assert.Equal(t, full+n, rows())
		}
		see()
		assert.Equal(t, full, rows(), "those outside of the window are gone")
		assert.Len(t, p.seen.order, seenEvents)
		assert.Equal(t, seenEvents, p.seen.held)
	}
}
