package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

func TestNewVerifierRefusesBadConfiguration(t *testing.T) {
	secret := newSecret().key.([]byte)
	rsaKey := newRSA(t)
	private, err := x509.MarshalPKCS8PrivateKey(rsaKey.key)
	require.NoError(t, err)
	public := pemOf(t, rsaKey.public())

	for name, c := range map[string]struct {
		config auth.Config
		want   string
	}{
		"no key":               {auth.Config{}, "0 kinds of JWT keys configured"},
		"secret and key":       {auth.Config{Secret: secret, PublicKey: public}, "2 kinds of JWT keys configured"},
		"all three":            {auth.Config{Secret: secret, PublicKey: public, JWKSURL: "http://x"}, "3 kinds of JWT keys configured"},
		"short secret":         {auth.Config{Secret: secret[:31]}, "JWT secret has 31 bytes, at least 32 are needed"},
		"not PEM":              {auth.Config{PublicKey: []byte("ssh-rsa AAAA")}, "not in PEM format"},
		"damaged PEM":          {auth.Config{PublicKey: pemBlock("PUBLIC KEY", []byte("x"))}, "cannot read the JWT public key"},
		"two keys":             {auth.Config{PublicKey: slices.Concat(public, public)}, "more than one PEM block"},
		"private key":          {auth.Config{PublicKey: pemBlock("PRIVATE KEY", private)}, "private key, must be the public one"},
		"certificate":          {auth.Config{PublicKey: pemBlock("CERTIFICATE", nil)}, "PEM block is a CERTIFICATE"},
		"small RSA key":        {auth.Config{PublicKey: pemOf(t, smallRSA(t))}, "RSA key has 1024 bits, at least 2048 are needed"},
		"P-384":                {auth.Config{PublicKey: pemOf(t, p384(t))}, "curve P-384 is not supported"},
		"JWKS without scheme":  {auth.Config{JWKSURL: "aths/jwks"}, "JWKS URL must begin with http:// or https://"},
		"JWKS in a file":       {auth.Config{JWKSURL: "file:///etc/jwks"}, "JWKS URL must begin with http:// or https://"},
		"JWKS without host":    {auth.Config{JWKSURL: "https:///jwks"}, "JWKS URL must begin with http:// or https://"},
		"JWKS no URL at all":   {auth.Config{JWKSURL: "http://u:pass word@aths/"}, "JWKS URL is not a URL"},
		"JWKS negative period": {auth.Config{JWKSURL: "http://aths", JWKSRefresh: -1}, "must be above 0"},
	} {
		t.Run(name, func(t *testing.T) {
			v, err := auth.NewVerifier(context.Background(), c.config)
			require.ErrorContains(t, err, c.want)
			assert.NotContains(t, err.Error(), "\n")
			assert.Nil(t, v)
		})
	}
}

func TestNewVerifierTakesRSAKeyInPKCS1(t *testing.T) {
	s := newRSA(t)
	c := s.config(t)
	c.PublicKey = pemBlock("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(s.public().(*rsa.PublicKey)))
	assertOutcome(t, newVerifier(t, c), s.sign(t, "", claimsWith(nil)), true)
}

func TestVerifierKeepsItsOwnCopyOfTheSecret(t *testing.T) {
	s := newSecret()
	c := s.config(t)
	c.Secret = slices.Clone(c.Secret)
	v := newVerifier(t, c)
	clear(c.Secret)
	assertOutcome(t, v, s.sign(t, "", claimsWith(nil)), true)
}

func pemBlock(kind string, content []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
}

func smallRSA(t *testing.T) *rsa.PublicKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	return &key.PublicKey
}

func p384(t *testing.T) *ecdsa.PublicKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	return &key.PublicKey
}
