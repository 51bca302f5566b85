package auth_test

import (
	"errors"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

// moving is a verifier of the signer's tokens, with a clock that can be moved.
func moving(t *testing.T, s signer) (*auth.Verifier, *clock) {
	t.Helper()
	c, config := new(clock), s.config(t)
	config.Now = c.now
	return newVerifier(t, config), c
}

// TestUnsigned tells what somebody has made up from what ATHS once gave.
func TestUnsigned(t *testing.T) {
	s := newRSA(t)
	good := s.sign(t, "", claimsWith(nil))
	for _, c := range []struct {
		outcome, token string
		unsigned       bool
	}{
		{"no token at all is unsigned", "x", true},
		{"one that is too long is unsigned", string(make([]byte, 9<<10)), true},
		{"one of a stranger is unsigned", newRSA(t).sign(t, "", claimsWith(nil)), true},
		{"one of another kind of key is unsigned", newSecret().sign(t, "", claimsWith(nil)), true},
		{"one without its signature is unsigned", good[:len(good)-10], true},
		{"one of a stranger that has expired is unsigned", newRSA(t).sign(t, "", claimsWith(jwt.MapClaims{"exp": 1})), true},
		{"one that has expired is signed", s.sign(t, "", claimsWith(jwt.MapClaims{"exp": noon.Add(-time.Hour).Unix()})), false},
		{"one that is not valid yet is signed", s.sign(t, "", claimsWith(jwt.MapClaims{"nbf": noon.Add(time.Hour).Unix()})), false},
		{"one without expiry is signed", s.sign(t, "", claimsWith(jwt.MapClaims{"exp": nil})), false},
		{"one of nobody is signed", s.sign(t, "", claimsWith(jwt.MapClaims{"userId": nil})), false},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			_, err := newVerifier(t, s.config(t)).Verify(c.token)
			require.ErrorIs(t, err, auth.ErrInvalidToken)
			assert.Equal(t, c.unsigned, errors.Is(err, auth.ErrUnsigned))
		})
	}
}

func TestRecall(t *testing.T) {
	s := newSecret()
	v, now := moving(t, s)
	token := s.sign(t, "", claimsWith(nil))
	recalled := func() bool { _, ok := v.Recall(token); return ok }

	assert.False(t, recalled(), "it was never shown")
	assert.False(t, v.Knows(token))
	id, err := v.Verify(token)
	require.NoError(t, err)
	got, ok := v.Recall(token)
	assert.True(t, ok)
	assert.Equal(t, id, got)

	now.advance(time.Minute)
	assert.False(t, recalled(), "it must be verified again after a minute")
	assert.True(t, v.Knows(token), "and is known until it expires")
	now.advance(time.Hour)
	assert.False(t, v.Knows(token))

	t.Run("what is refused is neither recalled nor known", func(t *testing.T) {
		_, err := v.Verify(token)
		require.ErrorIs(t, err, auth.ErrInvalidToken)
		assert.False(t, recalled())
		assert.False(t, v.Knows(token))
	})
	t.Run("what is too long is neither", func(t *testing.T) {
		long := string(make([]byte, 9<<10))
		_, ok := v.Recall(long)
		assert.False(t, ok)
		assert.False(t, v.Knows(long))
	})
}

// TestRefusalIsRemembered holds a signed token to its refusal for a moment, and
// no longer: clocks that went wrong are mended.
func TestRefusalIsRemembered(t *testing.T) {
	s := newSecret()
	v, now := moving(t, s)
	early := s.sign(t, "", claimsWith(jwt.MapClaims{"nbf": noon.Add(31 * time.Second).Unix()}))
	_, err := v.Verify(early)
	require.ErrorIs(t, err, auth.ErrInvalidToken)

	now.advance(2 * time.Second)
	_, again := v.Verify(early)
	assert.Same(t, err, again, "it was not looked at")

	now.advance(3 * time.Second)
	_, err = v.Verify(early)
	assert.NoError(t, err)
}
