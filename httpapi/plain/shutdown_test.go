package plain_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/plain"
)

func TestShutdown(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) (s *served, begun, release chan struct{}) {
		begun, release = make(chan struct{}, 2), make(chan struct{})
		return serve(t, &http.Server{}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/wait" {
				begun <- struct{}{}
				<-release
				w.Header().Set("Connection", "keep-alive")
			}
			say(w, r)
		}), begun, release
	}
	t.Run("closes those who wait and lets those finish that run", func(t *testing.T) {
		s, begun, release := start(t)
		silent, idle, busy, other := s.dial(t), s.dial(t), s.dial(t), s.dial(t)
		idle.send(t, asks("/"))
		idle.wants(t, "/")
		busy.send(t, asks("/wait")+asks("/more"))
		<-begun
		other.send(t, odd("/wait"))
		<-begun
		require.Eventually(t, func() bool { return s.states.get(http.StateNew) == 5 }, patience, time.Millisecond, "four, and one handed over")
		ended := make(chan error, 2)
		go func() { ended <- s.Server.Shutdown(t.Context()) }()
		silent.isClosed(t)
		idle.isClosed(t)
		require.Eventually(t, func() bool {
			c, err := net.Dial("tcp", s.address)
			if err == nil {
				_ = c.Close()
			}
			return err != nil
		}, patience, time.Millisecond, "nobody else is let in")
		go func() { ended <- s.plain.Shutdown(t.Context()) }()
		close(release)
		for _, c := range []*client{busy, other} {
			answer, err := io.ReadAll(c.answers)
			require.NoError(t, err)
			assert.Contains(t, string(answer), "\r\nConnection: close\r\n\r\n/wait", "it is the last answer")
			assert.NotContains(t, string(answer), "keep-alive")
		}
		assert.NoError(t, <-ended)
		assert.NoError(t, <-ended)
	})
	t.Run("closes those whose answer has begun", func(t *testing.T) {
		begun, release := make(chan struct{}), make(chan struct{})
		s := serve(t, &http.Server{}, func(w http.ResponseWriter, r *http.Request) {
			say(w, r)
			begun <- struct{}{}
			<-release
		})
		c := s.dial(t)
		c.send(t, asks("/"))
		<-begun
		require.NoError(t, s.Server.Shutdown(t.Context()))
		close(release)
		c.wants(t, "/")
		c.isClosed(t)
	})
	t.Run("breaks off what does not finish", func(t *testing.T) {
		s, begun, release := start(t)
		defer close(release)
		c := s.dial(t)
		c.send(t, asks("/wait"))
		<-begun
		require.NoError(t, s.Server.Shutdown(t.Context()))
		over, cancel := context.WithCancel(t.Context())
		cancel()
		assert.ErrorIs(t, s.plain.Shutdown(over), context.Canceled)
		c.isClosed(t)
	})
	t.Run("closes those that the server has not taken over", func(t *testing.T) {
		inner, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		s := &served{Server: &http.Server{Handler: http.HandlerFunc(say)}, address: inner.Addr().String()}
		s.ConnState = s.states.count
		l := plain.Listen(inner, s.Server)
		taken := make(chan net.Conn)
		go func() {
			c, err := l.Accept()
			assert.NoError(t, err)
			taken <- c
		}()
		first := s.dial(t)
		first.send(t, odd("/"))
		over := <-taken
		defer over.Close()
		assert.IsType(t, &net.TCPConn{}, over.(interface{ NetConn() net.Conn }).NetConn(), "what was accepted")
		second, third := s.dial(t), s.dial(t)
		second.send(t, odd("/"))
		third.send(t, asks("/"))
		third.wants(t, "/")
		require.NoError(t, l.Close())
		second.isClosed(t)
		third.isClosed(t)
		require.NoError(t, l.Shutdown(t.Context()))
		assert.Equal(t, 3, s.states.get(http.StateNew))
		assert.Equal(t, 2, s.states.get(http.StateClosed), "the server was to tell of the first")
		assert.ErrorIs(t, l.Close(), net.ErrClosed)
	})
	t.Run("has nothing to break off once all have ended", func(t *testing.T) {
		s := serve(t, &http.Server{}, say)
		c := s.dial(t)
		c.send(t, asks("/"))
		c.wants(t, "/")
		require.NoError(t, s.Server.Shutdown(t.Context()))
		require.NoError(t, s.plain.Shutdown(t.Context()))
		over, cancel := context.WithCancel(t.Context())
		cancel()
		assert.NoError(t, s.plain.Shutdown(over))
	})
	t.Run("lets nobody in whom the network had let in already", func(t *testing.T) {
		var states states
		here, there := net.Pipe()
		late := &tardy{conn: there, closed: make(chan struct{})}
		l := plain.Listen(late, &http.Server{Handler: http.HandlerFunc(say), ConnState: states.count})
		go func() { _, _ = l.Accept() }()
		require.NoError(t, l.Close())
		_, err := here.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		require.Eventually(t, func() bool { return states.get(http.StateClosed) == 1 }, patience, time.Millisecond)
		require.NoError(t, l.Shutdown(t.Context()))
	})
}

// tardy is a listener that accepts a connection just after it was closed.
type tardy struct {
	conn   net.Conn
	closed chan struct{}
	accept sync.Once
}

func (l *tardy) Accept() (c net.Conn, err error) {
	<-l.closed
	err = net.ErrClosed
	l.accept.Do(func() { c, err = l.conn, nil })
	return c, err
}

func (l *tardy) Close() error {
	close(l.closed)
	return nil
}

func (l *tardy) Addr() net.Addr { return &net.TCPAddr{} }
