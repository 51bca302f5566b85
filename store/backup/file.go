package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"crms/store/internal/kv"
)

// partialSuffix marks a file that is not whole yet.
const partialSuffix = ".partial"

// WriteFile has write fill a file of mode 0600, so that under its name there is
// either the whole file, durably, or what was there before. It returns the
// file's size and SHA-256 after having read it back.
func WriteFile(path string, write func(io.Writer) error) (size int64, sum string, err error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return 0, "", fmt.Errorf("%s is not a regular file", path)
	}
	partial := path + partialSuffix
	f, err := os.OpenFile(partial, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(partial))
		}
	}()
	written := sha256.New()
	buffered := bufio.NewWriterSize(io.MultiWriter(kv.NewSteadyWriter(f), written), 1<<20)
	err = write(buffered)
	if err == nil {
		err = buffered.Flush()
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		size, sum, err = readBack(f)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return 0, "", err
	}
	if want := hex.EncodeToString(written.Sum(nil)); sum != want {
		return 0, "", fmt.Errorf("%s does not read back as it was written", path)
	}
	if err := os.Rename(partial, path); err != nil {
		return 0, "", err
	}
	return size, sum, kv.SyncDir(filepath.Dir(path))
}

func readBack(f *os.File) (size int64, sum string, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, "", err
	}
	hash := sha256.New()
	size, err = io.Copy(hash, f)
	return size, hex.EncodeToString(hash.Sum(nil)), err
}
