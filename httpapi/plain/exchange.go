package plain

import (
	"io"
	"net/http"
	"sync"
)

// exchange is one request and what belongs to it: its body, its context and its
// answer, in one piece of memory. It is not used again: a handler that keeps a part
// of it beyond its return meets nobody else's request.
type exchange struct {
	answer
	request http.Request
	body    body
	client  client
}

// answer has the handler answer a request. It returns whether that was the last
// one of the connection.
func (c *conn) answer(r request) (isLast bool) {
	x := &exchange{answer: answer{conn: c, declared: -1}, body: body{rest: r.body}, client: client{of: c}}
	x.request = *x.requestOf(r).WithContext(&x.client)
	c.unread, c.method, c.header = c.unread[r.size:], r.method, nil
	if r.header.lines <= fewLines {
		c.header = r.header
	}

	x.handle(c.of.server.Handler)
	return x.finish()
}

func (x *exchange) handle(h http.Handler) {
	defer x.client.leave() // both when the handler panics too
	defer x.body.Close()   // its bytes are in a buffer that others will get
	h.ServeHTTP(&x.answer, &x.request)
}

// requestOf is the request as net/http would have it.
func (x *exchange) requestOf(r request) *http.Request {
	q := &http.Request{
		Method: r.method, URL: r.address, RequestURI: r.target, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.fields, Host: r.host, RemoteAddr: x.conn.remote, ContentLength: int64(r.length), Body: http.NoBody,
	}
	if r.length > 0 {
		q.Body = &x.body
	}
	return q
}

// body is the body of a request, all of which has come.
type body struct {
	mu     sync.Mutex
	rest   []byte
	closed bool
}

// Read reads the body. With its last bytes it returns io.EOF, as that of net/http
// does.
func (b *body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	if len(b.rest) == 0 {
		return n, io.EOF
	}
	return n, nil
}

// Close ends the body.
func (b *body) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.rest, b.closed = nil, true
	return nil
}
