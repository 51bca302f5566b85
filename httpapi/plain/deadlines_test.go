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

// The timeouts of the server of these tests.
const (
	forHeader = 10 * time.Second
	forBody   = 30 * time.Second
	forAnswer = time.Minute
	idle      = 2 * time.Minute
)

func hasty() *http.Server {
	return &http.Server{ReadHeaderTimeout: forHeader, ReadTimeout: forBody, WriteTimeout: forAnswer, IdleTimeout: idle, MaxHeaderBytes: 8 << 10}
}

// within has a server answer a connection in a test's own time.
func within(t *testing.T, server *http.Server, listens func(net.Listener, *http.Server) net.Listener) net.Conn {
	l := newStage()
	server.Handler = http.HandlerFunc(watch)
	var running sync.WaitGroup
	running.Go(func() { assert.ErrorIs(t, server.Serve(listens(l, server)), http.ErrServerClosed) })
	here, there := net.Pipe()
	l.conns <- halfClosing{there}
	t.Cleanup(func() {
		assert.NoError(t, here.Close())
		assert.NoError(t, server.Close())
		running.Wait()
	})
	return here
}

// halfClosing is a pipe's end that says to be half-closed: it cannot be.
type halfClosing struct{ net.Conn }

func (c halfClosing) CloseWrite() error {
	_, err := io.WriteString(c.Conn, "half-closed")
	return err
}

// watch reads a body, or waits a while unless the client goes.
func watch(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Method", r.Method)
	_, _ = io.Copy(io.Discard, r.Body)
	switch r.URL.Path {
	case "/watch":
		_ = r.Context().Done()
	case "/wait":
		select {
		case <-r.Context().Done():
			w.WriteHeader(http.StatusTeapot)
		case <-time.After(50 * time.Second):
		}
	}
}

func plainly(l net.Listener, s *http.Server) net.Listener { return plain.Listen(l, s) }

func ordinarily(l net.Listener, _ *http.Server) net.Listener { return l }

// piece is what a client sends, and how long after what was before.
type piece struct {
	after time.Duration
	sent  string
}

// play sends the pieces. It returns the answers, and when the connection ended.
func play(c net.Conn, pieces []piece) (answers string, ended time.Duration) {
	begin := time.Now()
	var sending sync.WaitGroup
	defer sending.Wait()
	sending.Go(func() {
		for _, p := range pieces {
			time.Sleep(p.after)
			if _, err := io.WriteString(c, p.sent); err != nil {
				return
			}
		}
	})
	all, _ := io.ReadAll(c)
	_ = c.Close() // for who still sends
	return string(all), time.Since(begin)
}

// TestDeadlines has the listener wait for clients just as long as net/http, or up to
// a sixteenth longer.
func TestDeadlines(t *testing.T) {
	const post = "POST / HTTP/1.1\r\nHost: crms\r\nContent-Length: 5\r\n\r\n"
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
		{"a client that was watched is no longer waited for than others", []piece{{0, asks("/")}, {0, asks("/watch")}}, idle},
		{"a client that waits may wait for long", []piece{{0, asks("/wait")}, {time.Minute, asks("/wait")}}, idle},
		{"... and ask for more meanwhile", []piece{{0, asks("/wait")}, {time.Second, asks("/wait") + asks("/")}, {time.Second, odd("/")}}, idle},
		{"what is too long is refused before the connection is closed", []piece{{0, asks("/")}, {0, with("X: " + strings.Repeat("x", 100_000) + "\r\n")}}, 0},
		{"what is refused is refused at once", []piece{{0, "GET / HTTP/1.1\r\n\r\n"}}, 0},
		{"... in lines that end with LF alone", []piece{{0, "GET /\n"}}, 0},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			var want string
			var ended time.Duration
			synctest.Test(t, func(t *testing.T) { want, ended = play(within(t, hasty(), ordinarily), c.pieces) })
			synctest.Test(t, func(t *testing.T) { // at the same time
				got, endedHere := play(within(t, hasty(), plainly), c.pieces)
				assert.Equal(t, want, got)
				assert.GreaterOrEqual(t, endedHere, ended)
				assert.LessOrEqual(t, endedHere, ended+c.wait/16)
			})
		})
	}
	t.Run("where there is no time for the header that for a whole request counts", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			_, ended := play(within(t, &http.Server{ReadTimeout: forBody}, plainly), nil)
			assert.GreaterOrEqual(t, ended, forBody)
			assert.LessOrEqual(t, ended, forBody+forBody/16)
		})
	})
	t.Run("without timeouts everybody is waited for", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			pieces := []piece{{time.Hour, post}, {50 * time.Millisecond, "abcde"}, {time.Hour, asks("/")}, {time.Hour, "GET / HTTP/1.1\r\n"}, {time.Hour, "Host: crms\r\nConnection: close\r\n\r\n"}}
			answers, _ := play(within(t, &http.Server{}, plainly), pieces)
			assert.Equal(t, 3, strings.Count(answers, "HTTP/1.1 200 OK"))
		})
	})
	t.Run("an answer may take as long", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := within(t, hasty(), plainly)
			askAndFetch := func(after time.Duration) error {
				_, err := io.WriteString(c, asks("/"))
				require.NoError(t, err)
				time.Sleep(after)
				_, err = c.Read(make([]byte, 1<<10))
				return err
			}
			require.NoError(t, askAndFetch(3*time.Second))
			require.NoError(t, askAndFetch(forAnswer-time.Second), "though the time of the first is over")
			begin, tooLong := time.Now(), forAnswer+forAnswer/16+time.Second
			require.ErrorIs(t, askAndFetch(tooLong), io.EOF)
			assert.Equal(t, tooLong, time.Since(begin), "the connection is closed already")
		})
	})
}
