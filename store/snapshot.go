package store

import (
	"bufio"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// Facts say what a store holds at one moment.
type Facts struct {
	Generation string `json:"generation"`
	Schema     int    `json:"schema"`
	Zone       string `json:"zone"`
	LastSeq    uint64 `json:"lastSeq"` // of the log
	Counts     Counts `json:"counts"`
}

// Counts are the totals by which people recognise a store.
type Counts struct {
	Customers  int64 `json:"customers"`
	Orders     int64 `json:"orders"`
	Complaints int64 `json:"complaints"`
}

// Facts returns what the store holds now.
func (s *Store) Facts() (f Facts, err error) {
	err = s.view("facts", func(tx *kv.Tx) error { f, err = s.facts(tx); return err })
	return f, err
}

func (s *Store) facts(tx *kv.Tx) (Facts, error) {
	schema, _, err := s.schema.meta.Get(tx, metaSchema)
	if err != nil {
		return Facts{}, err
	}
	version, err := strconv.Atoi(schema)
	if err != nil {
		return Facts{}, err
	}
	all, err := s.totals(tx)
	return Facts{
		Generation: s.generation, Schema: version, Zone: s.zone.String(), LastSeq: tx.Sequence(s.schema.log.Name),
		Counts: Counts{Customers: all.All.Customers, Orders: all.All.Orders, Complaints: all.All.Complaints},
	}, err
}

// Snapshot is a copy of a store at one moment, in a folder of its own that
// [Open] takes.
type Snapshot struct {
	Facts
	Dir     string
	TakenAt time.Time
}

// File is the path of the snapshot's database.
func (n *Snapshot) File() string { return filepath.Join(n.Dir, fileName) }

// Remove deletes the snapshot.
func (n *Snapshot) Remove() error { return os.RemoveAll(n.Dir) }

// Verify proves the snapshot as [Store.Verify] does.
func (n *Snapshot) Verify() (findings []Finding, err error) {
	s, err := openCopy(n.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Verify()
}

// openCopy opens the store of a snapshot.
func openCopy(dir string) (*Store, error) {
	return Open(dir, Options{Existing: true, isCopy: true, Log: slog.New(slog.DiscardHandler)})
}

// snapshotPrefix begins the names of snapshots in the data folder. What a killed
// process has left of them is removed with the next one.
const snapshotPrefix = "snapshot-"

// NewSnapshotDir makes an empty folder for a snapshot in the data folder dir.
func NewSnapshotDir(dir string) (string, error) {
	made, err := os.MkdirTemp(dir, snapshotPrefix)
	if err != nil {
		return "", fmt.Errorf("cannot make a folder for a snapshot: %w", err)
	}
	return made, nil
}

// Snapshot copies the store as it is at one moment, while commands go on. The
// copy is made in the data folder, at the speed of the disk, so that the
// transaction that it needs is over soon. The caller removes it.
func (s *Store) Snapshot(now time.Time) (_ *Snapshot, err error) {
	n := &Snapshot{TakenAt: crm.Millis(now)}
	if n.Dir, err = NewSnapshotDir(s.dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.Remove())
		}
	}()
	err = s.copyTo(n.File(), func(tx *kv.Tx) (err error) {
		n.Facts, err = s.facts(tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("cannot copy store %s: %w", s.dir, err)
	}
	return n, nil
}

// copyTo copies the database to a new file, durably. see looks at the very state
// that is copied.
func (s *Store) copyTo(path string, see func(*kv.Tx) error) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	err = s.db.View(func(tx *kv.Tx) error {
		if err := see(tx); err != nil {
			return err
		}
		w := bufio.NewWriterSize(kv.NewSteadyWriter(f), 1<<20)
		if _, err := tx.WriteTo(w); err != nil {
			return err
		}
		return w.Flush()
	})
	if err != nil {
		return err
	}
	return f.Sync()
}

// replacedPrefix begins the names of the folders that keep what [Install] has
// replaced.
const replacedPrefix = "replaced-"

// sweep removes what a killed process has left behind in the data folder.
func (s *Store) sweep() error {
	left, err := filepath.Glob(filepath.Join(s.dir, snapshotPrefix+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	kept, globErr := filepath.Glob(filepath.Join(s.dir, replacedPrefix+"*"))
	err = errors.Join(err, globErr)
	for _, dir := range kept {
		// An Install that was cut short has only given the files that are still in
		// use a second name.
		files, globErr := filepath.Glob(filepath.Join(dir, fileName+"*"))
		err = errors.Join(err, globErr)
		for _, second := range files {
			if sameFile(second, filepath.Join(s.dir, filepath.Base(second))) {
				err = errors.Join(err, os.Remove(second))
			}
		}
		_ = os.Remove(dir) // refused unless it is empty
	}
	return err
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// Install puts the database of a snapshot, which has been proved, in the place
// of the one in the data folder dir, as a store of another generation, so that
// what was derived from the old one is known not to fit. The old database is
// kept in the folder that is returned; empty when there was none.
//
// It is [ErrInUse] while a process has the store open. When it is cut short,
// the folder holds either the old or the new store.
func Install(n *Snapshot, dir string, now time.Time) (aside string, err error) {
	path := filepath.Join(dir, fileName)
	if err := recoverKilled(dir); err != nil {
		return "", fmt.Errorf("cannot replace store %s: %w", dir, err)
	}
	unlock, err := kv.Lock(path)
	if err != nil {
		return "", fmt.Errorf("cannot replace store %s: %w", dir, err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if err := renew(n.Dir); err != nil {
		return "", err
	}
	old := ""
	if _, err := os.Stat(path); err == nil {
		aside = freeName(filepath.Join(dir, replacedPrefix+now.UTC().Format("20060102T150405Z")))
		old = filepath.Join(aside, fileName)
	}
	if err := kv.Replace(path, n.File(), old); err != nil {
		return "", fmt.Errorf("cannot replace store %s: %w", dir, err)
	}
	return aside, nil
}

// freeName is the path, or one with a number behind it where there is something
// already: what is killed may be done again within the second.
func freeName(path string) string {
	free := path
	for n := 2; ; n++ {
		if _, err := os.Lstat(free); err != nil {
			return free
		}
		free = fmt.Sprintf("%s-%d", path, n)
	}
}

// recoverKilled brings the store that a killed process has left up to date, so
// that it can be kept aside as one file. One that cannot be opened is kept as it
// is.
func recoverKilled(dir string) error {
	if !kv.HasLog(filepath.Join(dir, fileName)) {
		return nil
	}
	s, err := Open(dir, Options{Existing: true, Log: slog.New(slog.DiscardHandler)})
	switch {
	case errors.Is(err, ErrInUse):
		return err
	case err != nil:
		return nil
	}
	return s.Close()
}

// renew gives the store in the folder another generation, durably.
func renew(dir string) (err error) {
	s, err := openCopy(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.db.Update(func(tx *kv.Tx) error { return s.schema.meta.Put(tx, metaGeneration, newGeneration()) })
}

// Compact rewrites the database in the data folder without its free pages, and
// returns its size in bytes before and after. It is [ErrInUse] while a process
// has the store open. When it is cut short, or the store is not sound, the
// folder holds the database as it was.
func Compact(dir string) (before, after int64, err error) {
	s, err := Open(dir, Options{Existing: true})
	if err != nil {
		return 0, 0, err
	}
	// It stays open, and so locked, until the new file has its place: nobody may
	// write to the old one meanwhile.
	defer func() { err = errors.Join(err, s.Close()) }()
	before, after, err = s.compact()
	if err != nil {
		return 0, 0, fmt.Errorf("cannot compact store %s: %w", dir, err)
	}
	return before, after, nil
}

func (s *Store) compact() (before, after int64, err error) {
	if before, err = s.db.Size(); err != nil {
		return 0, 0, err
	}
	n := &Snapshot{}
	if n.Dir, err = NewSnapshotDir(s.dir); err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, n.Remove()) }()
	if err := s.db.CompactTo(n.File()); err != nil {
		return 0, 0, err
	}
	findings, err := n.Verify()
	if err != nil {
		return 0, 0, err
	}
	if len(findings) > 0 {
		return 0, 0, fmt.Errorf("it is not sound, findings: %d, see crms verify: %s", len(findings), findings[0])
	}
	info, err := os.Stat(n.File())
	if err != nil {
		return 0, 0, err
	}
	if err := s.db.Settle(); err != nil {
		return 0, 0, err
	}
	return before, info.Size(), kv.Replace(filepath.Join(s.dir, fileName), n.File(), "")
}
