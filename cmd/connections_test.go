package cmd

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// hold opens connections and sends the beginning of a request on each.
func hold(t *testing.T, address string, n int) {
	t.Helper()
	for range n {
		dialRaw(t, address).send("GET /healthz HTTP/1.1\r\nHost: ")
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	v := startService(t, noon, "--max-connections", "64")
	openShop(t, v)
	address := v.listener.Addr().String()
	hold(t, address, 500)

	t.Run("who comes later is answered", func(t *testing.T) {
		status, answer := v.call(t, http.MethodGet, john, "")
		assert.Equal(t, http.StatusOK, status, answer)
	})
	t.Run("operators see it", func(t *testing.T) {
		seen := v.scrape(t)
		assert.LessOrEqual(t, seen["crms_http_connections"], 64.0)
		assert.Equal(t, 64.0, seen["crms_http_connections_max"])
		assert.Greater(t, seen["crms_http_connections_dropped_total"], 400.0)
	})
	t.Run("operators have connections of their own, which are bounded too", func(t *testing.T) {
		hold(t, v.opsAddr(), 2*maxOpsConnections)
		status, _ := v.getOps(t, "/healthz")
		assert.Equal(t, http.StatusOK, status)
	})
}

// TestFewDescriptors starts crms where a process may open few files, of which the
// store and the index need some, and opens more connections than that.
func TestFewDescriptors(t *testing.T) {
	t.Parallel()
	executable, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command("sh", "-c", `ulimit -n 120 && exec "$0" "$@"`, executable, "serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0")
	c.Env = []string{asCRMS, "CRMS_JWT_SECRET=" + someSecret}
	p := start(t, c)
	address := p.find(t, p.stderr, `msg=serving addr=(\S+)`)
	assert.Contains(t, p.stderr.String(), "wished=4096 allowed=90", "it says so")
	hold(t, address, 500)

	r, err := http.NewRequest(http.MethodPost, "http://"+address+"/api/customers",
		strings.NewReader(object("email", "asha@example.com", "fullName", "Asha Rao")))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+mint(t, someSecret, anAdmin, time.Now()))
	r.Header.Set("Content-Type", "application/json")
	status, answer := send(t, r)
	assert.Equal(t, http.StatusCreated, status, answer)

	r.Method, r.Body, r.ContentLength = http.MethodGet, nil, 0
	r.URL.Path, r.URL.RawQuery = "/api/customers/search", "q=asha"
	require.Eventually(t, func() bool {
		status, answer = send(t, r)
		return status == http.StatusOK
	}, patience, 10*time.Millisecond, "the index is built")
	assert.Contains(t, answer, "asha@example.com")
	assert.NotContains(t, p.stderr.String(), "too many open files")
}
