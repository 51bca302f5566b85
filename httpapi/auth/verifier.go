package auth

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// leeway is how much the clocks of ATHS and crms may differ.
	leeway = 30 * time.Second
	// maxToken is the longest token that is looked at, in bytes.
	maxToken = 8 << 10
)

// Verifier verifies tokens. It is safe for concurrent use; what it has verified
// it remembers for up to a minute, but never beyond the token's expiry or a
// change of keys; what it has refused although a key signed it, for 5 s.
type Verifier struct {
	parser *jwt.Parser
	now    func() time.Time
	keys   atomic.Pointer[keyring]
	remote *remoteKeys // nil unless the keys come from a JWKS
}

// NewVerifier returns a verifier with the configured key. A JWKS is fetched
// before it returns, for at most 5 s, and again and again until ctx ends or
// the verifier is closed. That the endpoint cannot be reached is no error but
// shows in [Verifier.Status].
func NewVerifier(ctx context.Context, c Config) (*Verifier, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	v := &Verifier{now: c.Now}
	if c.JWKSURL != "" {
		endpoint, err := parseJWKSURL(c.JWKSURL)
		if err != nil {
			return nil, err
		}
		v.parser = newParser(c, remoteMethods()...)
		v.remote = watchRemoteKeys(ctx, endpoint, c, &v.keys)
		return v, nil
	}
	method, key, err := fixedKey(c)
	if err != nil {
		return nil, err
	}
	v.parser = newParser(c, method)
	v.keys.Store(newKeyring(1, func(*jwt.Token) (any, error) { return key, nil }))
	return v, nil
}

func fixedKey(c Config) (jwt.SigningMethod, any, error) {
	if len(c.Secret) > 0 {
		return jwt.SigningMethodHS256, bytes.Clone(c.Secret), checkSecret(c.Secret)
	}
	key, err := parsePublicKey(c.PublicKey)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read the JWT public key: %w", err)
	}
	method, err := methodOf(key)
	if err != nil {
		return nil, nil, fmt.Errorf("cannot use the JWT public key: %w", err)
	}
	return method, key, nil
}

func newParser(c Config, methods ...jwt.SigningMethod) *jwt.Parser {
	var names []string
	for _, m := range methods {
		names = append(names, m.Alg())
	}
	options := []jwt.ParserOption{
		jwt.WithValidMethods(names),
		jwt.WithTimeFunc(c.Now),
		jwt.WithLeeway(leeway),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithIssuer(c.Issuer), // an empty one is not checked
		jwt.WithStrictDecoding(),
	}
	if c.Audience != "" {
		options = append(options, jwt.WithAudience(c.Audience))
	}
	return jwt.NewParser(options...)
}

// Recall returns the identity of a token that was accepted a moment ago. The bool
// is false when the token needs to be verified.
func (v *Verifier) Recall(token string) (Identity, bool) {
	if len(token) > maxToken {
		return Identity{}, false
	}
	known, ok := v.keys.Load().recall(digestOf(token), v.now())
	return known.identity, ok && known.refused == nil
}

// Knows reports whether the token was accepted before by the keys of now and has
// not expired: nobody else than its owner can have it made up.
func (v *Verifier) Knows(token string) bool {
	return len(token) <= maxToken && v.keys.Load().knows(digestOf(token), v.now())
}

// Verify returns the identity that the token proves. Its error is
// [ErrInvalidToken] with the reason, [ErrUnsigned] too when no key of ours has
// signed the token, and [ErrNoKey] too when no token can be verified now; nothing
// of the token is in it. A token with an unknown key id may wait for a fetch of
// the JWKS, for at most 5 s.
func (v *Verifier) Verify(token string) (Identity, error) {
	if len(token) > maxToken {
		return Identity{}, fmt.Errorf("%w: %w", ErrUnsigned, errTooLong)
	}
	d, now, keys := digestOf(token), v.now(), v.keys.Load()
	if known, ok := keys.recall(d, now); ok {
		return known.identity, known.refused
	}
	id, signed, err := v.check(token, keys)
	if v.remote != nil && isKeyMissing(err) {
		if newer := v.remote.refreshAfter(keys); newer != keys {
			keys = newer
			id, signed, err = v.check(token, keys)
		}
	}
	switch {
	case err == nil:
		keys.accept(d, id, now)
		return id, nil
	case signed:
		err = fmt.Errorf("%w: %w", ErrInvalidToken, reasonOf(err))
		keys.refuse(d, err, now)
		return Identity{}, err
	default:
		return Identity{}, fmt.Errorf("%w: %w", ErrUnsigned, reasonOf(err))
	}
}

// check verifies the token with these keys alone. signed says whether one of
// them has signed it, whatever else is wrong.
func (v *Verifier) check(token string, keys *keyring) (id Identity, signed bool, err error) {
	var c claims
	_, err = v.parser.ParseWithClaims(token, &c, func(t *jwt.Token) (any, error) {
		if _, ok := t.Header["crit"]; ok {
			// RFC 7515 section 4.1.11; the library passes over it.
			return nil, errCritical
		}
		return keys.find(t)
	})
	if err != nil {
		// The library looks at the claims once the signature has been found good.
		return Identity{}, errors.Is(err, jwt.ErrTokenInvalidClaims), err
	}
	id, err = c.identity()
	return id, true, err
}

func isKeyMissing(err error) bool {
	return errors.Is(err, errUnknownKey) || errors.Is(err, ErrNoKey)
}

// Status is nil when the keys are as they should be. Otherwise it says why the
// JWKS could not be fetched last time; it is [ErrNoKey] too when there is no
// older key either, so that no token can be verified.
func (v *Verifier) Status() error {
	if v.remote == nil {
		return nil
	}
	return v.remote.status()
}

// Close ends the refresh of the keys; the ones at hand stay in use.
func (v *Verifier) Close() {
	if v.remote != nil {
		v.remote.close()
	}
}
