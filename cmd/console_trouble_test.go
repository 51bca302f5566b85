package cmd

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// gate stands before the service, as a proxy does, and can be in the way.
type gate struct {
	*httptest.Server
	handler atomic.Pointer[func(http.ResponseWriter, *http.Request) bool]
}

func openGate(t *testing.T, service string) *gate {
	t.Helper()
	behind, err := url.Parse(service)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(behind)
	proxy.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	g := new(gate)
	g.handle(func(http.ResponseWriter, *http.Request) bool { return false })
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handled := (*g.handler.Load())(w, r); !handled {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(g.Close)
	t.Cleanup(g.CloseClientConnections) // first: Close waits for the browser's
	return g
}

// handle sets what deals with requests from now on; those of which it reports
// false go on to the service.
func (g *gate) handle(f func(http.ResponseWriter, *http.Request) bool) { g.handler.Store(&f) }

// isCall tells calls of the API from the console's own files.
func isCall(r *http.Request) bool { return len(r.URL.Path) > 4 && r.URL.Path[:5] == "/api/" }

func testTrouble(t *testing.T, browser context.Context, shop *service) {
	t.Run("an expired token is asked for again, and what was typed is kept", func(t *testing.T) {
		id := makeCustomer(t, shop, "tess@example.com", "Tess Before")
		b := openConsole(t, browser, shop, "/#/customers/"+id)
		b.expect("PUT /api/customers/{id} 401")
		b.click("#edit-profile")
		b.fill("#fullName", "Tess After")
		shop.clock.set(shop.clock.now().Add(2 * time.Hour))
		b.clickNamed("#profile-form button", "Save")
		b.see("[data-testid=sign-in-again]", "What you were doing is kept")
		b.look("sign-in-again")
		b.signInAs(shop, anAdmin)
		b.see("[data-testid=toast]", "Profile saved")
		b.see("h1", "Tess After")
	})
	t.Run("a server that is too busy is asked again when it says", func(t *testing.T) {
		gate := openGate(t, shop.url)
		b := openConsoleAt(t, browser, shop, gate.URL, "/")
		b.expect("GET /api/customers 503")
		b.see("[data-testid=total]", "customers")
		gate.handle(func(w http.ResponseWriter, r *http.Request) bool {
			if !isCall(r) {
				return false
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"success":false,"message":"The store is being restored"}`)
			return true
		})
		b.choose("#filter-status", "Suspended")
		b.see("[data-testid=error]", "Not available right now")
		b.see("[data-testid=error]", "The console does so by itself")
		gate.handle(func(http.ResponseWriter, *http.Request) bool { return false })
		b.wait("the customers, without a click", everyRowSays("Suspended"))
	})
	t.Run("a server that cannot be reached is told of on every page", func(t *testing.T) {
		gate := openGate(t, shop.url)
		b := openConsoleAt(t, browser, shop, gate.URL, "/")
		b.see("[data-testid=total]", "customers")
		for _, place := range []string{"#/dashboard", "#/operations", johnDoePlace[1:]} {
			b.goTo(place) // fetches the page's own file
			b.settle()
		}
		gate.handle(func(w http.ResponseWriter, r *http.Request) bool {
			if isCall(r) {
				panic(http.ErrAbortHandler) // breaks the connection
			}
			return false
		})
		for name, page := range map[string]struct{ place, says string }{
			"customers": {"#/customers?status=Active", "No connection to the server"}, "customer": {johnDoePlace[1:], "No connection to the server"},
			"dashboard": {"#/dashboard", "No connection to the server"}, "operations": {"#/operations", "Not refreshed: No connection to the server"},
		} {
			b.goTo("#/nowhere")
			b.see("#page", "There is no such page")
			b.goTo(page.place)
			b.see("#page", page.says)
			b.look("unreachable-" + name)
		}
		for _, call := range []string{
			"customers", "customers/{id}", "customers/{id}/statistics", "customers/analytics", "customers/analytics/registrations", "operations",
		} {
			b.expect("GET /api/" + call + " net::ERR_EMPTY_RESPONSE")
		}
		gate.handle(func(http.ResponseWriter, *http.Request) bool { return false })
		b.goTo("#/customers")
		b.see("[data-testid=total]", "customers")
		assert.Empty(t, b.texts("[data-testid=error]"))
	})
}
