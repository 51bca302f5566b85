package search

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

// The evidence: what some 300 people must, and must not, be found by.
func TestEvidence(t *testing.T) {
	src, handles := people(t)
	x := open(t, src)
	names := func(found []crm.ID) []string {
		var list []string
		for _, id := range found {
			list = append(list, handles[id])
		}
		return list
	}
	for _, row := range readTable(t, "testdata/queries.tsv", 4) {
		query, must, first, mustNot := row[0], strings.Fields(row[1]), strings.Fields(row[2]), strings.Fields(row[3])
		t.Run(query, func(t *testing.T) {
			result, err := x.Search(t.Context(), Query{Text: query, Limit: 300})
			require.NoError(t, err)
			got := names(result.IDs)
			shown := got[:min(page, len(got))]
			for _, handle := range must {
				assert.Contains(t, shown, handle)
			}
			assert.Equal(t, row[2], strings.Join(got[:min(len(first), len(got))], " "), "in %v", shown)
			for _, handle := range mustNot {
				assert.NotContains(t, got, handle)
			}
			assert.Len(t, got, result.Total)
		})
	}
}

// people reads the invented people; who stands later is newer.
func people(t *testing.T) (src *memory, handles map[crm.ID]string) {
	t.Helper()
	src, handles = newMemory(), map[crm.ID]string{}
	for n, row := range readTable(t, "testdata/people.tsv", 4) {
		c := contact(n, row[1], row[2], row[3])
		src.put(c)
		handles[c.ID] = row[0]
	}
	return src, handles
}

// readTable reads lines of tab-separated columns, without comments.
func readTable(t *testing.T, path string, columns int) [][]string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := slices.DeleteFunc(strings.Split(string(b), "\n"), func(line string) bool {
		return line == "" || strings.HasPrefix(line, "#")
	})
	var rows [][]string
	for _, line := range lines {
		row := strings.Split(line, "\t")
		require.Len(t, row, columns, line)
		rows = append(rows, row)
	}
	return rows
}
