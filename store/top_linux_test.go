package store

import (
	"testing"

	"crms/store/storetest/smalldisk"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBarStaysWhenTheDiskIsFull has a transaction fail that was to raise it.
func TestBarStaysWhenTheDiskIsFull(t *testing.T) {
	d := smalldisk.Mount(t, "size=64m")
	m := newMarket(t, d.Dir+"/data")
	m.join(valuesOf(topMost, 1<<20)...)
	d.Fill(t, 64<<10)
	require.Error(t, m.do(func(t *tx) error { _, err := m.admit(t, valuesOf(topMost, 1<<20)); return err }))
	assert.Nil(t, m.schema.bar)
	m.check("while it is full")

	d.Free(t)
	m.check("as before")
	m.join(valuesOf(topMost, 1<<20)...)
	m.check("when there is room")
	assert.NotNil(t, m.schema.bar)
}
