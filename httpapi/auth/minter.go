package auth

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Minter signs tokens with a secret, for HS256.
type Minter struct {
	secret           []byte
	issuer, audience string
}

// NewMinter returns a minter for verifiers with the same secret, of at least 32
// bytes. Issuer and audience may be empty.
func NewMinter(secret []byte, issuer, audience string) (*Minter, error) {
	if err := checkSecret(secret); err != nil {
		return nil, err
	}
	return &Minter{bytes.Clone(secret), issuer, audience}, nil
}

// Mint returns a token that says what id says and lives for ttl, at least a
// second, from now on. The expiry follows from ttl; that of id does not count.
func (m *Minter) Mint(id Identity, ttl time.Duration, now time.Time) (string, error) {
	if id.UserID == "" {
		return "", errors.New("cannot mint a token without a user id")
	}
	if ttl < time.Second {
		return "", fmt.Errorf("cannot mint a token that lives for %v, at least 1s is needed", ttl)
	}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, m.claims(id, ttl, now)).SignedString(m.secret)
	if err != nil {
		return "", fmt.Errorf("cannot sign the token: %w", err)
	}
	return token, nil
}

func (m *Minter) claims(id Identity, ttl time.Duration, now time.Time) jwt.MapClaims {
	c := jwt.MapClaims{
		"sub":    id.UserID,
		"userId": id.UserID,
		"iat":    now.Unix(),
		"exp":    now.Add(ttl).Unix(),
	}
	for name, value := range map[string]string{"email": id.Email, "iss": m.issuer, "aud": m.audience} {
		if value != "" {
			c[name] = value
		}
	}
	switch names := id.Roles.names(); len(names) {
	case 0:
	case 1:
		c["role"] = names[0]
	default:
		c["roles"] = names
	}
	return c
}
