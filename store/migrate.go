package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"crms/store/internal/kv"
)

// migration brings a database from the schema version before to, in one
// transaction.
type migration struct {
	to    int
	what  string // for the log
	apply func(s *schema, tx *kv.Tx) error
}

// migrations lists what leads from schema version 1 to [schemaVersion], in
// order. Each comes with a test that runs it on a database of the version
// before.
func migrations() []migration { return nil }

// migrate brings the database from the version to the newest one. Before it
// changes anything it keeps a copy of the database in the data folder.
func (s *Store) migrate(version int, all []migration, now time.Time) error {
	var due []migration
	for _, m := range all {
		if m.to > version {
			due = append(due, m)
		}
	}
	if len(due) == 0 {
		return nil
	}
	kept, err := s.keepBefore(version, now)
	if err != nil {
		return fmt.Errorf("cannot keep a copy before a migration: %w", err)
	}
	for _, m := range due {
		s.log.Info("migrating the database", "to", m.to, "what", m.what, "copy", kept)
		err := s.db.Update(func(tx *kv.Tx) error {
			if err := m.apply(s.schema, tx); err != nil {
				return err
			}
			return s.schema.meta.Put(tx, metaSchema, strconv.Itoa(m.to))
		})
		if err != nil {
			return fmt.Errorf("cannot migrate to schema version %d (%s); the database before is in %s: %w", m.to, m.what, kept, err)
		}
	}
	return nil
}

// keepBefore copies the database, durably, to a folder that [Open] of the older
// program takes. The newest copy of a version is the only one: a migration that
// fails at every start must not fill the disk.
func (s *Store) keepBefore(version int, now time.Time) (dir string, err error) {
	prefix := filepath.Join(s.dir, fmt.Sprintf("schema-%d-", version))
	older, err := filepath.Glob(prefix + "*")
	if err != nil {
		return "", err
	}
	dir = freeName(prefix + now.UTC().Format("20060102T150405Z"))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	err = s.copyTo(filepath.Join(dir, fileName), func(*kv.Tx) error { return nil })
	if err = errors.Join(err, kv.SyncDir(dir), kv.SyncDir(s.dir)); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	for _, outdated := range older {
		err = errors.Join(err, os.RemoveAll(outdated))
	}
	return dir, err
}
