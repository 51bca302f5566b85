package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

func TestVerifyAcceptsEachKindOfKey(t *testing.T) {
	for _, s := range signers(t) {
		t.Run(s.method.Alg(), func(t *testing.T) {
			v := newVerifier(t, s.config(t))
			id, err := v.Verify(s.sign(t, "", claimsWith(nil)))
			require.NoError(t, err)
			assert.Equal(t, auth.Identity{
				UserID:  "user-7",
				Email:   "asha@example.com",
				Roles:   auth.Customer,
				Expires: noon.Add(time.Hour),
			}, id)
			assert.NoError(t, v.Status())
		})
	}
}

func TestVerifyRefusesOtherKeysAndAlgorithms(t *testing.T) {
	all, strangers := signers(t), signers(t)
	for i, own := range all {
		v := newVerifier(t, own.config(t))
		for j, stranger := range strangers {
			t.Run(own.method.Alg()+" key, "+stranger.method.Alg()+" token of a stranger", func(t *testing.T) {
				assertRefused(t, v, stranger.sign(t, "", claimsWith(nil)))
			})
			if i != j {
				t.Run(own.method.Alg()+" key, "+all[j].method.Alg()+" token", func(t *testing.T) {
					assertRefused(t, v, all[j].sign(t, "", claimsWith(nil)))
				})
			}
		}
	}
}

func TestVerifyRefusesAlgorithmTricks(t *testing.T) {
	rsaKey := newRSA(t)
	secret := newSecret()
	public := rsaKey.config(t).PublicKey
	unsigned := signer{jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType}
	claims := claimsWith(nil)

	for name, c := range map[string]struct {
		config auth.Config
		token  string
	}{
		"none with a secret":                {secret.config(t), unsigned.sign(t, "", claims)},
		"none with a public key":            {rsaKey.config(t), unsigned.sign(t, "", claims)},
		"HS256 keyed with the public key":   {rsaKey.config(t), signer{jwt.SigningMethodHS256, public}.sign(t, "", claims)},
		"HS512 with the right secret":       {secret.config(t), signer{jwt.SigningMethodHS512, secret.key}.sign(t, "", claims)},
		"RS512 with the right key":          {rsaKey.config(t), signer{jwt.SigningMethodRS512, rsaKey.key}.sign(t, "", claims)},
		"PS256 with the right key":          {rsaKey.config(t), signer{jwt.SigningMethodPS256, rsaKey.key}.sign(t, "", claims)},
		"algorithm in another case":         {secret.config(t), withHeader(t, secret, `{"alg":"hs256"}`)},
		"no algorithm":                      {secret.config(t), withHeader(t, secret, `{"typ":"JWT"}`)},
		"critical extension":                {secret.config(t), withHeader(t, secret, `{"alg":"HS256","crit":["b64"],"b64":true}`)},
		"header of the wrong JSON type":     {secret.config(t), withHeader(t, secret, `["HS256"]`)},
		"number in the header out of range": {secret.config(t), withHeader(t, secret, `{"alg":"HS256","x":1e999}`)},
	} {
		t.Run(name, func(t *testing.T) { assertRefused(t, newVerifier(t, c.config), c.token) })
	}
}

// withHeader signs good claims under a header given as text.
func withHeader(t *testing.T, s signer, header string) string {
	payload, err := json.Marshal(claimsWith(nil))
	require.NoError(t, err)
	return signText(t, s, header, string(payload))
}

// signText signs any text as header and payload.
func signText(t testing.TB, s signer, header, payload string) string {
	t.Helper()
	text := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	signature, err := s.method.Sign(text, s.key)
	require.NoError(t, err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestVerifyRefusesDamagedTokens(t *testing.T) {
	for _, s := range signers(t) {
		v := newVerifier(t, s.config(t))
		token := s.sign(t, "", claimsWith(nil))
		other := s.sign(t, "", claimsWith(jwt.MapClaims{"role": "admin"}))
		part, otherPart := strings.Split(token, "."), strings.Split(other, ".")
		for name, damaged := range map[string]string{
			"empty":                       "",
			"payload of another token":    part[0] + "." + otherPart[1] + "." + part[2],
			"signature of another token":  part[0] + "." + part[1] + "." + otherPart[2],
			"no signature":                part[0] + "." + part[1] + ".",
			"no third part":               part[0] + "." + part[1],
			"four parts":                  token + ".x",
			"padding":                     token + "=",
			"space before":                " " + token,
			"newline within":              part[0] + ".\n" + part[1] + "." + part[2],
			"1 MB of dots":                strings.Repeat(".", 1<<20),
			"1 MB of letters":             strings.Repeat("A", 1<<20),
			"1 MB behind the signature":   token + strings.Repeat("A", 1<<20),
			"a whole token of 12 KB":      s.sign(t, "", claimsWith(jwt.MapClaims{"x": strings.Repeat("A", 9<<10)})),
			"bits behind the last letter": token[:len(token)-1] + nextLetter(token[len(token)-1]),
		} {
			t.Run(s.method.Alg()+", "+name, func(t *testing.T) { assertRefused(t, v, damaged) })
		}
		t.Run(s.method.Alg()+", whole", func(t *testing.T) {
			_, err := v.Verify(token)
			assert.NoError(t, err)
		})
	}
}

// nextLetter differs in the last bit only, which in the last letter of 32, 64
// or 256 bytes is padding.
func nextLetter(b byte) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	return alphabet[strings.IndexByte(alphabet, b)^1:][:1]
}

func TestVerifyChecksTimes(t *testing.T) {
	s := newSecret()
	v := newVerifier(t, s.config(t))
	at := func(d time.Duration) int64 { return noon.Add(d).Unix() }
	for name, c := range map[string]struct {
		claims   jwt.MapClaims
		accepted bool
	}{
		"expired within the leeway":      {jwt.MapClaims{"exp": at(-29 * time.Second)}, true},
		"expired beyond the leeway":      {jwt.MapClaims{"exp": at(-30 * time.Second)}, false},
		"no expiry":                      {jwt.MapClaims{"exp": nil}, false},
		"expiry with a fraction":         {jwt.MapClaims{"exp": float64(at(0)) - 29.5}, true},
		"expiry as a string":             {jwt.MapClaims{"exp": "1999999999"}, false},
		"expiry in milliseconds":         {jwt.MapClaims{"exp": noon.UnixMilli()}, false},
		"expiry beyond all numbers":      {jwt.MapClaims{"exp": json.Number("1e999")}, false},
		"expiry before 1970":             {jwt.MapClaims{"exp": -1}, false},
		"not yet valid, in the leeway":   {jwt.MapClaims{"nbf": at(30 * time.Second)}, true},
		"not yet valid, beyond leeway":   {jwt.MapClaims{"nbf": at(31 * time.Second)}, false},
		"valid since long":               {jwt.MapClaims{"nbf": at(-time.Hour)}, true},
		"valid since before 1970":        {jwt.MapClaims{"nbf": json.Number("-1e300")}, false},
		"valid since no time":            {jwt.MapClaims{"nbf": "yesterday"}, false},
		"issued in the future":           {jwt.MapClaims{"iat": at(31 * time.Second)}, false},
		"issued now by a fast clock":     {jwt.MapClaims{"iat": at(30 * time.Second)}, true},
		"issued at a time of wrong type": {jwt.MapClaims{"iat": true}, false},
	} {
		t.Run(name, func(t *testing.T) {
			assertOutcome(t, v, s.sign(t, "", claimsWith(c.claims)), c.accepted)
		})
	}
}

func TestVerifyChecksIssuerAndAudience(t *testing.T) {
	s := newSecret()
	strict := s.config(t)
	strict.Issuer, strict.Audience = "aths", "crms"
	for name, c := range map[string]struct {
		config   auth.Config
		claims   jwt.MapClaims
		accepted bool
	}{
		"as configured":              {strict, jwt.MapClaims{"iss": "aths", "aud": "crms"}, true},
		"one of several audiences":   {strict, jwt.MapClaims{"iss": "aths", "aud": []string{"orms", "crms"}}, true},
		"no issuer":                  {strict, jwt.MapClaims{"aud": "crms"}, false},
		"no audience":                {strict, jwt.MapClaims{"iss": "aths"}, false},
		"empty list of audiences":    {strict, jwt.MapClaims{"iss": "aths", "aud": []string{}}, false},
		"other issuer":               {strict, jwt.MapClaims{"iss": "evil", "aud": "crms"}, false},
		"issuer in another case":     {strict, jwt.MapClaims{"iss": "ATHS", "aud": "crms"}, false},
		"other audience":             {strict, jwt.MapClaims{"iss": "aths", "aud": "orms"}, false},
		"audience of wrong type":     {strict, jwt.MapClaims{"iss": "aths", "aud": []any{"crms", 1}}, false},
		"not configured, any value":  {s.config(t), jwt.MapClaims{"iss": "evil", "aud": "orms"}, true},
		"not configured, wrong type": {s.config(t), jwt.MapClaims{"iss": 1}, false},
	} {
		t.Run(name, func(t *testing.T) {
			assertOutcome(t, newVerifier(t, c.config), s.sign(t, "", claimsWith(c.claims)), c.accepted)
		})
	}
}

func TestVerifyRemembersNoTokenBeyondItsExpiry(t *testing.T) {
	s, clock := newSecret(), new(clock)
	config := s.config(t)
	config.Now = clock.now
	v := newVerifier(t, config)
	token := s.sign(t, "", claimsWith(jwt.MapClaims{"exp": noon.Add(10 * time.Second).Unix()}))

	assertOutcome(t, v, token, true)
	clock.advance(40*time.Second - 1) // the last moment of the leeway
	assertOutcome(t, v, token, true)
	clock.advance(1)
	assertOutcome(t, v, token, false)
}

func TestVerifyBesideAClockThatJumps(t *testing.T) {
	s, clock := newSecret(), new(clock)
	config := s.config(t)
	config.Now = clock.now
	v := newVerifier(t, config)
	token := s.sign(t, "", claimsWith(jwt.MapClaims{"iat": noon.Unix(), "nbf": noon.Unix(), "exp": noon.Add(time.Hour).Unix()}))
	assertOutcome(t, v, token, true)

	t.Run("a remembered token is refused once its expiry is past", func(t *testing.T) {
		clock.advance(365 * 24 * time.Hour)
		assertOutcome(t, v, token, false)
	})
	t.Run("a remembered token is refused while it is not valid yet", func(t *testing.T) {
		clock.advance(-366 * 24 * time.Hour)
		assertOutcome(t, v, token, false)
	})
	t.Run("and is good again when the clock is right", func(t *testing.T) {
		clock.advance(24 * time.Hour)
		assertOutcome(t, v, token, true)
	})
}

func TestVerifyAllocatesNothingForATokenItRemembers(t *testing.T) {
	s := newSecret()
	v := newVerifier(t, s.config(t))
	token := s.sign(t, "", claimsWith(nil))
	assertOutcome(t, v, token, true)
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if _, err := v.Verify(token); err != nil {
			t.Error(err)
		}
	}))
}

func assertOutcome(t *testing.T, v *auth.Verifier, token string, accepted bool) {
	t.Helper()
	if !accepted {
		assertRefused(t, v, token)
		return
	}
	_, err := v.Verify(token)
	assert.NoError(t, err)
}

// assertRefused also holds the error to saying why, in words that are not the
// token's.
func assertRefused(t *testing.T, v *auth.Verifier, token string) {
	t.Helper()
	id, err := v.Verify(token)
	require.ErrorIs(t, err, auth.ErrInvalidToken)
	assert.Zero(t, id)
	assert.NotEqual(t, auth.ErrInvalidToken.Error(), err.Error())
	assert.Less(t, len(err.Error()), 120)
	for part := range strings.SplitSeq(token, ".") {
		if len(part) > 3 {
			assert.NotContains(t, err.Error(), part)
		}
	}
}
