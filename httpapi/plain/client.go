package plain

import (
	"context"
	"net/http"
	"sync"
	"time"
)

// client is the context of a request, which ends when its client goes away or its
// handler returns.
//
// To learn that a client has gone somebody has to read from its connection
// meanwhile. net/http does so for every request; here it begins when somebody asks
// for Done, who is about to wait: most handlers never do. Err alone does not begin
// it.
type client struct {
	of *conn

	mu      sync.Mutex
	err     error
	done    chan struct{} // nil until it is asked for
	watched chan struct{} // closed when the watch ends; nil without one
	next    [1]byte       // the first byte of the next request
	n       int           // how many there are in next; written before watched is closed
}

var _ context.Context = (*client)(nil)

// Deadline is none.
func (*client) Deadline() (deadline time.Time, ok bool) { return }

// Value returns what net/http has in the context of a request: the server, and
// the address that it listens on.
func (c *client) Value(key any) any {
	switch key {
	case http.ServerContextKey:
		return c.of.of.server
	case http.LocalAddrContextKey:
		return c.of.LocalAddr()
	}
	return nil
}

// Err says why the context has ended.
func (c *client) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// Done is closed when the context ends. From the first call on the client is
// watched.
func (c *client) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done = make(chan struct{})
		if c.err != nil {
			close(c.done)
		} else {
			c.watched = make(chan struct{})
			_ = c.of.SetReadDeadline(time.Time{})
			go c.watch()
		}
	}
	return c.done
}

// watch waits until the client sends more, which is no reason to end, or goes.
func (c *client) watch() {
	defer close(c.watched)
	n, err := c.of.Read(c.next[:])
	c.n = n
	if n == 0 && err != nil {
		c.end() // once more, where leave has ended the watch
	}
}

func (c *client) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return
	}
	c.err = context.Canceled
	if c.done != nil {
		close(c.done)
	}
}

// leave ends the context and the watch. What came meanwhile is unread.
func (c *client) leave() {
	c.end()
	if c.watched == nil {
		return
	}
	_ = c.of.SetReadDeadline(aLongTimeAgo)
	<-c.watched
	_ = c.of.SetReadDeadline(time.Time{})
	c.of.readUntil = time.Time{}
	c.of.putBack(c.next[:c.n])
}

// aLongTimeAgo is a deadline that ends a read that waits.
var aLongTimeAgo = time.Unix(1, 0)
