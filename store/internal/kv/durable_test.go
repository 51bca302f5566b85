package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"os"
	"strings"
	"testing"
	"testing/synctest"

	bolt "go.etcd.io/bbolt"
	boltErrors "go.etcd.io/bbolt/errors"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// slowDisk lets no sync begin until release is called, as if one were under way
// that somebody waits for.
func slowDisk(t *testing.T, db *DB) (release func(error)) {
	d := &db.redo.durable
	d.mu.Lock()
	d.syncing, d.awaited = true, true
	d.mu.Unlock()
	released := false
	release = func(err error) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if !released {
			released = true
			d.until = d.written
			d.end(err)
		}
	}
	t.Cleanup(func() { release(nil) }) // lest closing waits for it
	return release
}

// logInUse is the segment of the database, or a copy of it, that records go to.
func (p *plug) logInUse(path string) string {
	return logPaths(path)[(p.db.redo.current.generation-1)%2]
}

func savePerson(id uint32) func(*Tx) error {
	return func(tx *Tx) error { return people.Save(tx, id, nil, person{ID: id, City: "Agra"}) }
}

// requireWaitsForDisk wants what is begun after a write to end when the disk is done
// with that, and no earlier.
func requireWaitsForDisk(t *testing.T, begin func(*testing.T, *DB)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		db := openTest(t)
		fill(t, db, 3)
		release := slowDisk(t, db)
		_, err := db.Write(func(tx *Tx) error {
			view(t, db, func(*Tx) {}) // by a reader who is kept
			return savePerson(7000)(tx)
		})
		require.NoError(t, err)
		require.Equal(t, 1, db.readers.waiting())
		ended := false
		go func() {
			begin(t, db)
			ended = true
		}()
		synctest.Wait()
		require.False(t, ended, "it waits for the disk")
		release(nil)
		synctest.Wait()
		assert.True(t, ended)
	})
}

func TestNothingIsToldBeforeItIsDurable(t *testing.T) {
	waits := map[string]func(db *DB) error{
		"a reader":                          func(db *DB) error { return db.View(func(*Tx) error { return nil }) },
		"a writer":                          func(db *DB) error { return db.Update(savePerson(7778)) },
		"a writer who has nothing to write": func(db *DB) error { return db.Update(func(*Tx) error { return nil }) },
		"a writer who is refused": func(db *DB) error {
			state, err := db.Write(func(*Tx) error { return errors.New("there is one already") })
			return errors.Join(db.Await(state), map[bool]error{true: errors.New("it was not refused")}[err == nil])
		},
	}
	for who, wait := range waits {
		t.Run(who, func(t *testing.T) {
			requireWaitsForDisk(t, func(t *testing.T, db *DB) { assert.NoError(t, wait(db)) })
		})
	}
}

func TestSyncThatFailsFailsAllThatWait(t *testing.T) {
	p := newPlug(t, 12)
	p.step()
	release := slowDisk(t, p.db)
	var states []State
	for id := range uint32(maxUnsynced) {
		state, err := p.db.Write(savePerson(7000 + id))
		require.NoError(t, err)
		states = append(states, state)
	}
	release(errors.New("the disk is gone"))
	for _, state := range states {
		assert.ErrorIs(t, p.db.Await(state), ErrStopped)
	}
	assert.ErrorIs(t, p.db.Update(savePerson(7003)), ErrStopped)
	assert.NoError(t, p.db.View(func(*Tx) error { return nil }), "reads go on")
}

// The power goes while several records wait for a sync: any sectors of theirs may
// be on the disk. What is found is a beginning of what was written, and has all
// that was answered.
func TestPowerCutBetweenTwoSyncs(t *testing.T) { inBothWays(t, testPowerCutBetweenTwoSyncs) }

func testPowerCutBetweenTwoSyncs(t *testing.T, way func(*os.File) recordWriter) {
	p := newPlug(t, 10, way)
	for range 5 {
		p.step()
	}
	release := slowDisk(t, p.db)
	segment := p.db.redo.current
	log, tail := p.logInUse(p.path), segment.tail
	before := p.read(log)
	states := []map[uint32]person{maps.Clone(p.people)}
	for n := range uint32(maxUnsynced) {
		id := 7000 + n
		row := person{ID: id, Name: fmt.Sprint(id, strings.Repeat("x", 300)), City: "Agra"}
		_, err := p.db.Write(func(tx *Tx) error { return people.Save(tx, id, nil, row) })
		require.NoError(t, err)
		after := maps.Clone(states[len(states)-1])
		after[id] = row
		states = append(states, after)
		p.images = append(p.images, p.read(p.path))
	}
	segment.records.begin()
	require.NoError(t, segment.records.await())
	after := p.read(log)
	found := map[int]bool{}
	for range 40 {
		disk := p.cut()
		b := p.read(log)
		for at := int(tail) &^ 4095; at < int(segment.tail); at += 512 {
			if p.rand.IntN(3) == 0 {
				copySector(b, before, at, 512)
			} else {
				copySector(b, after, at, 512)
			}
		}
		require.NoError(t, os.WriteFile(p.logInUse(disk), b, 0o600))
		got := p.found(disk)
		n := len(got) - len(states[0])
		require.GreaterOrEqual(t, n, 0)
		assert.Equal(t, states[n], got)
		found[n] = true
	}
	assert.Len(t, found, 1+maxUnsynced, "cuts at different places")
	release(nil)
}

// What is too large for the log comes to the file beside records that wait for a
// sync: its meta page may be on the disk without them.
func TestPowerCutBesideWhatIsTooLargeForTheLog(t *testing.T) {
	p := newPlug(t, 14)
	for range 5 {
		p.step()
	}
	release := slowDisk(t, p.db)
	log := p.logInUse(p.path)
	before := p.read(log)
	for n := range uint32(maxUnsynced) {
		_, err := p.db.Write(savePerson(7000 + n))
		require.NoError(t, err)
	}
	_, err := p.db.Write(func(tx *Tx) error {
		release(errors.New("the power was cut"))
		return tx.put("people", []byte("large"), make([]byte, maxRedo))
	})
	require.ErrorIs(t, err, ErrStopped)
	p.settled()
	disk := p.cut()
	require.NoError(t, os.WriteFile(p.logInUse(disk), before, 0o600))
	p.holds(disk)
}

func TestRecordIsTakenBackWhileNobodySyncs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPlug(t, 15)
		p.step()
		slowDisk(t, p.db)
		state, err := p.db.Write(savePerson(7000))
		require.NoError(t, err)
		d := &p.db.redo.durable
		d.mu.Lock()
		d.syncing, d.awaited = false, false // the sync has ended that was not for this record
		d.mu.Unlock()
		told := false
		failed := d.takeBack(func() error {
			go func() {
				assert.ErrorIs(t, p.db.Await(state), ErrStopped)
				told = true
			}()
			synctest.Wait()
			assert.False(t, told, "it waits: a sync of its own would not say what this one has lost")
			return errors.New("the disk is gone")
		})
		assert.ErrorIs(t, failed, ErrStopped)
		synctest.Wait()
		assert.True(t, told)
	})
}

func TestWhatWaitsForASync(t *testing.T) {
	tests := map[string]func(t *testing.T, db *DB){
		"a commit, when two are not durable yet": func(t *testing.T, db *DB) {
			for n := range uint32(maxUnsynced - 1) {
				_, err := db.Write(savePerson(7001 + n))
				assert.NoError(t, err)
			}
			_, err := db.Write(savePerson(7010))
			assert.NoError(t, err)
		},
		"another segment, which is to have no record before those of this one": func(t *testing.T, db *DB) {
			db.redo.writing.Lock()
			defer db.redo.writing.Unlock()
			assert.NoError(t, db.redo.startCheckpoint())
		},
		"a close, also after a failure": func(t *testing.T, db *DB) {
			_ = db.redo.fail(errors.New("a checkpoint has failed"))
			assert.NoError(t, db.Close())
		},
	}
	for what, begin := range tests {
		t.Run(what, func(t *testing.T) {
			requireWaitsForDisk(t, begin)
		})
	}
}

// A sync that succeeds after one that has failed would not say what that has lost.
func TestNoSyncFollowsOneThatHasFailed(t *testing.T) {
	p := newPlug(t, 20)
	p.step()
	release := slowDisk(t, p.db)
	lost, err := p.db.Write(savePerson(7000))
	require.NoError(t, err)
	next, err := p.db.Write(func(tx *Tx) error {
		release(errors.New("the disk is gone"))
		return savePerson(7001)(tx)
	})
	require.NoError(t, err)
	p.db.redo.durable.rest()
	assert.ErrorIs(t, p.db.Await(lost), ErrStopped)
	assert.ErrorIs(t, p.db.Await(next), ErrStopped)
}

// The transaction that comes after one that was taken back has its number, and must
// not be taken for durable with it.
func TestNothingIsDurableByARecordThatWasTakenBack(t *testing.T) {
	p := newPlug(t, 19)
	p.step()
	size, err := p.db.Size()
	require.NoError(t, err)
	p.db.bolt.MaxSize = int(size)
	require.ErrorIs(t, p.db.Update(func(tx *Tx) error { return tx.put("people", []byte("large"), make([]byte, maxRedo/2)) }), boltErrors.ErrMaxSizeReached)
	p.db.bolt.MaxSize = 0
	release := slowDisk(t, p.db)
	state, err := p.db.Write(savePerson(7000))
	require.NoError(t, err)
	assert.Less(t, p.db.redo.durable.upTo.Load(), int64(state))
	assert.Less(t, p.db.redo.durable.newestDurable(), p.db.redo.durable.written.number)
	release(nil)
	require.NoError(t, p.db.Await(state))
}

func TestCloseTellsNobodyThatALostRecordIsDurable(t *testing.T) {
	for name, unreadable := range map[string]bool{"after damage": true, "of a sound file": false} {
		t.Run(name, func(t *testing.T) {
			p := newPlug(t, 16)
			p.step()
			release := slowDisk(t, p.db)
			state, err := p.db.Write(savePerson(7000))
			require.NoError(t, err)
			p.db.unreadable.Store(unreadable)
			closed := make(chan struct{})
			go func() {
				defer close(closed)
				_ = p.db.Close()
			}()
			release(errors.New("the disk is gone"))
			<-closed
			assert.ErrorIs(t, p.db.Await(state), ErrStopped)
		})
	}
}

func TestWriteThatFailsSaysWhatItHasSeen(t *testing.T) {
	tests := map[string]struct {
		ends error // of the sync before
		fn   func(db *DB) error
		want error
	}{
		"in a panic of bbolt's": {nil, func(db *DB) error {
			return db.bolt.View(func(tx *bolt.Tx) error { return tx.Rollback() }) // which bbolt forbids
		}, ErrDamaged},
		"since nothing can be written": {errors.New("the disk is gone"), func(*DB) error { return nil }, ErrStopped},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			db := openTest(t)
			fill(t, db, 3)
			release := slowDisk(t, db)
			before, err := db.Write(savePerson(7777))
			require.NoError(t, err)
			if test.ends != nil {
				release(test.ends)
			}
			state, err := db.Write(func(*Tx) error { return test.fn(db) })
			require.ErrorIs(t, err, test.want)
			assert.Equal(t, before, state)
		})
	}
}

func TestTextThatLooksLikeARecord(t *testing.T) {
	p := newPlug(t, 11)
	p.step()
	l := p.db.redo
	tail, number := l.current.tail, l.number
	forged := append(make([]byte, recordHeader), "a forged record."...)
	binary.LittleEndian.PutUint32(forged, uint32(len(forged)-recordHeader))
	binary.LittleEndian.PutUint64(forged[8:], number)
	binary.LittleEndian.PutUint64(forged[16:], number+1)
	unsalted := heading{magic: segmentMagic}
	state, err := p.db.Write(func(tx *Tx) error {
		for _, sum := range []uint32{crc32.Checksum(forged[8:], castagnoli), unsalted.sum(forged[8:])} {
			binary.LittleEndian.PutUint32(forged[4:], sum)
			text := ""
			for shift := range recordAlign { // one of them lies where a record may begin
				text += string(forged) + strings.Repeat("x", recordAlign+shift-(len(text)+len(forged))%recordAlign)
			}
			if err := tx.put("people", []byte(fmt.Sprint(sum)), []byte(text)); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, p.db.Await(state)) // a record that waits is in memory only
	disk := p.cut()
	log := p.logInUse(disk)
	b := p.read(log)
	clear(b[tail : tail+recordHeader]) // cut short
	require.NoError(t, os.WriteFile(log, b, 0o600))
	p.holds(disk)
}

// asBefore writes a segment as the version before did.
func asBefore(t *testing.T, b []byte) []byte {
	w, ok := parseSegment(b)
	require.True(t, ok)
	old := w.heading
	old.magic = magicBefore
	was := make([]byte, len(b))
	copy(was, w.base.header(old))
	at, number := int64(segmentHeader), w.first
	for {
		r, ok := w.record(at, number)
		if !ok {
			return was
		}
		to := was[at : at+recordHeader+int64(len(r.writes))]
		copy(to, b[at:])
		binary.LittleEndian.PutUint64(to[8:], w.generation)
		binary.LittleEndian.PutUint32(to[4:], crc32.Checksum(to[8:], castagnoli))
		at += recordSize(len(r.writes))
		number++
	}
}

func TestLogOfTheVersionBefore(t *testing.T) {
	for name, whole := range map[string]bool{"of one segment": true, "of two segments": false} {
		t.Run(name, func(t *testing.T) {
			p := newPlug(t, 13)
			for range 10 {
				p.step()
			}
			p.checkpoint(whole)
			for range 10 {
				p.step()
			}
			disk := p.cut()
			segments := 0
			for _, log := range logPaths(disk) {
				if b := p.read(log); looksLikeSegment(b) {
					segments++
					require.NoError(t, os.WriteFile(log, asBefore(t, b), 0o600))
				}
			}
			assert.Equal(t, map[bool]int{true: 1, false: 2}[whole], segments)
			p.holds(disk)
		})
	}
	t.Run("with a record in the middle that is damaged", func(t *testing.T) {
		p := newPlug(t, 7)
		p.small = true // so that there are records in the log
		p.checkpoint(true)
		for range 12 {
			p.step()
		}
		disk := p.cut()
		log := p.logInUse(disk)
		b := asBefore(t, p.read(log))
		b[segmentHeader+recordHeader+3] ^= 1
		require.NoError(t, os.WriteFile(log, b, 0o600))
		_, err := Open(disk)
		assert.ErrorIs(t, err, ErrDamaged)
	})
}
