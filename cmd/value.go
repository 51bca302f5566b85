package cmd

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// value is a kind of setting: how help shows it, and how its text is checked
// and stored. Errors of set read on behind the setting's name: "must be ...".
type value struct {
	kind     string
	set      func(text string) error
	secret   bool // the flag names a file with the text
	discreet bool // the text may hold a password: no error shows it
}

// toggleKind is the kind that cobra's help shows without a value.
const toggleKind = "bool"

func text(to *string, kind string) value {
	return value{kind: kind, set: func(text string) error {
		if *to = text; text == "" {
			return errors.New("must not be empty")
		}
		return nil
	}}
}

func toggle(to *bool) value {
	return value{kind: toggleKind, set: func(text string) (err error) {
		if *to, err = strconv.ParseBool(text); err != nil {
			return errors.New("must be true or false")
		}
		return nil
	}}
}

func number(to *int, least int) value {
	return value{kind: "N", set: func(text string) (err error) {
		if *to, err = strconv.Atoi(text); err != nil || *to < least {
			return fmt.Errorf("must be a whole number from %d", least)
		}
		return nil
	}}
}

func oneOf(to *string, kind string, choices ...string) value {
	return value{kind: kind, set: func(text string) error {
		if *to = text; !slices.Contains(choices, text) {
			return fmt.Errorf("must be %s", strings.Join(choices, " or "))
		}
		return nil
	}}
}

func address(to *string) value {
	return value{kind: "HOST:PORT", set: func(text string) error {
		*to = text
		_, port, err := net.SplitHostPort(text)
		if err == nil {
			_, err = strconv.ParseUint(port, 10, 16)
		}
		if err != nil {
			return errors.New("must be host:port such as :5002 or 127.0.0.1:5002")
		}
		return nil
	}}
}

func addressOrOff(to *string) value {
	v := address(to)
	set := v.set
	v.set = func(text string) error {
		if *to = text; text == off {
			return nil
		}
		if err := set(text); err != nil {
			return fmt.Errorf("%w, or %s", err, off)
		}
		return nil
	}
	return v
}

func duration(to *time.Duration, least time.Duration) value {
	return value{kind: "DURATION", set: func(text string) (err error) {
		if *to, err = time.ParseDuration(text); err != nil || *to < least {
			return fmt.Errorf("must be a duration such as 30s or 5m, at least %s", least)
		}
		return nil
	}}
}

// zone refuses Local: what a day is must not depend on the machine.
func zone(to **time.Location) value {
	return value{kind: "ZONE", set: func(text string) (err error) {
		if *to, err = time.LoadLocation(text); err != nil || text == "" || text == "Local" {
			return errors.New("must be an IANA time zone such as UTC or Asia/Kolkata")
		}
		return nil
	}}
}

func level(to *slog.Level) value {
	return value{kind: "LEVEL", set: func(text string) error {
		if err := to.UnmarshalText([]byte(text)); err != nil {
			return errors.New("must be debug, info, warn or error")
		}
		return nil
	}}
}

func webURL(to *string) value {
	return value{kind: "URL", discreet: true, set: func(text string) error {
		*to = text
		if u, err := url.Parse(text); err != nil || !isWeb(u) {
			return errors.New("must be an http or https URL")
		}
		return nil
	}}
}

func origins(to *[]string) value {
	return value{kind: "ORIGINS", set: func(text string) error {
		for origin := range strings.SplitSeq(text, ",") {
			origin = strings.ToLower(strings.TrimSpace(origin))
			if origin != "*" && !isOrigin(origin) {
				return errors.New("must be * or origins such as https://shop.example, separated by commas")
			}
			*to = append(*to, origin)
		}
		return nil
	}}
}

// networks takes addresses too, as networks of one.
func networks(to *[]netip.Prefix) value {
	return value{kind: "NETWORKS", set: func(text string) error {
		for one := range strings.SplitSeq(text, ",") {
			network, err := parseNetwork(strings.TrimSpace(one))
			if err != nil {
				return errors.New("must be addresses or networks such as 127.0.0.1 or 10.0.0.0/8, separated by commas")
			}
			*to = append(*to, network)
		}
		return nil
	}}
}

func parseNetwork(text string) (netip.Prefix, error) {
	if network, err := netip.ParsePrefix(text); err == nil {
		// IPv4 within IPv6: callers' addresses are compared as IPv4.
		if mapped := network.Bits() - 96; network.Addr().Is4In6() && mapped >= 0 {
			network = netip.PrefixFrom(network.Addr().Unmap(), mapped)
		}
		return network.Masked(), nil
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return address.Unmap().WithZone("").Prefix(address.Unmap().BitLen())
}

// isOrigin reports whether s is what browsers send as Origin: no path, not
// even a slash, and no pattern.
func isOrigin(s string) bool {
	u, err := url.Parse(s)
	return err == nil && isWeb(u) && s == u.Scheme+"://"+u.Host && !strings.Contains(s, "*")
}

func isWeb(u *url.URL) bool {
	return (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != ""
}
