// Package throttle bounds how many tokens that ATHS never gave to anybody one
// address may show: some at once, and then a few a minute. What comes above that
// is refused before its signature is computed.
//
// Addresses are shared, by the people of an office and by everybody whom a proxy
// serves. So only tokens that no key has signed count, which no honest program
// shows twice: one that has expired is not of these. Tokens that were accepted
// before are let through by the caller. And who has the proxy under their control
// names it, so that the addresses behind it count.
package throttle

import (
	"log/slog"
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"
)

const (
	// Burst is how many failures an address has at once: enough for somebody who
	// tries tokens of the wrong environment, one after the other.
	Burst = 20
	// Pause is the time that gives an address one more failure. A lasting attack
	// costs the server 20 signatures a minute, and once it ends, whoever shares
	// the address waits no longer than this.
	Pause = 3 * time.Second
	// maxAddresses bounds the addresses that are remembered: about 4 MB. The one
	// that failed longest ago is forgotten first.
	maxAddresses = 16_384
	// tellAgain is how long nothing more is logged of an address that goes on.
	tellAgain = time.Hour
)

// Throttle counts failures by address. All its methods may be called by many
// goroutines at once.
type Throttle struct {
	proxies   []netip.Prefix
	now       func() time.Time
	log       *slog.Logger
	addresses *lru.Cache[netip.Prefix, *budget]
}

// budget is that of one address.
type budget struct {
	failures *rate.Limiter

	mu     sync.Mutex
	told   time.Time // when the address was last logged; guarded by mu
	failed time.Time // when it last failed; guarded by mu
}

// fail counts a failure.
func (b *budget) fail(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failed = now
	b.failures.AllowN(now, 1)
}

// isAhead reports whether the address has failed at a time that lies ahead, by more
// than a whole budget takes to come. The clock has been set back since, and the
// limiter would give nothing more until the old time has come again.
func (b *budget) isAhead(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.failed.Sub(now) > Burst*Pause
}

// New returns a throttle that knows of no failure. The proxies are trusted to say
// for whom they ask.
func New(proxies []netip.Prefix, now func() time.Time, log *slog.Logger) *Throttle {
	addresses, _ := lru.New[netip.Prefix, *budget](maxAddresses) // fails for sizes below 1 only
	return &Throttle{proxies: proxies, now: now, log: log, addresses: addresses}
}

// Failed counts a failure of the source, see [Throttle.Source].
func (t *Throttle) Failed(source netip.Prefix) {
	if !source.IsValid() {
		return
	}
	b, known := t.addresses.Get(source)
	if !known {
		b = &budget{failures: rate.NewLimiter(rate.Every(Pause), Burst)}
		if first, raced, _ := t.addresses.PeekOrAdd(source, b); raced {
			b = first
		}
	}
	b.fail(t.now())
}

// Wait is how long the source has to wait until it may fail again; 0 when it may
// now.
func (t *Throttle) Wait(source netip.Prefix) time.Duration {
	b, known := t.addresses.Get(source)
	if !known {
		return 0
	}
	now := t.now()
	if b.isAhead(now) {
		t.addresses.Remove(source)
		return 0
	}
	left := b.failures.TokensAt(now)
	if left >= 1 {
		return 0
	}
	t.tell(source, b, now)
	return time.Duration((1 - left) * float64(Pause))
}

// tell logs an address that is made to wait, so that the operator can shut it
// out: once an hour, however long it goes on.
func (t *Throttle) tell(source netip.Prefix, b *budget, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.told.IsZero() && now.Sub(b.told).Abs() < tellAgain {
		return
	}
	b.told = now
	t.log.Warn("an address shows token after token that ATHS never gave: its further ones are refused for now", "address", source.String())
}
