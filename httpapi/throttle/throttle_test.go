package throttle_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/throttle"
)

var noon = time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)

// under is a throttle with a clock that stands still until it is moved, and what
// it logs.
type under struct {
	*throttle.Throttle
	time time.Time
	log  bytes.Buffer
}

func newThrottle(proxies ...string) *under {
	u := &under{time: noon}
	var networks []netip.Prefix
	for _, p := range proxies {
		networks = append(networks, netip.MustParsePrefix(p))
	}
	u.Throttle = throttle.New(networks, func() time.Time { return u.time }, slog.New(slog.NewTextHandler(&u.log, nil)))
	return u
}

func (u *under) fail(source netip.Prefix, times int) {
	for range times {
		u.Failed(source)
	}
}

var (
	someone = netip.MustParsePrefix("192.0.2.1/32")
	another = netip.MustParsePrefix("192.0.2.2/32")
)

func TestAddressWaitsOnceItsBudgetIsUsedUp(t *testing.T) {
	u := newThrottle()
	u.fail(someone, throttle.Burst-1)
	assert.Zero(t, u.Wait(someone), "one more is free")
	u.fail(someone, 1)
	assert.Equal(t, throttle.Pause, u.Wait(someone))
	assert.Zero(t, u.Wait(another), "nobody else waits")

	t.Run("what fails meanwhile does not make it longer", func(t *testing.T) {
		u.fail(someone, 1000)
		assert.Equal(t, throttle.Pause, u.Wait(someone))
	})
	t.Run("a clock that is set back by a year does not make it longer", func(t *testing.T) {
		u := newThrottle()
		u.fail(someone, throttle.Burst)
		u.time = noon.Add(-throttle.Burst * throttle.Pause)
		assert.Positive(t, u.Wait(someone), "by so little it may be another's look at the clock")
		u.time = noon.AddDate(-1, 0, 0)
		assert.Zero(t, u.Wait(someone))
		u.fail(someone, throttle.Burst)
		assert.Equal(t, throttle.Pause, u.Wait(someone))
	})
	t.Run("it may fail once more after the pause", func(t *testing.T) {
		u.time = u.time.Add(throttle.Pause)
		assert.Zero(t, u.Wait(someone))
		u.fail(someone, 1)
		assert.Equal(t, throttle.Pause, u.Wait(someone))
	})
	t.Run("it has all of it again after a minute", func(t *testing.T) {
		u.time = u.time.Add(throttle.Burst * throttle.Pause)
		u.fail(someone, throttle.Burst-1)
		assert.Zero(t, u.Wait(someone))
	})
	t.Run("a clock that is set back lets nobody wait longer", func(t *testing.T) {
		u.fail(someone, throttle.Burst)
		u.time = u.time.Add(-24 * time.Hour)
		assert.LessOrEqual(t, u.Wait(someone), throttle.Pause)
	})
}

func TestOneWhoIsNotKnownNeverWaits(t *testing.T) {
	u := newThrottle()
	u.fail(netip.Prefix{}, 100)
	assert.Zero(t, u.Wait(netip.Prefix{}))
}

func TestAddressIsLoggedOnceAnHour(t *testing.T) {
	u := newThrottle()
	u.fail(someone, throttle.Burst)
	lines := func() int { return strings.Count(u.log.String(), "address=192.0.2.1/32") }
	assert.Zero(t, lines(), "nothing was refused yet")
	for range 100 {
		u.Wait(someone)
	}
	assert.Equal(t, 1, lines())
	u.time = u.time.Add(time.Hour)
	u.fail(someone, throttle.Burst)
	u.Wait(someone)
	assert.Equal(t, 2, lines())
}

func TestTableOfAddressesIsBounded(t *testing.T) {
	u := newThrottle()
	u.fail(someone, throttle.Burst)
	require.NotZero(t, u.Wait(someone))
	for i := range 1 << 15 {
		u.fail(netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 32), 1)
	}
	assert.Zero(t, u.Wait(someone), "the one that failed longest ago is forgotten")
}

func TestManyFailAtOnce(t *testing.T) {
	u := newThrottle()
	var running sync.WaitGroup
	for range throttle.Burst {
		running.Go(func() { u.Failed(someone) })
	}
	running.Wait()
	assert.Equal(t, throttle.Pause, u.Wait(someone), "each of them counts")
}

func TestSource(t *testing.T) {
	proxies := []string{"10.0.0.0/8", "127.0.0.1/32", "2001:db8:1::/48"}
	for _, c := range []struct {
		outcome   string
		peer      string
		forwarded []string
		source    string // empty when there is none
	}{
		{"is the peer", "192.0.2.7:4711", nil, "192.0.2.7/32"},
		{"is the network of a peer with IPv6", "[2001:db8:2:3:4:5:6:7]:4711", nil, "2001:db8:2:3::/64"},
		{"is the peer of an IPv4 address within IPv6", "[::ffff:192.0.2.7]:4711", nil, "192.0.2.7/32"},
		{"has no zone", "[fe80::1%eth0]:4711", nil, "fe80::/64"},
		{"is the peer, whatever a stranger says", "192.0.2.7:4711", []string{"198.51.100.1"}, "192.0.2.7/32"},
		{"is whom a proxy names", "127.0.0.1:4711", []string{"198.51.100.1"}, "198.51.100.1/32"},
		{"is whom a proxy names that came by IPv4 within IPv6", "[::ffff:10.0.0.1]:4711", []string{"198.51.100.1"}, "198.51.100.1/32"},
		{"is whom a proxy with IPv6 names", "[2001:db8:1::1]:4711", []string{"2001:db8:2:3::9"}, "2001:db8:2:3::/64"},
		{"is the last before our proxies", "127.0.0.1:4711", []string{"203.0.113.9, 198.51.100.1, 10.1.1.1"}, "198.51.100.1/32"},
		{"is found in several headers", "127.0.0.1:4711", []string{"203.0.113.9", "198.51.100.1", "10.1.1.1"}, "198.51.100.1/32"},
		{"may have a port", "127.0.0.1:4711", []string{"198.51.100.1:80"}, "198.51.100.1/32"},
		{"may have brackets", "127.0.0.1:4711", []string{"[2001:db8:2:3::9]"}, "2001:db8:2:3::/64"},
		{"may have brackets and a port", "127.0.0.1:4711", []string{"[2001:db8:2:3::9]:80"}, "2001:db8:2:3::/64"},
		{"is nobody when a proxy does not say", "127.0.0.1:4711", nil, ""},
		{"is nobody when a proxy does not know", "127.0.0.1:4711", []string{"198.51.100.1, unknown"}, ""},
		{"is nobody when all are proxies", "127.0.0.1:4711", []string{"10.0.0.7, 10.1.1.1"}, ""},
		{"is nobody without an address of the peer", "@", nil, ""},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			r.Header["X-Forwarded-For"] = c.forwarded
			got := newThrottle(proxies...).Source(r)
			if c.source == "" {
				assert.False(t, got.IsValid(), "%v", got)
				return
			}
			assert.Equal(t, c.source, fmt.Sprint(got))
		})
	}
}
