// Package backup keeps copies of a store in single files, and brings them back.
//
// An archive is a tar of manifest.json and the database, compressed with zstd,
// and encrypted with age when there is a recipient for it. It can be looked into
// with those tools:
//
//	age -d -i key.txt FILE | zstd -d | tar -t
package backup

import (
	"archive/tar"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"crms/store"

	"filippo.io/age"
	"github.com/klauspost/compress/zstd"
)

// Format is the version of the archives that this program writes and reads.
const Format = 1

const (
	manifestName = "manifest.json"
	databaseName = "crms.db"
	// maxManifest bounds what is read before anything is known of an archive.
	maxManifest = 1 << 20
)

// Manifest is the first part of an archive and says what else is in it.
type Manifest struct {
	Format  int       `json:"format"`
	Program string    `json:"program"` // that wrote it
	TakenAt time.Time `json:"takenAt"`
	store.Facts
	Parts []Part `json:"parts"`
}

// Part is a file of the archive.
type Part struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hexadecimal
}

// Describe makes the manifest of a snapshot.
func Describe(n *store.Snapshot, program string) (Manifest, error) {
	m := Manifest{Format: Format, Program: program, TakenAt: n.TakenAt, Facts: n.Facts}
	f, err := os.Open(n.File())
	if err != nil {
		return m, err
	}
	defer f.Close()
	hash := sha256.New()
	size, err := io.Copy(hash, f)
	m.Parts = []Part{{databaseName, size, hex.EncodeToString(hash.Sum(nil))}}
	return m, err
}

// ParseRecipient reads an age public key; nil for none.
func ParseRecipient(key string) (age.Recipient, error) {
	if key == "" {
		return nil, nil
	}
	return age.ParseX25519Recipient(key)
}

// Write writes the snapshot that the manifest describes as an archive. It is
// encrypted to the recipient unless that is nil.
func Write(w io.Writer, n *store.Snapshot, m Manifest, recipient age.Recipient) (err error) {
	sealed := nopCloser(w)
	if recipient != nil {
		if sealed, err = age.Encrypt(w, recipient); err != nil {
			return err
		}
	}
	compressed, err := zstd.NewWriter(sealed)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(compressed)
	if err := writeParts(archive, n, m); err != nil {
		return err
	}
	return errors.Join(archive.Close(), compressed.Close(), sealed.Close())
}

func writeParts(archive *tar.Writer, n *store.Snapshot, m Manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := writePart(archive, m, Part{Name: manifestName, Size: int64(len(text))}, bytes.NewReader(text)); err != nil {
		return err
	}
	f, err := os.Open(n.File())
	if err != nil {
		return err
	}
	defer f.Close()
	return writePart(archive, m, m.Parts[0], f)
}

func writePart(archive *tar.Writer, m Manifest, p Part, content io.Reader) error {
	header := &tar.Header{Name: p.Name, Size: p.Size, Mode: 0o600, ModTime: m.TakenAt}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err := io.Copy(archive, content)
	return err
}

type writeCloser struct{ io.Writer }

func (writeCloser) Close() error { return nil }

func nopCloser(w io.Writer) io.WriteCloser { return writeCloser{w} }

// ErrEncrypted says that an archive needs an identity to be read.
var ErrEncrypted = errors.New("the backup is encrypted: an identity file is needed")

// ageIntro begins every file of age (https://age-encryption.org/v1).
const ageIntro = "age-encryption.org/"

// Unpack reads an archive into the folder dir, which must exist, and checks each
// part against the manifest. What it returns can be proved and installed. Any
// damage, and an archive of a newer format, is an error.
func Unpack(r io.Reader, dir string, identities []age.Identity) (m Manifest, n *store.Snapshot, err error) {
	compressed, err := open(r, identities)
	if err != nil {
		return m, nil, err
	}
	plain, err := zstd.NewReader(compressed)
	if err != nil {
		return m, nil, damaged(err)
	}
	defer plain.Close()
	archive := tar.NewReader(plain)
	if m, err = readManifest(archive); err != nil {
		return m, nil, err
	}
	for _, p := range m.Parts {
		if err := readPart(archive, p, dir); err != nil {
			return m, nil, err
		}
	}
	// The end is read too: it holds the checksums of what encloses the parts.
	if _, err := archive.Next(); !errors.Is(err, io.EOF) {
		return m, nil, damaged(cmpErr(err, errors.New("it holds more than its manifest says")))
	}
	if _, err := io.Copy(io.Discard, plain); err != nil {
		return m, nil, damaged(err)
	}
	return m, &store.Snapshot{Facts: m.Facts, Dir: dir, TakenAt: m.TakenAt}, nil
}

// open takes the encryption off, if there is one.
func open(r io.Reader, identities []age.Identity) (io.Reader, error) {
	buffered := bufio.NewReaderSize(r, 1<<20)
	intro, err := buffered.Peek(len(ageIntro))
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	case string(intro) != ageIntro:
		return buffered, nil
	case len(identities) == 0:
		return nil, ErrEncrypted
	}
	plain, err := age.Decrypt(buffered, identities...)
	if err != nil {
		return nil, fmt.Errorf("cannot decrypt the backup: %w", err)
	}
	return plain, nil
}

// errForeign says that a file is something else altogether.
var errForeign = errors.New("this is not a backup of crms")

func readManifest(archive *tar.Reader) (m Manifest, err error) {
	header, err := archive.Next()
	switch {
	case errors.Is(err, zstd.ErrMagicMismatch):
		return m, errForeign
	case err != nil:
		return m, damaged(err)
	case header.Name != manifestName || header.Size > maxManifest:
		return m, errForeign
	}
	text, err := io.ReadAll(archive)
	if err != nil {
		return m, damaged(err)
	}
	// What else a manifest of a newer format says may not be readable.
	var version struct{ Format int }
	if err := json.Unmarshal(text, &version); err != nil {
		return m, damaged(err)
	}
	if version.Format > Format {
		return m, fmt.Errorf("the backup has format %d, this program knows up to %d: use a newer crms", version.Format, Format)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, damaged(err)
	}
	if len(m.Parts) != 1 || m.Parts[0].Name != databaseName {
		return m, damaged(errors.New("its manifest does not name the database"))
	}
	return m, nil
}

// readPart writes one part into the folder, under the name that the manifest
// gives, and compares size and hash.
func readPart(archive *tar.Reader, p Part, dir string) (err error) {
	header, err := archive.Next()
	if err != nil {
		return damaged(err)
	}
	if header.Name != p.Name || header.Size != p.Size {
		return damaged(fmt.Errorf("%s is not where and how large the manifest says", p.Name))
	}
	f, err := os.OpenFile(filepath.Join(dir, p.Name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	hash := sha256.New()
	from := &readErrors{r: archive}
	if _, err := io.Copy(io.MultiWriter(f, hash), from); err != nil {
		if from.err != nil {
			return damaged(from.err)
		}
		return fmt.Errorf("cannot unpack the backup: %w", err)
	}
	if hex.EncodeToString(hash.Sum(nil)) != p.SHA256 {
		return damaged(fmt.Errorf("%s does not match its SHA-256", p.Name))
	}
	return f.Sync()
}

// readErrors tells the errors of a reader from those of the writers behind it.
type readErrors struct {
	r   io.Reader
	err error
}

func (e *readErrors) Read(b []byte) (int, error) {
	n, err := e.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		e.err = err
	}
	return n, err
}

// damaged says that an archive is not what was written.
func damaged(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = errors.New("it is cut short")
	}
	return fmt.Errorf("the backup is damaged: %w", err)
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
