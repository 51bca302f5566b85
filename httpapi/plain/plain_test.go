package plain_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"crms/httpapi/plain"
)

func TestConnections(t *testing.T) {
	t.Parallel()

	t.Run("stay with the listener while requests are plain", func(t *testing.T) {
		s := serve(t, &http.Server{}, say)
		c := s.dial(t)
		for i := range 3 {
			c.send(t, asks(fmt.Sprint("/", i)))
			response := c.wants(t, fmt.Sprint("/", i))
			sent, err := http.ParseTime(response.Header.Get("Date"))
			require.NoError(t, err)
			assert.WithinDuration(t, time.Now(), sent, patience)
			assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
		}
		require.NoError(t, c.Close())
		s.stop(t)
		assert.Zero(t, s.plain.count())
		assert.Equal(t, [...]int{1, 3, 3, 1}, [...]int{s.states.get(http.StateNew), s.states.get(http.StateActive), s.states.get(http.StateIdle), s.states.get(http.StateClosed)})
	})
	t.Run("go over to the server with the first odd request, in order", func(t *testing.T) {
		s := serve(t, &http.Server{}, say)
		c := s.dial(t)
		c.send(t, asks("/a")+asks("/b")+odd("/c")+asks("/d"))
		for _, path := range []string{"/a", "/b", "/c", "/d"} {
			c.wants(t, path)
		}
		c.send(t, asks("/e"))
		c.wants(t, "/e")
		assert.Equal(t, 1, s.plain.count())
	})
	t.Run("are waited for where a request comes in pieces", func(t *testing.T) {
		s := serve(t, &http.Server{}, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) })
		c := s.dial(t)
		for _, piece := range []string{"P", "OST / HTTP/1.1\r\nHost: crms\r", "\nContent-Length: 4\r\n\r\n", "ab", "cd"} {
			c.send(t, piece)
			time.Sleep(time.Millisecond) // so that the system does not put them together again
		}
		c.wants(t, "abcd")
	})
	t.Run("that a handler panics on are closed, and told of", func(t *testing.T) {
		s := serve(t, &http.Server{}, func(http.ResponseWriter, *http.Request) { panic("a fault") })
		c := s.dial(t)
		c.send(t, asks("/"))
		c.isClosed(t)
		s.stop(t)
		assert.Contains(t, s.log.String(), "http: panic serving "+c.LocalAddr().String()+": a fault")
	})
	t.Run("that a handler panics on leave nothing to read", func(t *testing.T) {
		bodies := make(chan io.Reader, 1)
		s := serve(t, &http.Server{}, func(_ http.ResponseWriter, r *http.Request) {
			bodies <- r.Body
			panic(http.ErrAbortHandler)
		})
		c := s.dial(t)
		c.send(t, posted("Content-Length: 6\r\n", "secret"))
		c.isClosed(t)
		_, err := (<-bodies).Read(make([]byte, 1))
		assert.ErrorIs(t, err, http.ErrBodyReadAfterClose, "another connection may have the buffer")
		s.stop(t)
		assert.Empty(t, s.log.String())
	})
	t.Run("end with an answer that is the last", func(t *testing.T) {
		s := serve(t, &http.Server{}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Connection", "close")
			say(w, r)
		})
		c := s.dial(t)
		c.send(t, asks("/a")+asks("/b"))
		assert.True(t, c.wants(t, "/a").Close)
		c.isClosed(t)
	})
	t.Run("may fetch long answers", func(t *testing.T) {
		long := "<html>" + strings.Repeat("0123456789abcdef", 64<<10)
		s := serve(t, &http.Server{}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/told" {
				w.Header().Set("Content-Length", fmt.Sprint(len(long)))
			}
			_, _ = io.WriteString(w, long[:1])
			_, _ = io.WriteString(w, long[1:])
		})
		c := s.dial(t)
		c.send(t, asks("/told")+asks("/not")+asks("/told"))
		for range 3 {
			response := c.wants(t, long)
			assert.Equal(t, int64(len(long)), response.ContentLength)
			assert.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
		}
	})
	t.Run("get a long answer as it is written", func(t *testing.T) {
		fetched := make(chan struct{})
		s := serve(t, &http.Server{}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(make([]byte, 50_000))
			<-fetched
			_, _ = w.Write(make([]byte, 50_000))
		})
		c := s.dial(t)
		c.send(t, asks("/"))
		response, err := http.ReadResponse(c.answers, nil)
		require.NoError(t, err)
		_, err = io.CopyN(io.Discard, response.Body, 50_000)
		require.NoError(t, err)
		close(fetched)
		n, err := io.Copy(io.Discard, response.Body)
		assert.Equal(t, int64(50_000), n)
		assert.NoError(t, err)
	})
	t.Run("hear of a body's end with its last bytes", func(t *testing.T) {
		s := serve(t, &http.Server{}, func(w http.ResponseWriter, r *http.Request) {
			n, err := r.Body.Read(make([]byte, 10))
			fmt.Fprint(w, n, err)
		})
		c := s.dial(t)
		c.send(t, posted("Content-Length: 4\r\n", "abcd"))
		c.wants(t, "4 EOF")
	})
	t.Run("get nothing of what a handler writes once it has returned", func(t *testing.T) {
		writers := make(chan http.ResponseWriter, 3)
		s := serve(t, &http.Server{}, func(w http.ResponseWriter, r *http.Request) {
			writers <- w
			say(w, r)
		})
		c := s.dial(t)
		c.send(t, asks("/a"))
		c.wants(t, "/a")
		c.send(t, asks("/b"))
		c.wants(t, "/b") // so that all of the first is over
		late := <-writers
		late.WriteHeader(http.StatusTeapot)
		_, err := io.WriteString(late, "late")
		assert.Error(t, err)
		c.send(t, asks("/c"))
		assert.Equal(t, http.StatusOK, c.wants(t, "/c").StatusCode)
	})
}

// failing is a listener that fails a few times.
type failing struct {
	net.Listener
	failures int
}

type temporary struct{ error }

func (temporary) Timeout() bool   { return false }
func (temporary) Temporary() bool { return true }

func (l *failing) Accept() (net.Conn, error) {
	if l.failures--; l.failures >= 0 {
		return nil, &temporary{io.ErrNoProgress}
	}
	return l.Listener.Accept()
}

func TestFailuresToAcceptAreTheServers(t *testing.T) {
	t.Parallel()
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var told bytes.Buffer
	server := &http.Server{Handler: http.HandlerFunc(say), ErrorLog: log.New(&told, "", 0)}
	s := &served{Server: server, address: inner.Addr().String(), ended: make(chan error, 1)}
	s.plain = &counted{Listener: plain.Listen(&failing{inner, 3}, server)}
	go func() { s.ended <- server.Serve(s.plain) }()
	c := s.dial(t)
	c.send(t, asks("/"))
	c.wants(t, "/")
	s.stop(t)
	assert.Equal(t, 3, strings.Count(told.String(), "http: Accept error: "))
}

// TestNobodyGetsTheAnswerOfAnother has many clients send requests that differ, one
// by one and many at once, plain ones and others.
func TestNobodyGetsTheAnswerOfAnother(t *testing.T) {
	t.Parallel()
	s := serve(t, &http.Server{}, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		if r.URL.Query().Has("wait") {
			select {
			case <-r.Context().Done():
			case <-time.After(time.Millisecond):
			}
		}
		w.Header().Set("X-Who", r.Header.Get("X-Who"))
		fmt.Fprintf(w, "%s %s", r.URL.Path, body)
	})
	var all errgroup.Group
	for who := range 16 {
		c := s.dial(t)
		all.Go(func() error {
			for i := range 200 {
				requests, wait := 1+i%5, [...]string{"", "?wait"}[i/7%2]
				var sent strings.Builder
				for n := range requests {
					body := strings.Repeat("x", (who*i+n)%50)
					fmt.Fprintf(&sent, "POST /%d/%d/%d%s HTTP/1.1\r\nHost: crms\r\nX-Who: %d\r\nContent-Length: %d\r\n\r\n%s", who, i, n, wait, who+n%2, len(body), body)
				}
				if who%4 == 0 && i == 100 {
					sent.WriteString(odd("/odd"))
				}
				if _, err := io.WriteString(c, sent.String()); err != nil {
					return err
				}
				for n := range requests {
					response, body, err := c.answer()
					if err != nil {
						return err
					}
					assert.Equal(t, fmt.Sprintf("/%d/%d/%d %s", who, i, n, strings.Repeat("x", (who*i+n)%50)), body)
					assert.Equal(t, fmt.Sprint(who+n%2), response.Header.Get("X-Who"))
				}
				if who%4 == 0 && i == 100 {
					if _, _, err := c.answer(); err != nil {
						return err
					}
				}
			}
			return nil
		})
	}
	assert.NoError(t, all.Wait())
	assert.Equal(t, 4, s.plain.count())
}
