package kv

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	boltErrors "go.etcd.io/bbolt/errors"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDatabaseThatCannotGrow(t *testing.T) {
	p := newPlug(t, 3)
	for range 10 {
		p.step()
	}
	size, err := p.db.Size()
	require.NoError(t, err)
	p.db.bolt.MaxSize = int(size)
	tooMuch := func(tx *Tx) error {
		for id := uint32(1000); id < 1100; id++ {
			if err := people.Save(tx, id, nil, person{ID: id, Name: fmt.Sprint(id, strings.Repeat("long", 4000)), City: "Agra"}); err != nil {
				return err
			}
		}
		return nil
	}
	generation, number := p.db.redo.current.generation, p.db.redo.number
	for range 20 {
		require.ErrorIs(t, p.db.Update(tooMuch), boltErrors.ErrMaxSizeReached)
	}
	assert.Equal(t, generation, p.db.redo.current.generation, "it was logged, and taken back")
	assert.Equal(t, number, p.db.redo.number)
	p.db.bolt.MaxSize = 0
	p.step()
	p.holds(p.cut())
}

func TestLogThatCannotBeWritten(t *testing.T) {
	p := newPlug(t, 4, newCachedWriter) // a direct write fails as a sync does
	for range 10 {
		p.step()
	}
	p.closeLog()
	for range 2 {
		err := p.db.Update(func(tx *Tx) error { return people.Save(tx, 7777, nil, person{ID: 7777, City: "Agra"}) })
		require.ErrorIs(t, err, os.ErrClosed)
		assert.ErrorIs(t, err, ErrStopped)
		assert.True(t, p.db.Stopped())
	}
	assert.NoError(t, p.db.View(func(tx *Tx) error {
		_, found, err := people.Get(tx, 7777)
		assert.False(t, found)
		return err
	}))
	p.holds(p.cut())
}

func TestNothingIsWrittenBeforeTheLogHasBegun(t *testing.T) {
	p := newPlug(t, 8)
	require.NoError(t, p.db.Settle())
	before := p.read(p.path)
	require.NoError(t, os.Symlink(os.DevNull, logPaths(p.path)[0]+".new")) // it takes writes, and refuses to be synced
	err := p.db.Update(func(tx *Tx) error { return people.Save(tx, 7, nil, person{ID: 7, City: "Agra"}) })
	require.Error(t, err)
	assert.Equal(t, before, p.read(p.path))
}

func TestNothingIsWrittenToALogThatIsHalfRemoved(t *testing.T) {
	p := newPlug(t, 9)
	p.step()
	inTheWay := logPaths(p.path)[1]
	require.NoError(t, os.Remove(inTheWay))
	require.NoError(t, os.MkdirAll(filepath.Join(inTheWay, "file"), 0o700))
	require.Error(t, p.db.Settle())
	err := p.db.Update(func(tx *Tx) error { return people.Save(tx, 7777, nil, person{ID: 7777, City: "Agra"}) })
	require.ErrorContains(t, err, "nothing can be written any more")
	require.NoError(t, p.db.Close())
	require.NoError(t, os.RemoveAll(inTheWay))
	p.holds(p.path)
}

func TestReaderWhileTheDatabaseIsClosed(t *testing.T) {
	db := openTest(t)
	fill(t, db, 3)
	require.NoError(t, db.redo.close(db.writeFreelist))
	read := make(chan error, 1)
	go func() { read <- db.View(func(*Tx) error { return nil }) }()
	select {
	case err := <-read:
		require.NoError(t, err)
	case <-time.After(10 * time.Second):
		require.Fail(t, "it waits for what nobody will say")
	}
}

func TestCloseAfterAFailureBesideACheckpoint(t *testing.T) {
	for name, failed := range map[string]error{"that succeeds": nil, "that fails": errors.New("the disk is gone")} {
		t.Run(name, func(t *testing.T) {
			p := newPlug(t, 6)
			p.step()
			l := p.db.redo
			before, pin := l.current, l.pin
			require.NoError(t, l.turnTo(l.segments[before.generation%2], before.generation+1))
			c := &checkpoint{done: make(chan struct{}), pin: pin}
			l.checkpoint = c
			_ = l.fail(errors.New("the log cannot be synced"))
			go func() {
				defer close(c.done)
				if c.err = failed; failed == nil {
					c.err = l.finishCheckpoint(c, before)
				}
			}()
			require.NoError(t, p.db.Close())
			p.holds(p.path)
		})
	}
}

func TestCheckpointThatFailsEndsAllWritingAtOnce(t *testing.T) {
	p := newPlug(t, 17)
	p.step()
	l := p.db.redo
	l.writing.Lock()
	p.closeLog() // so that it cannot be retired
	require.NoError(t, l.startCheckpoint())
	<-l.checkpoint.done
	l.writing.Unlock()
	assert.True(t, p.db.Stopped())
	assert.ErrorIs(t, p.db.Update(savePerson(7777)), ErrStopped)
	p.holds(p.cut())
}

// TestSettleOfAFileThatMayNotBeWhole is an error, lest another file takes the place of
// one whose last records it does not have. Closing is none: the next Open finds them in
// the log.
func TestSettleOfAFileThatMayNotBeWhole(t *testing.T) {
	for what, fail := range map[string]func(*redoLog, error) error{
		"since the log could not be synced": (*redoLog).fail,
		"since a checkpoint has failed":     (*redoLog).failCheckpoint,
	} {
		t.Run(what, func(t *testing.T) {
			p := newPlug(t, 18)
			for range 5 {
				p.step()
			}
			gone := errors.New("the disk is gone")
			require.ErrorIs(t, fail(p.db.redo, gone), ErrStopped)
			for range 2 {
				require.ErrorIs(t, p.db.Settle(), gone)
			}
			assert.NoError(t, p.db.Close())
			assert.True(t, HasLog(p.path))
			p.holds(p.path)
		})
	}
	t.Run("since it is closed", func(t *testing.T) {
		p := newPlug(t, 19)
		p.step()
		require.NoError(t, p.db.Close())
		require.ErrorIs(t, p.db.Settle(), errClosed)
		assert.NoError(t, p.db.Close())
		p.holds(p.path)
	})
}

func TestSegmentIsUsedAgain(t *testing.T) {
	p := newPlug(t, 5)
	for range 4 {
		for range 30 {
			p.step()
		}
		p.checkpoint(true)
	}
	assert.Greater(t, p.db.redo.current.generation, uint64(4))
	info, err := os.Stat(logPaths(p.path)[0])
	require.NoError(t, err)
	assert.LessOrEqual(t, info.Size(), int64(segmentBytes))
	p.step()
	p.holds(p.cut())
}
