package kv

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// refuseSyncs lets the database's file refuse to be synced from now on.
func (p *plug) refuseSyncs() {
	p.t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	require.NoError(p.t, err)
	defer null.Close()
	open, err := filepath.Glob("/proc/self/fd/*")
	require.NoError(p.t, err)
	found := false
	for _, link := range open {
		if file, _ := os.Readlink(link); file == p.path {
			fd, err := strconv.Atoi(filepath.Base(link))
			require.NoError(p.t, err)
			require.NoError(p.t, syscall.Dup3(int(null.Fd()), fd, syscall.O_CLOEXEC))
			found = true
		}
	}
	require.True(p.t, found)
}

// While the pages are not durable the log stays that has them.
func TestDatabaseThatCannotBeSynced(t *testing.T) {
	for what, sync := range map[string]func(p *plug) error{
		"by a checkpoint": func(p *plug) error {
			l := p.db.redo
			l.writing.Lock()
			defer l.writing.Unlock()
			require.NoError(p.t, l.startCheckpoint())
			return l.awaitCheckpoint()
		},
		"when it is made whole by itself": func(p *plug) error { return p.db.Settle() },
	} {
		t.Run(what, func(t *testing.T) {
			p := newPlug(t, 21)
			for range 5 {
				p.step()
			}
			p.refuseSyncs()
			require.ErrorIs(t, sync(p), syscall.EINVAL)
			assert.True(t, p.db.Stopped())
			p.holds(p.cut())
		})
	}
}

// What is written through the cache is durable before anything is done that relies
// on it.
func TestSegmentThatCannotBeSynced(t *testing.T) {
	for what, change := range map[string]func(s *segment) error{
		"when it is begun":              func(s *segment) error { return s.begin(3, 2, base{}) },
		"when a record is taken back":   func(s *segment) error { return s.truncate(segmentHeader) },
		"when it is of no use any more": (*segment).retire,
	} {
		t.Run(what, func(t *testing.T) {
			s := testSegment(t, newCachedWriter)
			s.appendTest(t, 1, 100)
			s.syncTest(t)
			file := s.file
			defer func() { s.file = file }()
			var err error
			s.file, err = os.OpenFile(os.DevNull, os.O_RDWR, 0) // takes writes, and refuses to be synced
			require.NoError(t, err)
			defer s.file.Close()
			assert.ErrorIs(t, change(s), syscall.EINVAL)
		})
	}
}
