package httpapi

import (
	"io"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// benchCustomers is enough for lists to have depth, and quick to load.
const benchCustomers = 10_000

// BenchmarkAPI answers requests through the whole handler, from the token to
// the body, without the network.
func BenchmarkAPI(b *testing.B) {
	a := newAPI(b, io.Discard, benchCustomers)
	for _, c := range []struct{ name, path string }{
		{"get", "/api/customers/6979a1b1a6db796b4a1447e9"},
		{"statistics", "/api/customers/6979a1b1a6db796b4a1447e9/statistics"},
		{"list first page", "/api/customers?limit=20"},
		{"list deep page", "/api/customers?limit=20&page=400"},
		{"list filtered", "/api/customers?limit=20&status=Active&customerType=Premium&fromDate=2026-01-01&toDate=2026-06-30"},
		{"search name", "/api/customers/search?q=john&limit=20"},
		{"search email", "/api/customers/search?q=john.doe@example.com&limit=20"},
		{"search typo", "/api/customers/search?q=krishnamurti&limit=20"},
		{"analytics", "/api/customers/analytics"},
		{"registrations", "/api/customers/analytics/registrations?fromDate=2025-11-18"},
		{"operations", "/api/operations"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			r := a.request("GET", c.path)
			var size int
			for b.Loop() {
				w := httptest.NewRecorder()
				a.handler.ServeHTTP(w, r)
				require.Equal(b, 200, w.Code)
				size = w.Body.Len()
			}
			b.ReportMetric(float64(size), "bytes/answer")
		})
	}
}
