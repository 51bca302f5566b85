package auth

import (
	"crypto/sha256"
	"time"

	"github.com/golang-jwt/jwt/v5"
	lru "github.com/hashicorp/golang-lru/v2"
)

const (
	// maxVerified bounds the verified tokens that are remembered: about 6 MB.
	maxVerified = 16_384
	// maxTrust is how long a token is taken on its earlier verification.
	maxTrust = time.Minute
)

// keyring is the keys that are accepted at one time, with the tokens that they
// have verified. New keys come as a new keyring, whose memory is empty; a
// verification that was under way meanwhile ends up in the old one, which
// nobody reads any more.
type keyring struct {
	size     int // how many keys
	find     jwt.Keyfunc
	verified *lru.Cache[digest, grant]
}

// digest stands for a token. Looking up by the token itself would be 0.2 us
// faster, but keep usable credentials of any length in memory.
type digest [sha256.Size]byte

// grant is the outcome of a verification and the time up to which it counts.
type grant struct {
	identity Identity
	until    time.Time
}

func newKeyring(size int, find jwt.Keyfunc) *keyring {
	verified, _ := lru.New[digest, grant](maxVerified) // fails for sizes below 1 only
	return &keyring{size, find, verified}
}

func digestOf(token string) digest {
	// A plain conversion would allocate; tokens beyond the array still do.
	var buffer [1024]byte
	return sha256.Sum256(append(buffer[:0], token...))
}

func (k *keyring) recall(d digest, now time.Time) (Identity, bool) {
	g, ok := k.verified.Get(d)
	if !ok || !now.Before(g.until) {
		return Identity{}, false
	}
	return g.identity, true
}

func (k *keyring) remember(d digest, id Identity, now time.Time) {
	until := id.Expires.Add(leeway)
	if soon := now.Add(maxTrust); soon.Before(until) {
		until = soon
	}
	k.verified.Add(d, grant{id, until})
}
