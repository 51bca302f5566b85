package search

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

const page = 20

// Whatever a record suggests that one might type finds the record on the first
// page, unless more than a page of others are as good.
func TestQueriesDerivedFromRecordsFindThem(t *testing.T) {
	p := population{seed: 2, customers: *customers}
	x := benchIndex(t, p)
	for _, class := range classes {
		t.Run(class.name, func(t *testing.T) {
			asked, found, crowded := 0, 0, 0
			for n := range min(300, p.customers) {
				r := p.random(n, 3)
				c := p.contact(r.IntN(p.customers))
				text := class.text(r, c)
				if len([]rune(text)) < MinText {
					continue
				}
				asked++
				result, err := x.Search(t.Context(), Query{Text: text, Limit: page})
				require.NoError(t, err, text)
				switch {
				case slices.Contains(result.IDs, c.ID):
					found++
				case isCrowded(t, x, text, c.ID):
					crowded++
				default:
					t.Logf("%q does not find %v", text, c)
				}
			}
			t.Logf("%d of %d found, %d among more than %d equals", found, asked, crowded, page)
			assert.GreaterOrEqual(t, found+crowded, asked*98/100)
			assert.Greater(t, found, asked/4)
		})
	}
}

// isCrowded reports whether the customer is found, but in a tier that begins on
// the first page and goes on behind it.
func isCrowded(t *testing.T, x *Index, text string, id crm.ID) bool {
	t.Helper()
	r, err := parse(text)
	require.NoError(t, err)
	s, err := x.volume().snapshot()
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close()) }()
	found, err := s.findings(r)
	require.NoError(t, err)
	before := 0
	for _, sets := range found {
		n := cardinality(sets)
		tier, err := newest(nil, s.segments, sets, 0, n)
		require.NoError(t, err)
		if slices.Contains(tier, id) {
			return before < page && before+n > page
		}
		before += n
	}
	return false
}
