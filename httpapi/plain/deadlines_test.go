package plain_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/plain"
)

// pipes is a listener for connections within the process, whose time may be that of
// a test.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	close(l.closed)
	return nil
}

func (l *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// piece is what a client sends, and how long after what was before.
type piece struct {
	after time.Duration
	sent  string
}

// TestDeadlines has the listener wait for clients just as long as net/http, or up to
// a sixteenth longer.
func TestDeadlines(t *testing.T) {
	const post = "POST / HTTP/1.1\r\nHost: crms\r\nContent-Length: 5\r\n\r\n"
	const forHeader, forBody, idle = 10 * time.Second, 30 * time.Second, 2 * time.Minute
	timeouts := func() *http.Server {
		return &http.Server{ReadHeaderTimeout: forHeader, ReadTimeout: forBody, IdleTimeout: idle, WriteTimeout: time.Minute}
	}
	// play has a server answer the pieces. It returns the statuses, and when the
	// connection ended.
	play := func(t *testing.T, listens func(net.Listener, *http.Server) net.Listener, pieces []piece) (answers string, ended time.Duration) {
		l := &pipes{make(chan net.Conn), make(chan struct{})}
		server := timeouts()
		server.Handler = http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
		var running sync.WaitGroup
		defer running.Wait()
		running.Go(func() { _ = server.Serve(listens(l, server)) })
		defer server.Close()
		here, there := net.Pipe()
		begin := time.Now()
		l.conns <- there
		running.Go(func() {
			for _, p := range pieces {
				time.Sleep(p.after)
				if _, err := io.WriteString(here, p.sent); err != nil {
					return
				}
			}
		})
		all, _ := io.ReadAll(here)
		ended = time.Since(begin)
		require.NoError(t, here.Close())
		for _, line := range strings.Split(string(all), "\r\n") {
			if status, ok := strings.CutPrefix(line, "HTTP/1.1 "); ok {
				answers += status[:4]
			}
		}
		return answers, ended
	}
	for _, c := range []struct {
		outcome string
		pieces  []piece
		wait    time.Duration // at its end
	}{
		{"who says nothing is waited for as long as for a header", nil, forHeader},
		{"who is slow to begin is answered", []piece{{9900 * time.Millisecond, asks("/")}}, idle},
		{"a connection that is used now and then stays", []piece{{0, asks("/")}, {5 * time.Second, asks("/")}, {119 * time.Second, asks("/")}, {119 * time.Second, asks("/")}}, idle},
		{"... with bodies that come later", []piece{{0, post}, {50 * time.Millisecond, "abcde"}, {119 * time.Second, post}, {50 * time.Millisecond, "abcde"}, {119 * time.Second, asks("/")}}, idle},
		{"three bytes keep no connection for longer", []piece{{0, asks("/")}, {100 * time.Second, "G"}, {100 * time.Second, "E"}, {100 * time.Second, "T"}}, idle},
		{"a header that does not end is given up", []piece{{0, "GET / HTTP/1.1\r\n"}}, forHeader},
		{"a header that takes long is read", []piece{{0, asks("/")}, {0, "GET / HTTP/1.1\r\nHost: crms\r\n"}, {9900 * time.Millisecond, "\r\n"}}, idle},
		{"a body that takes long is read", []piece{{0, asks("/")}, {0, post + "ab"}, {29 * time.Second, "cde"}}, idle},
		{"a body that does not come is given up", []piece{{0, asks("/")}, {0, post + "ab"}}, forBody},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				want, ended := play(t, func(l net.Listener, _ *http.Server) net.Listener { return l }, c.pieces)
				got, endedHere := play(t, func(l net.Listener, s *http.Server) net.Listener { return plain.Listen(l, s) }, c.pieces)
				assert.Equal(t, want, got)
				assert.GreaterOrEqual(t, endedHere, ended)
				assert.LessOrEqual(t, endedHere, ended+c.wait/16)
			})
		})
	}
	t.Run("an answer may take as long", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := &pipes{make(chan net.Conn), make(chan struct{})}
			server := timeouts()
			server.Handler = http.HandlerFunc(say)
			go func() { _ = server.Serve(plain.Listen(l, server)) }()
			defer server.Close()
			here, there := net.Pipe()
			l.conns <- there
			ask := func() {
				_, err := io.WriteString(here, asks("/"))
				require.NoError(t, err)
			}
			fetch := func() error {
				_, err := here.Read(make([]byte, 1<<10))
				return err
			}
			ask()
			require.NoError(t, fetch())
			time.Sleep(3 * time.Second)
			ask()
			time.Sleep(59 * time.Second)
			require.NoError(t, fetch(), "of which the deadline of the first would be over")
			ask()
			time.Sleep(64 * time.Second)
			require.ErrorIs(t, fetch(), io.EOF)
		})
	})
}
