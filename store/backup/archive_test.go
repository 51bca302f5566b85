package backup

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"crms/store"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// archived is an archive of the snapshot and its manifest.
func archived(t testing.TB, n *store.Snapshot, recipient age.Recipient) ([]byte, Manifest) {
	t.Helper()
	m, err := Describe(n, "crms test")
	require.NoError(t, err)
	var file bytes.Buffer
	require.NoError(t, Write(&file, n, m, recipient))
	return file.Bytes(), m
}

func unpack(t testing.TB, file []byte, identities ...age.Identity) (Manifest, *store.Snapshot, error) {
	t.Helper()
	return Unpack(bytes.NewReader(file), t.TempDir(), identities)
}

func TestArchive(t *testing.T) {
	n := snapshot(t, 20)
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	for _, test := range []struct {
		how        string
		recipient  age.Recipient
		identities []age.Identity
	}{
		{"plain", nil, nil},
		{"plain, with an identity that is not needed", nil, []age.Identity{key}},
		{"encrypted", key.Recipient(), []age.Identity{key}},
	} {
		t.Run(test.how, func(t *testing.T) {
			file, m := archived(t, n, test.recipient)
			read, back, err := unpack(t, file, test.identities...)
			require.NoError(t, err)

			assert.Equal(t, m, read)
			assert.Equal(t, store.Counts{Customers: 20, Orders: 20}, read.Counts)
			assert.Equal(t, noon, back.TakenAt)
			want, err := os.ReadFile(n.File())
			require.NoError(t, err)
			got, err := os.ReadFile(back.File())
			require.NoError(t, err)
			assert.True(t, bytes.Equal(want, got), "the database is the same, byte for byte")
			findings, err := back.Verify()
			require.NoError(t, err)
			assert.Empty(t, findings)
		})
	}
}

func TestEncryptedArchive(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	other, err := age.GenerateX25519Identity()
	require.NoError(t, err)
	file, _ := archived(t, snapshot(t, 3), key.Recipient())

	t.Run("shows nothing of what is in it", func(t *testing.T) {
		assert.NotContains(t, string(file), "manifest")
	})
	t.Run("cannot be read without an identity", func(t *testing.T) {
		_, _, err := unpack(t, file)
		assert.ErrorIs(t, err, ErrEncrypted)
		requireOneLine(t, err)
	})
	t.Run("cannot be read with another identity", func(t *testing.T) {
		_, _, err := unpack(t, file, other)
		requireOneLine(t, err)
		assert.ErrorContains(t, err, "cannot decrypt the backup")
	})
	t.Run("is found damaged wherever a byte of it is flipped", func(t *testing.T) {
		for _, at := range places(len(file)) {
			_, _, err := unpack(t, flipped(file, at), key)
			requireOneLine(t, err, "byte %d of %d", at, len(file))
		}
	})
	t.Run("is found damaged wherever it is cut short", func(t *testing.T) {
		for _, at := range places(len(file)) {
			_, _, err := unpack(t, file[:at], key)
			requireOneLine(t, err, "cut at %d of %d", at, len(file))
		}
	})
}

// places are each of the first and the last bytes of a file, and some between.
func places(size int) []int {
	var all []int
	for at := 0; at < size; at++ {
		if at < 40 || at > size-40 || at%(size/60) == 0 {
			all = append(all, at)
		}
	}
	return all
}

func flipped(file []byte, at int) []byte {
	file = bytes.Clone(file)
	file[at] ^= 0x01
	return file
}

func TestArchiveThatIsCutShort(t *testing.T) {
	file, _ := archived(t, snapshot(t, 20), nil)
	for _, at := range places(len(file)) {
		_, _, err := unpack(t, file[:at])
		requireOneLine(t, err, "cut at %d of %d", at, len(file))
		assert.ErrorContains(t, err, "the backup is damaged: it is cut short", "cut at %d of %d", at, len(file))
	}
}

func TestArchiveWithAFlippedByte(t *testing.T) {
	n := snapshot(t, 20)
	file, _ := archived(t, n, nil)
	plain := decompressed(t, file)
	t.Run("as it lies on the disk", func(t *testing.T) {
		for _, at := range places(len(file)) {
			damaged := flipped(file, at)
			if _, _, err := unpack(t, damaged); err != nil {
				requireOneLine(t, err)
				continue
			}
			// Some bits only choose among ways to say the same, such as which of many
			// zeros to repeat.
			require.True(t, bytes.Equal(plain, decompressed(t, damaged)), "byte %d of %d", at, len(file))
		}
	})
	// What a program that damages the archive and then compresses it would make:
	// only the hash tells.
	for region, at := range map[string]int{
		"in the name of the manifest": 0,
		"in the manifest":             512 + 4,
		"in the hash":                 bytes.Index(plain, []byte(`"sha256": "`)) + 14,
		"in the size":                 bytes.Index(plain, []byte(`"size": `)) + 8,
		"in the name of the database": bytes.LastIndex(plain, []byte(databaseName)),
		"at the start of the pages":   bytes.LastIndex(plain, []byte(databaseName)) + 512,
		"in the middle of the pages":  len(plain) / 2,
		"at the end of the pages":     len(plain) - 1024 - 1,
		"in the mark of the end":      len(plain) - 1024,
	} {
		t.Run(region, func(t *testing.T) {
			_, _, err := unpack(t, compressed(t, flipped(plain, at)))
			requireOneLine(t, err)
		})
	}
}

func decompressed(t testing.TB, file []byte) []byte {
	t.Helper()
	r, err := zstd.NewReader(nil)
	require.NoError(t, err)
	defer r.Close()
	plain, err := r.DecodeAll(file, nil)
	require.NoError(t, err)
	return plain
}

func compressed(t testing.TB, plain []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	return w.EncodeAll(plain, nil)
}

// member is a file of a tar.
type member struct {
	name    string
	content []byte
}

func tarOf(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		require.NoError(t, w.WriteHeader(&tar.Header{Name: m.name, Size: int64(len(m.content)), Mode: 0o600}))
		_, err := w.Write(m.content)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

func TestForeignFilesAreNoBackups(t *testing.T) {
	foreign := tarOf(t, member{"photo.jpg", []byte("not really")})
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err := w.Write(foreign)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for what, file := range map[string][]byte{
		"text":                 []byte(strings.Repeat("Dear diary,\n", 100)),
		"a tar":                foreign,
		"a compressed tar":     compressed(t, foreign),
		"a tar of gzip":        zipped.Bytes(),
		"a database by itself": append([]byte{0, 0, 0, 0}, make([]byte, 8192)...),
	} {
		t.Run(what, func(t *testing.T) {
			_, _, err := unpack(t, file)
			assert.EqualError(t, err, "this is not a backup of crms")
		})
	}
}

func TestArchiveThatIsNotAsItsManifestSays(t *testing.T) {
	n := snapshot(t, 3)
	_, m := archived(t, n, nil)
	database, err := os.ReadFile(n.File())
	require.NoError(t, err)
	manifest := func(change func(*Manifest)) member {
		changed := m
		changed.Parts = slices.Clone(m.Parts)
		change(&changed)
		text, err := json.Marshal(changed)
		require.NoError(t, err)
		return member{manifestName, text}
	}
	same := manifest(func(*Manifest) {})
	tests := []struct {
		wrong   string
		members []member
		says    string
	}{
		{"a newer format", []member{manifest(func(m *Manifest) { m.Format = 2 }), {databaseName, database}}, "the backup has format 2, this program knows up to 1: use a newer crms"},
		{"a newer format with another manifest", []member{{manifestName, []byte(`{"format":7,"parts":"elsewhere"}`)}}, "the backup has format 7"},
		{"another hash", []member{manifest(func(m *Manifest) { m.Parts[0].SHA256 = strings.Repeat("0", 64) }), {databaseName, database}}, "crms.db does not match its SHA-256"},
		{"another size", []member{manifest(func(m *Manifest) { m.Parts[0].Size++ }), {databaseName, database}}, "crms.db is not where and how large the manifest says"},
		{"a database that is missing", []member{same}, "it is cut short"},
		{"a database of another name", []member{same, {"other.db", database}}, "crms.db is not where"},
		{"a manifest without the database", []member{manifest(func(m *Manifest) { m.Parts = nil }), {databaseName, database}}, "its manifest does not name the database"},
		{"a manifest that leads elsewhere", []member{manifest(func(m *Manifest) { m.Parts[0].Name = "../crms.db" }), {"../crms.db", database}}, "its manifest does not name the database"},
		{"a manifest that is no JSON", []member{{manifestName, []byte("{")}, {databaseName, database}}, "the backup is damaged"},
		{"a second database", []member{same, {databaseName, database}, {databaseName, database}}, "it holds more than its manifest says"},
		{"a stowaway", []member{same, {databaseName, database}, {"evil", nil}}, "it holds more than its manifest says"},
		{"a manifest behind the database", []member{{databaseName, database}, same}, "this is not a backup of crms"},
		{"a manifest of unreasonable size", []member{{manifestName, bytes.Repeat([]byte(" "), maxManifest+1)}}, "this is not a backup of crms"},
	}
	for _, test := range tests {
		t.Run(test.wrong, func(t *testing.T) {
			outer := t.TempDir()
			dir := filepath.Join(outer, "inner")
			require.NoError(t, os.Mkdir(dir, 0o700))
			_, _, err := Unpack(bytes.NewReader(compressed(t, tarOf(t, test.members...))), dir, nil)
			requireOneLine(t, err)
			assert.ErrorContains(t, err, test.says)
			assert.Equal(t, []string{"inner"}, names(t, outer), "nothing is written elsewhere")
		})
	}
	t.Run("as it is, it is read", func(t *testing.T) {
		_, _, err := unpack(t, compressed(t, tarOf(t, same, member{databaseName, database})))
		assert.NoError(t, err)
	})
	t.Run("with something behind its end", func(t *testing.T) {
		file := compressed(t, tarOf(t, same, member{databaseName, database}))
		_, _, err := unpack(t, append(file, "something"...))
		requireOneLine(t, err)
	})
}

func TestErrorsOfTheReaderAreNotDamage(t *testing.T) {
	_, _, err := Unpack(io.MultiReader(strings.NewReader(""), &failing{}), t.TempDir(), nil)
	assert.ErrorIs(t, err, os.ErrPermission)
	assert.NotContains(t, err.Error(), "damaged")
}

type failing struct{}

func (*failing) Read([]byte) (int, error) { return 0, os.ErrPermission }
