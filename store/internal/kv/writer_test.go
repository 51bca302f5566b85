package kv

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inBothWays runs a test with each kind of writer that the system has.
func inBothWays(t *testing.T, test func(t *testing.T, way func(*os.File) recordWriter)) {
	t.Run("past the cache", func(t *testing.T) {
		test(t, func(f *os.File) recordWriter { return directWriterOf(t, f) })
	})
	t.Run("through the cache", func(t *testing.T) { test(t, newCachedWriter) })
}

// directWriterOf skips the test where there is none, but not in CI.
func directWriterOf(t *testing.T, file *os.File) recordWriter {
	t.Helper()
	w, err := newDirectWriter(file)
	if err != nil {
		require.Empty(t, os.Getenv("CI"), "direct writes must work in CI: %s", err)
		t.Skipf("no direct writes: %s", err)
	}
	return w
}

// testSegment is one that has begun.
func testSegment(t *testing.T, way func(*os.File) recordWriter) *segment {
	t.Helper()
	s, err := createSegment(filepath.Join(t.TempDir(), "redo"), way)
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.close() })
	require.NoError(t, s.begin(1, 1, base{}))
	return s
}

// appendTest writes a record with so many bytes of writes.
func (s *segment) appendTest(t *testing.T, number uint64, n int) {
	t.Helper()
	record := append(make([]byte, recordHeader), bytes.Repeat([]byte{byte(number)}, n)...)
	require.NoError(t, s.reserve(len(record)))
	require.NoError(t, s.append(number, number-1, record))
}

func (s *segment) syncTest(t *testing.T) {
	t.Helper()
	s.records.begin()
	require.NoError(t, s.records.await())
}

// lengths are those of the writes in the file.
func lengths(t *testing.T, s *segment) (n []int) {
	t.Helper()
	b, err := os.ReadFile(s.file.Name())
	require.NoError(t, err)
	w, ok := parseSegment(b)
	require.True(t, ok)
	_, err = w.records(func(writes []byte) error {
		assert.Equal(t, bytes.Repeat(writes[:1], len(writes)), writes)
		n = append(n, len(writes))
		return nil
	})
	require.NoError(t, err)
	return n
}

func TestRecordsOfAllSizes(t *testing.T) {
	block := 4096 - recordHeader // fills one
	tests := map[string][]int{
		"of a few bytes":                    {1, 2, 3, 7, 8, 9},
		"that end with a block":             {block, block, 2*block + recordHeader, 1},
		"that end just beside a block's":    {block - 1, block + 1, block - 8, block + 8},
		"larger than what is kept":          {300 << 10, 5, 300 << 10},
		"as large as they may be":           {maxRedo - recordHeader, 1, maxRedo - recordHeader},
		"beyond the zeros of the beginning": {zeroedAhead, 10, zeroedAhead, 10},
	}
	inBothWays(t, func(t *testing.T, way func(*os.File) recordWriter) {
		for name, sizes := range tests {
			t.Run(name, func(t *testing.T) {
				s := testSegment(t, way)
				for i, n := range sizes {
					s.appendTest(t, uint64(i+1), n)
					s.syncTest(t)
					require.Equal(t, sizes[:i+1], lengths(t, s))
				}
			})
		}
		t.Run("that wait for the same sync", func(t *testing.T) {
			s := testSegment(t, way)
			random := rand.New(rand.NewPCG(1, 2))
			var sizes []int
			for range 60 {
				var during func()
				if len(sizes) > 0 && random.IntN(2) == 0 {
					s.records.begin()
					during = func() { require.NoError(t, s.records.await()) }
				}
				for range 1 + random.IntN(2) {
					sizes = append(sizes, 1+random.IntN(9000))
					s.appendTest(t, uint64(len(sizes)), sizes[len(sizes)-1])
				}
				if during != nil {
					during()
				}
				s.syncTest(t)
				require.Equal(t, sizes, lengths(t, s))
			}
		})
	})
}

// A record is written with the block that it begins in. Whatever of that write the
// disk has done when the power goes, what was durable before is as it was.
func TestWriteOfARecordChangesNothingBeforeIt(t *testing.T) {
	inBothWays(t, func(t *testing.T, way func(*os.File) recordWriter) {
		s := testSegment(t, way)
		random := rand.New(rand.NewPCG(3, 4))
		for number := range uint64(60) {
			before, tail := readSegment(t, s), s.tail
			s.appendTest(t, number+1, 1+random.IntN(3000))
			s.syncTest(t)
			require.Equal(t, before[:tail], readSegment(t, s)[:tail])
		}
	})
}

func readSegment(t *testing.T, s *segment) []byte {
	t.Helper()
	b, err := os.ReadFile(s.file.Name())
	require.NoError(t, err)
	return b
}

func TestRecordsAreTakenBack(t *testing.T) {
	inBothWays(t, func(t *testing.T, way func(*os.File) recordWriter) {
		for name, synced := range map[string]bool{"that are on the disk": true, "that are not": false} {
			t.Run(name, func(t *testing.T) {
				s := testSegment(t, way)
				s.appendTest(t, 1, 5000)
				s.syncTest(t)
				for _, n := range []int{10, 4096, 9000} {
					tail := s.tail
					s.appendTest(t, 2, n)
					if synced {
						s.syncTest(t)
						require.Equal(t, []int{5000, n}, lengths(t, s))
					}
					require.NoError(t, s.truncate(tail))
					require.Equal(t, []int{5000}, lengths(t, s))
				}
				s.appendTest(t, 2, 20)
				s.syncTest(t)
				assert.Equal(t, []int{5000, 20}, lengths(t, s))
			})
		}
	})
}

func TestSegmentThatIsUsedAgainHasItsOwnRecordsOnly(t *testing.T) {
	inBothWays(t, func(t *testing.T, way func(*os.File) recordWriter) {
		s := testSegment(t, way)
		for number := range uint64(20) {
			s.appendTest(t, number+1, 1000)
		}
		s.syncTest(t)
		require.NoError(t, s.retire())
		require.NoError(t, s.begin(3, 21, base{}))
		require.Empty(t, lengths(t, s))
		s.appendTest(t, 21, 1000)
		s.syncTest(t)
		assert.Equal(t, []int{1000}, lengths(t, s))
	})
}

func TestSyncThatFailsIsToldToAll(t *testing.T) {
	inBothWays(t, func(t *testing.T, way func(*os.File) recordWriter) {
		p := newPlug(t, 18, way)
		p.step()
		p.closeLog()
		_, err := p.db.Write(savePerson(7000))
		if err == nil {
			err = p.db.Await(State(p.db.redo.durable.newestID()))
		}
		require.ErrorIs(t, err, ErrStopped)
		assert.ErrorIs(t, p.db.Update(savePerson(7001)), ErrStopped)
		assert.ErrorIs(t, err, os.ErrClosed)
		p.holds(p.cut())
	})
}

func TestHowALogIsWrittenIsToldWhenItBegins(t *testing.T) {
	refused := errors.New("there are no direct writes")
	ways := map[string]struct {
		writer func(t *testing.T) func(*os.File) recordWriter
		want   error
	}{
		"past the cache": {func(t *testing.T) func(*os.File) recordWriter {
			return func(f *os.File) recordWriter { return directWriterOf(t, f) }
		}, nil},
		"through the cache": {func(*testing.T) func(*os.File) recordWriter {
			return func(f *os.File) recordWriter {
				return &cachedWriter{file: f, ended: make(chan error, 1), why: refused}
			}
		}, refused},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			db, err := Open(filepath.Join(t.TempDir(), "test.db"))
			require.NoError(t, err)
			defer db.Close()
			db.redo.writer = way.writer(t)
			var told []error
			db.OnLog(func(cached error) { told = append(told, cached) })
			require.Empty(t, told, "nothing is written yet")
			for range 2 {
				update(t, db, func(tx *Tx) error { return tx.CreateBuckets(bucketNames...) })
				update(t, db, savePerson(1))
				require.NoError(t, db.Settle())
			}
			assert.Equal(t, []error{way.want, way.want}, told)
		})
	}
}

// BenchmarkLoneTransaction makes one durable transaction after the other.
func BenchmarkLoneTransaction(b *testing.B) {
	for name, way := range map[string]func(*os.File) recordWriter{"as the system has it": newRecordWriter, "through the cache": newCachedWriter} {
		b.Run(name, func(b *testing.B) {
			db, err := Open(filepath.Join(b.TempDir(), "test.db"))
			require.NoError(b, err)
			defer db.Close()
			db.redo.writer = way
			require.NoError(b, db.Update(func(tx *Tx) error { return tx.CreateBuckets(bucketNames...) }))
			id := uint32(0)
			for b.Loop() {
				id++
				require.NoError(b, db.Update(savePerson(id)))
			}
		})
	}
}
