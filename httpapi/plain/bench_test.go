package plain_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// BenchmarkListener asks for an answer of 1 KB on one connection, with the listener
// and without.
func BenchmarkListener(b *testing.B) {
	answer := bytes.Repeat([]byte("0123456789abcdef"), 64)
	handler := func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h["Content-Type"], h["Content-Length"] = []string{"application/json"}, []string{"1024"}
		_, _ = w.Write(answer)
	}
	request := "GET /api/customers/6979a1b1a6db796b4a1447e9 HTTP/1.1\r\nHost: crms\r\nUser-Agent: benchmark\r\nAccept: */*\r\nAuthorization: Bearer " +
		strings.Repeat("x", 300) + "\r\n\r\n"
	b.Run("with", func(b *testing.B) { exchangeAll(b, serve(b, timeouts(), handler).dial(b), request) })
	b.Run("without", func(b *testing.B) {
		inner, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(b, err)
		server := timeouts()
		server.Handler = http.HandlerFunc(handler)
		var running sync.WaitGroup
		running.Go(func() { _ = server.Serve(inner) })
		defer running.Wait()
		defer server.Close()
		exchangeAll(b, (&served{address: inner.Addr().String()}).dial(b), request)
	})
}

func timeouts() *http.Server {
	return &http.Server{ReadHeaderTimeout: patience, ReadTimeout: patience, WriteTimeout: patience, IdleTimeout: patience}
}

// exchangeAll sends the request again and again, and reads answers of one size.
func exchangeAll(b *testing.B, c *client, request string) {
	require.NoError(b, c.SetDeadline(time.Time{}))
	c.send(b, request)
	buffer := make([]byte, 64<<10)
	size, err := c.Read(buffer)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		c.send(b, request)
		_, err := io.ReadFull(c, buffer[:size])
		require.NoError(b, err)
	}
}
