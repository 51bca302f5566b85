package backup

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func writing(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "crms.backup")
	size, sum, err := WriteFile(path, writing("abc"))
	require.NoError(t, err)
	assert.EqualValues(t, 3, size)
	assert.Equal(t, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", sum)

	t.Run("it is for its owner alone, and the only file", func(t *testing.T) {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode())
		assert.Equal(t, []string{"crms.backup"}, names(t, dir))
	})
	t.Run("a new one takes the place of the old one", func(t *testing.T) {
		_, _, err := WriteFile(path, writing("a new one"))
		require.NoError(t, err)
		assertHolds(t, path, "a new one")
	})
	t.Run("what a killed process has left is written over", func(t *testing.T) {
		require.NoError(t, os.WriteFile(path+partialSuffix, []byte("a much longer text than the next one"), 0o600))
		_, _, err := WriteFile(path, writing("the next one"))
		require.NoError(t, err)
		assertHolds(t, path, "the next one")
		assert.Equal(t, []string{"crms.backup"}, names(t, dir))
	})
}

func assertHolds(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, want, string(got))
}

func TestWriteFileThatFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "crms.backup")
	_, _, err := WriteFile(path, writing("the old one"))
	require.NoError(t, err)
	broken := errors.New("the pipe is broken")

	for when, write := range map[string]func(io.Writer) error{
		"at once": func(io.Writer) error { return broken },
		"in the middle": func(w io.Writer) error {
			return errors.Join(writing(strings.Repeat("x", 3<<20))(w), broken)
		},
	} {
		t.Run(when+" leaves the old one and nothing else", func(t *testing.T) {
			_, _, err := WriteFile(path, write)
			require.ErrorIs(t, err, broken)
			assertHolds(t, path, "the old one")
			assert.Equal(t, []string{"crms.backup"}, names(t, dir))
		})
	}
	t.Run("leaves nothing where there was nothing", func(t *testing.T) {
		_, _, err := WriteFile(filepath.Join(dir, "other.backup"), func(io.Writer) error { return broken })
		require.ErrorIs(t, err, broken)
		assert.Equal(t, []string{"crms.backup"}, names(t, dir))
	})
	t.Run("in a folder that does not exist", func(t *testing.T) {
		_, _, err := WriteFile(filepath.Join(dir, "missing", "crms.backup"), writing("new"))
		requireOneLine(t, err)
		assert.ErrorIs(t, err, fs.ErrNotExist)
	})
	for what, path := range map[string]string{"a folder": dir, "a device": "/dev/null"} {
		t.Run("since its name is that of "+what, func(t *testing.T) {
			_, _, err := WriteFile(path, func(io.Writer) error {
				assert.Fail(t, "it is refused before anything is written")
				return nil
			})
			assert.EqualError(t, err, path+" is not a regular file")
		})
	}
}
