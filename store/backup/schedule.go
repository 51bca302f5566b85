package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"crms/store"

	"filippo.io/age"
)

// Schedule says what to back up, where to and how often. All fields but
// Recipient are required.
type Schedule struct {
	Store     *store.Store
	Dir       string
	Every     time.Duration
	Keep      int // the newest so many stay
	Recipient age.Recipient
	Program   string // for the manifests
	Now       func() time.Time
	Log       *slog.Logger
}

// Scheduler makes backups until it is closed.
type Scheduler struct {
	Schedule
	stop context.CancelFunc
	done chan struct{}

	mu     sync.Mutex
	last   time.Time // of the last good backup; zero when there is none
	tried  time.Time // the last attempt
	failed error     // of the last attempt
}

const (
	nameLayout = "crms-20060102T150405Z.backup"
	// unsoundSuffix marks the copy of a store that is not sound.
	unsoundSuffix = ".unsound"
	// retryEvery is how soon a failed backup is tried again.
	retryEvery = 5 * time.Minute
	// longestSleep bounds what a clock that jumps can put off.
	longestSleep = time.Minute
)

// Start makes the first backup when the newest one in the folder is older than
// the interval, and goes on from there.
func Start(c Schedule) (*Scheduler, error) {
	s, err := newScheduler(c)
	if err != nil {
		return nil, fmt.Errorf("cannot use the backup folder: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	go s.run(ctx)
	return s, nil
}

// newScheduler finds out what is in the folder, and removes what a killed
// process has left there.
func newScheduler(c Schedule) (*Scheduler, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, err
	}
	s := &Scheduler{Schedule: c, done: make(chan struct{})}
	if err := s.remove(partialSuffix, 0); err != nil {
		return nil, err
	}
	good, err := s.files("")
	if err == nil && len(good) > 0 {
		s.last = good[len(good)-1].takenAt
	}
	return s, err
}

// Close waits for a backup under way.
func (s *Scheduler) Close() {
	s.stop()
	<-s.done
}

// Interval is that of the backups.
func (s *Scheduler) Interval() time.Duration { return s.Every }

// Last returns when the last good backup was taken, zero when there is none,
// and why the last attempt failed, if it did.
func (s *Scheduler) Last() (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last, s.failed
}

func (s *Scheduler) run(ctx context.Context) {
	defer close(s.done)
	for {
		timer := time.NewTimer(min(s.makeDue(), longestSleep))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// makeDue makes a backup if one is due, and returns how long it is to the next.
func (s *Scheduler) makeDue() time.Duration {
	if wait := s.wait(); wait > 0 {
		return wait
	}
	s.attempt()
	return s.wait()
}

// wait is how long it is until a backup is due; not above zero when one is. An
// attempt that lies in the future, since the clock was set back, puts off
// nothing.
func (s *Scheduler) wait() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	from, pause := s.last, s.Every
	if s.failed != nil {
		from, pause = s.tried, min(retryEvery, s.Every)
	}
	now := s.Now()
	if from.IsZero() || from.After(now) {
		return 0
	}
	return from.Add(pause).Sub(now)
}

// attempt makes a backup. Its outcome shows when all is done that belongs to it.
func (s *Scheduler) attempt() {
	name, m, err := s.backup()
	if err != nil {
		s.Log.Error("the backup failed", "error", err)
	} else {
		s.Log.Info("backed up", "file", name, "customers", m.Counts.Customers)
		if err := s.remove("", s.Keep); err != nil {
			s.Log.Error("cannot remove old backups", "error", err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried, s.failed = s.Now(), err
	if err == nil {
		s.last = m.TakenAt
	}
}

// backup makes one backup and proves it: the snapshot is verified before it is
// packed, and the file is read back after it was written.
func (s *Scheduler) backup() (name string, m Manifest, err error) {
	n, err := s.Store.Snapshot(s.Now())
	if err != nil {
		return "", m, err
	}
	defer func() { err = errors.Join(err, n.Remove()) }()
	if m, err = Describe(n, s.Program); err != nil {
		return "", m, err
	}
	name = filepath.Join(s.Dir, m.TakenAt.UTC().Format(nameLayout))
	_, _, err = WriteFile(name, func(w io.Writer) error { return Write(w, n, m, s.Recipient) })
	if err != nil {
		return "", m, err
	}
	// Verifying changes the snapshot's free pages, so it comes last.
	findings, err := n.Verify()
	if err == nil && len(findings) > 0 {
		err = fmt.Errorf("the store is not sound, findings: %d, see crms verify: %s", len(findings), findings[0])
	}
	if err != nil {
		return "", m, errors.Join(err, s.setAside(name))
	}
	return name, m, nil
}

// setAside keeps the newest copy of a store that is not sound apart from the
// good ones: it may hold what they do not.
func (s *Scheduler) setAside(name string) error {
	return errors.Join(s.remove(unsoundSuffix, 0), os.Rename(name, name+unsoundSuffix))
}

// file is one that a scheduler has written.
type file struct {
	path    string
	takenAt time.Time
}

// files returns those in the folder whose names end with the suffix, oldest
// first. What others keep there has other names.
func (s *Scheduler) files(suffix string) ([]file, error) {
	entries, err := os.ReadDir(s.Dir)
	if err != nil {
		return nil, err
	}
	var all []file
	for _, e := range entries {
		base, ends := strings.CutSuffix(e.Name(), suffix)
		if t, err := time.Parse(nameLayout, base); ends && err == nil && e.Type().IsRegular() {
			all = append(all, file{filepath.Join(s.Dir, e.Name()), t})
		}
	}
	slices.SortFunc(all, func(a, b file) int { return a.takenAt.Compare(b.takenAt) })
	// A clock that was ahead has dated some in the future: they are older than
	// they say.
	now := s.Now()
	future := slices.IndexFunc(all, func(f file) bool { return f.takenAt.After(now) })
	if future >= 0 {
		all = slices.Concat(all[future:], all[:future])
	}
	return all, nil
}

// remove removes the oldest files with the suffix beyond those to keep.
func (s *Scheduler) remove(suffix string, keep int) error {
	all, err := s.files(suffix)
	if err != nil {
		return err
	}
	for _, f := range all[:max(0, len(all)-keep)] {
		err = errors.Join(err, os.Remove(f.path))
	}
	return err
}
