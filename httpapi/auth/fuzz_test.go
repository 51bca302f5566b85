package auth_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

// FuzzVerifyAcceptsNothingUnsigned holds every accepted token to be one that a
// configured key has signed.
func FuzzVerifyAcceptsNothingUnsigned(f *testing.F) {
	var verifiers []*auth.Verifier
	var signed []string
	e := newEndpoint(f)
	for _, s := range signers(f) {
		verifiers = append(verifiers, newVerifier(f, s.config(f)))
		signed = append(signed, s.sign(f, "", claimsWith(nil)), s.sign(f, "1", claimsWith(nil)))
	}
	s := newEC(f)
	e.publish(named(f, "1", s))
	verifiers = append(verifiers, newVerifier(f, auth.Config{JWKSURL: e.URL, JWKSRefresh: never, Now: new(clock).now}))
	signed = append(signed, s.sign(f, "1", claimsWith(nil)), s.sign(f, "", claimsWith(nil)))

	for _, token := range signed {
		f.Add(token)
	}
	f.Add(signer{jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType}.sign(f, "1", claimsWith(nil)))
	f.Add("..")

	f.Fuzz(func(t *testing.T, token string) {
		for _, v := range verifiers {
			id, err := v.Verify(token)
			if err != nil {
				assert.ErrorIs(t, err, auth.ErrInvalidToken)
				assert.Zero(t, id)
				continue
			}
			assert.True(t, slices.Contains(signed, token), "accepted %q", token)
		}
	})
}

// FuzzVerifyReadsClaimsExactly compares the identity with what a decoder into a
// map, which keeps names as they are, makes of the same claims.
func FuzzVerifyReadsClaimsExactly(f *testing.F) {
	s := signer{jwt.SigningMethodHS256, []byte("a secret of at least 32 characters")}
	v := newVerifier(f, s.config(f))
	for _, payload := range []string{
		`{"userId":"u","email":"a@b.c","role":"admin","exp":1999999999}`,
		`{"sub":"s","roles":["Customer","x"],"role":"SERVICE","exp":1999999999.5,"nbf":1,"iat":1}`,
		`{"sub":"s","role":"customer","ROLE":"admin","exp":1999999999}`,
		`{"sub":"s","role":"customer","role":"admin","exp":1999999999}`,
		`{"sub":"s","\u0072ole":null,"exp":1e9,"aud":["a"],"iss":"i"}`,
		`null`, `[]`, `{"exp":1e999}`,
	} {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		if len(payload) > 4<<10 {
			t.Skip("longer than a token may be")
		}
		id, err := v.Verify(signText(t, s, `{"alg":"HS256"}`, payload))
		if err != nil {
			assert.ErrorIs(t, err, auth.ErrInvalidToken)
			return
		}
		var claims map[string]any
		require.NoError(t, json.Unmarshal([]byte(payload), &claims))
		userID, _ := claims["userId"].(string)
		if userID == "" {
			userID, _ = claims["sub"].(string)
		}
		email, _ := claims["email"].(string)
		assert.NotEmpty(t, id.UserID)
		assert.Equal(t, userID, id.UserID)
		assert.Equal(t, email, id.Email)
		assert.Equal(t, rolesIn(claims), id.Roles)
		assert.True(t, id.Expires.After(noon.Add(-30*time.Second)))
	})
}

func rolesIn(claims map[string]any) auth.Role {
	names, _ := claims["roles"].([]any)
	var roles auth.Role
	for _, name := range append(names, claims["role"]) {
		text, _ := name.(string)
		switch strings.ToLower(text) {
		case "admin":
			roles |= auth.Admin
		case "customer":
			roles |= auth.Customer
		case "service":
			roles |= auth.Service
		}
	}
	return roles
}
