package httpapi

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// browse asks for a page as a browser does, without a token.
func (a api) browse(method, path string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	answered := httptest.NewRecorder()
	a.ServeHTTP(answered, r)
	return answered
}

func TestPages(t *testing.T) {
	var log lines
	a := newAPI(t, &log, 0)

	t.Run("the console is at the root, for everybody", func(t *testing.T) {
		got := a.browse(http.MethodGet, "/")
		require.Equal(t, http.StatusOK, got.Code)
		assert.Equal(t, "text/html; charset=utf-8", got.Header().Get("Content-Type"))
		assert.Equal(t, string(a.pages["/"].Content.Bytes), got.Body.String())
	})
	t.Run("every file answers at its path with its own content", func(t *testing.T) {
		for path, file := range a.pages {
			got := a.browse(http.MethodGet, path)
			require.Equal(t, http.StatusOK, got.Code, path)
			assert.Equal(t, string(file.Content.Bytes), got.Body.String(), path)
			assert.Equal(t, file.Type, got.Header().Get("Content-Type"), path)
		}
	})
	t.Run("a page may load from its own server only, and run no text", func(t *testing.T) {
		got := a.browse(http.MethodGet, "/").Header()
		assert.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "+
			"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "+
			"require-trusted-types-for 'script'; trusted-types 'none'", got.Get("Content-Security-Policy"))
		for name, value := range pageHeader {
			assert.Equal(t, value, got.Get(name))
		}
		assert.NotEmpty(t, got.Get("X-Request-Id"))
	})
	t.Run("what the browser has is not sent again", func(t *testing.T) {
		etag := a.browse(http.MethodGet, "/").Header().Get("ETag")
		got := a.browse(http.MethodGet, "/", "If-None-Match", `"other", W/`+etag)
		assert.Equal(t, http.StatusNotModified, got.Code)
		assert.Empty(t, got.Body.String())
		assert.Equal(t, etag, got.Header().Get("ETag"))
		assert.Equal(t, "no-cache", got.Header().Get("Cache-Control"))
		assert.NotEmpty(t, got.Header().Get("Content-Security-Policy"))
	})
	t.Run("what is not there, or not below a folder of pages, is the API's own 404", func(t *testing.T) {
		for _, path := range []string{"/console", "/console/", "/console/index.html", "/console/../", "/console/nothing.js", "/index.html", "/web/index.html", "//"} {
			got := a.browse(http.MethodGet, path)
			assert.Equal(t, http.StatusNotFound, got.Code, path)
			assert.Equal(t, envelope("Not found", "null"), got.Body.String(), path)
		}
	})
	t.Run("pages are read only", func(t *testing.T) {
		got := a.browse(http.MethodPost, "/")
		assert.Equal(t, http.StatusMethodNotAllowed, got.Code)
		assert.Equal(t, "GET, HEAD, OPTIONS", got.Header().Get("Allow"))
	})
	t.Run("they are logged and counted under their route", func(t *testing.T) {
		a.browse(http.MethodGet, "/", "X-Request-Id", "page-request")
		assert.Regexp(t, `request=page-request method=GET route=/ status=200 `, log.String())
		assert.Equal(t, "/console/*", pageRoute("/console/app.js"))
		assert.Equal(t, "/console/*", pageRoute("/console/vendor/lib.js"))
		assert.Equal(t, "/docs", pageRoute("/docs"))
	})
}

func TestPagesArePacked(t *testing.T) {
	a := newAPI(t, io.Discard, 0)
	content := a.pages["/"].Content
	packed := a.pages["/"].Packed()
	require.NotEmpty(t, packed.Bytes, "the page is long enough to show it")

	for _, c := range []struct {
		outcome, accept string
		packed          bool
	}{
		{"a browser gets gzip", "gzip, deflate, br, zstd", true},
		{"... also when it likes others better", "br, GZIP;q=0.2", true},
		{"who accepts nothing gets it as it is", "", false},
		{"... and who refuses gzip", "gzip;q=0, identity", false},
		{"... and who speaks of it only in part", "x-gzip2", false},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			got := a.browse(http.MethodGet, "/", "Accept-Encoding", c.accept)
			assert.Equal(t, "Accept-Encoding", got.Header().Get("Vary"))
			if !c.packed {
				assert.Empty(t, got.Header().Get("Content-Encoding"))
				assert.Equal(t, content.ETag, got.Header().Get("ETag"))
				assert.Equal(t, content.Bytes, got.Body.Bytes())
				return
			}
			assert.Equal(t, "gzip", got.Header().Get("Content-Encoding"))
			assert.Equal(t, packed.ETag, got.Header().Get("ETag"))
			r, err := gzip.NewReader(bytes.NewReader(got.Body.Bytes()))
			require.NoError(t, err)
			unpacked, err := io.ReadAll(r)
			require.NoError(t, err)
			assert.Equal(t, content.Bytes, unpacked)
		})
	}
	t.Run("the tag of one form does not stand for the other", func(t *testing.T) {
		got := a.browse(http.MethodGet, "/", "Accept-Encoding", "gzip", "If-None-Match", content.ETag)
		assert.Equal(t, http.StatusOK, got.Code)
	})
}
