package plain

import (
	"cmp"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// bufferSize is how long a request may be, with its body, in bytes.
	bufferSize = 8 << 10
	// moment is how long the rest of a request may take to come that has begun.
	// What the network has parted comes within it; the others are handed over, and
	// net/http waits for them as long as its server's timeouts say.
	moment = 100 * time.Millisecond
)

// conn is a connection of which all requests have been plain so far. While it waits
// it holds a buffer for a request, as much as the two of net/http take, and none for
// answers.
type conn struct {
	net.Conn
	of     *Listener
	remote string
	state  atomic.Int32 // waiting, answering or stopped

	buffer *[bufferSize]byte
	unread []byte // what has come and is not answered yet; within buffer

	method string      // of the last request; empty before the first
	header *header     // of the last request; nil before the first, and for a long one
	fields http.Header // of the answer
	names  []string    // of the fields, while they are written
	date   date

	readUntil, writeUntil time.Time // the deadlines of Conn; zero for none
	isHandedOver          bool
}

// The states of a connection.
const (
	waiting   int32 = iota // for a request, which may have begun
	answering              // one
	stopped                // and closed
)

var bufferPool = sync.Pool{New: func() any { return new([bufferSize]byte) }}

func newConn(inner net.Conn, l *Listener) *conn {
	return &conn{Conn: inner, of: l, remote: inner.RemoteAddr().String(), fields: http.Header{}}
}

// serve answers requests until one is not plain, or the last.
func (c *conn) serve() {
	c.buffer = bufferPool.Get().(*[bufferSize]byte)
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			c.of.logf("http: panic serving %v: %v\n%s", c.remote, p, debug.Stack())
		}
		if c.isHandedOver {
			return
		}
		_ = c.Conn.Close()
		c.tell(http.StateClosed)
		bufferPool.Put(c.buffer)
	}()
	for {
		r, v := c.await()
		switch {
		case v == odd:
			c.handOver()
			return
		case v == partial, !c.state.CompareAndSwap(waiting, answering):
			return
		}
		c.tell(http.StateActive)
		if isLast := c.answer(r); isLast {
			return
		}
		c.state.Store(waiting)
		c.tell(http.StateIdle)
		if c.of.stopping.Load() { // after the state is stored: Close looks the other way round
			return
		}
	}
}

// await waits for the next request. It is partial when none comes any more.
func (c *conn) await() (request, verdict) {
	if !c.hasBegun() {
		c.readWithin(c.patience())
	}
	for !c.hasBegun() {
		if c.fill() != nil {
			return request{}, partial
		}
	}
	c.skipLineEnds()
	last := c.header
	for hurried := false; ; hurried = true {
		r, v := parse(c.unread, last)
		last = cmp.Or(r.header, last) // so that a body which drips in has it parsed once
		switch {
		case v != partial:
			return r, v
		case len(c.unread) == bufferSize:
			return r, odd
		case !hurried:
			c.readWithin(moment)
		}
		if c.fill() != nil {
			return r, odd // net/http knows what is to be said
		}
	}
}

// patience is how long a request may take to begin.
func (c *conn) patience() time.Duration {
	server := c.of.server
	if c.method == "" {
		return cmp.Or(server.ReadHeaderTimeout, server.ReadTimeout)
	}
	return cmp.Or(server.IdleTimeout, server.ReadTimeout)
}

// hasBegun reports whether a request has begun. net/http takes up to three bytes
// for nothing yet where it has answered before.
func (c *conn) hasBegun() bool {
	return len(c.unread) >= 4 || c.method == "" && len(c.unread) > 0
}

// skipLineEnds passes over what old clients send behind the body of a POST, as
// net/http does.
func (c *conn) skipLineEnds() {
	if c.method != http.MethodPost {
		return
	}
	for i := 0; i < 4 && len(c.unread) > 0 && (c.unread[0] == '\r' || c.unread[0] == '\n'); i++ {
		c.unread = c.unread[1:]
	}
}

// fill reads more behind what is unread.
func (c *conn) fill() error {
	c.unread = c.buffer[:copy(c.buffer[:], c.unread)]
	n, err := c.Conn.Read(c.buffer[len(c.unread):])
	c.unread = c.buffer[:len(c.unread)+n]
	if n > 0 {
		return nil
	}
	return err
}

// putBack adds to what is unread what was read elsewhere. There is room for a byte
// at least: a request was in the buffer that is answered.
func (c *conn) putBack(b []byte) {
	c.unread = append(c.buffer[:copy(c.buffer[:], c.unread)], b...)
}

// renewal is the part of a timeout by which a deadline may be too late: setting one
// costs more than looking whether it will do.
const renewal = 16

// readWithin bounds what is read next; 0 is no bound.
func (c *conn) readWithin(d time.Duration) {
	if until, isNew := renewed(c.readUntil, d); isNew {
		_ = c.Conn.SetReadDeadline(until) // fails for closed connections, as what follows
		c.readUntil = until
	}
}

// writeWithin bounds what is written next; 0 is no bound.
func (c *conn) writeWithin(d time.Duration) {
	if until, isNew := renewed(c.writeUntil, d); isNew {
		_ = c.Conn.SetWriteDeadline(until)
		c.writeUntil = until
	}
}

// renewed is a deadline that lies d ahead, or little more. The bool is false when
// the old one will do.
func renewed(old time.Time, d time.Duration) (until time.Time, isNew bool) {
	if d == 0 {
		return time.Time{}, !old.IsZero()
	}
	until = time.Now().Add(d)
	if late := old.Sub(until); late >= 0 && late <= d/renewal {
		return old, false
	}
	return until.Add(d / renewal), true
}

// handOver passes the connection on, with what has come and was not answered.
func (c *conn) handOver() {
	if !c.state.CompareAndSwap(waiting, stopped) {
		return
	}
	_ = c.Conn.SetReadDeadline(time.Time{})
	c.isHandedOver = c.of.handOver(&handedOver{Conn: c.Conn, first: c.unread})
}

// stop closes the connection unless a request is being answered.
func (c *conn) stop() {
	if c.state.CompareAndSwap(waiting, stopped) {
		_ = c.Conn.Close()
	}
}

func (c *conn) tell(state http.ConnState) {
	if hook := c.of.server.ConnState; hook != nil {
		hook(c.Conn, state)
	}
}
