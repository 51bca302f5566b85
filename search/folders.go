package search

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// folders is the directory that holds the indexes:
//
//	CURRENT        the name of the folder that is in use
//	index-000007   an index; any but the current one is being built or left over
//
// CURRENT is replaced by renaming, so that at any moment it names a complete
// index or none.
type folders struct{ dir string }

const (
	currentFile  = "CURRENT"
	folderPrefix = "index-"
)

// current is the path of the index in use; empty when there is none.
func (f folders) current() (string, error) {
	b, err := os.ReadFile(filepath.Join(f.dir, currentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	name := strings.TrimSpace(string(b))
	if err != nil || !isFolder(name) {
		return "", err
	}
	return filepath.Join(f.dir, name), nil
}

// isFolder keeps a damaged CURRENT from naming anything but an index.
func isFolder(name string) bool {
	number, ok := strings.CutPrefix(name, folderPrefix)
	_, err := strconv.ParseUint(number, 10, 32)
	return ok && err == nil
}

// next is a path that no index has.
func (f folders) next() (string, error) {
	names, err := f.names()
	if err != nil {
		return "", err
	}
	var last uint64
	for _, name := range names {
		n, _ := strconv.ParseUint(strings.TrimPrefix(name, folderPrefix), 10, 32)
		last = max(last, n)
	}
	return filepath.Join(f.dir, fmt.Sprintf("%s%06d", folderPrefix, last+1)), nil
}

func (f folders) names() ([]string, error) {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return nil, fmt.Errorf("cannot list search indexes: %w", err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && isFolder(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// use makes the index at the path the current one, durably.
func (f folders) use(path string) error {
	target := filepath.Join(f.dir, currentFile)
	if err := writeSynced(target+".new", filepath.Base(path)+"\n"); err != nil {
		return fmt.Errorf("cannot switch to search index %s: %w", path, err)
	}
	if err := os.Rename(target+".new", target); err != nil {
		return fmt.Errorf("cannot switch to search index %s: %w", path, err)
	}
	return syncDir(f.dir)
}

// useNone leaves no index in use.
func (f folders) useNone() error {
	err := os.Remove(filepath.Join(f.dir, currentFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return errors.Join(err, syncDir(f.dir))
}

// remove deletes the index at the path, unless it is the current one after all, as
// when only the sync of the rename has failed.
func (f folders) remove(path string) error {
	if current, err := f.current(); err != nil || current == path {
		return err
	}
	return os.RemoveAll(path)
}

// removeAllBut deletes every index except those at the paths.
func (f folders) removeAllBut(keep ...string) error {
	names, err := f.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		if path := filepath.Join(f.dir, name); !slices.Contains(keep, path) {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}

func writeSynced(path, text string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	return errors.Join(err, file.Sync(), file.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
