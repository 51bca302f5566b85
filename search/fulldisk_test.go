package search

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
	"crms/store/storetest/smalldisk"
)

func TestAFullDiskIsWaitedOut(t *testing.T) {
	disk := smalldisk.Mount(t, "size=4m")
	src := someone()
	x := openIn(t, src, filepath.Join(disk.Dir, "search"))
	awaitOK(t, x)
	before, err := x.folders.current()
	require.NoError(t, err)

	disk.Fill(t, 0)
	src.put(contact(3, "Jim Poe", "jim@example.com", ""))
	await(t, func() bool { return x.Status().State == Failed })
	for range 3 { // attempts, after each of which the index is opened again
		v := x.volume()
		await(t, func() bool { return x.volume() != v && x.volume() != nil })
	}
	assert.Equal(t, uint64(1), x.Status().Lag)
	_, err = x.Search(t.Context(), Query{Text: "john", Limit: 10})
	assertKind(t, crm.Unavailable, err)

	disk.Free(t)
	awaitOK(t, x)
	assert.Equal(t, ids(3), find(t, x, "jim"))
	assert.Equal(t, ids(1), find(t, x, "john"))
	after, err := x.folders.current()
	require.NoError(t, err)
	assert.Equal(t, before, after, "it need not be built anew")
	findings, err := x.Verify(t.Context())
	require.NoError(t, err)
	assert.Empty(t, findings)
}

// TestARebuildOnAFullDisk begins to build where there is no room, or not enough.
func TestARebuildOnAFullDisk(t *testing.T) {
	for name, free := range map[string]int64{"none of it": 0, "its beginning": 100 << 10, "a part of it": 300 << 10} {
		t.Run("room for "+name, func(t *testing.T) {
			disk := smalldisk.Mount(t, "size=16m")
			src := population{seed: 5, customers: 1500}.memory()
			disk.Fill(t, free)
			x, err := Open(src, Options{Dir: filepath.Join(disk.Dir, "search")}) // a second between attempts, in which it can be seen
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, x.Close()) })
			await(t, func() bool {
				status := x.Status()
				return status.State == Failed && strings.HasPrefix(status.Reason, "it cannot be rebuilt")
			})
			_, err = x.Search(t.Context(), Query{Text: "john", Limit: 10})
			assertKind(t, crm.Unavailable, err)

			disk.Free(t)
			awaitOK(t, x)
			findings, err := x.Verify(t.Context())
			require.NoError(t, err)
			assert.Empty(t, findings)
			names, err := x.folders.names()
			require.NoError(t, err)
			assert.Len(t, names, 1, "nothing is left of the attempts")
		})
	}
}

func TestAReindexOnAFullDisk(t *testing.T) {
	disk := smalldisk.Mount(t, "size=4m")
	src := someone()
	x := openIn(t, src, filepath.Join(disk.Dir, "search"))
	awaitOK(t, x)
	disk.Fill(t, 0)
	require.ErrorIs(t, reindex(t, x).Await(t.Context()), syscall.ENOSPC)
	assert.Equal(t, ids(1), find(t, x, "john"), "the old one answers")

	disk.Free(t)
	awaitOK(t, x)
	before := x.volume()
	require.NoError(t, reindex(t, x).Await(t.Context()))
	assert.NotSame(t, before, x.volume())
	assert.Equal(t, ids(1), find(t, x, "john"))
}
