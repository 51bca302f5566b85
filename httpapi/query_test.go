package httpapi

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

// FuzzReadQuery: a page is within its bounds whatever the query says, and what
// the query says is read or refused.
func FuzzReadQuery(f *testing.F) {
	for _, raw := range []string{
		"", "page=1&limit=20", "page=0", "page=-1", "page=%31", "page=1&page=1", "limit=+5", "limit=", "limit=1e2", "limit=1000000000000000000",
		"page=9223372036854775808",
		"status=Active&customerType=VIP", "status=active", "status=%zz", ";", "a;b=1", "&&=&", "fromDate=2026-01-01&toDate=0000-00-00", "q=%ff",
	} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q := readQuery(&request{Request: &http.Request{URL: &url.URL{RawQuery: raw}}})
		p := q.page()
		require.GreaterOrEqual(t, p.number, int64(1))
		require.LessOrEqual(t, p.number, int64(maxPage))
		require.GreaterOrEqual(t, p.size, int64(1))
		require.LessOrEqual(t, p.size, int64(maxLimit))
		require.GreaterOrEqual(t, p.offset(), int64(0))

		status, day := parsed(q, "status", crm.ParseStatus), parsed(q, "fromDate", crm.ParseDay)
		if q.problems.Err() != nil {
			return
		}
		values, err := url.ParseQuery(raw)
		require.NoError(t, err)
		assert.Equal(t, values.Has("status"), status != nil)
		assert.Equal(t, values.Has("fromDate"), day != nil)
		if status != nil {
			assert.Equal(t, values.Get("status"), status.String())
		}
		if day != nil {
			assert.Equal(t, values.Get("fromDate"), day.String())
		}
	})
}
