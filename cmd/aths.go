package cmd

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"crms/httpapi/auth"
	"crms/store/aths"
)

// athsTokenTTL is how long a token lives that is minted for one call.
const athsTokenTTL = 5 * time.Minute

// checkATHS makes sure that there is a token to show to ATHS.
func (s *Settings) checkATHS() error {
	if s.ATHSURL != "" && s.ATHSTokenFile == "" && s.KeySource != 0 && !s.KeySource.CanSign() {
		return fmt.Errorf("%s is needed with %s, since there is no secret to sign a token with",
			settingNamed("aths-token-file"), settingNamed("aths-url"))
	}
	return nil
}

// startDispatcher begins to tell ATHS what is queued for it, if it is to be told.
func (a *app) startDispatcher(p *program) error {
	if a.settings.ATHSURL == "" {
		return nil
	}
	target, err := url.Parse(a.settings.ATHSURL)
	if err != nil {
		return err
	}
	token, err := a.athsToken(p)
	if err != nil {
		return err
	}
	d := aths.Start(aths.Config{Store: a.store, URL: target, Token: token, Now: p.now, Log: a.log, Grace: a.settings.ShutdownGrace})
	a.closers = append(a.closers, func() error { d.Close(); return nil })
	return nil
}

// athsToken reads the configured token, or else mints one.
func (a *app) athsToken(p *program) (func() (string, error), error) {
	if path := a.settings.ATHSTokenFile; path != "" {
		return func() (string, error) {
			content, err := os.ReadFile(path)
			if token := strings.TrimSpace(string(content)); err != nil || token != "" {
				return token, err
			}
			return "", errors.New(path + " is empty")
		}, nil
	}
	minter, err := a.minter()
	if err != nil {
		return nil, err
	}
	return func() (string, error) {
		return minter.Mint(auth.Identity{UserID: "crms", Roles: auth.Service}, athsTokenTTL, p.now())
	}, nil
}

// minter makes tokens with the secret that the settings hold.
func (a *app) minter() (*auth.Minter, error) {
	return auth.NewMinter(a.settings.JWTSecret, a.settings.JWTIssuer, a.settings.JWTAudience)
}
