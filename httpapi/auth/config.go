package auth

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"
)

// DefaultJWKSRefresh is how often a JWKS is fetched when nothing is configured.
const DefaultJWKSRefresh = 5 * time.Minute

// Config says where the key comes from that verifies tokens, by exactly one of
// Secret, PublicKey and JWKSURL, and what else a token must say.
type Config struct {
	Secret    []byte // for HS256, at least 32 bytes
	PublicKey []byte // PEM: RSA of at least 2048 bits, EC P-256 or Ed25519

	JWKSURL string // http or https
	// JWKSRefresh is how often the JWKS is fetched, [DefaultJWKSRefresh] when 0.
	// A token with an unknown key id has it fetched at once, at most every 10 s;
	// for tokens without key id, new keys count from the next refresh.
	JWKSRefresh time.Duration

	Issuer   string // claim iss must be this, unless empty
	Audience string // claim aud must hold this, unless empty

	Now func() time.Time // [time.Now] when nil
	Log *slog.Logger     // for the changes of the JWKS; [slog.Default] when nil
}

// withDefaults is the configuration with what may be left out filled in, or an
// error of one line that says what is wrong with it.
func (c Config) withDefaults() (Config, error) {
	kinds := 0
	for _, set := range [...]bool{len(c.Secret) > 0, len(c.PublicKey) > 0, c.JWKSURL != ""} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		return Config{}, fmt.Errorf("%d kinds of JWT keys configured, must be one of secret, public key and JWKS URL", kinds)
	}
	if c.JWKSRefresh < 0 {
		return Config{}, fmt.Errorf("JWKS refresh of %v, must be above 0", c.JWKSRefresh)
	}
	c.JWKSRefresh = cmp.Or(c.JWKSRefresh, DefaultJWKSRefresh)
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	return c, nil
}

func parseJWKSURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil {
		// The error of url.Parse would quote the URL, with a password in it.
		return nil, errors.New("JWKS URL is not a URL")
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errors.New("JWKS URL must begin with http:// or https:// and name a host")
	}
	return u, nil
}
