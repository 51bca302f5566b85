package auth

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// minSecret is the size of an HS256 signature: RFC 7518 section 3.2 asks
	// for at least as much key. The JWT library takes even an empty one.
	minSecret = 32
	// minRSABits is the least that RFC 7518 section 3.3 allows for RS256.
	minRSABits = 2048
)

func checkSecret(secret []byte) error {
	if len(secret) < minSecret {
		return fmt.Errorf("JWT secret has %d bytes, at least %d are needed", len(secret), minSecret)
	}
	return nil
}

// methodOf is the one signing method that a public key is accepted with.
func methodOf(key any) (jwt.SigningMethod, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSABits {
			return nil, fmt.Errorf("RSA key has %d bits, at least %d are needed", bits, minRSABits)
		}
		return jwt.SigningMethodRS256, nil
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return nil, fmt.Errorf("curve %s is not supported, only P-256 is", key.Curve.Params().Name)
		}
		return jwt.SigningMethodES256, nil
	case ed25519.PublicKey:
		return jwt.SigningMethodEdDSA, nil
	}
	return nil, errors.New("key is neither RSA nor EC P-256 nor Ed25519")
}

// parsePublicKey reads the one public key in text as PEM, in PKIX form or, for
// RSA, in PKCS #1.
func parsePublicKey(text []byte) (any, error) {
	block, rest := pem.Decode(text)
	if block == nil {
		return nil, errors.New("not in PEM format")
	}
	if next, _ := pem.Decode(rest); next != nil {
		return nil, errors.New("more than one PEM block, must be one public key")
	}
	switch {
	case block.Type == "PUBLIC KEY":
		return x509.ParsePKIXPublicKey(block.Bytes)
	case block.Type == "RSA PUBLIC KEY":
		return x509.ParsePKCS1PublicKey(block.Bytes)
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return nil, errors.New("private key, must be the public one")
	}
	return nil, fmt.Errorf("PEM block is a %s, must be a PUBLIC KEY", block.Type)
}
