package httpapi

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// lingering is how long the rest of a body that nobody reads may take to come. Who
// sends it reads the answer meanwhile; who does not would hold the connection.
const lingering = time.Second

// sentBody is the body of a request of HTTP/1, and knows whether its end was
// reached.
type sentBody struct {
	io.ReadCloser
	chunked bool
	ended   bool
}

// watchBody returns the request with its body watched. It is a copy: where the body
// of its own request was not read to the end, net/http gives the answer time to
// arrive before what is still sent breaks the connection.
func watchBody(r *http.Request) (*http.Request, *sentBody) {
	b := &sentBody{ReadCloser: r.Body, chunked: r.ContentLength < 0}
	watched := *r
	watched.Body = b
	return &watched, b
}

// closing is the value of the header Connection of an answer that is the last.
var closing = []string{"close"}

// Read reads the body.
func (b *sentBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		b.ended = true
	}
	return n, err
}

// mustBeLast reports whether the connection must end with the answer:
//   - A body that was not read would be waited for before the answer is sent, so
//     that strangers could hold connections by never sending it.
//   - Of a request with chunks and a Content-Length, net/http takes the chunks and
//     forgets the length. A proxy in front that goes by the length takes what
//     follows for the next request of somebody else (RFC 9112, section 6.1).
func (b *sentBody) mustBeLast() bool { return b.chunked || !b.ended }

// endSoon bounds the wait for what was not read of the body, once the answer has
// been written. It is for nil too: no body was sent.
func (b *sentBody) endSoon(w http.ResponseWriter) {
	if b != nil && !b.ended {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(lingering)) // fails for recorders of tests only
	}
}
