package plain_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestPatience has the listener wait for slow clients no longer than the server.
func TestPatience(t *testing.T) {
	t.Parallel()
	const short = 300 * time.Millisecond
	for _, c := range []struct {
		outcome, sent string
		answers       int
		server        *http.Server
	}{
		{"who says nothing is cut off", "", 0, &http.Server{ReadHeaderTimeout: short}},
		{"... after the time for a whole request if there is none for the header", "", 0, &http.Server{ReadTimeout: short}},
		{"who says no more is cut off", asks("/"), 1, &http.Server{IdleTimeout: short}},
		{"who says no more after three bytes is cut off", asks("/") + "GET", 1, &http.Server{IdleTimeout: short}},
		{"a header that does not end is given up", "GET / HTTP/1.1\r\nHost: crms\r\n", 0, &http.Server{ReadHeaderTimeout: short}},
		{"... nor behind another request", asks("/") + "GET / HTTP/1.1\r\nHost: crms\r\n", 1, &http.Server{ReadHeaderTimeout: short}},
		{"a body that does not come is given up", posted("Content-Length: 5\r\n", "ab"), 1, &http.Server{ReadTimeout: short}},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			t.Parallel()
			s := serve(t, c.server, func(w http.ResponseWriter, r *http.Request) {
				_, err := io.ReadAll(r.Body)
				assert.Equal(t, r.ContentLength > 0, err != nil)
			})
			client := s.dial(t)
			client.send(t, c.sent)
			for range c.answers {
				client.wants(t, "")
			}
			_, _ = io.Copy(io.Discard, client.answers) // net/http says 400 to some
			client.isClosed(t)
		})
	}
	t.Run("who does not fetch answers is cut off", func(t *testing.T) {
		t.Parallel()
		long := make([]byte, 1<<20)
		s := serve(t, &http.Server{WriteTimeout: short}, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(long) })
		c := s.dial(t)
		require.NoError(t, c.Conn.(*net.TCPConn).SetReadBuffer(4<<10))
		c.send(t, strings.Repeat(asks("/"), 30))
		require.Eventually(t, func() bool { return s.states.get(http.StateClosed) == 1 }, patience, time.Millisecond)
	})
	t.Run("a connection is open for longer than any one wait", func(t *testing.T) {
		t.Parallel()
		s := serve(t, &http.Server{ReadHeaderTimeout: short, IdleTimeout: short, WriteTimeout: short}, say)
		c := s.dial(t)
		for begin := time.Now(); time.Since(begin) < 2*short; time.Sleep(short / 20) {
			c.send(t, asks("/"))
			c.wants(t, "/")
		}
		assert.Zero(t, s.plain.count())
	})
}
