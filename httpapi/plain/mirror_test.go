package plain_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/plain"
)

// mirror answers with all that it sees of a request, in the way that the path asks
// for. It always sets Date, and the length where net/http would send chunks, so that
// answers can be compared byte by byte. It returns what it was told of its writes.
func mirror(w http.ResponseWriter, r *http.Request) (told string) {
	var seen bytes.Buffer
	address := *r.URL
	address.User = nil // it is of an address that is whole, and a pointer
	fmt.Fprintf(&seen, "%q %q %#v %v %q %d.%d\n", r.Method, r.RequestURI, address, r.URL.User, r.Proto, r.ProtoMajor, r.ProtoMinor)
	fmt.Fprintf(&seen, "%q %q %q %d %q %q %v\n", r.Host, r.RemoteAddr, r.Header, r.ContentLength, r.TransferEncoding, r.Trailer, r.Close)
	ctx := r.Context()
	fmt.Fprintf(&seen, "%v %T %v\n", r.Body == http.NoBody, ctx.Value(http.ServerContextKey), ctx.Value(http.LocalAddrContextKey))
	way, argument, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	argument = argument[:min(len(argument), 256)]
	if way != "unread" {
		body, err := io.ReadAll(r.Body)
		fmt.Fprintf(&seen, "%q %v\n", body, err)
	}
	header := w.Header()
	header.Set("Date", "Mon, 02 Feb 2026 12:00:00 GMT")
	switch way {
	case "status":
		status, _ := strconv.Atoi(argument)
		header.Set("Content-Type", "text/x-mirror")
		if status < 400 {
			header.Set("Content-Length", "2000") // for those without a body
		}
		w.WriteHeader(min(max(status, 200), 999))
		header.Set("X-Late", "is not sent")
	case "length":
		if _, err := strconv.ParseUint(argument, 10, 31); err == nil {
			header.Set("Content-Length", argument)
			n, err := io.WriteString(w, strings.Repeat("length ", 100))
			told += fmt.Sprintln(n, err)
		}
	case "connection":
		header.Set("Connection", argument)
	case "twice":
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusTeapot)
		w.WriteHeader(0)
	case "untyped":
		header["Content-Type"] = nil
	case "pieces":
		for piece := range strings.SplitSeq(argument, "/") {
			n, err := io.WriteString(w, piece)
			told += fmt.Sprintln(n, err)
		}
	case "fields":
		header["X-Injected"] = []string{"a\r\nX-More: b", " padded\t", "c\nd"}
		header["No Name"] = []string{"e"}
		header["Content-Encoding"] = []string{"none"}
		header["Trailer"] = nil
	case "panic":
		_, _ = io.WriteString(w, argument)
		panic(http.ErrAbortHandler)
	}
	if way == "nothing" {
		return told
	}
	if seen.Len() > 1024 && header.Get("Content-Length") == "" {
		header.Set("Content-Length", strconv.Itoa(seen.Len()))
	}
	n, err := w.Write(seen.Bytes())
	return told + fmt.Sprintln(n, err)
}

// script is a connection of which the client has sent everything already, in
// pieces, and half-closed it. With a real one the network decides about the pieces,
// and a connection that is closed before all was read may lose the last answer.
type script struct {
	mu      sync.Mutex
	pieces  [][]byte
	isEager bool // says with the last piece that it is the last
	answers bytes.Buffer
	closed  chan struct{}
	once    sync.Once
}

func newScript(sent []byte, piece int) *script {
	s := &script{closed: make(chan struct{}), isEager: piece%2 == 0}
	for len(sent) > 0 {
		n := min(piece, len(sent))
		s.pieces, sent = append(s.pieces, sent[:n]), sent[n:]
	}
	return s
}

func (s *script) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.pieces[0])
	if s.pieces[0] = s.pieces[0][n:]; len(s.pieces[0]) == 0 {
		s.pieces = s.pieces[1:]
	}
	if len(s.pieces) == 0 && s.isEager {
		return n, io.EOF
	}
	return n, nil
}

func (s *script) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.answers.Write(p)
}

func (s *script) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}

func (s *script) LocalAddr() net.Addr              { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (s *script) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// stage is a listener for connections that the test makes, and the handler of what
// scripts send.
type stage struct {
	conns  chan net.Conn
	closed chan struct{}
	told   strings.Builder // to handlers; to be read when a script is played
}

func newStage() *stage { return &stage{conns: make(chan net.Conn), closed: make(chan struct{})} }

func (l *stage) ServeHTTP(w http.ResponseWriter, r *http.Request) { l.told.WriteString(mirror(w, r)) }

func (l *stage) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *stage) Close() error {
	close(l.closed)
	return nil
}

func (l *stage) Addr() net.Addr { return &net.TCPAddr{} }

// play has the server of the stage answer all that was sent. It returns that, and
// what the handlers were told.
func (l *stage) play(t *testing.T, sent []byte, piece int) (answers, told string) {
	t.Helper()
	l.told.Reset()
	s := newScript(sent, piece)
	l.conns <- s
	select {
	case <-s.closed:
	case <-time.After(patience):
		require.Fail(t, "the connection is not closed", "sent %q", sent)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return dates.ReplaceAllString(s.answers.String(), "\r\nDate: now\r\n"), l.told.String()
}

// dates are what a clock has said: net/http answers OPTIONS * by itself, and two
// answers may be of two seconds.
var dates = regexp.MustCompile(`\r\nDate: [^\r]+ GMT\r\n`)

// mirrors are two servers with the same handler.
type mirrors struct {
	with, without *stage
	handed        *counted
}

// counted counts what is handed over.
type counted struct {
	*plain.Listener
	mu sync.Mutex
	n  int
}

func (c *counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.n++
	}
	return conn, err
}

func (c *counted) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func startMirrors(t testing.TB) *mirrors {
	t.Helper()
	m := &mirrors{with: newStage(), without: newStage()}
	with := &http.Server{Handler: m.with, ErrorLog: log.New(io.Discard, "", 0)}
	without := &http.Server{Handler: m.without, ErrorLog: log.New(io.Discard, "", 0)}
	m.handed = &counted{Listener: plain.Listen(m.with, with)}
	ended := make(chan error, 2)
	go func() { ended <- with.Serve(m.handed) }()
	go func() { ended <- without.Serve(m.without) }()
	t.Cleanup(func() {
		assert.NoError(t, with.Close())
		assert.NoError(t, without.Close())
		assert.ErrorIs(t, <-ended, http.ErrServerClosed)
		assert.ErrorIs(t, <-ended, http.ErrServerClosed)
	})
	return m
}

// same wants the same answers from both servers, byte by byte, and the same told to
// their handlers.
func (m *mirrors) same(t *testing.T, sent []byte, piece int) {
	t.Helper()
	with, toldWith := m.with.play(t, sent, piece)
	without, toldWithout := m.without.play(t, sent, piece)
	require.Equal(t, without, with, "to %q in pieces of %d", sent, piece)
	require.Equal(t, toldWithout, toldWith, "to %q in pieces of %d", sent, piece)
}
