// Package connections bounds how many connections a server has open. Connections
// cost nothing to open and then hold memory and a file descriptor, of which store
// and index need some too: without a bound, one caller could take them all.
//
// A listener that merely accepted no more (as that of golang.org/x/net/netutil)
// would let the same caller shut everybody out, by holding as many connections as
// there may be. So a full server makes room: it closes those that have waited
// longest for a request, of which one that is used has waited least.
package connections

import (
	"cmp"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// share is the part of all connections that makes room at once, so that finding
// those that have waited longest costs a busy listener little.
const share = 64

// Limit bounds the connections of one server. All its methods may be called by
// many goroutines at once.
type Limit struct {
	most    int
	dropped atomic.Int64
	starved atomic.Bool // a new connection waits until another one waits for a request

	mu     sync.Mutex
	freed  *sync.Cond
	open   map[*conn]struct{} // guarded by mu
	closed bool               // the listener; guarded by mu
}

// New returns a limit of that many connections, at least 1.
func New(most int) *Limit {
	l := &Limit{most: most, open: map[*conn]struct{}{}}
	l.freed = sync.NewCond(&l.mu)
	return l
}

// Most is how many connections there may be.
func (l *Limit) Most() int { return l.most }

// Open is how many connections there are.
func (l *Limit) Open() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// Dropped is how many connections were closed to make room.
func (l *Limit) Dropped() int64 { return l.dropped.Load() }

// Listen bounds the connections that a listener accepts. There is one listener
// for a limit; the server must tell the limit of its connections by
// [Limit.Watch].
func (l *Limit) Listen(inner net.Listener) net.Listener { return &listener{inner, l} }

// Watch is for [http.Server.ConnState].
func (l *Limit) Watch(c net.Conn, state http.ConnState) {
	watched, ok := c.(*conn)
	for !ok {
		around, wraps := c.(interface{ NetConn() net.Conn }) // with TLS, or handed from one server to another
		if !wraps {
			return
		}
		c = around.NetConn()
		watched, ok = c.(*conn)
	}
	switch state {
	case http.StateNew, http.StateIdle:
		watched.waits.Store(time.Now().UnixNano())
		if l.starved.Load() {
			l.wake()
		}
	case http.StateActive:
		watched.waits.Store(busy)
	}
}

// add counts a connection in, as soon as there is room. It returns false when the
// listener is closed meanwhile.
func (l *Limit) add(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.open) >= l.most && !l.closed {
		l.starved.Store(true) // before looking: what begins to wait after the look will wake
		if !l.makeRoomLocked() {
			l.freed.Wait()
		}
	}
	l.starved.Store(false)
	if l.closed {
		return false
	}
	l.open[c] = struct{}{}
	return true
}

// makeRoomLocked closes the connections that have waited longest for a request.
// It returns false when each is in the middle of one.
func (l *Limit) makeRoomLocked() bool {
	type waiting struct {
		*conn
		since int64
	}
	var all []waiting
	for c := range l.open {
		if since := c.waits.Load(); since != busy {
			all = append(all, waiting{c, since})
		}
	}
	slices.SortFunc(all, func(a, b waiting) int { return cmp.Compare(a.since, b.since) })
	all = all[:min(len(all), max(1, l.most/share))]
	for _, w := range all {
		if w.waits.Load() != w.since {
			continue // its request has come meanwhile
		}
		delete(l.open, w.conn)
		_ = w.Conn.Close() // its server closes it once more
		l.dropped.Add(1)
	}
	return len(all) > 0
}

func (l *Limit) remove(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
	l.freed.Signal()
}

// wake has the connection that waits for room look again.
func (l *Limit) wake() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.freed.Signal()
}

// close lets nobody wait for room any more.
func (l *Limit) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.freed.Broadcast()
}

type listener struct {
	net.Listener
	limit *Limit
}

// Accept waits for the next connection, and for room for it.
func (l *listener) Accept() (net.Conn, error) {
	inner, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: inner, limit: l.limit}
	c.waits.Store(time.Now().UnixNano())
	if !l.limit.add(c) {
		_ = inner.Close()
		return nil, net.ErrClosed
	}
	return c, nil
}

// Close ends Accept, too when it waits for room.
func (l *listener) Close() error {
	l.limit.close()
	return l.Listener.Close()
}

// busy is what stands in the place of a time while a request is answered.
const busy = 0

// conn is a connection that counts.
type conn struct {
	net.Conn
	limit *Limit
	waits atomic.Int64 // since when, in nanoseconds since 1970, or busy
}

// Close counts the connection out.
func (c *conn) Close() error {
	c.limit.remove(c)
	return c.Conn.Close()
}

// CloseWrite says that no more will be sent. The server asks for it when it
// refuses what it has not read, so that its answer is read before the connection
// breaks.
func (c *conn) CloseWrite() error {
	if w, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return w.CloseWrite()
	}
	return nil
}
