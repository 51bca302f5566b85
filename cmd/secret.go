package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"unicode"
)

// minSecret is the least size of an HS256 secret in bytes: that of the hash
// (RFC 7518, 3.2).
const minSecret = 32

// Secret is a text that no log, error or other output shows.
type Secret []byte

const hidden = "(secret)"

// Format writes a placeholder for every verb.
func (Secret) Format(w fmt.State, _ rune) { io.WriteString(w, hidden) }

// MarshalText gives a placeholder, to JSON and to slog too.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

func secret(to *Secret, least int) value {
	return value{kind: "FILE", secret: true, discreet: true, set: func(text string) error {
		text = trimSecret(text)
		if len(text) < least {
			return fmt.Errorf("must hold at least %d bytes, not %d", least, len(text))
		}
		*to = Secret(text)
		return nil
	}}
}

// trimSecret cuts the end of the line, which editors and echo leave behind.
func trimSecret(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) }

// readSecretFile returns the file's content, and warns when others than the
// owner may read it. Neither the warning nor the error shows the path: somebody
// may have given the secret itself in its place.
func (s *Settings) readSecretFile(row setting, path string) (string, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err
		}
		return "", fmt.Errorf("must name a file that can be read: %w", err)
	}
	if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("the file of --%s can be read by others than its owner (mode %04o)", row.flag, info.Mode().Perm()))
	}
	return string(content), nil
}
