package httpapi

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/httpapi/throttle"
)

// show asks for the list of customers with a token, from an address.
func (a api) show(authorization, address string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/api/customers?limit=1", nil)
	r.RemoteAddr = address + ":4711"
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	answered := httptest.NewRecorder()
	a.ServeHTTP(answered, r)
	return answered
}

// anAdministrator is a token that nobody has shown yet.
func anAdministrator(t *testing.T, name string) string {
	t.Helper()
	minter, err := auth.NewMinter([]byte(secret), "", "")
	require.NoError(t, err)
	token, err := minter.Mint(auth.Identity{UserID: name, Roles: auth.Admin}, time.Hour, noon)
	require.NoError(t, err)
	return "Bearer " + token
}

func TestBadTokensAreThrottled(t *testing.T) {
	const attacker, neighbour = "192.0.2.1", "192.0.2.2"
	var log lines
	a := newAPI(t, &log, 1)
	require.Equal(t, http.StatusOK, a.show(a.admin, attacker).Code)
	for n := range throttle.Burst {
		got := a.show("Bearer guess-"+strconv.Itoa(n), attacker)
		require.Equal(t, http.StatusUnauthorized, got.Code, "guess %d", n)
	}

	t.Run("the next one is not looked at", func(t *testing.T) {
		got := a.show("Bearer one-more", attacker)
		assert.Equal(t, http.StatusTooManyRequests, got.Code)
		assert.Equal(t, envelope("Too many invalid tokens from this address", "null"), got.Body.String())
		assert.Equal(t, strconv.Itoa(int(throttle.Pause/time.Second)), got.Header().Get("Retry-After"))
	})
	t.Run("even if it should be a good one", func(t *testing.T) {
		assert.Equal(t, http.StatusTooManyRequests, a.show(anAdministrator(t, "NEW"), attacker).Code)
	})
	t.Run("who was let in before is let in", func(t *testing.T) {
		assert.Equal(t, http.StatusOK, a.show(a.admin, attacker).Code)
	})
	t.Run("no token at all is asked for as before", func(t *testing.T) {
		assert.Equal(t, http.StatusUnauthorized, a.show("", attacker).Code)
		assert.Equal(t, http.StatusUnauthorized, a.show("Basic eDp5", attacker).Code)
	})
	t.Run("other addresses notice nothing", func(t *testing.T) {
		assert.Equal(t, http.StatusOK, a.show(anAdministrator(t, "NEIGHBOUR"), neighbour).Code)
		assert.Equal(t, http.StatusUnauthorized, a.show("Bearer typo", neighbour).Code)
	})
	t.Run("the operator is told the address once", func(t *testing.T) {
		assert.Equal(t, 1, strings.Count(log.String(), attacker))
	})
}

func TestExpiredTokensAreNotThrottled(t *testing.T) {
	a := newAPI(t, io.Discard, 1)
	minter, err := auth.NewMinter([]byte(secret), "", "")
	require.NoError(t, err)
	for n := range 3 * throttle.Burst {
		old, err := minter.Mint(auth.Identity{UserID: "USER-" + strconv.Itoa(n), Roles: auth.Admin}, time.Hour, noon.Add(-2*time.Hour))
		require.NoError(t, err)
		require.Equal(t, http.StatusUnauthorized, a.show("Bearer "+old, "192.0.2.1").Code)
	}
	assert.Equal(t, http.StatusOK, a.show(a.admin, "192.0.2.1").Code, "whoever signs in anew is let in")
}
