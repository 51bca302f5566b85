package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/go-json-experiment/json"
)

// socketName is the socket of a running server in its data folder.
const socketName = "crms.sock"

// maxSocketPath is what a unix socket's address has room for on Linux.
const maxSocketPath = 107

// CheckFolder refuses a data folder whose path is too long for a socket in it.
func CheckFolder(dir string) error {
	if path := filepath.Join(dir, socketName); len(path) > maxSocketPath {
		return fmt.Errorf("cannot make socket %s: the path has %d of at most %d bytes, use a shorter data folder", path, len(path), maxSocketPath)
	}
	return nil
}

// Listen makes the socket of the server that has the data folder's store open;
// one that a killed server has left is replaced. Only its owner may use it. The
// folder must be one that [CheckFolder] allows.
func Listen(dir string) (net.Listener, error) {
	path := filepath.Join(dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("cannot replace socket: %w", err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("cannot make socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// Client runs operations on a data folder.
type Client struct {
	http  *http.Client
	close func() error
}

// Dial returns a client of the server that runs on the data folder. The bool is
// false when there is none.
func Dial(dir string) (*Client, bool) {
	path := filepath.Join(dir, socketName)
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}
	conn, err := dial(context.Background(), "", "")
	if err != nil {
		return nil, false // not there, or left behind by a server that was killed
	}
	conn.Close()
	return newClient(dial, func() error { return nil }), true
}

// InProcess returns a client of a handler in this process. Closing it lets
// operations end that have answered already but still tidy up, and then calls
// close.
func InProcess(h http.Handler, close func() error) *Client {
	l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	var operations sync.WaitGroup
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		operations.Add(1)
		defer operations.Done()
		h.ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(l) }()
	return newClient(l.dial, func() error {
		err := server.Close()
		operations.Wait()
		return errors.Join(err, close())
	})
}

func newClient(dial func(context.Context, string, string) (net.Conn, error), close func() error) *Client {
	return &Client{&http.Client{Transport: &http.Transport{DialContext: dial}}, close}
}

// Close ends the client.
func (c *Client) Close() error {
	c.http.CloseIdleConnections()
	return c.close()
}

// OnClose has close called, too, when the client ends.
func (c *Client) OnClose(close func() error) {
	before := c.close
	c.close = func() error { return errors.Join(before(), close()) }
}

// Get fetches from an operation that changes nothing.
func Get[Out any](ctx context.Context, c *Client, path string) (Out, error) {
	return call[Out](ctx, c, http.MethodGet, path, nil)
}

// Post runs an operation.
func Post[Out any](ctx context.Context, c *Client, path string, in any) (Out, error) {
	body, err := json.Marshal(in)
	if err != nil {
		var none Out
		return none, err
	}
	return call[Out](ctx, c, http.MethodPost, path, body)
}

// Fetch opens what an operation streams. manifest is that of a backup.
func Fetch(ctx context.Context, c *Client, path string) (body io.ReadCloser, manifest []byte, err error) {
	response, err := c.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return nil, nil, err
	}
	return response.Body, []byte(response.Header.Get(headerManifest)), nil
}

func call[Out any](ctx context.Context, c *Client, method, path string, in []byte) (out Out, err error) {
	response, err := c.send(ctx, method, path, in)
	if err != nil {
		return out, err
	}
	defer response.Body.Close()
	return out, json.UnmarshalRead(response.Body, &out)
}

// send returns the answer of an operation that has gone well.
func (c *Client) send(ctx context.Context, method, path string, in []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://crms"+path, bytes.NewReader(in))
	if err != nil {
		return nil, err
	}
	return c.do(r)
}

func (c *Client) do(r *http.Request) (*http.Response, error) {
	response, err := c.http.Do(r)
	if err != nil {
		return nil, fmt.Errorf("the server did not answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		defer response.Body.Close()
		return nil, readFailure(response)
	}
	return response, nil
}

func readFailure(response *http.Response) error {
	var f failure
	if body, err := io.ReadAll(response.Body); err != nil || json.Unmarshal(body, &f) != nil {
		return fmt.Errorf("the server answered %s: is it of another version?", response.Status)
	}
	return errors.New(f.Message)
}

// pipeListener accepts connections from within the process.
type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *pipeListener) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.conns <- server:
		return client, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.done:
		return nil, syscall.ECONNREFUSED
	}
}

// Accept waits for the next call of dial.
func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

// Close refuses further connections.
func (l *pipeListener) Close() error {
	close(l.done)
	return nil
}

// Addr names the listener, which has no address.
func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "in process", Net: "unix"} }
