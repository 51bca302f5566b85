package httpapi

import (
	"errors"
	"io"
)

// sentBody is the body of a request of HTTP/1, and knows whether its end was
// reached.
type sentBody struct {
	io.ReadCloser
	chunked bool
	ended   bool
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
