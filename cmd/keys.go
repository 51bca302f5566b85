package cmd

import (
	"errors"
	"fmt"
	"strings"
)

// KeySource says where the key that verifies tokens comes from.
type KeySource int

// The zero KeySource is none: see [Settings.ChooseKeys].
const (
	SharedSecret  KeySource = iota + 1 // Settings.JWTSecret
	PublicKeyFile                      // Settings.JWTPublicKeyFile
	KeySet                             // Settings.JWKSURL
	DevSecret                          // kept in the data folder, see ensureDevSecret
)

// CanSign reports whether the key also makes tokens: it is a secret.
func (k KeySource) CanSign() bool { return k == SharedSecret || k == DevSecret }

// ChooseKeys sets KeySource to the one kind of key that is given. No key is an
// error, except with --dev, which keeps a secret of its own; so is more than
// one kind, since the key decides which algorithm a token may use.
func (s *Settings) ChooseKeys() error {
	sources := []struct {
		flag   string
		source KeySource
	}{
		{"jwt-secret-file", SharedSecret},
		{"jwt-public-key-file", PublicKeyFile},
		{"jwks-url", KeySet},
	}
	var names, given []string
	for _, k := range sources {
		name := settingNamed(k.flag).String()
		names = append(names, name)
		if s.given[k.flag] {
			given = append(given, name)
			s.KeySource = k.source
		}
	}
	switch {
	case len(given) > 1:
		return fmt.Errorf("only one kind of key can verify tokens: leave all but one of %s unset", strings.Join(given, ", "))
	case len(given) == 0 && s.Dev:
		s.KeySource = DevSecret
	case len(given) == 0:
		return errors.New("no key to verify tokens with: set one of " + strings.Join(names, ", ") +
			", or start with --dev to try crms out")
	}
	return nil
}
