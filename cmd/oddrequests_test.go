package cmd

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"
)

// TestOddRequests sends what no honest client sends, and looks at what is
// answered and whether the connection stays.
func TestOddRequests(t *testing.T) {
	t.Parallel()
	v := startService(t, noon)
	token := "Authorization: " + v.bearer(t, anAdmin) + "\r\n"
	lines := func(n int, line string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, line+"\r\n", i)
		}
		return b.String()
	}
	get := func(target, headers string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: crms\r\n" + headers + "\r\n"
	}
	for _, c := range []struct {
		outcome, sent string
		status        int
		stays         bool // the connection
	}{
		{"a request line of 1 MiB is refused", get("/"+strings.Repeat("x", 1<<20), ""), 431, false},
		{"a query of 1 MiB is refused", get("/api/customers?q="+strings.Repeat("x", 1<<20), ""), 431, false},
		{"a header of 1 MiB is refused", get("/healthz", "X: "+strings.Repeat("x", 1<<20)+"\r\n"), 431, false},
		{"10,000 headers are refused", get("/healthz", lines(10_000, "X-%d: y")), 431, false},
		{"a header of 60 KiB is read", get("/healthz", "X: "+strings.Repeat("x", 60<<10)+"\r\n"), 200, true},
		{"100 parameters are read", get("/api/customers?"+strings.Repeat("a&", 99), token), 200, true},
		{"10,000 parameters are refused", get("/api/customers?"+strings.Repeat("a&", 10_000), token), 400, true},

		{"no host is refused", "GET /healthz HTTP/1.1\r\n\r\n", 400, false},
		{"two hosts are refused", get("/healthz", "Host: other\r\n"), 400, false},
		{"a host that is none is refused", "GET /healthz HTTP/1.1\r\nHost: a b\r\n\r\n", 400, false},
		{"another host is the same server", "GET /healthz HTTP/1.1\r\nHost: other.example\r\n\r\n", 200, true},
		{"a whole address is the path of it", "GET http://other.example/healthz HTTP/1.1\r\nHost: crms\r\n\r\n", 200, true},
		{"it is no proxy", "CONNECT other.example:443 HTTP/1.1\r\nHost: other.example:443\r\n\r\n", 404, true},

		{"a method in small letters is another one", "get /healthz HTTP/1.1\r\nHost: crms\r\n\r\n", 405, true},
		{"TRACE sends nothing back", "TRACE /healthz HTTP/1.1\r\nHost: crms\r\n" + token + "\r\n", 405, true},
		{"a method that is none is refused", "G@T /healthz HTTP/1.1\r\nHost: crms\r\n\r\n", 400, false},
		{"a NUL in a header is refused", get("/healthz", "X: a\x00b\r\n"), 400, false},
		{"a CR in a header is refused", get("/healthz", "X: a\rb\r\n"), 400, false},
		{"a header without a colon is refused", get("/healthz", "X\r\n"), 400, false},
		{"a header without a name is refused", get("/healthz", ": x\r\n"), 400, false},
		{"HTTP of no version is refused", "GET /healthz\r\n\r\n", 400, false},
		{"HTTP of a version to come is refused", "GET /healthz HTTP/3.0\r\nHost: crms\r\n\r\n", 505, false},
		{"HTTP/1.0 is answered once", "GET /healthz HTTP/1.0\r\n\r\n", 200, false},
		{"an upgrade to HTTP/2 is passed over", get("/healthz", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"), 200, true},
		{"an upgrade to a websocket is passed over", get("/healthz", "Connection: Upgrade\r\nUpgrade: websocket\r\n"), 200, true},
		{"a range is passed over", get("/api/openapi.json", "Range: bytes=0-10\r\n"), 200, true},
		{"an expectation that is none is refused", get("/healthz", "Expect: the-unexpected\r\n"), 417, false},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			conn := dialRaw(t, v.listener.Addr().String())
			go conn.send(c.sent)
			got, err := conn.next(t)
			require.NoError(t, err)
			assert.Equal(t, c.status, got.status, got.body)
			assert.NotContains(t, got.body, v.bearer(t, anAdmin))
			conn.send(probe)
			after, err := conn.next(t)
			assert.Equal(t, c.stays, err == nil, "the connection stays")
			if err == nil {
				assert.Equal(t, "the-probe", after.id)
			}
		})
	}
}

// TestHTTP2NeedsTLS sends the first bytes of HTTP/2 to a server without TLS.
func TestHTTP2NeedsTLS(t *testing.T) {
	t.Parallel()
	v := startImpatient(t)
	conn := dialRaw(t, v.listener.Addr().String())
	conn.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	assert.NotContains(t, statuses(conn.all(t)), "200")
}

func TestCompressedBodies(t *testing.T) {
	t.Parallel()
	v := startService(t, noon)
	openShop(t, v)
	var bomb bytes.Buffer
	packed := gzip.NewWriter(&bomb)
	_, err := packed.Write([]byte(`{"fullName": "` + strings.Repeat("x", 100<<20) + `"}`))
	require.NoError(t, err)
	require.NoError(t, packed.Close())
	for coding, status := range map[string]int{
		"gzip": http.StatusUnsupportedMediaType, "GZIP": http.StatusUnsupportedMediaType, "br": http.StatusUnsupportedMediaType,
		"identity, gzip": http.StatusUnsupportedMediaType, "identity": http.StatusBadRequest, // what it holds is no JSON
	} {
		for _, path := range []string{john, "/api/events"} {
			t.Run(fmt.Sprintf("%s for %s is answered %d", coding, path, status), func(t *testing.T) {
				r := v.request(t, http.MethodPut, path, bomb.String())
				if path == "/api/events" {
					r.Method = http.MethodPost
					r.Header.Set("Content-Type", "application/cloudevents+json")
				}
				r.Header.Set("Content-Encoding", coding)
				got, answer := send(t, r)
				assert.Equal(t, status, got)
				if status == http.StatusUnsupportedMediaType {
					assert.Equal(t, `{"success":false,"message":"Content-Encoding must be identity","data":null}`, answer)
				}
			})
		}
	}
}

// TestHeavyBodiesAtOnce sends what costs most to read, side by side.
func TestHeavyBodiesAtOnce(t *testing.T) {
	t.Parallel()
	v := startService(t, noon)
	openShop(t, v)
	var names, events strings.Builder
	for i := 0; names.Len() < 1<<20-32; i++ {
		fmt.Fprintf(&names, `,"%d":0`, i)
	}
	for i := range 1000 {
		fmt.Fprintf(&events, `,{"specversion":"1.0","id":"%d","source":"orms","type":"orms.order.placed","time":"2026-01-25T12:00:00.000Z",`+
			`"data":{"orderId":"ORD-%d","userId":"USER-01","total":1,"placedAt":"2026-01-25T12:00:00.000Z"},"x":%q}`, i, i, strings.Repeat("x", 800))
	}
	var g errgroup.Group
	for range 3 {
		g.Go(func() error {
			r := v.request(t, http.MethodPut, john, "{"+names.String()[1:]+"}")
			return wantStatus(r, http.StatusBadRequest)
		})
		g.Go(func() error {
			r := v.request(t, http.MethodPost, "/api/events", "["+events.String()[1:]+"]")
			r.Header.Set("Content-Type", "application/cloudevents-batch+json")
			return wantStatus(r, http.StatusOK)
		})
	}
	require.NoError(t, g.Wait())
	status, answer := v.call(t, http.MethodGet, "/api/customers/6979a1b1a6db796b4a140001", "")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, answer, `"totalOrders":1000,`, "each event counts once")
}

func wantStatus(r *http.Request, status int) error {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != status {
		return fmt.Errorf("%s is answered %s", r.URL, response.Status)
	}
	return nil
}
