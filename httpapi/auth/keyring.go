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
	// maxDistrust is how long a token that a key has signed stays refused, as an
	// expired one is, without a look: showing it again and again costs nothing.
	maxDistrust = 5 * time.Second
)

// keyring is the keys that are accepted at one time, with the tokens that they
// have signed. New keys come as a new keyring, whose memory is empty; a
// verification that was under way meanwhile ends up in the old one, which
// nobody reads any more.
type keyring struct {
	size     int // how many keys
	find     jwt.Keyfunc
	verified *lru.Cache[digest, verdict]
}

// digest stands for a token. Looking up by the token itself would be 0.2 us
// faster, but keep usable credentials of any length in memory.
type digest [sha256.Size]byte

// verdict is the outcome of a verification and the times between which it counts.
// Earlier than it was made the clock has been set back: it would count until the
// old time has come again.
type verdict struct {
	identity    Identity
	refused     error // nil when the token was accepted
	from, until time.Time
}

func newKeyring(size int, find jwt.Keyfunc) *keyring {
	verified, _ := lru.New[digest, verdict](maxVerified) // fails for sizes below 1 only
	return &keyring{size, find, verified}
}

func digestOf(token string) digest {
	// A plain conversion would allocate; tokens beyond the array still do.
	var buffer [1024]byte
	return sha256.Sum256(append(buffer[:0], token...))
}

// recall returns what still counts of an earlier verification.
func (k *keyring) recall(d digest, now time.Time) (verdict, bool) {
	v, ok := k.verified.Get(d)
	return v, ok && !now.Before(v.from) && now.Before(v.until)
}

// knows reports whether the token was accepted before and has not expired since,
// however long ago that was.
func (k *keyring) knows(d digest, now time.Time) bool {
	v, ok := k.verified.Get(d)
	return ok && v.refused == nil && now.Before(v.identity.Expires.Add(leeway))
}

func (k *keyring) accept(d digest, id Identity, now time.Time) {
	until := id.Expires.Add(leeway)
	if soon := now.Add(maxTrust); soon.Before(until) {
		until = soon
	}
	k.verified.Add(d, verdict{identity: id, from: now, until: until})
}

func (k *keyring) refuse(d digest, err error, now time.Time) {
	k.verified.Add(d, verdict{refused: err, from: now, until: now.Add(maxDistrust)})
}
