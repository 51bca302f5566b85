package store_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"
	"crms/store/storetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

// TestMain makes the test binary a second process for the tests that need one.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CRMS_TEST_OPEN"); dir != "" {
		openElsewhere(dir)
	}
	if dir := os.Getenv("CRMS_TEST_WRITE"); dir != "" {
		writeForever(dir)
	}
	if dir := os.Getenv("CRMS_TEST_TOP"); dir != "" {
		moveTheBar(dir)
	}
	if dir := os.Getenv("CRMS_TEST_INGEST"); dir != "" {
		ingestUntilKilled(dir)
	}
	if dir := os.Getenv("CRMS_TEST_MIGRATE"); dir != "" {
		store.MigrateElsewhere(dir)
	}
	if dir := os.Getenv("CRMS_TEST_REWRITE"); dir != "" {
		store.RewriteElsewhere(dir)
	}
	os.Exit(m.Run())
}

// openElsewhere opens the store in the folder and exits with what came of it.
func openElsewhere(dir string) {
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		fmt.Print(err)
		os.Exit(1)
	}
	fmt.Print(s.Generation())
	if err := s.Close(); err != nil {
		fmt.Print(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// quiet opens a store that writes no log.
func quiet(dir string, zone *time.Location) (*store.Store, error) {
	return store.Open(dir, store.Options{Zone: zone, Log: slog.New(slog.DiscardHandler)})
}

func TestNewStore(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "data")
	s := storetest.OpenIn(t, dir, store.Options{})

	t.Run("is for its owner alone", func(t *testing.T) {
		assert.Equal(t, fs.FileMode(0o700), modeOf(t, dir))
		assert.Equal(t, fs.FileMode(0o600), modeOf(t, filepath.Join(dir, "crms.db")))
	})
	t.Run("is one file", func(t *testing.T) {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Len(t, entries, 1)
	})
	t.Run("is empty", func(t *testing.T) {
		n, err := s.CountContacts()
		require.NoError(t, err)
		assert.Zero(t, n)
		assert.Zero(t, s.LastSeq())
		assert.Equal(t, time.UTC, s.Zone())
		a, err := s.Analytics(at(0))
		require.NoError(t, err)
		assert.Zero(t, a.All)
	})
	t.Run("has a generation of its own", func(t *testing.T) {
		other := storetest.Open(t, store.Options{})
		assert.Len(t, s.Generation(), 32)
		assert.NotEqual(t, s.Generation(), other.Generation())
	})
}

func modeOf(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Mode().Perm()
}

func TestReopenKeepsEverything(t *testing.T) {
	s := newShop(t)
	c := s.add()
	s.order(c.ID, order("a", crm.Placed, 100, 1, 1))
	want, generation, seq := s.profile(c.ID), s.Generation(), s.LastSeq()
	require.NoError(t, s.Close())
	s.open()
	assert.Equal(t, want, s.profile(c.ID))
	assert.Equal(t, generation, s.Generation())
	assert.Equal(t, seq, s.LastSeq())
}

func TestStoreThatIsOpenIsInUse(t *testing.T) {
	s := newShop(t)
	t.Run("for the same process", func(t *testing.T) {
		_, err := quiet(s.dir, nil)
		assert.ErrorIs(t, err, store.ErrInUse)
	})
	t.Run("for another process, which is told so in one line and does not hang", func(t *testing.T) {
		code, out := elsewhere(t, s.dir)
		assert.Equal(t, 1, code)
		assert.Contains(t, out, "is in use by another process")
		assert.NotContains(t, out, "\n")
	})
	t.Run("until it is closed", func(t *testing.T) {
		generation := s.Generation()
		require.NoError(t, s.Close())
		code, out := elsewhere(t, s.dir)
		assert.Zero(t, code)
		assert.Equal(t, generation, out)
		s.open()
	})
}

// elsewhere opens the store in another process.
func elsewhere(t *testing.T, dir string) (code int, out string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c := exec.CommandContext(ctx, os.Args[0])
	c.Env = append(os.Environ(), "CRMS_TEST_OPEN="+dir)
	text, err := c.CombinedOutput()
	require.NoError(t, ctx.Err(), "it hangs")
	if err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
	}
	return c.ProcessState.ExitCode(), string(text)
}

const pageSize = 4096

// filled is the file of a store with some customers, cut to the part in use.
func filled(t *testing.T) []byte {
	t.Helper()
	s := newShop(t)
	for range 60 {
		s.add()
	}
	require.NoError(t, s.Close())
	file, err := os.ReadFile(filepath.Join(s.dir, "crms.db"))
	require.NoError(t, err)
	s.open()
	// Page 1 is the newer meta page or page 0 is: the number of pages is its
	// fifth field, the number of its transaction the sixth.
	newest := file[:pageSize]
	if binary.LittleEndian.Uint64(file[pageSize+64:]) > binary.LittleEndian.Uint64(file[64:]) {
		newest = file[pageSize : 2*pageSize]
	}
	return file[:binary.LittleEndian.Uint64(newest[56:])*pageSize]
}

func TestDamagedFileIsRefusedInOneLine(t *testing.T) {
	whole := filled(t)
	tests := []struct {
		damage string
		file   []byte
		says   string
	}{
		{"empty", nil, "the file is empty"},
		{"cut to half", whole[:len(whole)/2], "the file has"},
		{"cut to three pages", whole[:3*pageSize], "the file has 12288 of at least"},
		{"cut to one page", whole[:pageSize], "the file has 4096 of at least"},
		{"cut to 100 bytes", whole[:100], "the file has 100 of at least"},
		{"cut to 10 bytes", whole[:10], "not a crms database"},
		{"one byte short", whole[:len(whole)-1], "the file has"},
		{"text", bytes.Repeat([]byte("Dear diary,\n"), 2000), "not a crms database"},
		{"both meta pages zeroed", append(make([]byte, 2*pageSize), whole[2*pageSize:]...), "not a crms database"},
	}
	for _, test := range tests {
		t.Run(test.damage, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "crms.db")
			require.NoError(t, os.WriteFile(path, test.file, 0o600))
			_, err := quiet(dir, nil)
			require.ErrorIs(t, err, store.ErrDamaged)
			assert.ErrorContains(t, err, "cannot open store "+dir)
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "\n")

			after, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.True(t, bytes.Equal(test.file, after), "the file is left as it is")
		})
	}
}

func TestOneDamagedMetaPageFallsBackToTheOther(t *testing.T) {
	whole := filled(t)
	for page := range 2 {
		t.Run(fmt.Sprintf("meta page %d zeroed", page), func(t *testing.T) {
			s := newShop(t)
			require.NoError(t, s.Close())
			file := bytes.Clone(whole)
			clear(file[page*pageSize : (page+1)*pageSize])
			require.NoError(t, os.WriteFile(filepath.Join(s.dir, "crms.db"), file, 0o600))
			s.open()
			findings, err := s.Verify()
			require.NoError(t, err)
			require.Len(t, findings, 1, "the page is named")
			assert.Contains(t, findings[0], fmt.Sprintf("%d", page))

			n, err := s.CountContacts()
			require.NoError(t, err)
			assert.Equal(t, 60, n)
			s.n = n
			s.add()
			s.add() // each commit writes one of the two pages, so that both are whole now
		})
	}
}

func TestGarbageInTheMiddleIsFound(t *testing.T) {
	whole := filled(t)
	dir := t.TempDir()
	found := 0
	for page := 2; page < len(whole)/pageSize; page++ {
		file := bytes.Clone(whole)
		for i := page * pageSize; i < (page+1)*pageSize; i++ {
			file[i] = byte(i * i >> 3)
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, "crms.db"), file, 0o600))
		s, err := quiet(dir, nil)
		if err != nil {
			assert.ErrorIs(t, err, store.ErrDamaged)
			assert.NotContains(t, err.Error(), "\n")
			found++
			continue
		}
		findings, err := s.Verify()
		assert.True(t, err == nil || errors.Is(err, store.ErrDamaged))
		for _, f := range findings {
			assert.NotContains(t, string(f), "\n")
		}
		if err != nil || len(findings) > 0 {
			found++
		}
		assert.NoError(t, s.Close())
	}
	assert.Greater(t, found, 10, "most pages are in use")
}

// alter changes a closed store behind its back.
func alter(t *testing.T, dir string, change func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(filepath.Join(dir, "crms.db"), 0o600, &bolt.Options{Timeout: time.Second})
	require.NoError(t, err)
	require.NoError(t, db.Update(change))
	require.NoError(t, db.Close())
}

// putMeta writes a row of meta with its checksum.
func putMeta(tx *bolt.Tx, key, value string) error {
	sum := crc32.Checksum([]byte(key+value), crc32.MakeTable(crc32.Castagnoli))
	return tx.Bucket([]byte("meta")).Put([]byte(key), binary.BigEndian.AppendUint32([]byte(value), sum))
}

func TestUnfitDatabaseIsRefusedInOneLine(t *testing.T) {
	tests := []struct {
		outcome string
		change  func(*bolt.Tx) error
		damaged bool
		says    string
	}{
		{"a newer schema asks for a newer crms", func(tx *bolt.Tx) error { return putMeta(tx, "schema", "999") }, false, "schema version 999"},
		{"a bucket is missing", func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("users")) }, true, "bucket users is missing"},
		{"meta is missing", func(tx *bolt.Tx) error { return tx.DeleteBucket([]byte("meta")) }, true, "not a crms database"},
		{"the schema version is no number", func(tx *bolt.Tx) error { return putMeta(tx, "schema", "one") }, true, "not a crms database"},
		{"the schema version is missing", func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Delete([]byte("schema")) }, true, "not a crms database"},
		{"the schema version is damaged", func(tx *bolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("schema"), []byte("1....")) }, true, "checksum does not match"},
	}
	for _, test := range tests {
		t.Run(test.outcome, func(t *testing.T) {
			dir := t.TempDir()
			s, err := quiet(dir, nil)
			require.NoError(t, err)
			require.NoError(t, s.Close())
			alter(t, dir, test.change)
			_, err = quiet(dir, nil)
			require.Error(t, err)
			assert.Equal(t, test.damaged, errors.Is(err, store.ErrDamaged))
			assert.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "\n")
		})
	}
	t.Run("somebody else's bbolt file", func(t *testing.T) {
		dir := t.TempDir()
		alter(t, dir, func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("photos")); return err })
		_, err := quiet(dir, nil)
		assert.ErrorIs(t, err, store.ErrDamaged)
		assert.ErrorContains(t, err, "not a crms database")
	})
	t.Run("a folder that is a file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "data")
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		_, err := quiet(path, nil)
		assert.ErrorContains(t, err, "cannot open store "+path)
		assert.NotContains(t, err.Error(), "\n")
	})
	t.Run("a new store where one must exist", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "data")
		_, err := store.Open(dir, store.Options{Existing: true})
		assert.ErrorContains(t, err, "there is no store in this folder")
		assert.NoDirExists(t, dir)
	})
}

func TestDatabaseWithoutBucketsIsFilled(t *testing.T) {
	dir := t.TempDir()
	alter(t, dir, func(*bolt.Tx) error { return nil })
	storetest.OpenIn(t, dir, store.Options{})
}

func TestZone(t *testing.T) {
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	require.NoError(t, err)
	s := newShop(t)
	s.now = time.Date(2026, 3, 1, 20, 0, 0, 0, time.UTC) // the 2nd in Kolkata
	s.add()
	march1, march2 := crm.DayOf(s.now, time.UTC), crm.DayOf(s.now, kolkata)
	require.Equal(t, march1+1, march2)
	count := func(day crm.Day) int64 {
		_, total, err := s.List(store.Filter{From: &day, To: &day}, 0, 10)
		require.NoError(t, err)
		return total
	}
	reopen := func(zone *time.Location) {
		require.NoError(t, s.Close())
		opened, err := quiet(s.dir, zone)
		require.NoError(t, err)
		s.Store = opened
	}
	require.Equal(t, []int64{1, 0}, []int64{count(march1), count(march2)})

	t.Run("another zone counts the days anew", func(t *testing.T) {
		reopen(kolkata)
		assert.Equal(t, []int64{0, 1}, []int64{count(march1), count(march2)})
		storetest.Verify(t, s.Store)
	})
	t.Run("it stays when none is asked for", func(t *testing.T) {
		reopen(nil)
		assert.Equal(t, "Asia/Kolkata", s.Zone().String())
		assert.Equal(t, []int64{0, 1}, []int64{count(march1), count(march2)})
	})
	t.Run("and can be changed back", func(t *testing.T) {
		reopen(time.UTC)
		assert.Equal(t, []int64{1, 0}, []int64{count(march1), count(march2)})
	})
}
