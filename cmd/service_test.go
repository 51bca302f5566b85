package cmd

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/search"
	"crms/store"
	"crms/store/crm"
)

// service is the app of crms serve, running in the test's own process on a free
// port, with a clock that stands still until the test moves it.
type service struct {
	*app
	program *program
	url     string
	clock   *clock
	log     *output
}

// startService starts the service with the arguments of crms serve. When the
// test ends it is stopped in order, and its store proved to be sound.
func startService(t *testing.T, now time.Time, args ...string) *service {
	t.Helper()
	v := &service{clock: newClock(now), log: new(output)}
	v.program = &program{stdout: io.Discard, stderr: v.log, now: v.clock.now}
	v.startApp(t, append([]string{"--data", t.TempDir(), "--log-level", "debug"}, args...)...)
	return v
}

// startApp starts the app on free ports, with the arguments of crms serve.
func (v *service) startApp(t testing.TB, args ...string) {
	t.Helper()
	args = append([]string{"--addr", "127.0.0.1:0", "--ops-addr", "127.0.0.1:0"}, args...)
	settings, err := readSettings(t, environment{"CRMS_JWT_SECRET": someSecret}, "serve", args, (*Settings).ChooseKeys)
	require.NoError(t, err)
	v.app, err = v.program.start(context.Background(), settings)
	require.NoError(t, err)
	v.url = "http://" + v.listener.Addr().String()

	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- v.run(ctx) }()
	t.Cleanup(func() {
		stop()
		assert.NoError(t, <-ended)
		findings, err := v.store.Verify()
		assert.NoError(t, err)
		assert.Empty(t, findings)
		assert.NoError(t, v.close())
	})
	require.Eventually(t, func() bool { return v.index.Status().State == search.OK }, 30*time.Second, time.Millisecond, "the index is built")
}

// load puts a customer with its ledger into the store.
func (v *service) load(t *testing.T, l store.Load) {
	t.Helper()
	_, err := store.Do(context.Background(), v.store, l)
	require.NoError(t, err)
}

// bearer is the header's value for somebody whose token is an hour old at most.
func (v *service) bearer(t *testing.T, who auth.Identity) string {
	t.Helper()
	return "Bearer " + mint(t, someSecret, who, v.clock.now())
}

func mint(t testing.TB, secret string, who auth.Identity, now time.Time) string {
	t.Helper()
	m, err := auth.NewMinter([]byte(secret), "", "")
	require.NoError(t, err)
	token, err := m.Mint(who, time.Hour, now)
	require.NoError(t, err)
	return token
}

// anAdmin is the administrator of the contract's examples.
var anAdmin = auth.Identity{UserID: "6979a1b1a6db796b4a1447a0", Email: "admin@example.com", Roles: auth.Admin}

// request is a request with a JSON body, of the administrator.
func (v *service) request(t *testing.T, method, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, v.url+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Authorization", v.bearer(t, anAdmin))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// call sends the administrator's request and returns what comes back.
func (v *service) call(t *testing.T, method, path, body string) (status int, answer string) {
	t.Helper()
	return send(t, v.request(t, method, path, body))
}

func send(t *testing.T, r *http.Request) (status int, answer string) {
	t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r) // follows no redirects
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

// clock stands still until it is set.
type clock struct{ millis atomic.Int64 }

func newClock(t time.Time) *clock {
	c := new(clock)
	c.set(t)
	return c
}

func (c *clock) set(t time.Time) { c.millis.Store(t.UnixMilli()) }
func (c *clock) now() time.Time  { return time.UnixMilli(c.millis.Load()).UTC() }

// output gathers what is written to it, by any number of goroutines.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// parseTime reads the times that tests are written with.
func parseTime(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := crm.ParseTime(text)
	require.NoError(t, err, text)
	return at
}
