package plain_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/plain"
)

const patience = 30 * time.Second

// served is a server on the network.
type served struct {
	*http.Server
	plain   *counted
	address string
	log     *bytes.Buffer // to be read when the server has ended
	states  states
	ended   chan error
}

// states counts what connections were told to be.
type states [http.StateClosed + 1]atomic.Int64

func (s *states) count(_ net.Conn, state http.ConnState) { s[state].Add(1) }

func (s *states) get(state http.ConnState) int { return int(s[state].Load()) }

func serve(t testing.TB, server *http.Server, handler http.HandlerFunc) *served {
	t.Helper()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &served{Server: server, address: inner.Addr().String(), log: new(bytes.Buffer), ended: make(chan error, 1)}
	server.Handler, server.ConnState, server.ErrorLog = handler, s.states.count, log.New(s.log, "", 0)
	s.plain = &counted{Listener: plain.Listen(inner, server)}
	go func() { s.ended <- server.Serve(s.plain) }()
	t.Cleanup(func() { s.stop(t) })
	return s
}

// stop ends the server, and waits for what it does.
func (s *served) stop(t testing.TB) {
	assert.NoError(t, s.Close())
	soon, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	assert.NoError(t, s.plain.Shutdown(soon))
	assert.ErrorIs(t, <-s.ended, http.ErrServerClosed)
	s.ended <- http.ErrServerClosed // for those who stop it again
}

// client is one connection.
type client struct {
	net.Conn
	answers *bufio.Reader
}

func (s *served) dial(t testing.TB) *client {
	t.Helper()
	c, err := net.Dial("tcp", s.address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return &client{c, bufio.NewReader(c)}
}

func (c *client) send(t testing.TB, text string) {
	t.Helper()
	_, err := io.WriteString(c, text)
	require.NoError(t, err)
}

// answer reads one answer; the error is that of a connection that was closed.
func (c *client) answer() (response *http.Response, body string, err error) {
	if response, err = http.ReadResponse(c.answers, nil); err != nil {
		return nil, "", err
	}
	b, err := io.ReadAll(response.Body)
	return response, string(b), err
}

// wants reads an answer that must come.
func (c *client) wants(t testing.TB, body string) *http.Response {
	t.Helper()
	response, got, err := c.answer()
	require.NoError(t, err)
	require.Equal(t, body, got)
	return response
}

// isClosed wants nothing more but the end.
func (c *client) isClosed(t testing.TB) {
	t.Helper()
	_, err := c.answers.ReadByte()
	require.Error(t, err)
	timeout, ok := err.(net.Error)
	require.False(t, ok && timeout.Timeout(), "the connection is open")
}

// asks is a plain request for a path.
func asks(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: crms\r\n\r\n" }

// odd is a request for a path that is not plain.
func odd(path string) string { return "GET " + path + " HTTP/1.1\r\nHost: crms\r\nPragma: x\r\n\r\n" }

// say answers with the path.
func say(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) }
