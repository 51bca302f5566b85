package auth_test

import (
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

func TestMintedTokensVerify(t *testing.T) {
	s := newSecret()
	config := s.config(t)
	config.Issuer, config.Audience = "aths", "crms"
	v := newVerifier(t, config)
	m, err := auth.NewMinter(config.Secret, "aths", "crms")
	require.NoError(t, err)

	for name, id := range map[string]auth.Identity{
		"one role":      {UserID: "u", Email: "a@b.c", Roles: auth.Admin},
		"several roles": {UserID: "u", Roles: auth.Admin | auth.Customer | auth.Service},
		"no role":       {UserID: "u"},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := m.Mint(id, time.Hour, noon)
			require.NoError(t, err)
			got, err := v.Verify(token)
			require.NoError(t, err)
			id.Expires = noon.Add(time.Hour)
			assert.Equal(t, id, got)
		})
	}
}

func TestMintWritesTheClaimsOfTheContract(t *testing.T) {
	s := newSecret()
	for name, c := range map[string]struct {
		issuer, audience string
		identity         auth.Identity
		want             jwt.MapClaims
	}{
		"everything": {"aths", "crms", auth.Identity{UserID: "u", Email: "a@b.c", Roles: auth.Admin}, jwt.MapClaims{
			"sub": "u", "userId": "u", "email": "a@b.c", "role": "Admin", "iss": "aths", "aud": "crms",
		}},
		"the least": {"", "", auth.Identity{UserID: "u"}, jwt.MapClaims{"sub": "u", "userId": "u"}},
		"two roles": {"", "", auth.Identity{UserID: "u", Roles: auth.Admin | auth.Service}, jwt.MapClaims{
			"sub": "u", "userId": "u", "roles": []any{"Admin", "Service"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := auth.NewMinter(s.key.([]byte), c.issuer, c.audience)
			require.NoError(t, err)
			token, err := m.Mint(c.identity, time.Minute, noon.Add(time.Millisecond))
			require.NoError(t, err)
			got := jwt.MapClaims{}
			_, _, err = jwt.NewParser().ParseUnverified(token, got)
			require.NoError(t, err)
			c.want["iat"], c.want["exp"] = float64(noon.Unix()), float64(noon.Unix()+60)
			assert.Equal(t, c.want, got)
		})
	}
}

func TestMintRefusesUselessTokens(t *testing.T) {
	m, err := auth.NewMinter(newSecret().key.([]byte), "", "")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		identity auth.Identity
		ttl      time.Duration
		want     string
	}{
		"no user id":     {auth.Identity{Email: "a@b.c"}, time.Hour, "without a user id"},
		"no time":        {auth.Identity{UserID: "u"}, 0, "lives for 0s"},
		"below a second": {auth.Identity{UserID: "u"}, 999 * time.Millisecond, "lives for 999ms"},
	} {
		t.Run(name, func(t *testing.T) {
			token, err := m.Mint(c.identity, c.ttl, noon)
			assert.ErrorContains(t, err, c.want)
			assert.Empty(t, token)
		})
	}
}

func TestNewMinterRefusesShortSecret(t *testing.T) {
	_, err := auth.NewMinter(make([]byte, 31), "", "")
	assert.ErrorContains(t, err, "JWT secret has 31 bytes, at least 32 are needed")
}
