package cmd

import (
	"bytes"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// floor is what no server in Go gets below: a bare handler of net/http. A GET is
// answered with a fixed text, a POST when 256 bytes more are on the disk, one
// after the other.
type floor struct {
	addr   string
	answer []byte

	mu   sync.Mutex // held while a POST writes
	file *os.File
}

const floorWrite = 256 // bytes

// startFloor starts a floor that answers with so many bytes.
func startFloor(b *testing.B, bytesOfAnswer int) *floor {
	b.Helper()
	file, err := os.Create(filepath.Join(b.TempDir(), "floor"))
	require.NoError(b, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	f := &floor{addr: l.Addr().String(), answer: bytes.Repeat([]byte{'x'}, bytesOfAnswer), file: file}
	server := &http.Server{Handler: f}
	go func() { _ = server.Serve(l) }()
	b.Cleanup(func() {
		require.NoError(b, server.Close())
		require.NoError(b, file.Close())
	})
	return f
}

func (f *floor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		if err := f.write(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(f.answer)))
	_, _ = w.Write(f.answer) // the client sees what is missing
}

func (f *floor) write() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := f.file.Write(make([]byte, floorWrite)); err != nil {
		return err
	}
	return f.file.Sync() // of a file that grows, fdatasync has as much to write
}

// floorCall is a call of the floor that is as long as one of crms.
func floorCall(method, token, body string) func(*rand.Rand) loadCall {
	c := loadCall{request: rawRequest(method, "/", token, "application/json", body), status: http.StatusOK, has: "x"}
	return func(*rand.Rand) loadCall { return c }
}
