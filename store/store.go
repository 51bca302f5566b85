package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// Options say how a store is opened. The zero value is good for tests.
type Options struct {
	// Zone is that of the calendar days. When nil it stays what it is, UTC in a
	// new store.
	Zone *time.Location
	// Existing refuses to make a new store.
	Existing bool
	// TellATHS queues status changes and deletions for ATHS. Without it nothing
	// is queued.
	TellATHS bool
	// OnCommit is told of each transaction that commands have written in, before
	// they are answered, by several goroutines at once.
	OnCommit func(Commit)
	Now      func() time.Time // time.Now when nil; only for when the store was made
	Log      *slog.Logger     // slog.Default() when nil

	isCopy bool // of what is kept elsewhere: a migration need not keep another
}

// Store is the system of record of one shop: a folder that one process has
// open at a time. All its methods may be called by many goroutines at once.
type Store struct {
	dir        string
	db         *kv.DB
	schema     *schema
	zone       *time.Location
	generation string
	isCopy     bool // see [Options]
	log        *slog.Logger
	disk       disk

	committer *committer
	onCommit  func(Commit)
	lastSeq   atomic.Uint64 // of the log, as of the last commit
	passed    atomic.Uint64 // what the follower of the log durably holds
	committed chan struct{} // see [Store.Committed]

	tellATHS bool          // whether changes are queued for ATHS
	queued   chan struct{} // see [Store.Queued]
	seen     *seenWindow   // of the committer
	events   [numOutcomes]atomic.Int64
}

// fileName is the database inside the data folder.
const fileName = "crms.db"

// ErrInUse says that another process has the data folder open.
var ErrInUse = kv.ErrInUse

// ErrDamaged says that what is stored is not what was written.
var ErrDamaged = kv.ErrDamaged

// Open opens the store in the folder, or makes a new one there, with mode 0700
// for the folder and 0600 for its files. A folder that another process has
// open, a database of a newer schema, and one that is empty, cut short or
// unreadable are errors of one line.
//
// When the zone is not the one by which the days were counted before, or its
// rules are not what they were then, the days are counted anew.
func Open(dir string, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.OnCommit == nil {
		o.OnCommit = func(Commit) {}
	}
	s := &Store{
		dir: dir, isCopy: o.isCopy, log: o.Log, tellATHS: o.TellATHS, onCommit: o.OnCommit,
		committed: make(chan struct{}, 1), queued: make(chan struct{}, 1),
	}
	if err := s.open(o); err != nil {
		return nil, fmt.Errorf("cannot open store %s: %w", dir, err)
	}
	return s, nil
}

func (s *Store) open(o Options) error {
	path := filepath.Join(s.dir, fileName)
	if _, err := os.Stat(path); o.Existing && errors.Is(err, os.ErrNotExist) {
		return errors.New("there is no store in this folder")
	}
	if err := makeFolder(s.dir); err != nil {
		return err
	}
	db, err := kv.Open(path)
	if err != nil {
		return err
	}
	s.db = db
	if n := db.Recovered(); n > 0 {
		s.log.Info("recovered what a killed process had written", "transactions", n)
	}
	// Before a migration, which needs the room.
	if err := s.sweep(); err != nil {
		s.log.Warn("cannot remove what a killed process has left", "error", err)
	}
	if err := s.prepare(o); err != nil {
		if s.db != nil {
			_ = s.db.Close() // the first error says more
		}
		return err
	}
	s.db.OnLog(s.logBegun)
	s.committer = newCommitter(s)
	return nil
}

// logBegun tells the operator how changes are made durable: both ways keep what was
// answered, but one is faster.
func (s *Store) logBegun(cached error) {
	if cached != nil {
		s.log.Info("the redo log has begun", "writes", "cached", "why", cached)
		return
	}
	s.log.Info("the redo log has begun", "writes", "direct")
}

// makeFolder makes the data folder unless it is there.
func makeFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case err == nil && !info.IsDir():
		return errors.New("it is not a folder")
	case err == nil:
		return nil
	}
	if _, err := os.Lstat(dir); err == nil {
		return errors.New("it is a symbolic link to a folder that is not there")
	}
	return os.MkdirAll(dir, 0o700)
}

// Exists reports whether there is a store in the folder.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, fileName))
	return err == nil
}

// prepare brings a new or an older database to the state that this program
// works with, and refuses a newer one.
func (s *Store) prepare(o Options) error {
	s.setZone(time.UTC) // to read meta with, which has nothing to do with days
	var version int
	if err := s.db.View(func(tx *kv.Tx) (err error) { version, err = s.storedVersion(tx); return err }); err != nil {
		return err
	}
	switch {
	case version > schemaVersion:
		return fmt.Errorf("the database has schema version %d, this program knows up to %d: use a newer crms", version, schemaVersion)
	case version == 0:
		if err := s.db.Update(func(tx *kv.Tx) error { return s.initialise(tx, o.Now()) }); err != nil {
			return err
		}
		// The generation is now in the state by which a redo log knows its database.
		if err := s.db.Settle(); err != nil {
			return err
		}
	default:
		if err := s.migrate(version, migrations(), o.Now()); err != nil {
			return err
		}
	}
	if err := s.chooseZone(o.Zone); err != nil {
		return err
	}
	return s.db.View(func(tx *kv.Tx) (err error) {
		s.lastSeq.Store(tx.Sequence(s.schema.log.Name))
		if err = s.schema.loadBar(tx); err != nil {
			return err
		}
		if s.generation, _, err = s.schema.meta.Get(tx, metaGeneration); err != nil {
			return err
		}
		s.seen, err = loadSeen(tx, s.schema.seen)
		return err
	})
}

func (s *Store) setZone(zone *time.Location) { s.zone, s.schema = zone, newSchema(zone) }

// storedVersion is 0 for a database without any bucket.
func (s *Store) storedVersion(tx *kv.Tx) (int, error) {
	if len(tx.Buckets()) == 0 {
		return 0, nil
	}
	if !tx.HasBucket(s.schema.meta.Name) {
		return 0, fmt.Errorf("%w: not a crms database", ErrDamaged)
	}
	text, found, err := s.schema.meta.Get(tx, metaSchema)
	if err != nil {
		return 0, err
	}
	version, err := strconv.Atoi(text)
	if !found || err != nil {
		return 0, fmt.Errorf("%w: not a crms database", ErrDamaged)
	}
	if version == schemaVersion {
		for _, name := range s.schema.buckets() {
			if !tx.HasBucket(name) {
				return 0, fmt.Errorf("%w: bucket %s is missing", ErrDamaged, name)
			}
		}
	}
	return version, nil
}

func (s *Store) initialise(tx *kv.Tx, now time.Time) error {
	if err := tx.CreateBuckets(s.schema.buckets()...); err != nil {
		return err
	}
	for _, row := range [][2]string{
		{metaSchema, strconv.Itoa(schemaVersion)},
		{metaGeneration, newGeneration()},
		{metaZone, s.zone.String()},
		{metaCreated, crm.FormatTime(now)},
	} {
		if err := s.schema.meta.Put(tx, row[0], row[1]); err != nil {
			return err
		}
	}
	return nil
}

func newGeneration() string {
	b := make([]byte, 16)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// Close finishes the commands that are waiting and closes the file. Commands
// that come later are refused.
func (s *Store) Close() error {
	s.committer.close()
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("cannot close store %s: %w", s.dir, err)
	}
	return nil
}

// Stopped reports whether the disk has failed so that nothing can be saved until
// the store is opened again. What was answered is safe, and can be read.
func (s *Store) Stopped() bool { return s.db.Stopped() }

// Zone is the zone by which the store counts days.
func (s *Store) Zone() *time.Location { return s.zone }

// Generation names this store. A store that was restored from a backup has
// another generation than the one that was saved, so that whatever was derived
// from the old one can be told apart.
func (s *Store) Generation() string { return s.generation }

// view runs a read in one transaction.
func (s *Store) view(what string, fn func(tx *kv.Tx) error) error {
	err := s.db.View(fn)
	s.disk.note(err)
	if _, isAnswer := errors.AsType[*crm.Error](err); err == nil || isAnswer {
		return err
	}
	return fmt.Errorf("cannot read %s: %w", what, err)
}
