package cmd

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// certificateCheck is how often at most the certificate's files are looked at.
const certificateCheck = 2 * time.Second

// certificate is the TLS certificate of the server. It is read again when its
// files change; a new pair that cannot be used leaves the old one in use.
type certificate struct {
	certFile, keyFile string
	now               func() time.Time
	log               *slog.Logger
	current           atomic.Pointer[tls.Certificate]

	mu      sync.Mutex // held while the files are looked at
	checked time.Time
	files   [2]os.FileInfo // as they were when they were last read
	failing bool           // they cannot be looked at: told once
}

// checkTLS wants both files or none.
func (s *Settings) checkTLS() error {
	if (s.TLSCertFile == "") != (s.TLSKeyFile == "") {
		return fmt.Errorf("%s and %s need each other", settingNamed("tls-cert-file"), settingNamed("tls-key-file"))
	}
	return nil
}

// openCertificate reads the certificate for the first time.
func openCertificate(certFile, keyFile string, now func() time.Time, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, now: now, log: log, checked: now()}
	files, err := c.stat()
	if err != nil {
		return nil, fmt.Errorf("cannot read the TLS certificate: %w", err)
	}
	if err := c.load(files); err != nil {
		return nil, fmt.Errorf("cannot use the TLS certificate: %w", err)
	}
	return c, nil
}

// config is for a server.
func (c *certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			c.refresh()
			return c.current.Load(), nil
		},
	}
}

// expiry is when the certificate in use expires.
func (c *certificate) expiry() time.Time { return c.current.Load().Leaf.NotAfter }

// refresh reads the files again when they have changed. While one handshake
// does so the others go on with what there is.
func (c *certificate) refresh() {
	if !c.mu.TryLock() {
		return
	}
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.checked).Abs() >= certificateCheck {
		c.checked = now
		c.refreshLocked()
	}
}

func (c *certificate) refreshLocked() {
	files, err := c.stat()
	if err != nil {
		if !c.failing {
			c.log.Error("the TLS certificate cannot be read any more: the old one stays in use", "error", err)
		}
		c.failing = true
		return
	}
	c.failing = false
	if sameFile(files[0], c.files[0]) && sameFile(files[1], c.files[1]) {
		return
	}
	if err := c.load(files); err != nil {
		c.log.Error("the new TLS certificate cannot be used: the old one stays in use", "error", err)
		return
	}
	c.log.Info("the TLS certificate was replaced", "expires", c.expiry())
}

// load reads the pair. The files are those that were seen before reading it, so
// that a change meanwhile is seen the next time.
func (c *certificate) load(files [2]os.FileInfo) error {
	c.files = files
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.current.Store(&pair)
	return nil
}

func (c *certificate) stat() (files [2]os.FileInfo, err error) {
	for i, path := range []string{c.certFile, c.keyFile} {
		if files[i], err = os.Stat(path); err != nil {
			return files, err
		}
	}
	return files, nil
}

// sameFile reports whether a file is neither another one nor a changed one.
func sameFile(a, b os.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
