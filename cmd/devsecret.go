package cmd

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// devSecretFile holds the secret of `crms serve --dev` in the data folder.
const devSecretFile = "dev-secret"

// devSecretBytes is how many random bytes the secret is made of.
const devSecretBytes = 32

// ensureDevSecret returns the dev secret of the data folder and makes both when
// they are missing. The tokens of an earlier run so stay valid.
func ensureDevSecret(data string) (Secret, error) {
	secret, err := readDevSecret(data)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	if err := writeDevSecret(data); err != nil {
		return nil, fmt.Errorf("cannot keep a dev secret: %w", err)
	}
	return readDevSecret(data)
}

// readDevSecret returns the dev secret of the data folder. The error is an
// [fs.ErrNotExist] when there is none.
//
// The key is the digits themselves, not the bytes that they stand for: the
// file then serves as --jwt-secret-file too, here and in another service.
func readDevSecret(data string) (Secret, error) {
	path := filepath.Join(data, devSecretFile)
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("cannot read the dev secret: %w", err)
	}
	digits := trimSecret(string(content))
	if b, err := hex.DecodeString(digits); err != nil || len(b) != devSecretBytes {
		return nil, fmt.Errorf("%s does not hold %d hexadecimal digits: delete it, and crms serve --dev makes a new one",
			path, hex.EncodedLen(devSecretBytes))
	}
	return Secret(digits), nil
}

// writeDevSecret writes a new secret, unless another process was faster.
func writeDevSecret(data string) error {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(data, devSecretFile), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	random := make([]byte, devSecretBytes)
	rand.Read(random)
	_, err = f.WriteString(hex.EncodeToString(random) + "\n")
	return errors.Join(err, f.Close())
}
