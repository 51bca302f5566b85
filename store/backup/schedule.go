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
	namePattern = "crms-*.backup"
	nameLayout  = "crms-20060102T150405Z.backup"
	// retryEvery is how soon a failed backup is tried again.
	retryEvery = 5 * time.Minute
	// longestSleep bounds what a clock that jumps can put off.
	longestSleep = time.Minute
)

// Start makes the first backup when the newest one in the folder is older than
// the interval, and goes on from there.
func Start(c Schedule) (*Scheduler, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot use the backup folder: %w", err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &Scheduler{Schedule: c, stop: stop, done: make(chan struct{})}
	kept, err := s.backups()
	if err != nil {
		stop()
		return nil, err
	}
	if len(kept) > 0 {
		s.last = kept[len(kept)-1].takenAt
	}
	go s.run(ctx)
	return s, nil
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
		wait := s.due().Sub(s.Now())
		if wait <= 0 {
			s.attempt()
			continue
		}
		timer := time.NewTimer(min(wait, longestSleep))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// due is when the next backup is to be made. A last one that lies in the future,
// since the clock was set back, does not put it off.
func (s *Scheduler) due() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.Now()
	switch {
	case s.failed != nil:
		return s.tried.Add(min(retryEvery, s.Every))
	case s.last.IsZero():
		return now
	case s.last.After(now):
		return now.Add(s.Every)
	default:
		return s.last.Add(s.Every)
	}
}

func (s *Scheduler) attempt() {
	name, m, err := s.backup()
	s.mu.Lock()
	s.tried, s.failed = s.Now(), err
	if err == nil {
		s.last = m.TakenAt
	}
	s.mu.Unlock()
	if err != nil {
		s.Log.Error("the backup failed", "error", err)
		return
	}
	s.Log.Info("backed up", "file", name, "customers", m.Counts.Customers)
	if err := s.prune(); err != nil {
		s.Log.Error("cannot remove old backups", "error", err)
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
		err = fmt.Errorf("the store is not sound, %d findings, see crms verify: %s", len(findings), findings[0])
	}
	if err != nil {
		return "", m, errors.Join(err, os.Rename(name, name+".unsound"))
	}
	return name, m, nil
}

// kept is a backup in the folder.
type kept struct {
	path    string
	takenAt time.Time
}

// backups returns those in the folder, oldest first.
func (s *Scheduler) backups() ([]kept, error) {
	paths, err := filepath.Glob(filepath.Join(s.Dir, namePattern))
	if err != nil {
		return nil, err
	}
	var all []kept
	for _, path := range paths {
		if t, err := time.Parse(nameLayout, filepath.Base(path)); err == nil {
			all = append(all, kept{path, t})
		}
	}
	slices.SortFunc(all, func(a, b kept) int { return a.takenAt.Compare(b.takenAt) })
	return all, nil
}

// prune removes the oldest backups beyond those to keep.
func (s *Scheduler) prune() error {
	all, err := s.backups()
	if err != nil {
		return err
	}
	for _, b := range all[:max(0, len(all)-s.Keep)] {
		err = errors.Join(err, os.Remove(b.path))
	}
	return err
}
