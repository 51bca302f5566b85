package plain_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWhatDiffers holds the differences to net/http that doc.go names.
func TestWhatDiffers(t *testing.T) {
	t.Parallel()
	ask := func(t *testing.T, handler http.HandlerFunc) (response *http.Response, body string) {
		c := serve(t, &http.Server{}, handler).dial(t)
		c.send(t, asks("/"))
		response, body, err := c.answer()
		require.NoError(t, err)
		c.send(t, asks("/"))
		_, _, err = c.answer()
		require.NoError(t, err, "the connection stays")
		return response, body
	}
	long := strings.Repeat("0123456789abcdef", 10<<10)

	t.Run("an answer that is long says how long it is, and has no chunks", func(t *testing.T) {
		response, body := ask(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, long) })
		assert.Equal(t, int64(len(long)), response.ContentLength)
		assert.Equal(t, long, body)
	})
	for _, length := range []string{"x", "-1", " 5"} {
		t.Run(fmt.Sprintf("... and if the handler says that it is %q", length), func(t *testing.T) {
			response, body := ask(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", length)
				_, _ = io.WriteString(w, "a body")
			})
			assert.Equal(t, []string{"6"}, response.Header["Content-Length"])
			assert.Equal(t, "a body", body)
		})
	}
	t.Run("... and in the answer to HEAD", func(t *testing.T) {
		c := serve(t, &http.Server{}, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, long) }).dial(t)
		c.send(t, "HEAD / HTTP/1.1\r\nHost: crms\r\n\r\n"+asks("/"))
		response, err := http.ReadResponse(c.answers, &http.Request{Method: http.MethodHead})
		require.NoError(t, err)
		assert.Equal(t, int64(len(long)), response.ContentLength)
		c.wants(t, long)
	})
	t.Run("a coding of the transfer is not the handler's", func(t *testing.T) {
		response, body := ask(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Transfer-Encoding", "identity")
			_, _ = io.WriteString(w, "a body")
		})
		assert.Empty(t, response.TransferEncoding)
		assert.Empty(t, response.Header["Content-Type"], "as with net/http")
		assert.Equal(t, "a body", body)
	})
	t.Run("what is informational and what comes behind the body is not sent", func(t *testing.T) {
		response, body := ask(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("Trailer", "X")
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, "a body")
			w.Header().Set("X", "y")
			w.Header().Set(http.TrailerPrefix+"Z", "y")
		})
		assert.Equal(t, http.StatusCreated, response.StatusCode)
		assert.Empty(t, response.Trailer)
		assert.Empty(t, response.Header["Trailer"])
		assert.Equal(t, "a body", body)
	})
	t.Run("nothing can be flushed, hijacked, or written beyond the server's time", func(t *testing.T) {
		_, body := ask(t, func(w http.ResponseWriter, _ *http.Request) {
			control := http.NewResponseController(w)
			_, _, err := control.Hijack()
			for _, err := range []error{err, control.Flush(), control.SetWriteDeadline(time.Time{}), control.EnableFullDuplex()} {
				fmt.Fprint(w, errors.Is(err, http.ErrNotSupported), " ")
			}
			fmt.Fprint(w, control.SetReadDeadline(time.Unix(1, 0)))
		})
		assert.Equal(t, "true true true true <nil>", body)
	})
	t.Run("of an answer that a handler breaks off nothing is sent", func(t *testing.T) {
		c := serve(t, &http.Server{}, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, long)
			panic(http.ErrAbortHandler)
		}).dial(t)
		c.send(t, asks("/"))
		c.isClosed(t)
	})
	t.Run("a client that has sent all is answered", func(t *testing.T) {
		c := serve(t, &http.Server{}, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Context().Err()) }).dial(t)
		c.send(t, asks("/"))
		require.NoError(t, c.Conn.(interface{ CloseWrite() error }).CloseWrite())
		c.wants(t, "<nil>")
		c.isClosed(t)
	})
}
