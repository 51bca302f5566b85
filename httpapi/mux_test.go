package httpapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// example is the route's path with values in the place of parameters.
func (rt route) example() string {
	return strings.NewReplacer(":customer_id", "6979a1b1a6db796b4a1447e9", ":user_id", "USER-1", ":entry_id", "17").Replace(rt.path)
}

func TestEachRoute(t *testing.T) {
	var log lines
	a := newAPI(t, &log, 0)
	for _, rt := range a.routes() {
		t.Run(rt.method+" "+rt.path, func(t *testing.T) {
			r := httptest.NewRequest(rt.method, rt.example(), nil)
			r.Header.Set("X-Request-Id", strings.ToLower(rt.method)+"-"+strings.Map(plainOnly, rt.path))
			answered := httptest.NewRecorder()
			a.handler.ServeHTTP(answered, r)
			if rt.who == 0 {
				assert.Less(t, answered.Code, 400, "everybody may")
			} else {
				assert.Equal(t, http.StatusUnauthorized, answered.Code, "nobody may without a token")
			}
			assert.Regexp(t, "request="+r.Header.Get("X-Request-Id")+" .*route="+rt.path+" ", log.String(), "it is found")

			allow := options(t, a.handler, rt.example())
			assert.Contains(t, allow, rt.method)
			assert.Contains(t, allow, http.MethodOptions)
			assert.NotContains(t, options(t, a.handler, rt.example()+"/"), rt.method)
		})
	}
}

func plainOnly(r rune) rune {
	if r >= 'a' && r <= 'z' {
		return r
	}
	return '-'
}

// options lists the methods that a path has.
func options(t *testing.T, h http.Handler, path string) []string {
	t.Helper()
	answered := httptest.NewRecorder()
	h.ServeHTTP(answered, httptest.NewRequest(http.MethodOptions, path, nil))
	if answered.Code == http.StatusNotFound {
		return nil
	}
	require.Equal(t, http.StatusNoContent, answered.Code)
	return strings.Split(answered.Header().Get("Allow"), ", ")
}

func TestEscapedPaths(t *testing.T) {
	a := newAPI(t, io.Discard, 0)
	for _, c := range []struct {
		outcome, path string
		status        int
	}{
		{"an escaped slash stays within its value", "/api/users/a%2Fb/eligibility", http.StatusNotFound},
		{"... and makes no other route of the path", "/api/customers/6979a1b1a6db796b4a1447e9%2Fhistory", http.StatusBadRequest},
		{"an escaped digit is that digit", "/api/customers/6979a1b1a6db796b4a1447e%39", http.StatusNotFound},
		{"an escaped word of the API is no id", "/api/customers/m%65", http.StatusBadRequest},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			answered := httptest.NewRecorder()
			a.handler.ServeHTTP(answered, a.request(http.MethodGet, c.path))
			assert.Equal(t, c.status, answered.Code, answered.Body.String())
		})
	}
}
