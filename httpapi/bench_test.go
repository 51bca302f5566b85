package httpapi

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"crms/httpapi/plain"
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

// BenchmarkConnection asks for a customer on one connection, with the listener that
// answers plain requests and without. The allocations are those of the server: the
// client makes none.
func BenchmarkConnection(b *testing.B) {
	a := newAPI(b, io.Discard, 100)
	listeners := map[string]func(net.Listener, *http.Server) net.Listener{
		"plain":    func(l net.Listener, s *http.Server) net.Listener { return plain.Listen(l, s) },
		"net-http": func(l net.Listener, _ *http.Server) net.Listener { return l },
	}
	for name, listen := range listeners {
		b.Run(name, func(b *testing.B) {
			inner, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(b, err)
			server := &http.Server{Handler: a.handler}
			var running sync.WaitGroup
			running.Go(func() { _ = server.Serve(listen(inner, server)) })
			defer running.Wait()
			defer server.Close()
			c, err := net.Dial("tcp", inner.Addr().String())
			require.NoError(b, err)
			defer c.Close()
			request := []byte("GET /api/customers/6979a1b1a6db796b4a1447e9 HTTP/1.1\r\nHost: crms\r\nX-Request-Id: benchmark\r\n" +
				"Authorization: " + a.request("GET", "/").Header.Get("Authorization") + "\r\n\r\n")
			answer := make([]byte, 4<<10)
			_, err = c.Write(request)
			require.NoError(b, err)
			size, err := c.Read(answer)
			require.NoError(b, err)
			require.Contains(b, string(answer[:size]), `"customerId":"6979a1b1a6db796b4a1447e9"`)
			b.ReportAllocs()
			for b.Loop() {
				_, err := c.Write(request)
				require.NoError(b, err)
				_, err = io.ReadFull(c, answer[:size])
				require.NoError(b, err)
			}
		})
	}
}
