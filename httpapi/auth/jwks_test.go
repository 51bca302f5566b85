package auth_test

import (
	"context"
	"crypto"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

// endpoint is a JWKS endpoint whose answer can be changed.
type endpoint struct {
	*httptest.Server
	mu      sync.Mutex
	status  int
	body    string
	fetches int
}

func newEndpoint(t testing.TB) *endpoint {
	e := &endpoint{status: http.StatusOK, body: `{"keys":[]}`}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.fetches++
		w.WriteHeader(e.status)
		_, _ = w.Write([]byte(e.body))
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) answer(status int, body string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status, e.body = status, body
}

func (e *endpoint) publish(jwks ...string) {
	e.answer(http.StatusOK, `{"keys":[`+strings.Join(jwks, ",")+`]}`)
}

func (e *endpoint) count() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.fetches
}

// jwk is the public key as a JWK, with the metadata that is given.
func jwk(t testing.TB, public crypto.PublicKey, about jwkset.JWKMetadataOptions) string {
	t.Helper()
	key, err := jwkset.NewJWKFromKey(public, jwkset.JWKOptions{Metadata: about})
	require.NoError(t, err)
	text, err := json.Marshal(key.Marshal())
	require.NoError(t, err)
	return string(text)
}

func named(t testing.TB, kid string, s signer) string {
	return jwk(t, s.public(), jwkset.JWKMetadataOptions{KID: kid})
}

// never is a refresh interval that no test lives to see.
const never = time.Hour

func TestJWKSKeysAreUsedWithTheAlgorithmOfTheirType(t *testing.T) {
	e := newEndpoint(t)
	keys := map[string]signer{"rsa": newRSA(t), "ec": newEC(t), "ed": newEd25519(t)}
	var jwks []string
	for kid, s := range keys {
		jwks = append(jwks, named(t, kid, s))
	}
	e.publish(jwks...)
	v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: never, Now: new(clock).now})
	require.NoError(t, v.Status())

	for kid, s := range keys {
		t.Run(kid+" key is found by its id", func(t *testing.T) {
			assertOutcome(t, v, s.sign(t, kid, claimsWith(nil)), true)
		})
		t.Run(kid+" key is found without id", func(t *testing.T) {
			assertOutcome(t, v, s.sign(t, "", claimsWith(nil)), true)
		})
		for other := range keys {
			if other != kid {
				t.Run(kid+" token under the id of the "+other+" key is refused", func(t *testing.T) {
					assertOutcome(t, v, s.sign(t, other, claimsWith(nil)), false)
				})
			}
		}
	}
	for _, method := range []jwt.SigningMethod{jwt.SigningMethodRS512, jwt.SigningMethodPS256} {
		t.Run(method.Alg()+" by an RSA key is refused", func(t *testing.T) {
			assertOutcome(t, v, signer{method, keys["rsa"].key}.sign(t, "rsa", claimsWith(nil)), false)
		})
	}
	t.Run("none is refused", func(t *testing.T) {
		unsigned := signer{jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType}
		assertOutcome(t, v, unsigned.sign(t, "rsa", claimsWith(nil)), false)
	})
	t.Run("key id of wrong type is refused", func(t *testing.T) {
		assertOutcome(t, v, signText(t, keys["ec"], `{"alg":"ES256","kid":["ec"]}`, `{"sub":"s","exp":1999999999}`), false)
	})
}

func TestJWKSUnusableKeysAreLeftOut(t *testing.T) {
	good, secret := newEC(t), newSecret()
	symmetric := `{"kty":"oct","kid":"k","k":"` + base64.RawURLEncoding.EncodeToString(secret.key.([]byte)) + `"}`
	rsaKey := newRSA(t)
	for name, c := range map[string]struct {
		jwk   string
		token string
	}{
		"symmetric":         {symmetric, secret.sign(t, "k", claimsWith(nil))},
		"for encryption":    {jwk(t, rsaKey.public(), jwkset.JWKMetadataOptions{KID: "k", USE: jwkset.UseEnc}), rsaKey.sign(t, "k", claimsWith(nil))},
		"other operations":  {jwk(t, rsaKey.public(), jwkset.JWKMetadataOptions{KID: "k", KEYOPS: []jwkset.KEYOPS{jwkset.KeyOpsEncrypt}}), rsaKey.sign(t, "k", claimsWith(nil))},
		"other algorithm":   {jwk(t, rsaKey.public(), jwkset.JWKMetadataOptions{KID: "k", ALG: jwkset.AlgRS512}), rsaKey.sign(t, "k", claimsWith(nil))},
		"small RSA key":     {jwk(t, smallRSA(t), jwkset.JWKMetadataOptions{KID: "k"}), rsaKey.sign(t, "k", claimsWith(nil))},
		"curve P-384":       {jwk(t, p384(t), jwkset.JWKMetadataOptions{KID: "k"}), rsaKey.sign(t, "k", claimsWith(nil))},
		"unknown key type":  {`{"kty":"PQC","kid":"k"}`, rsaKey.sign(t, "k", claimsWith(nil))},
		"not even a key":    {`7`, rsaKey.sign(t, "k", claimsWith(nil))},
		"parts are missing": {`{"kty":"RSA","kid":"k","e":"AQAB"}`, rsaKey.sign(t, "k", claimsWith(nil))},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t)
			e.publish(c.jwk, named(t, "good", good))
			v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: never, Now: new(clock).now})
			assertOutcome(t, v, c.token, false)
			assertOutcome(t, v, good.sign(t, "good", claimsWith(nil)), true)
			assert.NoError(t, v.Status())

			e.publish(c.jwk)
			alone := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: never, Now: new(clock).now})
			assertOutcome(t, alone, c.token, false)
			assert.ErrorIs(t, alone.Status(), auth.ErrNoKey)
		})
	}
}

func TestJWKSKeysWithFittingMetadataAreUsed(t *testing.T) {
	s := newRSA(t)
	e := newEndpoint(t)
	e.publish(jwk(t, s.public(), jwkset.JWKMetadataOptions{
		KID: "k", ALG: jwkset.AlgRS256, USE: jwkset.UseSig, KEYOPS: []jwkset.KEYOPS{jwkset.KeyOpsVerify},
	}))
	v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: never, Now: new(clock).now})
	assertOutcome(t, v, s.sign(t, "k", claimsWith(nil)), true)
}

func TestJWKSUnknownKeyIDFetchesAtOnceButSeldom(t *testing.T) {
	e, clock := newEndpoint(t), new(clock)
	first, second, third := newEC(t), newEd25519(t), newEC(t)
	e.publish(named(t, "1", first))
	v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: never, Now: clock.now})
	require.Equal(t, 1, e.count())

	e.publish(named(t, "1", first), named(t, "2", second))
	assertOutcome(t, v, second.sign(t, "2", claimsWith(nil)), true)
	assert.Equal(t, 2, e.count(), "the new key is fetched for the first token that needs it")

	e.publish(named(t, "3", third))
	clock.advance(10*time.Second - 1)
	for range 100 {
		assertOutcome(t, v, third.sign(t, "3", claimsWith(nil)), false)
	}
	assert.Equal(t, 2, e.count(), "a flood of unknown key ids fetches nothing for 10 s")

	clock.advance(1)
	assertOutcome(t, v, third.sign(t, "3", claimsWith(nil)), true)
	assert.Equal(t, 3, e.count())
	assertOutcome(t, v, first.sign(t, "1", claimsWith(nil)), false)
}

func TestJWKSUnknownKeyIDFetchesAtOnceAfterTheClockWasSetBack(t *testing.T) {
	e, clock := newEndpoint(t), new(clock)
	first, second, third := newEC(t), newEd25519(t), newEC(t)
	e.publish(named(t, "1", first))
	v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: never, Now: clock.now})
	e.publish(named(t, "2", second))
	assertOutcome(t, v, second.sign(t, "2", claimsWith(nil)), true)

	clock.advance(-365 * 24 * time.Hour)
	e.publish(named(t, "3", third))
	assertOutcome(t, v, third.sign(t, "3", claimsWith(nil)), true)
	assert.Equal(t, 3, e.count())
}

func TestJWKSTokensOfOtherAlgorithmsFetchNothing(t *testing.T) {
	e := newEndpoint(t)
	e.publish(named(t, "1", newEC(t)))
	v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: never, Now: new(clock).now})
	assertOutcome(t, v, newSecret().sign(t, "unknown", claimsWith(nil)), false)
	assertOutcome(t, v, newEC(t).sign(t, "1", claimsWith(nil)), false)
	assert.Equal(t, 1, e.count())
}

func TestJWKSRemovedKeyIsRefusedEvenForRememberedTokens(t *testing.T) {
	e := newEndpoint(t)
	leaving, staying := newEC(t), newRSA(t)
	e.publish(named(t, "leaving", leaving), named(t, "staying", staying))
	v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: 5 * time.Millisecond, Now: new(clock).now})
	token := leaving.sign(t, "leaving", claimsWith(nil))
	assertOutcome(t, v, token, true)

	e.publish(named(t, "staying", staying))
	eventually(t, func() bool { _, err := v.Verify(token); return err != nil })
	assertRefused(t, v, token)
	assertOutcome(t, v, staying.sign(t, "staying", claimsWith(nil)), true)
	assert.NoError(t, v.Status())
}

func TestJWKSWithoutAnyKeyLeftRefusesAll(t *testing.T) {
	e := newEndpoint(t)
	s := newEC(t)
	e.publish(named(t, "1", s))
	v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: 5 * time.Millisecond, Now: new(clock).now})
	token := s.sign(t, "1", claimsWith(nil))
	assertOutcome(t, v, token, true)

	e.publish()
	eventually(t, func() bool { return v.Status() != nil })
	assertRefused(t, v, token)
	before := e.count()
	eventually(t, func() bool { return e.count() > before+2 })
	assert.ErrorIs(t, v.Status(), auth.ErrNoKey, "the same empty set again does not make it good")
}

func TestJWKSEndpointDownAtStartHealsByItself(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		body   string
		reason string
	}{
		"refuses":         {http.StatusServiceUnavailable, "", "answer is 503"},
		"is a login page": {http.StatusOK, "<html>", "not a JWKS"},
		"has no keys":     {http.StatusOK, "{}", `member "keys" is missing`},
		"has null keys":   {http.StatusOK, `{"keys":null}`, `member "keys" is missing`},
		"sends too much":  {http.StatusOK, `{"keys":[],"x":"` + strings.Repeat("x", 1<<20) + `"}`, "longer than 1048576 bytes"},
		"is empty":        {http.StatusOK, `{"keys":[]}`, "the JWKS has none that can be used"},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEndpoint(t)
			e.answer(c.status, c.body)
			s := newEC(t)
			v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: 5 * time.Millisecond, Now: new(clock).now})
			require.ErrorIs(t, v.Status(), auth.ErrNoKey)
			require.ErrorContains(t, v.Status(), c.reason)
			for _, kid := range []string{"1", ""} {
				_, err := v.Verify(s.sign(t, kid, claimsWith(nil)))
				require.ErrorIs(t, err, auth.ErrInvalidToken)
				require.ErrorIs(t, err, auth.ErrNoKey)
			}

			e.publish(named(t, "1", s))
			eventually(t, func() bool { return v.Status() == nil })
			assertOutcome(t, v, s.sign(t, "1", claimsWith(nil)), true)
		})
	}
}

func TestJWKSEndpointDownAtStartIsAskedAgainByTheFirstToken(t *testing.T) {
	e := newEndpoint(t)
	e.answer(http.StatusServiceUnavailable, "")
	s := newEC(t)
	v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: never, Now: new(clock).now})
	require.Error(t, v.Status())
	e.publish(named(t, "1", s))
	assertOutcome(t, v, s.sign(t, "", claimsWith(nil)), true)
	assert.NoError(t, v.Status())
}

func TestJWKSNobodyListening(t *testing.T) {
	e := newEndpoint(t)
	e.Close()
	v := newVerifier(t, auth.Config{JWKSURL: strings.Replace(e.URL, "http://", "http://user:hunter2@", 1), JWKSRefresh: never, Now: new(clock).now})
	err := v.Status()
	require.ErrorIs(t, err, auth.ErrNoKey)
	assert.ErrorContains(t, err, "cannot fetch the JWKS")
	assert.NotContains(t, err.Error(), "hunter2")
}

func TestJWKSOutageKeepsTheKeysAtHand(t *testing.T) {
	e := newEndpoint(t)
	s := newEC(t)
	e.publish(named(t, "1", s))
	var log lockedBuffer
	v, err := auth.NewVerifier(context.Background(), auth.Config{
		JWKSURL: e.URL, JWKSRefresh: 5 * time.Millisecond, Now: new(clock).now, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	defer v.Close()

	e.answer(http.StatusInternalServerError, "")
	eventually(t, func() bool { return v.Status() != nil })
	assert.ErrorContains(t, v.Status(), "500")
	assert.NotErrorIs(t, v.Status(), auth.ErrNoKey)
	assertOutcome(t, v, s.sign(t, "1", claimsWith(nil)), true)

	before := e.count()
	eventually(t, func() bool { return e.count() > before+3 })
	assert.Equal(t, 1, strings.Count(log.String(), "JWKS gives no new keys"), "an outage is logged once")

	e.publish(named(t, "1", s))
	eventually(t, func() bool { return v.Status() == nil })
	assert.Equal(t, 1, strings.Count(log.String(), "JWKS is in order again"))
	assert.Equal(t, 1, strings.Count(log.String(), "JWKS keys have changed"))
}

func TestJWKSCloseEndsTheRefresh(t *testing.T) {
	e := newEndpoint(t)
	s := newEC(t)
	e.publish(named(t, "1", s))
	v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: time.Millisecond, Now: new(clock).now})
	eventually(t, func() bool { return e.count() > 2 })
	v.Close()
	after := e.count()
	assertOutcome(t, v, newEC(t).sign(t, "unknown", claimsWith(nil)), false)
	assertOutcome(t, v, s.sign(t, "1", claimsWith(nil)), true)
	v.Close()
	assert.LessOrEqual(t, e.count(), after+1, "at most the request that was under way when it closed")
	assert.NoError(t, v.Status())
}

func TestJWKSRotationUnderLoadRefusesNoGoodToken(t *testing.T) {
	e := newEndpoint(t)
	staying, coming := newEC(t), newEd25519(t)
	e.publish(named(t, "staying", staying))
	v := newVerifier(t, auth.Config{JWKSURL: e.URL, JWKSRefresh: time.Millisecond, Now: new(clock).now})
	e.publish(named(t, "staying", staying), named(t, "coming", coming))

	tokens := []string{
		staying.sign(t, "staying", claimsWith(nil)),
		coming.sign(t, "coming", claimsWith(nil)),
	}
	var group sync.WaitGroup
	for n := range 8 {
		group.Go(func() {
			for range 100 {
				_, err := v.Verify(tokens[n%len(tokens)])
				assert.NoError(t, err)
			}
		})
	}
	group.Wait()
}

func eventually(t *testing.T, condition func() bool) {
	t.Helper()
	require.Eventually(t, condition, time.Minute, time.Millisecond)
}

// lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
