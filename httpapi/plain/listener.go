package plain

import (
	"context"
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
)

// Listener answers the plain requests of the connections that it accepts, and
// passes on to its server those connections that have another request. Its
// methods may be called by many goroutines at once.
type Listener struct {
	net.Listener
	server *http.Server

	begin    sync.Once
	handed   chan net.Conn // for Accept
	failures chan error    // of the inner listener, for Accept
	closed   chan struct{}
	stopping atomic.Bool

	mu      sync.Mutex
	open    map[*conn]struct{} // guarded by mu
	running sync.WaitGroup     // those in open; added to with mu held, and not once closed is
}

// Listen returns a listener for the server's Serve. What it accepts is answered
// by the server's Handler, within the server's timeouts, told to its ConnState
// and logged in its ErrorLog, whether the server does it or the listener. One that
// is handed over is told to ConnState as new once more, in a connection whose
// NetConn it is. Handler must be set; BaseContext and ConnContext must not, nor may
// keep-alives be disabled.
func Listen(inner net.Listener, server *http.Server) *Listener {
	return &Listener{
		Listener: inner, server: server, open: map[*conn]struct{}{},
		handed: make(chan net.Conn), failures: make(chan error), closed: make(chan struct{}),
	}
}

// Accept returns the next connection that is for the server. The first call
// begins to answer requests.
func (l *Listener) Accept() (net.Conn, error) {
	l.begin.Do(func() { go l.acceptAll() })
	select {
	case c := <-l.handed:
		return c, nil
	case err := <-l.failures:
		return nil, err
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// acceptAll accepts connections until the listener is closed. A failure waits
// until the server has heard of it, which knows how long to leave be what fails.
func (l *Listener) acceptAll() {
	for {
		inner, err := l.Listener.Accept()
		if err == nil {
			l.start(inner)
			continue
		}
		select {
		case l.failures <- err:
		case <-l.closed:
			return
		}
	}
}

// start answers the requests of a connection, in a goroutine of its own.
func (l *Listener) start(inner net.Conn) {
	c := newConn(inner, l)
	c.tell(http.StateNew)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping.Load() {
		_ = inner.Close()
		c.tell(http.StateClosed)
		return
	}
	l.open[c] = struct{}{}
	l.running.Add(1)
	go func() {
		defer l.running.Done()
		c.serve()
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.open, c)
	}()
}

// handOver passes a connection on to the server. It returns false when the listener
// is closed before the server takes it.
func (l *Listener) handOver(c net.Conn) bool {
	select {
	case l.handed <- c:
		return true
	case <-l.closed:
		return false
	}
}

// Close accepts no more connections and closes those that wait for a request.
// Requests that run are answered, each as the last of its connection. The server
// calls it when it shuts down.
func (l *Listener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.stopping.Swap(true) {
		return net.ErrClosed
	}
	close(l.closed)
	for c := range l.open {
		c.stop()
	}
	return l.Listener.Close()
}

// Shutdown waits for the requests that run, after [Listener.Close]. When ctx ends
// before, it breaks their connections off, and returns the context's error.
func (l *Listener) Shutdown(ctx context.Context) error {
	ended := make(chan struct{})
	go func() {
		l.running.Wait()
		close(ended)
	}()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) == 0 {
		return nil
	}
	for c := range l.open {
		_ = c.Conn.Close()
	}
	return fmt.Errorf("%d requests still run: %w", len(l.open), ctx.Err())
}

func (l *Listener) logf(format string, args ...any) {
	if l.server.ErrorLog != nil {
		l.server.ErrorLog.Printf(format, args...)
	} else {
		log.Printf(format, args...)
	}
}
