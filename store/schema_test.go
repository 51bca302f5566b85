package store

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"time"

	"crms/store/internal/kv"
)

func TestSchemaIsTheTreeInTheDesignNotes(t *testing.T) {
	text, err := os.ReadFile("DESIGN.md")
	require.NoError(t, err)
	var documented []string
	for _, m := range regexp.MustCompile(`(?m)^[├└]── (\w+)`).FindAllStringSubmatch(string(text), -1) {
		documented = append(documented, m[1])
	}
	declared := newSchema(time.UTC).buckets()
	slices.Sort(documented)
	slices.Sort(declared)
	assert.Equal(t, documented, declared)
}

func TestSchemaRowsAreMarkedInTheDesignNotes(t *testing.T) {
	text, err := os.ReadFile("DESIGN.md")
	require.NoError(t, err)
	s := newSchema(time.UTC)
	for _, ix := range s.customers.Indexes {
		assert.Regexp(t, `(?m)^[├└]── `+ix.Name+` .*index of customers`, string(text))
	}
	for _, sum := range s.customers.Sums {
		assert.Regexp(t, `(?m)^[├└]── `+sum.Name+` .*sum of customers`, string(text))
	}
}

func TestNewStoreHasExactlyTheDeclaredBuckets(t *testing.T) {
	s, err := Open(t.TempDir(), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, s.Close()) })
	declared := s.schema.buckets()
	slices.Sort(declared)
	require.NoError(t, s.db.View(func(tx *kv.Tx) error {
		assert.Equal(t, declared, tx.Buckets())
		return nil
	}))
}
