package throttle

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// bitsV6 is what counts of an IPv6 address: a customer of a network operator has
// at least all the addresses that begin with the same 64 bits.
const bitsV6 = 64

// Source is the address that answers for a request: the peer's, or, when that is
// a trusted proxy, the one for which it says that it asks. It is invalid, and
// never waits, when a trusted proxy does not say.
func (t *Throttle) Source(r *http.Request) netip.Prefix {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Prefix{}
	}
	if !t.isProxy(peer.Addr()) {
		return network(peer.Addr())
	}
	// Each proxy writes behind what it was sent, which anybody may have made up:
	// the last address that is no proxy of ours is the last that is known.
	for _, text := range slices.Backward(forwardedFor(r)) {
		address, err := parseForwarded(text)
		if err != nil {
			break
		}
		if !t.isProxy(address) {
			return network(address)
		}
	}
	return netip.Prefix{}
}

func (t *Throttle) isProxy(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return slices.ContainsFunc(t.proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// network is what is counted under: an IPv4 address, or the network of an IPv6
// address.
func network(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := a.BitLen()
	if a.Is6() {
		bits = bitsV6
	}
	p, _ := a.Prefix(bits) // fails for bits that an address does not have
	return p
}

// forwardedFor are the addresses of X-Forwarded-For, the nearest last.
func forwardedFor(r *http.Request) []string {
	return strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
}

// parseForwarded reads an address with or without a port, as proxies write it.
func parseForwarded(text string) (netip.Addr, error) {
	text = strings.TrimSpace(text)
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr(), nil
	}
	return netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
}
