package kv

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
)

// recoveryStep is how many bytes of logged writes are done again in one
// transaction.
const recoveryStep = 8 << 20

// leftLog is the redo log of a process that ended without closing its database,
// oldest segment first.
type leftLog []written

// HasLog reports whether there is a redo log beside the database: it is open, or
// was not closed.
func HasLog(path string) bool {
	return slices.ContainsFunc(logPaths(path), exists)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// takeLeftLog reads the log that was left beside the database, if there is one,
// and puts the database file back into the state that the log begins with. The
// caller keeps others from doing so at the same time.
func takeLeftLog(path string) (leftLog, error) {
	if !HasLog(path) {
		return nil, nil
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close() // lets go of the lock
	if err := lockSoon(file); err != nil {
		return nil, err
	}
	// Only now is it certain that nobody writes to the log, or removes it.
	left, err := readLeftLog(path)
	if err != nil {
		return nil, err
	}
	if left == nil {
		return nil, removeLog(path)
	}
	if ok, err := left[0].base.belongsTo(file); err != nil {
		return nil, err
	} else if !ok {
		return nil, fmt.Errorf("%w: the redo log beside it (%s) is that of another database; "+
			"move its files away to open this one without it", ErrDamaged, logPaths(path)[0])
	}
	if err := left.reaches(file, path); err != nil {
		return nil, err
	}
	return left, left[0].base.writeTo(file)
}

// reaches proves that the log is not cut short. bbolt commits a transaction while
// its record is made durable, and not before all but maxUnsynced of the records
// are: the newest meta page in the file is of the last record, or of one that
// nobody was answered about.
func (left leftLog) reaches(file *os.File, path string) error {
	n, err := left.count()
	if err != nil {
		return err
	}
	present := base{pageSize: left[0].base.pageSize}
	if err := present.readMetas(file); err != nil {
		return err
	}
	newest, _ := present.meta() // the zero value when both pages are torn
	began, _ := left[0].base.meta()
	if logged := began.txid + uint64(n); newest.txid > logged+maxUnsynced {
		return fmt.Errorf("%w: its redo log is cut short: the last %d transactions are not in it, and others may have been answered about them; "+
			"to open the database without the log, move %s-redo0 and -redo1 away, and prove it with crms verify", ErrDamaged, newest.txid-logged, path)
	}
	return nil
}

// lockSoon locks the file until it is closed, or gives up after a while.
func lockSoon(file *os.File) error {
	const pause = 50 * time.Millisecond
	for waited := time.Duration(0); ; waited += pause {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case !errors.Is(err, syscall.EWOULDBLOCK):
			return err
		case waited >= lockTimeout:
			return ErrInUse
		}
		time.Sleep(pause)
	}
}

// readLeftLog returns nil when no segment is in use: the log was not begun yet, or
// is half removed.
func readLeftLog(path string) (leftLog, error) {
	var left leftLog
	var files [2][]byte
	for i, segment := range logPaths(path) {
		b, err := os.ReadFile(segment)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
		files[i] = b
		switch w, ok := parseSegment(b); {
		case ok:
			w.path = segment
			left = append(left, w)
		case looksLikeSegment(b): // a disk writes a sector whole, or not at all
			return nil, fmt.Errorf("%w: the header of its redo log %s cannot be read", ErrDamaged, segment)
		}
	}
	if first, second := logPaths(path)[0], logPaths(path)[1]; left == nil && exists(first) && (!isRetired(files[0]) || exists(second)) {
		return nil, fmt.Errorf("%w: its redo log (%s) is cut short or zeroed: transactions that were answered are missing", ErrDamaged, first)
	}
	slices.SortFunc(left, func(a, b written) int { return cmp.Compare(a.generation, b.generation) })
	if len(left) == 2 && left[1].generation != left[0].generation+1 {
		return nil, fmt.Errorf("%w: the segments of its redo log do not follow each other", ErrDamaged)
	}
	return left, nil
}

// recover does the transactions of the log again on the state that they follow,
// makes the database file durable and removes the log. It returns how many they
// were. When it is cut short, the next Open begins with what is left of the log.
func (l *redoLog) recover(left leftLog) (transactions int, err error) {
	defer CatchDamage(&err)()
	if transactions, err = left.count(); err != nil {
		return 0, err
	}
	for i := range left {
		if err := l.redoOldest(left[i:]); err != nil {
			return 0, err
		}
	}
	return transactions, removeLog(l.path)
}

// count returns how many transactions the log has, once it is certain that all
// of them can be read.
func (left leftLog) count() (int, error) {
	next := left[0].first
	for _, w := range left {
		if w.first != next {
			return 0, fmt.Errorf("%w: the redo log has no record %d", ErrDamaged, next)
		}
		var err error
		if next, err = w.records(func([]byte) error { return nil }); err != nil {
			return 0, err
		}
	}
	return int(next - left[0].first), nil
}

// redoOldest does the transactions of the oldest segment again, durably. When
// another one follows, it then ends the checkpoint between them, which was cut
// short: were both still in use at the end, there would be no safe order in which
// to remove them.
func (l *redoLog) redoOldest(left leftLog) (err error) {
	pin, err := l.bolt.Begin(false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pin.Rollback()) }()
	r := replay{bolt: l.bolt}
	if _, err := left[0].records(r.add); err != nil {
		return err
	}
	if err := r.flush(); err != nil {
		return err
	}
	if err := errors.Join(l.bolt.Sync(), l.reachPresent()); err != nil || len(left) == 1 {
		return err
	}
	present, err := l.base()
	if err != nil {
		return err
	}
	if err := left[1].follow(present); err != nil {
		return err
	}
	return left[0].retire()
}

// follow gives the segment another base, durably. Its header is one sector, which
// the disk has as it was or as it is to be.
func (w *written) follow(b base) error {
	return changeSegment(w.path, func(s *segment) error {
		return s.beginAs(w.heading, b)
	})
}

func (w *written) retire() error { return changeSegment(w.path, (*segment).retire) }

func changeSegment(path string, change func(*segment) error) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	return change(&segment{file: file})
}

// replay does logged transactions again, many in one.
type replay struct {
	bolt    *bolt.DB
	waiting [][]byte
	bytes   int
}

func (r *replay) add(writes []byte) error {
	r.waiting = append(r.waiting, writes)
	if r.bytes += len(writes); r.bytes < recoveryStep {
		return nil
	}
	return r.flush()
}

func (r *replay) flush() error {
	err := r.bolt.Update(func(b *bolt.Tx) error {
		tx := &Tx{bolt: b}
		for _, writes := range r.waiting {
			if err := tx.again(writes); err != nil {
				return fmt.Errorf("%w: a record of the redo log: %w", ErrDamaged, err)
			}
		}
		return nil
	})
	r.waiting, r.bytes = r.waiting[:0], 0
	return err
}
