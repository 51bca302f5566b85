package cmd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// loadCall is a request as it goes over the wire, and what a right answer has.
type loadCall struct {
	request []byte
	status  int
	has     string // is in the body
	times   int    // as often as this; 0 stands for at least once
}

// check returns an error unless the answer is the one that is expected.
func (e loadCall) check(status int, body []byte) error {
	if status != e.status {
		return fmt.Errorf("status %d instead of %d: %s", status, e.status, body)
	}
	found := bytes.Count(body, []byte(e.has))
	if found == 0 || e.times != 0 && e.times != found {
		return fmt.Errorf("%q is in the answer %d times: %s", e.has, found, body)
	}
	return nil
}

// load is a closed loop of clients: each waits for its answer before it sends
// again. It is a client of its own since that of net/http takes more of the CPU,
// which it shares with the server, than the server does.
type load []*client

type client struct {
	connection net.Conn
	in         *bufio.Reader
	body       []byte // of the last answer
	random     *rand.Rand
	took       []time.Duration // one for each call
}

// dialLoad connects so many clients, until the benchmark ends.
func dialLoad(b *testing.B, addr string, clients int) load {
	b.Helper()
	l := make(load, clients)
	for i := range l {
		connection, err := net.Dial("tcp", addr)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, connection.Close()) })
		l[i] = &client{connection: connection, in: bufio.NewReaderSize(connection, 32<<10), random: rand.New(rand.NewPCG(1, uint64(i)))}
	}
	return l
}

// run does n calls, shared among the clients, and returns how long it took.
func (l load) run(n int, next func(*rand.Rand) loadCall) (time.Duration, error) {
	var (
		wait sync.WaitGroup
		left atomic.Int64
		errs = make([]error, len(l))
	)
	left.Store(int64(n))
	start := time.Now()
	for i, c := range l {
		wait.Go(func() {
			for left.Add(-1) >= 0 && errs[i] == nil {
				errs[i] = c.do(next(c.random))
			}
		})
	}
	wait.Wait()
	return time.Since(start), errors.Join(errs...)
}

// took is how long each call so far has taken.
func (l load) took() []time.Duration {
	var all []time.Duration
	for _, c := range l {
		all = append(all, c.took...)
	}
	return all
}

// do sends a call, and checks its answer when the clock has stopped.
func (c *client) do(e loadCall) error {
	start := time.Now()
	if _, err := c.connection.Write(e.request); err != nil {
		return err
	}
	status, err := c.read()
	if err != nil {
		return err
	}
	c.took = append(c.took, time.Since(start))
	return e.check(status, c.body)
}

// read reads an answer of HTTP/1.1, which must tell the length of its body.
func (c *client) read() (status int, err error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	const version = len("HTTP/1.1 ")
	if len(line) < version+3 {
		return 0, fmt.Errorf("not HTTP: %q", line)
	}
	if status, err = strconv.Atoi(string(line[version : version+3])); err != nil {
		return 0, err
	}
	length := -1
	for {
		if line, err = c.in.ReadSlice('\n'); err != nil {
			return 0, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		if value, is := bytes.CutPrefix(line, []byte("Content-Length: ")); is {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		}
	}
	if length < 0 {
		return 0, fmt.Errorf("status %d without a length", status)
	}
	if cap(c.body) < length {
		c.body = make([]byte, length)
	}
	c.body = c.body[:length]
	_, err = io.ReadFull(c.in, c.body)
	return status, err
}

// rawRequest is a request with a token, and a body unless that is empty.
func rawRequest(method, path, token, mediaType, body string) []byte {
	b := make([]byte, 0, 1024)
	b = append(b, method+" "+path+" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "+token+"\r\n"...)
	if body != "" {
		b = append(b, "Content-Type: "+mediaType+"\r\nContent-Length: "+strconv.Itoa(len(body))+"\r\n"...)
	}
	return append(b, "\r\n"+body...)
}
