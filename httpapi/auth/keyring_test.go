package auth

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)

func TestKeyringForgets(t *testing.T) {
	for name, c := range map[string]struct {
		expires time.Time
		until   time.Time
	}{
		"after a minute, long before the expiry":    {noon.Add(time.Hour), noon.Add(time.Minute)},
		"with the expiry and its leeway, if sooner": {noon.Add(10 * time.Second), noon.Add(40 * time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeyring(0, findNoKey)
			id := Identity{UserID: "u", Expires: c.expires}
			k.accept(digestOf("token"), id, noon)

			got, ok := k.recall(digestOf("token"), c.until.Add(-1))
			require.True(t, ok)
			assert.Equal(t, id, got.identity)
			_, ok = k.recall(digestOf("token"), c.until)
			assert.False(t, ok)
		})
	}
}

func TestKeyringForgetsWhileTheClockIsSetBack(t *testing.T) {
	for name, learn := range map[string]func(k *keyring, d digest){
		"what was accepted": func(k *keyring, d digest) { k.accept(d, Identity{Expires: noon.Add(time.Hour)}, noon) },
		"what was refused":  func(k *keyring, d digest) { k.refuse(d, ErrInvalidToken, noon) },
	} {
		t.Run(name, func(t *testing.T) {
			k, d := newKeyring(0, findNoKey), digestOf("token")
			learn(k, d)
			_, ok := k.recall(d, noon.Add(-1))
			assert.False(t, ok, "it would count until the old time has come again")
		})
	}
}

func TestKeyringIsBounded(t *testing.T) {
	k := newKeyring(0, findNoKey)
	for n := range uint64(maxVerified + 10) {
		var d digest
		binary.BigEndian.PutUint64(d[:], n)
		k.accept(d, Identity{Expires: noon.Add(time.Hour)}, noon)
	}
	assert.Equal(t, maxVerified, k.verified.Len())
}

func TestVerifyRemembersOnlyWhatIsVerified(t *testing.T) {
	secret := []byte("a secret of at least 32 characters")
	v, err := NewVerifier(t.Context(), Config{Secret: secret, Now: func() time.Time { return noon }})
	require.NoError(t, err)
	m, err := NewMinter(secret, "", "")
	require.NoError(t, err)
	token, err := m.Mint(Identity{UserID: "u"}, time.Hour, noon)
	require.NoError(t, err)

	for n := range 100 {
		_, err := v.Verify(token[:len(token)-1-n])
		require.ErrorIs(t, err, ErrInvalidToken)
	}
	assert.Zero(t, v.keys.Load().verified.Len())
	for range 3 {
		_, err = v.Verify(token)
		require.NoError(t, err)
	}
	assert.Equal(t, 1, v.keys.Load().verified.Len())
}

func TestDigestTellsLongTokensApart(t *testing.T) {
	long := make([]byte, 3000)
	other := append([]byte(nil), long...)
	other[2999] = 1
	assert.NotEqual(t, digestOf(string(long)), digestOf(string(other)))
}
