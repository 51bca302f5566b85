package crm_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

func TestParseID(t *testing.T) {
	const text = "6979a1b1a6db796b4a1447e9"

	t.Run("24 hexadecimal digits are an id", func(t *testing.T) {
		id, err := crm.ParseID(text)
		require.NoError(t, err)
		assert.Equal(t, text, id.String())
		assert.Equal(t, "id "+text, string(id.AppendTo([]byte("id "))))
		assert.False(t, id.IsZero())
	})
	t.Run("upper case is the same id", func(t *testing.T) {
		upper, err := crm.ParseID(strings.ToUpper(text))
		require.NoError(t, err)
		assert.Equal(t, text, upper.String())
	})

	wrong := map[string]string{
		"empty":             "",
		"a reserved word":   "search",
		"one digit short":   text[1:],
		"one digit long":    text + "0",
		"odd and long":      text + text,
		"a letter beyond f": "g979a1b1a6db796b4a1447e9",
		"a blank at an end": " 979a1b1a6db796b4a1447e9",
		"24 bytes of UTF-8": strings.Repeat("é", 12),
	}
	for name, s := range wrong {
		t.Run(name+" is no id", func(t *testing.T) {
			id, err := crm.ParseID(s)
			var problem *crm.Error
			require.ErrorAs(t, err, &problem)
			assert.Equal(t, crm.Invalid, problem.Kind)
			assert.Equal(t, "Invalid customer ID format", problem.Message)
			assert.True(t, id.IsZero())
		})
	}
}

func TestNewIDs(t *testing.T) {
	now := time.Date(2026, 1, 28, 12, 0, 0, 999e6, time.UTC)

	t.Run("an id carries its second", func(t *testing.T) {
		id := crm.NewIDs().New(now)
		assert.Equal(t, "6979fa40", id.String()[:8])
	})
	t.Run("ids of later seconds sort behind", func(t *testing.T) {
		ids := crm.NewIDs()
		earlier, later := ids.New(now), ids.New(now.Add(time.Second))
		assert.Less(t, earlier.String(), later.String())
	})
	t.Run("makers differ in their process bytes", func(t *testing.T) {
		a, b := crm.NewIDs().New(now), crm.NewIDs().New(now)
		assert.NotEqual(t, a[4:9], b[4:9])
	})
	t.Run("goroutines that share a maker get different ids", func(t *testing.T) {
		const goroutines, each = 8, 1000
		ids := crm.NewIDs()
		made := make([][]string, goroutines)
		var wg sync.WaitGroup
		for g := range made {
			wg.Go(func() {
				for range each {
					made[g] = append(made[g], ids.New(now).String())
				}
			})
		}
		wg.Wait()
		all := slices.Concat(made...)
		slices.Sort(all)
		assert.Len(t, slices.Compact(all), goroutines*each)
	})
}

func FuzzParseID(f *testing.F) {
	for _, s := range []string{"", "6979a1b1a6db796b4a1447e9", "6979A1B1A6DB796B4A1447E9", "zzzzzzzzzzzzzzzzzzzzzzzz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		id, err := crm.ParseID(s)
		if err != nil {
			assert.True(t, len(s) != 24 || strings.Trim(s, "0123456789abcdefABCDEF") != "", "refused a good id")
			return
		}
		assert.Equal(t, strings.ToLower(s), id.String())
	})
}
