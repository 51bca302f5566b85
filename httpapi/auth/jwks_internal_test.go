package auth

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestJWKSIsNotFetchedForATokenThatNewerKeysMayVerify(t *testing.T) {
	var fetches atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fetches.Add(1)
		_, _ = w.Write([]byte(`{"keys":[]}`))
	}))
	defer server.Close()
	v, err := NewVerifier(t.Context(), Config{JWKSURL: server.URL, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	defer v.Close()

	older := newKeyring(0, findNoKey)
	assert.Same(t, v.keys.Load(), v.remote.refreshAfter(older))
	assert.EqualValues(t, 1, fetches.Load(), "the fetch at the start")
}

func TestJWKSClientRedirects(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	toPlain := http.RedirectHandler(plain.URL, http.StatusFound)
	moved := httptest.NewServer(toPlain)
	defer moved.Close()
	secure := httptest.NewTLSServer(toPlain)
	defer secure.Close()
	elsewhere := httptest.NewServer(http.RedirectHandler(strings.Replace(plain.URL, "127.0.0.1", "localhost", 1), http.StatusFound))
	defer elsewhere.Close()
	loop := httptest.NewServer(http.RedirectHandler("/", http.StatusFound))
	defer loop.Close()

	client := newJWKSClient()
	trusting := secure.Client().Transport.(*http.Transport)
	client.Transport.(*http.Transport).TLSClientConfig.RootCAs = trusting.TLSClientConfig.RootCAs

	for name, c := range map[string]struct {
		url  string
		want string // part of the error, empty when there is none
	}{
		"from http to http are followed":      {moved.URL, ""},
		"from https to http are not followed": {secure.URL, "redirected from https to http"},
		"to another host are not followed":    {elsewhere.URL, "redirected to another host"},
		"without end are not followed":        {loop.URL, "redirected too often"},
	} {
		t.Run(name, func(t *testing.T) {
			response, err := client.Get(c.url)
			if c.want != "" {
				assert.ErrorContains(t, err, c.want)
				return
			}
			require.NoError(t, err)
			defer response.Body.Close()
			assert.Equal(t, http.StatusNotFound, response.StatusCode)
		})
	}
}
