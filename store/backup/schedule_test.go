package backup

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"crms/store"
	"crms/store/storetest"

	"filippo.io/age"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

// schedule is a scheduler whose clock and turns are the test's.
type schedule struct {
	*Scheduler
	t   *testing.T
	now time.Time
}

const anHour = time.Hour

// newSchedule keeps three backups of a store with five customers, one an hour.
func newSchedule(t *testing.T) *schedule {
	t.Helper()
	s := storetest.Open(t, store.Options{})
	fill(t, s, 5)
	return scheduleOf(t, s)
}

func scheduleOf(t *testing.T, s *store.Store) *schedule {
	t.Helper()
	c := &schedule{t: t, now: noon}
	c.restart(Schedule{
		Store: s, Dir: filepath.Join(t.TempDir(), "backups"), Every: anHour, Keep: 3,
		Program: "crms test", Now: func() time.Time { return c.now }, Log: discard,
	})
	return c
}

// restart begins anew, as the next process does.
func (c *schedule) restart(with Schedule) {
	c.t.Helper()
	s, err := newScheduler(with)
	require.NoError(c.t, err)
	c.Scheduler = s
}

// at moves the clock to so long after noon and gives the scheduler a turn.
func (c *schedule) at(after time.Duration) (wait time.Duration) {
	c.now = noon.Add(after)
	return c.makeDue()
}

// assertFiles wants these files, named by their hour and minute and what is
// behind the name of a backup.
func (c *schedule) assertFiles(want ...string) {
	c.t.Helper()
	got := []string{}
	for _, name := range names(c.t, c.Dir) {
		name = strings.TrimPrefix(name, "crms-20260125T")
		got = append(got, strings.Replace(name, "00Z.backup", "", 1))
	}
	assert.Equal(c.t, want, got)
}

// assertLast wants the last good backup so long after noon, and no failure.
func (c *schedule) assertLast(after time.Duration) {
	c.t.Helper()
	last, failed := c.Last()
	assert.NoError(c.t, failed)
	assert.Equal(c.t, noon.Add(after), last)
}

func TestScheduleMakesABackupEachInterval(t *testing.T) {
	c := newSchedule(t)
	last, failed := c.Last()
	assert.Zero(t, last)
	assert.NoError(t, failed)

	assert.Equal(t, anHour, c.at(0), "the first one at once")
	c.assertFiles("1200")
	c.assertLast(0)
	assert.Equal(t, time.Minute, c.at(59*time.Minute))
	c.assertFiles("1200")
	assert.Equal(t, anHour, c.at(60*time.Minute))
	c.assertFiles("1200", "1300")
	assert.Equal(t, anHour, c.at(5*anHour), "what was missed is not made up for")
	c.assertFiles("1200", "1300", "1700")
	c.assertLast(5 * anHour)
}

func TestScheduledBackupIsWhole(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	c := newSchedule(t)
	c.Recipient = key.Recipient()
	c.at(0)
	f, err := os.Open(filepath.Join(c.Dir, "crms-20260125T120000Z.backup"))
	require.NoError(t, err)
	defer f.Close()

	m, n, err := Unpack(f, t.TempDir(), []age.Identity{key})
	require.NoError(t, err)
	assert.Equal(t, store.Counts{Customers: 5, Orders: 5}, m.Counts)
	assert.Equal(t, "crms test", m.Program)
	assert.Equal(t, noon, m.TakenAt)
	findings, err := n.Verify()
	require.NoError(t, err)
	assert.Empty(t, findings)
}

func TestScheduleGoesOnWhereTheLastProcessEnded(t *testing.T) {
	c := newSchedule(t)
	c.at(0)
	c.restart(c.Schedule)
	c.assertLast(0)
	assert.Equal(t, 30*time.Minute, c.at(30*time.Minute), "a restart makes no backup")
	c.assertFiles("1200")
	c.at(anHour)
	c.assertFiles("1200", "1300")
}

func TestScheduleKeepsTheNewest(t *testing.T) {
	c := newSchedule(t)
	require.NoError(t, os.WriteFile(filepath.Join(c.Dir, "crms-before-the-move.backup"), nil, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(c.Dir, "notes.txt"), nil, 0o600))
	for hour := range 5 {
		c.at(time.Duration(hour) * anHour)
	}
	c.assertFiles("1400", "1500", "1600", "crms-before-the-move.backup", "notes.txt")
}

func TestScheduleRemovesWhatAKilledProcessHasLeft(t *testing.T) {
	c := newSchedule(t)
	c.at(0)
	for _, name := range []string{"crms-20260125T123000Z.backup.partial", "mine.backup.partial"} {
		require.NoError(t, os.WriteFile(filepath.Join(c.Dir, name), nil, 0o600))
	}
	c.restart(c.Schedule)
	c.assertFiles("1200", "mine.backup.partial")
}

func TestScheduleThatFails(t *testing.T) {
	c := newSchedule(t)
	c.at(0)
	require.NoError(t, os.Rename(c.Dir, c.Dir+" is gone"))

	assert.Equal(t, retryEvery, c.at(anHour), "it is tried again soon")
	last, failed := c.Last()
	requireOneLine(t, failed)
	assert.ErrorIs(t, failed, os.ErrNotExist)
	assert.Equal(t, noon, last, "the last good one stays the last good one")
	left, err := filepath.Glob(filepath.Join(dirOf(c.Store, t), "snapshot-*"))
	require.NoError(t, err)
	assert.Empty(t, left)

	assert.Equal(t, time.Minute, c.at(anHour+4*time.Minute), "not at once")
	require.NoError(t, os.Rename(c.Dir+" is gone", c.Dir))
	assert.Equal(t, anHour, c.at(anHour+5*time.Minute))
	c.assertFiles("1200", "1305")
	c.assertLast(anHour + 5*time.Minute)
}

// dirOf finds the folder of a store by a snapshot of it.
func dirOf(s *store.Store, t *testing.T) string {
	t.Helper()
	n, err := s.Snapshot(noon)
	require.NoError(t, err)
	require.NoError(t, n.Remove())
	return filepath.Dir(n.Dir)
}

func TestScheduleBesideAClockThatJumps(t *testing.T) {
	t.Run("back: the next backup is not put off until the old time comes again", func(t *testing.T) {
		c := newSchedule(t)
		c.at(3 * anHour)
		assert.Equal(t, anHour, c.at(0))
		c.assertFiles("1200", "1500")
		c.assertLast(0)
		assert.Equal(t, 30*time.Minute, c.at(30*time.Minute))
	})
	t.Run("back, over a restart", func(t *testing.T) {
		c := newSchedule(t)
		c.at(3 * anHour)
		c.now = noon
		c.restart(c.Schedule)
		c.at(0)
		c.assertFiles("1200", "1500")
		c.assertLast(0)
	})
	t.Run("back, after a failure", func(t *testing.T) {
		c := newSchedule(t)
		require.NoError(t, os.Rename(c.Dir, c.Dir+" is gone"))
		c.at(3 * anHour)
		require.NoError(t, os.Rename(c.Dir+" is gone", c.Dir))
		c.at(0)
		c.assertFiles("1200")
	})
	t.Run("back: what is dated in the future goes first", func(t *testing.T) {
		c := newSchedule(t)
		for hour := range 3 {
			c.at(time.Duration(10+hour) * anHour)
		}
		c.at(0)
		c.at(anHour)
		c.assertFiles("1200", "1300", "crms-20260126T0000")
	})
	t.Run("to and fro at every turn: one backup for each time that it is set back, and no good one is lost", func(t *testing.T) {
		c := newSchedule(t)
		c.at(0)
		for range 5 {
			assert.Equal(t, anHour, c.at(365*24*anHour))
			assert.Equal(t, anHour, c.at(time.Minute))
		}
		c.assertFiles("1200", "1201", "crms-20270125T1200")
		assert.Equal(t, anHour, c.at(61*time.Minute), "and one an hour from then on")
		c.assertFiles("1200", "1201", "1301")
	})
	t.Run("forward: it is due", func(t *testing.T) {
		c := newSchedule(t)
		c.at(0)
		c.at(11 * anHour)
		c.assertFiles("1200", "2300")
	})
}

func TestScheduleReportsAStoreThatIsNotSound(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(dir, store.Options{Log: discard})
	require.NoError(t, err)
	fill(t, s, 5)
	require.NoError(t, s.Close())
	db, err := bolt.Open(filepath.Join(dir, "crms.db"), 0o600, nil)
	require.NoError(t, err)
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		users := tx.Bucket([]byte("users"))
		key, _ := users.Cursor().First()
		return users.Delete(bytes.Clone(key))
	}))
	require.NoError(t, db.Close())
	s, err = store.Open(dir, store.Options{Log: discard})
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()

	c := scheduleOf(t, s)
	assert.Equal(t, retryEvery, c.at(0))
	last, failed := c.Last()
	assert.Zero(t, last, "it does not count as good")
	requireOneLine(t, failed)
	assert.ErrorContains(t, failed, "the store is not sound")
	assert.ErrorContains(t, failed, "index users")
	c.assertFiles("1200.unsound")

	c.at(retryEvery)
	c.assertFiles("1205.unsound")
	c.restart(c.Schedule)
	last, _ = c.Last()
	assert.Zero(t, last, "nor after a restart")
}

func TestSchedulerRunsUntilItIsClosed(t *testing.T) {
	s := storetest.Open(t, store.Options{})
	c, err := Start(Schedule{Store: s, Dir: t.TempDir(), Every: anHour, Keep: 1, Program: "crms test", Now: time.Now, Log: discard})
	require.NoError(t, err)
	assert.Eventually(t, func() bool { last, _ := c.Last(); return !last.IsZero() }, time.Minute, time.Millisecond)
	c.Close()
	assert.Len(t, names(t, c.Dir), 1)
	assert.Equal(t, anHour, c.Interval())

	t.Run("it does not start where it cannot write", func(t *testing.T) {
		_, err := Start(Schedule{Store: s, Dir: filepath.Join("/dev/null", "backups"), Now: time.Now})
		requireOneLine(t, err)
		assert.ErrorContains(t, err, "cannot use the backup folder")
	})
}
