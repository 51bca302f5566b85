package kv

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// A segment is a file of the redo log:
//
//	header, one sector:
//	  magic (8), generation (8), number of the first record (8), salt (8),
//	  page size (4), CRC-32C of the root page (4), the two meta pages (80 each),
//	  CRC-32C (4)
//	records, from segmentHeader on, each at a multiple of 8:
//	  length of the writes (4), CRC-32C of salt and what follows (4), number of
//	  the newest record that was durable by then (8), number (8), writes
//
// all little-endian. The numbers of the records have no gaps, from one segment
// to the next. The salt is a random number of the segment's own: neither what is
// left from when the file was used before, nor a text that somebody has made to
// look like a record and had written as a note, can be taken for a record.
//
// In a segment of the version before (magic crmslog1), there is no salt, and a
// record has the segment's generation where it now says what was durable: each
// was synced before the next was written.
const (
	segmentMagic  = "crmslog2"
	magicBefore   = "crmslog1"
	segmentBytes  = 32 << 20
	segmentHeader = 4096
	recordHeader  = 24
	recordAlign   = 8
	// zeroedAhead is how much of a new file is written at a time before records
	// are: a sync of blocks that the file has already takes 0.10 to 0.13 ms, of
	// blocks that it grows by 0.17 ms.
	zeroedAhead = 1 << 20
)

type segment struct {
	file    *os.File
	records recordWriter // while it is in use
	heading
	tail   int64 // where the next record goes
	zeroed int64 // the end of what the file has room for
}

// heading is what a segment's header tells apart from its base.
type heading struct {
	magic             string
	generation, first uint64
	salt              uint64
}

// createSegment makes an empty segment with room for its header and first records.
func createSegment(path string, writer func(*os.File) recordWriter) (*segment, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := writeZeros(f, 0); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &segment{file: f, records: writer(f), zeroed: zeroedAhead}, nil
}

// begin makes the segment that of a generation, which follows the base and
// whose first record has the number, durably.
func (s *segment) begin(generation, first uint64, b base) error {
	var salt [8]byte
	_, _ = rand.Read(salt[:]) // never fails
	if err := s.beginAs(heading{segmentMagic, generation, first, binary.LittleEndian.Uint64(salt[:])}, b); err != nil {
		return err
	}
	return s.records.rewind(s.tail)
}

func (s *segment) beginAs(h heading, b base) error {
	if _, err := s.file.WriteAt(b.header(h), 0); err != nil {
		return err
	}
	s.heading, s.tail = h, segmentHeader
	return s.sync()
}

// hasRoom reports whether the largest record fits.
func (s *segment) hasRoom() bool { return s.tail+maxRedo+recordHeader+recordAlign <= segmentBytes }

// reserve makes sure that the disk has room for the next bytes. After an error it
// has not, whatever was written, and the next call tries again.
func (s *segment) reserve(n int) error {
	room := s.zeroed
	for room < s.tail+int64(n) {
		if err := writeZeros(s.file, room); err != nil {
			return err
		}
		room += zeroedAhead
	}
	if room == s.zeroed {
		return nil
	}
	if err := s.records.grown(); err != nil {
		return err
	}
	s.zeroed = room
	return nil
}

func writeZeros(file *os.File, at int64) error {
	_, err := file.WriteAt(make([]byte, zeroedAhead), at)
	return err
}

// append writes the record, for whose header there is room at its beginning, and
// which says up to which record all are durable. The next sync makes it durable
// too. Room must have been reserved.
func (s *segment) append(number, durable uint64, record []byte) error {
	binary.LittleEndian.PutUint32(record, uint32(len(record)-recordHeader))
	binary.LittleEndian.PutUint64(record[8:], durable)
	binary.LittleEndian.PutUint64(record[16:], number)
	binary.LittleEndian.PutUint32(record[4:], s.sum(record[8:]))
	if err := s.records.write(record, s.tail); err != nil {
		return err
	}
	s.tail += recordSize(len(record) - recordHeader)
	return nil
}

// sum is the CRC-32C of a record of the segment, from its ninth byte on.
func (h *heading) sum(record []byte) uint32 {
	if h.magic == magicBefore {
		return crc32.Checksum(record, castagnoli)
	}
	salted := crc32.Checksum(binary.LittleEndian.AppendUint64(nil, h.salt), castagnoli)
	return crc32.Update(salted, castagnoli, record)
}

// recordSize is the space that a record with n bytes of writes takes.
func recordSize(n int) int64 { return int64((recordHeader + n + recordAlign - 1) &^ (recordAlign - 1)) }

// truncate takes back what was written from the offset on, durably.
func (s *segment) truncate(tail int64) error {
	if _, err := s.file.WriteAt(make([]byte, recordHeader), tail); err != nil {
		return err
	}
	if err := s.sync(); err != nil {
		return err
	}
	s.tail = tail
	return s.records.rewind(tail)
}

// retire says, durably, that the segment is of no use any more.
func (s *segment) retire() error {
	if _, err := s.file.WriteAt(make([]byte, len(segmentMagic)), 0); err != nil {
		return err
	}
	return s.sync()
}

func (s *segment) sync() error { return syncData(s.file) }

func (s *segment) close() error { return errors.Join(s.records.close(), s.file.Close()) }

// base is the state of the database file that the records of a segment follow.
// While the segment is in use no page of that state is written.
type base struct {
	metas    [2]metaPage
	pageSize uint32
	rootSum  uint32 // CRC-32C of the page of the root bucket
}

// readBase reads the state that the newest meta page stands for.
func readBase(file io.ReaderAt, pageSize int) (b base, err error) {
	b.pageSize = uint32(pageSize)
	if err := b.readMetas(file); err != nil {
		return base{}, err
	}
	b.rootSum, err = b.sumRoot(file)
	return b, err
}

func (b *base) readMetas(file io.ReaderAt) error {
	for i := range b.metas {
		if _, err := file.ReadAt(b.metas[i][:], int64(i)*int64(b.pageSize)); err != nil {
			return err
		}
	}
	return nil
}

// meta is the newest of the meta pages.
func (b *base) meta() (newest meta, ok bool) {
	for i := range b.metas {
		if m, valid := b.metas[i].parse(); valid && (!ok || m.txid > newest.txid) {
			newest, ok = m, true
		}
	}
	return newest, ok
}

// sumRoot is the CRC-32C of the page in the file where the root bucket is. The
// page changes with every transaction, and holds the generation of its store (a
// bucket as small as meta is kept in it), so that the sum tells one state of one
// database from all others.
func (b *base) sumRoot(file io.ReaderAt) (uint32, error) {
	m, ok := b.meta()
	if !ok {
		return 0, fmt.Errorf("%w: no valid meta page", ErrDamaged)
	}
	page := make([]byte, b.pageSize)
	if _, err := file.ReadAt(page, int64(m.root)*int64(b.pageSize)); err != nil {
		return 0, err
	}
	return crc32.Checksum(page, castagnoli), nil
}

// belongsTo reports whether the file is one that went through the state.
func (b *base) belongsTo(file *os.File) (bool, error) {
	info, err := file.Stat()
	if err != nil {
		return false, err
	}
	m, ok := b.meta()
	if !ok {
		return false, nil
	}
	if need := m.fileSize(); info.Size() < need {
		return false, fmt.Errorf("%w: the file has %d of at least %d bytes", ErrDamaged, info.Size(), need)
	}
	sum, err := b.sumRoot(file)
	return sum == b.rootSum, err
}

// writeTo puts the file back into the state, durably.
func (b *base) writeTo(file *os.File) error {
	for i := range b.metas {
		if _, err := file.WriteAt(b.metas[i][:], int64(i)*int64(b.pageSize)); err != nil {
			return err
		}
	}
	return file.Sync()
}

func (b *base) header(h heading) []byte {
	x := []byte(h.magic)
	x = binary.LittleEndian.AppendUint64(x, h.generation)
	x = binary.LittleEndian.AppendUint64(x, h.first)
	if h.magic != magicBefore {
		x = binary.LittleEndian.AppendUint64(x, h.salt)
	}
	x = binary.LittleEndian.AppendUint32(x, b.pageSize)
	x = binary.LittleEndian.AppendUint32(x, b.rootSum)
	for _, m := range b.metas {
		x = append(x, m[:]...)
	}
	return binary.LittleEndian.AppendUint32(x, crc32.Checksum(x, castagnoli))
}

// written is what a file of the redo log holds.
type written struct {
	path string
	heading
	base  base
	bytes []byte // all of the file
}

// looksLikeSegment reports whether the file is a segment that is in use, or was
// before its header was damaged.
func looksLikeSegment(b []byte) bool {
	return bytes.HasPrefix(b, []byte(segmentMagic)) || bytes.HasPrefix(b, []byte(magicBefore))
}

// parseSegment returns false when the file holds no segment that is in use.
func parseSegment(b []byte) (w written, ok bool) {
	if len(b) < segmentHeader || !looksLikeSegment(b) {
		return w, false
	}
	w.bytes, w.magic = b, string(b[:len(segmentMagic)])
	n := len(w.base.header(w.heading))
	if binary.LittleEndian.Uint32(b[n-4:]) != crc32.Checksum(b[:n-4], castagnoli) {
		return w, false
	}
	w.generation, w.first = binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b[16:])
	rest := b[24:]
	if w.magic != magicBefore {
		w.salt, rest = binary.LittleEndian.Uint64(rest), rest[8:]
	}
	w.base.pageSize, w.base.rootSum = binary.LittleEndian.Uint32(rest), binary.LittleEndian.Uint32(rest[4:])
	rest = rest[8:]
	for i := range w.base.metas {
		rest = rest[copy(w.base.metas[i][:], rest):]
	}
	return w, true
}

// isRetired reports whether the file is a segment of which retire has said that it
// is of no use any more.
func isRetired(b []byte) bool {
	if len(b) < len(segmentMagic) || !bytes.Equal(b[:len(segmentMagic)], make([]byte, len(segmentMagic))) {
		return false
	}
	for _, magic := range []string{segmentMagic, magicBefore} {
		if _, ok := parseSegment(append([]byte(magic), b[len(magic):]...)); ok {
			return true
		}
	}
	return false
}

// records gives the writes of each record to fn, in order, and returns the
// number that the next record would have. What a crash has cut short ends them,
// and so does a record that it has kept from the disk, whatever is there of those
// that waited for the same sync. A record that cannot be read though a later one
// says that it was durable is [ErrDamaged].
func (w *written) records(fn func(writes []byte) error) (next uint64, err error) {
	next = w.first
	at := int64(segmentHeader)
	for {
		r, ok := w.record(at, next)
		if !ok {
			break
		}
		if err := fn(r.writes); err != nil {
			return next, err
		}
		at += recordSize(len(r.writes))
		next++
	}
	for later := at + recordAlign; later+recordHeader <= int64(len(w.bytes)); later += recordAlign {
		number := binary.LittleEndian.Uint64(w.bytes[later+16:])
		if number <= next || number > next+uint64(len(w.bytes)/recordHeader) {
			continue // as most of what is no record
		}
		if r, ok := w.record(later, number); ok && r.durable >= next {
			return next, fmt.Errorf("%w: record %d of the redo log cannot be read, but record %d can", ErrDamaged, next, number)
		}
	}
	return next, nil
}

// record is one that can be read.
type record struct {
	durable uint64 // the newest record that was durable when this one was written
	writes  []byte
}

// record returns the record of that number at the offset, if there is one.
func (w *written) record(at int64, number uint64) (r record, ok bool) {
	if at+recordHeader > int64(len(w.bytes)) {
		return r, false
	}
	b := w.bytes[at:]
	n := int64(binary.LittleEndian.Uint32(b))
	if n == 0 || recordHeader+n > int64(len(b)) || binary.LittleEndian.Uint64(b[16:]) != number ||
		binary.LittleEndian.Uint32(b[4:]) != w.sum(b[8:recordHeader+n]) {
		return r, false
	}
	r = record{durable: binary.LittleEndian.Uint64(b[8:]), writes: b[recordHeader : recordHeader+n]}
	if w.magic == magicBefore {
		generation := r.durable
		r.durable = number - 1
		return r, generation == w.generation
	}
	return r, true
}
