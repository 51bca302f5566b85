package cmd

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// dribble sends a text a byte at a time, again and again, until the connection
// breaks.
func (c *raw) dribble(text string) {
	for i := 0; ; i++ {
		if _, err := io.WriteString(c, text[i%len(text):i%len(text)+1]); err != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// TestSlowClients holds connections in every way there is, all at the same time:
// each ends by itself, and nobody else notices.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	v := startImpatient(t)
	openShop(t, v)
	const (
		patch = "PATCH " + john + "/type HTTP/1.1\r\nHost: crms\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
		get   = "GET /healthz HTTP/1.1\r\nHost: crms\r\n"
	)
	token := "Authorization: " + v.bearer(t, anAdmin) + "\r\n"
	cases := []struct {
		outcome string
		sent    string
		dribble string // behind it, a byte at a time
		answers string // as statuses, until the connection ends
	}{
		{"who says nothing is cut off", "", "", ""},
		{"a header that does not end is given up", get, "X: y\r\n", "400"},
		{"a header that comes a byte at a time is given up", "", get, "400"},
		{"a request line that does not end is given up", "GET /", "x", "400"},
		{"a body that does not come is given up", patch + token + "\r\n", "", "400"},
		{"a body that comes a byte at a time is given up", patch + token + "\r\n", " ", "400"},
		{"a body that is asked for and does not come is given up", patch + token + "Expect: 100-continue\r\n\r\n", "", "100 400"},
		{"a chunk that does not come is given up", strings.Replace(patch, "Content-Length: 1000", "Transfer-Encoding: chunked", 1) + token + "\r\n5\r\nab", "", "400"},
		{"a stranger's body is not waited for", patch + "\r\n", "", "401"},
		{"a stranger's body is not asked for", patch + "Expect: 100-continue\r\n\r\n", "", "401"},
		{"a body that nobody wants is not waited for", get + "Content-Length: 1000\r\n\r\n", "", "200"},
		{"a body for no route is not waited for", strings.Replace(patch, "/type", "/nothing", 1) + token + "\r\n", "", "404"},
		{"who says no more after an answer is cut off", get + "\r\n", "", "200"},
	}
	conns := make([]*raw, len(cases))
	for i, c := range cases {
		conns[i] = dialRaw(t, v.listener.Addr().String())
		conns[i].send(c.sent)
		if c.dribble != "" {
			go conns[i].dribble(c.dribble)
		}
	}
	reader := dialRaw(t, v.listener.Addr().String())
	require.NoError(t, reader.Conn.(*net.TCPConn).SetReadBuffer(4<<10)) // the system takes no more for it
	reader.send(strings.Repeat("GET /api/openapi.json HTTP/1.1\r\nHost: crms\r\n\r\n", 500))

	status, answer := v.call(t, http.MethodGet, john, "")
	assert.Equal(t, http.StatusOK, status, answer)
	for i, c := range cases {
		t.Run(c.outcome, func(t *testing.T) {
			got := statuses(conns[i].all(t))
			if c.dribble != "" && got == "" {
				return // what was sent behind the answer has broken the connection before it was read
			}
			assert.Equal(t, c.answers, got)
		})
	}
	t.Run("who does not fetch answers is cut off", func(t *testing.T) {
		require.Eventually(t, func() bool { return v.connections.Open() <= 1 }, patience, 10*time.Millisecond, "but for the call's own")
		assert.Less(t, len(reader.all(t)), 500)
	})
}

// TestPipelining sends many requests without waiting for answers.
func TestPipelining(t *testing.T) {
	t.Parallel()
	const n = 1000
	v := startService(t, noon)
	c := dialRaw(t, v.listener.Addr().String())
	go func() {
		for i := range n {
			c.send(fmt.Sprintf("GET /healthz HTTP/1.1\r\nHost: crms\r\nX-Request-Id: request-%04d\r\n\r\n", i))
		}
	}()
	for i := range n {
		answer, err := c.next(t)
		require.NoError(t, err)
		require.Equal(t, fmt.Sprintf("request-%04d", i), answer.id, "answers come in the order of the requests")
	}
}
