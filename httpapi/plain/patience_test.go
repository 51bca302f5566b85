package plain_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
)

// TestPatience has the listener wait for slow clients no longer than the server, in
// a time that passes when everybody waits: a busy machine makes no client slow.
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
		inItsTime(t, c.outcome, c.server, func(w http.ResponseWriter, r *http.Request) {
			_, err := io.ReadAll(r.Body)
			assert.Equal(t, r.ContentLength > 0, err != nil)
		}, func(t *testing.T, _ *served, client *client) {
			client.send(t, c.sent)
			for range c.answers {
				client.wants(t, "")
			}
			_, _ = io.Copy(io.Discard, client.answers) // net/http says 400 to some
			client.isClosed(t)
		})
	}
	long := make([]byte, 1<<20)
	inItsTime(t, "who does not fetch answers is cut off", &http.Server{WriteTimeout: short}, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(long)
	}, func(t *testing.T, s *served, client *client) {
		client.send(t, strings.Repeat(asks("/"), 30))
		time.Sleep(2 * short)
		synctest.Wait()
		assert.Equal(t, 1, s.states.get(http.StateClosed))
	})
	all := &http.Server{ReadHeaderTimeout: short, IdleTimeout: short, WriteTimeout: short}
	inItsTime(t, "a connection is open for longer than any one wait", all, say, func(t *testing.T, s *served, client *client) {
		for range 5 {
			client.send(t, asks("/"))
			client.wants(t, "/")
			time.Sleep(short / 2)
		}
		assert.Zero(t, s.plain.count())
	})
}

// inItsTime has one client of a server, which are alone in a time of their own.
func inItsTime(t *testing.T, outcome string, server *http.Server, handler http.HandlerFunc, test func(*testing.T, *served, *client)) {
	t.Helper()
	t.Run(outcome, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := newStage()
			s := serveOn(t, l, server, handler)
			near, far := net.Pipe()
			l.conns <- far
			test(t, s, newClient(t, near))
		})
	})
}
