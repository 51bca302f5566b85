package connections_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/connections"
)

const patience = 30 * time.Second

// server answers each request, that for /slow when it is released.
type server struct {
	*connections.Limit
	address string
	slow    chan struct{} // requests for /slow, as they come
	release chan struct{}
}

func startServer(t *testing.T, most int) *server {
	t.Helper()
	s := &server{Limit: connections.New(most), slow: make(chan struct{}, 100), release: make(chan struct{})}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.address = inner.Addr().String()
	h := &http.Server{ConnState: s.Watch, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			s.slow <- struct{}{}
			<-s.release
		}
		_, _ = io.WriteString(w, "answered")
	})}
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(s.Listen(inner)) }()
	t.Cleanup(func() {
		assert.NoError(t, h.Close())
		assert.ErrorIs(t, <-ended, http.ErrServerClosed)
		assert.Eventually(t, func() bool { return s.Open() == 0 }, patience, time.Millisecond, "each is counted out")
	})
	return s
}

// client is one connection.
type client struct {
	net.Conn
	answers *bufio.Reader
}

func (s *server) dial(t *testing.T) *client {
	t.Helper()
	c, err := net.Dial("tcp", s.address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return &client{c, bufio.NewReader(c)}
}

func (c *client) ask(t *testing.T, path string) {
	t.Helper()
	_, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: crms\r\n\r\n", path)
	require.NoError(t, err)
}

// answer reads one answer; the error is that of a connection that was closed.
func (c *client) answer() error {
	response, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		return err
	}
	_, err = io.ReadAll(response.Body)
	return err
}

func TestFullServerClosesWhoHasWaitedLongest(t *testing.T) {
	s := startServer(t, 3)
	silent := s.dial(t)
	require.Eventually(t, func() bool { return s.Open() == 1 }, patience, time.Millisecond)
	used := []*client{s.dial(t), s.dial(t)}
	for _, c := range used {
		c.ask(t, "/")
		require.NoError(t, c.answer())
	}
	used = append(used, s.dial(t))
	used[2].ask(t, "/")
	require.NoError(t, used[2].answer(), "there is room for a new one")
	assert.Error(t, silent.answer(), "the one that has waited longest is closed")
	assert.Equal(t, int64(1), s.Dropped())
	for _, c := range used {
		c.ask(t, "/")
		assert.NoError(t, c.answer(), "the others stay")
	}
	assert.Equal(t, 3, s.Open())
}

func TestSilentConnectionsShutNobodyOut(t *testing.T) {
	s := startServer(t, 8)
	for range 100 {
		c := s.dial(t)
		_, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: ") // and no more
		require.NoError(t, err)
	}
	for range 10 {
		c := s.dial(t)
		c.ask(t, "/")
		require.NoError(t, c.answer())
	}
	assert.LessOrEqual(t, s.Open(), s.Most())
}

func TestRequestsUnderWayAreNotBroken(t *testing.T) {
	s := startServer(t, 2)
	busy := []*client{s.dial(t), s.dial(t)}
	for _, c := range busy {
		c.ask(t, "/slow")
		<-s.slow
	}
	late := s.dial(t)
	late.ask(t, "/")
	answered := make(chan error, 1)
	go func() { answered <- late.answer() }()
	close(s.release)
	for _, c := range busy {
		assert.NoError(t, c.answer())
	}
	assert.NoError(t, <-answered, "who came later has waited for them")
}

func TestClosingEndsTheWaitForRoom(t *testing.T) {
	var s *server
	t.Cleanup(func() { close(s.release) }) // after the server is closed
	s = startServer(t, 1)
	c := s.dial(t)
	c.ask(t, "/slow")
	<-s.slow
	s.dial(t) // waits for room until then
}
