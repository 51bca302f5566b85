package kv

import (
	"encoding/binary"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLogThatDoesNotFit(t *testing.T) {
	tests := map[string]struct {
		change func(p *plug, disk string)
		says   string
	}{
		"a record in the middle is damaged": {func(p *plug, disk string) {
			log := logPaths(disk)[1]
			b := p.read(log)
			b[segmentHeader+recordHeader+3] ^= 1
			require.NoError(p.t, os.WriteFile(log, b, 0o600))
		}, "of the redo log cannot be read, but record"},
		"the header is damaged": {func(p *plug, disk string) {
			log := logPaths(disk)[1]
			b := p.read(log)
			b[40] ^= 1
			require.NoError(p.t, os.WriteFile(log, b, 0o600))
		}, "the header of its redo log"},
		"the database is another one": {func(p *plug, disk string) {
			require.NoError(p.t, os.WriteFile(disk, p.read(otherFile(p.t, 3)), 0o600))
		}, "is that of another database"},
		"the database is gone": {func(p *plug, disk string) {
			require.NoError(p.t, os.Remove(disk))
		}, "the database is missing, but its redo log"},
		"a segment is missing between": {func(p *plug, disk string) {
			p.addSegment(disk, 2, 9)
		}, "do not follow each other"},
		"records are missing between": {func(p *plug, disk string) {
			p.addSegment(disk, 1, 9999)
		}, "the redo log has no record"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			p := newPlug(t, 7)
			p.small = true // so that there are records in the log
			for range 3 {
				p.step()
			}
			p.checkpoint(true)
			for range 12 {
				p.step()
			}
			disk := p.cut()
			logged := [2][]byte{}
			test.change(p, disk)
			for i, log := range logPaths(disk) {
				logged[i] = p.read(log)
			}
			_, err := Open(disk)
			require.ErrorIs(t, err, ErrDamaged)
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "\n")
			for i, log := range logPaths(disk) {
				assert.Equal(t, logged[i], p.read(log), "nothing of the log is lost")
			}
		})
	}
}

// addSegment puts a copy of the segment in use beside it, as one that came so many
// generations and records later.
func (p *plug) addSegment(disk string, generations, records uint64) {
	p.t.Helper()
	b := p.read(logPaths(disk)[1])
	w, ok := parseSegment(b)
	require.True(p.t, ok)
	w.generation, w.first = w.generation+generations, w.first+records
	copy(b, w.base.header(w.heading))
	require.NoError(p.t, os.WriteFile(logPaths(disk)[0], b, 0o600))
}

func FuzzSegment(f *testing.F) {
	var b base
	segment := make([]byte, segmentHeader+200)
	h := heading{segmentMagic, 1, 1, 7}
	copy(segment, b.header(h))
	record := append(make([]byte, recordHeader), "writes"...)
	binary.LittleEndian.PutUint32(record, uint32(len("writes")))
	binary.LittleEndian.PutUint64(record[16:], 1)
	binary.LittleEndian.PutUint32(record[4:], h.sum(record[8:]))
	copy(segment[segmentHeader:], record)
	f.Add(segment)
	f.Fuzz(func(t *testing.T, b []byte) {
		w, ok := parseSegment(b)
		if !ok {
			return
		}
		n := w.first
		next, err := w.records(func([]byte) error { n++; return nil })
		if err == nil {
			assert.Equal(t, n, next)
		}
	})
}
