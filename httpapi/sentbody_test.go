package httpapi

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dial opens a connection on which anything can be sent.
func dial(t *testing.T, server *httptest.Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(time.Minute)))
	return c
}

// TestRefusalsArriveBeforeTheBodyEnds refuses bodies that are still being sent. A
// connection that broke at once would take the answer with it, or the caller would
// see the broken connection instead.
func TestRefusalsArriveBeforeTheBodyEnds(t *testing.T) {
	a := newAPI(t, io.Discard, 0)
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	for outcome, c := range map[string]struct{ headers, status string }{
		"without a token": {"Content-Length: 2000000\r\n", "401"},
		"too large":       {"Content-Length: 2000000\r\nContent-Type: application/json\r\nAuthorization: " + a.admin + "\r\n", "413"},
		"of another type": {"Content-Length: 1000000\r\nContent-Type: text/plain\r\nAuthorization: " + a.admin + "\r\n", "415"},
	} {
		t.Run(outcome, func(t *testing.T) {
			require.Eventually(t, func() bool { // the server waits for half a second, and a busy machine may take longer
				conn := dial(t, server)
				_, failed := io.WriteString(conn, "POST /api/customers HTTP/1.1\r\nHost: crms\r\n"+c.headers+"\r\n"+strings.Repeat(" ", 32<<10))
				got, err := io.ReadAll(conn)
				return failed == nil && err == nil && strings.HasPrefix(string(got), "HTTP/1.1 "+c.status)
			}, time.Minute, time.Millisecond, "the answer and then the end")
		})
	}
}

// TestBodiesThatNeverComeHoldNoConnection has a server that waits for bodies for as
// long as they take.
func TestBodiesThatNeverComeHoldNoConnection(t *testing.T) {
	server := httptest.NewServer(newAPI(t, io.Discard, 0))
	t.Cleanup(server.Close)
	for outcome, headers := range map[string]string{
		"of known length":   "Content-Length: 1000\r\n",
		"of unknown length": "Transfer-Encoding: chunked\r\n",
		"announced first":   "Content-Length: 1000\r\nExpect: 100-continue\r\n",
	} {
		t.Run(outcome, func(t *testing.T) {
			t.Parallel() // each takes a second
			conn := dial(t, server)
			_, err := io.WriteString(conn, "POST /api/customers HTTP/1.1\r\nHost: crms\r\n"+headers+"\r\n")
			require.NoError(t, err)
			got, err := io.ReadAll(conn)
			assert.NoError(t, err, "the connection ends")
			assert.Contains(t, string(got), "HTTP/1.1 401")
		})
	}
}

// TestPanicsLeaveTheConnectionUsable has a handler panic within a real server.
func TestPanicsLeaveTheConnectionUsable(t *testing.T) {
	a := newAPI(t, io.Discard, 0)
	broken := a.adapt(route{path: "/test", handle: func(r *request) (answer, error) {
		_, err := readAll(r, maxBody)
		panic(errors.Join(errors.New("disk of Asha is on fire"), err))
	}})
	server := httptest.NewServer(a.observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { broken(w, r, nil) })))
	t.Cleanup(server.Close)
	conn := dial(t, server)
	answers := bufio.NewReader(conn)
	for range 3 {
		_, err := io.WriteString(conn, "POST /test HTTP/1.1\r\nHost: crms\r\nContent-Length: 2\r\n\r\n{}")
		require.NoError(t, err)
		response, err := http.ReadResponse(answers, nil)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		assert.Equal(t, http.StatusInternalServerError, response.StatusCode)
		assert.Equal(t, envelope("Internal server error", `{"requestId":"`+response.Header.Get("X-Request-Id")+`"}`), string(body))
		assert.False(t, response.Close)
	}
}
