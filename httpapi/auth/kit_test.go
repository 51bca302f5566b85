package auth_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

// noon is when the tests take place.
var noon = time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)

// clock stands still unless it is moved.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return noon.Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

// signer is a private key with the method that its public key is accepted with.
type signer struct {
	method jwt.SigningMethod
	key    any
}

func newSecret() signer {
	secret := make([]byte, 32)
	rand.Read(secret)
	return signer{jwt.SigningMethodHS256, secret}
}

func newRSA(t testing.TB) signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return signer{jwt.SigningMethodRS256, key}
}

func newEC(t testing.TB) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return signer{jwt.SigningMethodES256, key}
}

func newEd25519(t testing.TB) signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	return signer{jwt.SigningMethodEdDSA, key}
}

// signers are one of each kind.
func signers(t testing.TB) []signer {
	return []signer{newSecret(), newRSA(t), newEC(t), newEd25519(t)}
}

func (s signer) public() crypto.PublicKey { return s.key.(crypto.Signer).Public() }

// sign returns a token with these claims, and the key id unless it is empty.
func (s signer) sign(t testing.TB, kid string, claims jwt.Claims) string {
	t.Helper()
	token := jwt.NewWithClaims(s.method, claims)
	if kid != "" {
		token.Header["kid"] = kid
	}
	signed, err := token.SignedString(s.key)
	require.NoError(t, err)
	return signed
}

// config accepts what s signs.
func (s signer) config(t testing.TB) auth.Config {
	t.Helper()
	c := auth.Config{Now: new(clock).now}
	if secret, ok := s.key.([]byte); ok {
		c.Secret = secret
	} else {
		c.PublicKey = pemOf(t, s.public())
	}
	return c
}

func pemOf(t testing.TB, public crypto.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

// newVerifier closes the verifier when the test ends.
func newVerifier(t testing.TB, c auth.Config) *auth.Verifier {
	t.Helper()
	c.Log = slog.New(slog.DiscardHandler)
	v, err := auth.NewVerifier(context.Background(), c)
	require.NoError(t, err)
	t.Cleanup(v.Close)
	return v
}

// claimsWith are the claims of a good token for an hour, with some of them
// changed, or taken out when nil.
func claimsWith(changes jwt.MapClaims) jwt.MapClaims {
	claims := jwt.MapClaims{
		"userId": "user-7",
		"email":  "asha@example.com",
		"role":   "customer",
		"exp":    noon.Add(time.Hour).Unix(),
	}
	maps.Copy(claims, changes)
	maps.DeleteFunc(claims, func(_ string, value any) bool { return value == nil })
	return claims
}
