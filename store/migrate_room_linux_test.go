package store

import (
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"crms/store/storetest/smalldisk"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// diskWith mounts a disk with a store of version 1 on it, so many bytes of room
// beside that, and that many files. It takes the rights of root: the test is skipped
// where it does not have them.
func diskWith(t *testing.T, files string, room func(file int64) int64) (dir string) {
	t.Helper()
	before, err := os.ReadFile(filepath.Join(schema1(t), fileName))
	require.NoError(t, err)
	disk := smalldisk.Mount(t, "size=32m,nr_inodes="+files)
	require.NoError(t, os.WriteFile(filepath.Join(disk.Dir, fileName), before, 0o600))
	disk.Fill(t, room(int64(len(before))))
	return disk.Dir
}

func TestMigrationWithoutRoomIsRefusedBeforeItBegins(t *testing.T) {
	const page = 4096
	open := func(dir string, isCopy bool) error {
		s, err := Open(dir, Options{Existing: true, Log: slog.New(slog.DiscardHandler), isCopy: isCopy})
		if err == nil {
			assertTold(t, s)
			assert.NoError(t, s.Close())
		}
		return err
	}
	tests := map[string]struct {
		isCopy bool
		room   func(file int64) int64
		says   string
	}{
		"for the copy that is kept":  {false, func(file int64) int64 { return file - page }, "cannot migrate to schema version 3: it needs "},
		"for the new file beside it": {false, func(file int64) int64 { return file + page }, "cannot migrate to schema version 3: it needs "},
		"for the new file alone":     {true, func(int64) int64 { return page }, "cannot migrate to schema version 3: it needs "},
		"for its redo log":           {false, func(file int64) int64 { return 2*file + page }, "no space left on device"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dir := diskWith(t, "100", test.room)
			err := open(dir, test.isCopy)
			require.ErrorContains(t, err, test.says)
			assert.NotContains(t, err.Error(), "\n")
			s, version, err := openAsItIs(dir)
			require.NoError(t, err)
			assert.Equal(t, 1, version)
			require.NoError(t, s.db.Close())

			require.NoError(t, os.Remove(filepath.Join(dir, "ballast")))
			require.NoError(t, open(dir, test.isCopy), "as soon as there is room it is done")
		})
	}
}

func TestMigrationIsNotBegunWhenTheCopyCannotBeMade(t *testing.T) {
	dir := diskWith(t, "3", func(file int64) int64 { return 4 * file }) // the folder and two files
	_, err := Open(dir, Options{Existing: true, Log: slog.New(slog.DiscardHandler)})
	require.ErrorContains(t, err, "cannot keep a copy before a migration")
	assert.ErrorIs(t, err, syscall.ENOSPC)
	assert.NotContains(t, err.Error(), "\n")
	requireFiles(t, dir, "ballast", fileName)
}
