package cmd

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDevSecretIsMadeOnceAndKept(t *testing.T) {
	data := filepath.Join(t.TempDir(), "new", "crms-data")
	first, err := ensureDevSecret(data)
	require.NoError(t, err)
	assert.Regexp(t, "^[0-9a-f]{64}$", string(first))

	again, err := ensureDevSecret(data)
	require.NoError(t, err)
	assert.Equal(t, string(first), string(again))
	read, err := readDevSecret(data)
	require.NoError(t, err)
	assert.Equal(t, string(first), string(read))

	other, err := ensureDevSecret(t.TempDir())
	require.NoError(t, err)
	assert.NotEqual(t, string(first), string(other))
}

func TestDevSecretIsForItsOwnerOnly(t *testing.T) {
	data := filepath.Join(t.TempDir(), "crms-data")
	_, err := ensureDevSecret(data)
	require.NoError(t, err)
	for path, want := range map[string]fs.FileMode{data: 0o700, filepath.Join(data, devSecretFile): 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, want, info.Mode().Perm(), path)
	}
}

func TestDevSecretServesAsASecretFile(t *testing.T) {
	data := t.TempDir()
	secret, err := ensureDevSecret(data)
	require.NoError(t, err)
	s := serveSettings(t, nil, "--jwt-secret-file", filepath.Join(data, devSecretFile))
	assert.Equal(t, string(secret), string(s.JWTSecret))
	assert.Empty(t, s.Warnings)
}

func TestMissingDevSecretIsNotExist(t *testing.T) {
	_, err := readDevSecret(t.TempDir())
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

func TestDamagedDevSecretIsRefusedAndKept(t *testing.T) {
	for name, content := range map[string]string{
		"empty":           "",
		"cut":             strings.Repeat("a", 63),
		"too long":        strings.Repeat("a", 66),
		"not hexadecimal": strings.Repeat("g", 64),
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			path := filepath.Join(data, devSecretFile)
			require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
			_, err := ensureDevSecret(data)
			assert.EqualError(t, err, path+" does not hold 64 hexadecimal digits: delete it, and crms serve --dev makes a new one")
			kept, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, content, string(kept))
		})
	}
}

func TestDevSecretThatCannotBeKeptIsAnError(t *testing.T) {
	_, err := ensureDevSecret(writeFile(t, "a file, no folder"))
	assert.Error(t, err)
}
