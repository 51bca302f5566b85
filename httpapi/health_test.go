package httpapi

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

func TestReadinessDoesNotSayWhereTheKeysAre(t *testing.T) {
	a := newAPI(t, io.Discard, 0)
	a.auth.Close()
	alone, err := auth.NewVerifier(t.Context(), auth.Config{
		JWKSURL: "http://127.0.0.1:1/hidden-keys", Now: a.now, Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	t.Cleanup(alone.Close)
	a.auth = alone

	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Contains(t, w.Body.String(), "there is no key to verify tokens with")
	assert.NotContains(t, w.Body.String(), "127.0.0.1")
	assert.NotContains(t, w.Body.String(), "hidden")
}
