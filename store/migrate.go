package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"crms/store/internal/kv"
)

// migration brings a database from the schema version before to. It has either
// of apply and move.
type migration struct {
	to   int
	what string // for the log
	// apply changes the database in its place, in one transaction.
	apply func(s *schema, tx *kv.Tx) error
	// move writes a new database, in which rows have other places, and puts it in
	// the place of the old one. That takes little memory however many there are,
	// and until the end there is only the old one.
	move *kv.Move
}

// migrations lists what leads from schema version 1 to [schemaVersion], in
// order. Each comes with a test that runs it on a database of the version
// before.
func migrations() []migration {
	return []migration{
		{to: 2, what: "the rows of a customer lie together", move: together()},
		{to: 3, what: "top holds the customers above a bar", apply: (*schema).limitTop},
	}
}

// migrate brings the database from the version to the newest one. Before it
// changes anything it makes sure that there is room, and keeps a copy of the
// database in the data folder, unless it is a copy itself.
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
	if err := s.checkRoom(due); err != nil {
		return fmt.Errorf("cannot migrate to schema version %d: %w", due[len(due)-1].to, err)
	}
	kept, before := "", ""
	if !s.isCopy {
		var err error
		if kept, err = s.keepBefore(version, now); err != nil {
			return fmt.Errorf("cannot keep a copy before a migration: %w", err)
		}
		before = "; the database before is in " + kept
	}
	for _, m := range due {
		s.log.Info("migrating the database", "to", m.to, "what", m.what, "copy", kept)
		if err := s.run(m); err != nil {
			return fmt.Errorf("cannot migrate to schema version %d (%s)%s: %w", m.to, m.what, before, err)
		}
	}
	return nil
}

// checkRoom refuses migrations for which the disk has no room. The copy that is
// kept is as large as the database, and what moves rows writes one without the free
// pages; that takes the place of the one before, so that the next can use its room.
func (s *Store) checkRoom(due []migration) error {
	stats, err := s.db.Stats()
	if err != nil {
		return err
	}
	free, err := kv.Free(s.dir)
	if err != nil {
		return err
	}
	var need int64
	if !s.isCopy {
		need += stats.FileBytes
	}
	if slices.ContainsFunc(due, func(m migration) bool { return m.move != nil }) {
		need += stats.FileBytes - int64(stats.FreePages)*int64(stats.PageBytes)
	}
	if free < need {
		return fmt.Errorf("it needs %d KB on the disk, which has %d: nothing was changed", need>>10, free>>10)
	}
	return nil
}

// run does one migration, wholly or not at all.
func (s *Store) run(m migration) error {
	if m.move != nil {
		return s.rewrite(m)
	}
	return s.db.Update(func(tx *kv.Tx) error {
		if err := m.apply(s.schema, tx); err != nil {
			return err
		}
		return s.putVersion(tx, m.to)
	})
}

func (s *Store) putVersion(tx *kv.Tx, version int) error {
	return s.schema.meta.Put(tx, metaSchema, strconv.Itoa(version))
}

// rewrite does a migration that moves rows. The old file stays open, and so
// locked, until the new one has its name.
func (s *Store) rewrite(m migration) (err error) {
	dir, err := NewSnapshotDir(s.dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fresh, path := filepath.Join(dir, fileName), filepath.Join(s.dir, fileName)
	err = s.db.MoveTo(fresh, *m.move, func(rows int) { s.log.Info("migrating the database", "to", m.to, "rows", rows) })
	if err != nil {
		return err
	}
	if err := s.raiseVersion(fresh, m.to); err != nil {
		return err
	}
	if err := s.db.Settle(); err != nil {
		return err
	}
	if err := kv.Replace(path, fresh, ""); err != nil {
		return err
	}
	return s.reopen(path)
}

// raiseVersion writes the version into a database that is not in use yet.
func (s *Store) raiseVersion(path string, version int) (err error) {
	db, err := kv.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return db.Update(func(tx *kv.Tx) error { return s.putVersion(tx, version) })
}

// reopen closes the database that was replaced, and opens the one that has its
// place.
func (s *Store) reopen(path string) error {
	replaced := s.db
	s.db = nil
	if err := replaced.Close(); err != nil {
		return err
	}
	opened, err := kv.Open(path)
	if err != nil {
		return err
	}
	s.db = opened
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
