package httpapi

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

func day(t *testing.T, text string) crm.Day {
	t.Helper()
	d, err := crm.ParseDay(text)
	require.NoError(t, err)
	return d
}

func TestReadDays(t *testing.T) {
	today := day(t, "2026-11-18")
	for _, c := range []struct{ outcome, query, first, last, problem string }{
		{"thirty days up to today when nothing is said", "", "2026-10-20", "2026-11-18", ""},
		{"thirty days up to the last", "toDate=2026-03-01", "2026-01-31", "2026-03-01", ""},
		{"up to today from the first", "fromDate=2026-11-17", "2026-11-17", "2026-11-18", ""},
		{"one day", "fromDate=2026-01-01&toDate=2026-01-01", "2026-01-01", "2026-01-01", ""},
		{"a leap year", "fromDate=2024-01-01&toDate=2024-12-31", "2024-01-01", "2024-12-31", ""},
		{"the first days that a date can name", "toDate=0000-01-03", "0000-01-01", "0000-01-03", ""},
		{"no more than 366 days", "fromDate=2024-01-01&toDate=2025-01-01", "", "", "must be at most 365 days before toDate"},
		{"... nor all of them", "fromDate=0000-01-01&toDate=9999-12-31", "", "", "must be at most 365 days before toDate"},
		{"... up to today neither", "fromDate=2020-01-01", "", "", "must be at most 365 days before toDate"},
		{"not backwards", "fromDate=2026-01-02&toDate=2026-01-01", "", "", "must not be after toDate"},
		{"not from after today", "fromDate=2026-11-19", "", "", "must not be after today, 2026-11-18"},
		{"no date that is none, and no further problem then", "fromDate=2025-02-29", "", "", "must be a date of the form YYYY-MM-DD"},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			first, last, err := readDays(&request{Request: httptest.NewRequest(http.MethodGet, "/?"+c.query, nil)}, today)
			if c.problem != "" {
				require.EqualError(t, err, "Validation failed: fromDate "+c.problem)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.first, first.String())
			assert.Equal(t, c.last, last.String())
		})
	}
}
