package httpapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// develop makes the API that of --dev: any origin may call it, and its own pages
// get a token.
func (a api) develop() api {
	a.devToken = func() (DevToken, error) { return DevToken{"a token", "USER-1", noon.Add(time.Hour)}, nil }
	a.handler = a.observe(a.withCORS([]string{"*"}, newMux(a.API)))
	return a
}

// oneClick is the request of the console's button, on the machine of the server.
func oneClick() *http.Request {
	r := httptest.NewRequest(http.MethodPost, devTokenPath, nil)
	r.RemoteAddr, r.Host = "127.0.0.1:40000", "localhost:5002"
	r.Header.Set("Origin", "http://localhost:5002")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func TestDevToken(t *testing.T) {
	a := newAPI(t, io.Discard, 0).develop()
	for _, c := range []struct {
		outcome string
		change  func(r *http.Request)
		given   bool
	}{
		{"is given to a page of this server", func(*http.Request) {}, true},
		{"... by the machine's other names", func(r *http.Request) {
			r.RemoteAddr, r.Host = "[::1]:40000", "[::1]"
			r.Header.Set("Origin", "http://[::1]")
		}, true},
		{"... and to a program, which says nothing of origins", func(r *http.Request) {
			r.Header = http.Header{}
			r.Host = "127.0.0.1:5002"
		}, true},
		{"is not given to another machine", func(r *http.Request) { r.RemoteAddr = "192.0.2.7:40000" }, false},
		{"is not given where the address is not known", func(r *http.Request) { r.RemoteAddr = "@" }, false},
		{"is not given to a page whose name was made to resolve to this machine", func(r *http.Request) {
			r.Host = "evil.example:5002"
			r.Header.Set("Origin", "http://evil.example:5002")
		}, false},
		{"... however much the name looks like this machine's", func(r *http.Request) {
			r.Host = "localhost.evil.example"
			r.Header.Set("Origin", "http://localhost.evil.example")
		}, false},
		{"is not given without a name of the server", func(r *http.Request) { r.Host = "" }, false},
		{"is not given to a page of another site", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, false},
		{"is not given to a page of another port", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, false},
		{"is not given for an address that was typed", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "none") }, false},
		{"is not given when the header comes twice", func(r *http.Request) { r.Header.Add("Sec-Fetch-Site", "same-origin") }, false},
		{"is not given to a browser that does not say where the page is from", func(r *http.Request) { r.Header.Del("Sec-Fetch-Site") }, false},
		{"is not given when the page's origin is another, whatever else is said", func(r *http.Request) {
			r.Header.Set("Origin", "https://shop.example")
		}, false},
		{"is not given to a page without an origin", func(r *http.Request) { r.Header.Set("Origin", "null") }, false},
		{"is not given to a proxy", func(r *http.Request) { r.Header.Set("Forwarded", "for=192.0.2.7") }, false},
		{"... of the usual kind", func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") }, false},
		{"... or an old one", func(r *http.Request) { r.Header.Set("Via", "1.1 proxy") }, false},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			r := oneClick()
			c.change(r)
			got := httptest.NewRecorder()
			a.ServeHTTP(got, r)
			assert.Empty(t, got.Header().Get("Access-Control-Allow-Origin"), "no other page may read it")
			if c.given {
				assert.Equal(t, http.StatusOK, got.Code)
				assert.JSONEq(t, `{"success":true,"message":"Development token made","data":{"token":"a token","expiresAt":"2026-11-18T13:00:00.000Z"}}`,
					got.Body.String())
			} else {
				assert.Equal(t, http.StatusForbidden, got.Code)
				assert.Equal(t, envelope("Only a page of this server, opened on the same machine, may sign in this way", "null"), got.Body.String())
			}

			r.Method, r.URL.Path = http.MethodGet, "/api/console"
			probe := httptest.NewRecorder()
			a.ServeHTTP(probe, r)
			assert.Equal(t, c.given, probe.Body.String() ==
				`{"success":true,"message":"Console settings retrieved successfully","data":{"dev":true,"timeZone":"UTC"}}`, "the console knows before")
		})
	}
	t.Run("is told of in the log, with the administrator that it is for", func(t *testing.T) {
		log := new(lines)
		newAPI(t, log, 0).develop().ServeHTTP(httptest.NewRecorder(), oneClick())
		assert.Contains(t, log.String(), "user=USER-1")
	})
	t.Run("is not given for a GET, which a link can send", func(t *testing.T) {
		r := oneClick()
		r.Method = http.MethodGet
		got := httptest.NewRecorder()
		a.ServeHTTP(got, r)
		assert.Equal(t, http.StatusMethodNotAllowed, got.Code)
	})
	t.Run("pages are for this origin too, whoever may call the API", func(t *testing.T) {
		got := a.browse(http.MethodGet, "/", "Origin", "https://shop.example")
		assert.Equal(t, http.StatusOK, got.Code)
		assert.Empty(t, got.Header().Get("Access-Control-Allow-Origin"))
	})
}

func TestNoDevTokenOutsideOfDevelopment(t *testing.T) {
	a := newAPI(t, io.Discard, 0)
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodOptions} {
		r := oneClick()
		r.Method = method
		got := httptest.NewRecorder()
		a.ServeHTTP(got, r)
		assert.Equal(t, http.StatusNotFound, got.Code)
		assert.Equal(t, envelope("Not found", "null"), got.Body.String(), "as if there was no such path")
	}
}
