package kv

import (
	"bytes"
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
//	  magic (8), generation (8), number of the first record (8), page size (4),
//	  CRC-32C of the root page (4), the two meta pages (80 each), CRC-32C (4)
//	records, from segmentHeader on, each at a multiple of 8:
//	  length of the writes (4), CRC-32C of what follows (4), generation (8),
//	  number (8), writes
//
// all little-endian. The numbers of the records have no gaps, from one segment
// to the next. A record of another generation, left from when the file was used
// before, ends the segment as zeros do.
const (
	segmentMagic  = "crmslog1"
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
	file       *os.File
	generation uint64
	tail       int64 // where the next record goes
	zeroed     int64 // the end of what has been written to the file
}

// createSegment makes an empty segment with room for its header.
func createSegment(path string) (*segment, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	s := &segment{file: f}
	if err := s.reserve(segmentHeader); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return s, nil
}

// begin makes the segment that of a generation, which follows the base and
// whose first record has the number, durably.
func (s *segment) begin(generation, first uint64, b base) error {
	if _, err := s.file.WriteAt(b.header(generation, first), 0); err != nil {
		return err
	}
	s.generation, s.tail = generation, segmentHeader
	return s.sync()
}

// hasRoom reports whether the largest record fits.
func (s *segment) hasRoom() bool { return s.tail+maxRedo+recordHeader+recordAlign <= segmentBytes }

// reserve makes sure that the disk has room for the next bytes.
func (s *segment) reserve(n int) error {
	for s.zeroed < s.tail+int64(n) {
		if _, err := s.file.WriteAt(make([]byte, zeroedAhead), s.zeroed); err != nil {
			return err
		}
		s.zeroed += zeroedAhead
	}
	return nil
}

// append writes the record, for whose header there is room at its beginning. The
// next sync makes it durable. Room must have been reserved.
func (s *segment) append(number uint64, record []byte) error {
	binary.LittleEndian.PutUint32(record, uint32(len(record)-recordHeader))
	binary.LittleEndian.PutUint64(record[8:], s.generation)
	binary.LittleEndian.PutUint64(record[16:], number)
	binary.LittleEndian.PutUint32(record[4:], crc32.Checksum(record[8:], castagnoli))
	if _, err := s.file.WriteAt(record, s.tail); err != nil {
		return err
	}
	s.tail += recordSize(len(record) - recordHeader)
	return nil
}

// recordSize is the space that a record with n bytes of writes takes.
func recordSize(n int) int64 { return int64((recordHeader + n + recordAlign - 1) &^ (recordAlign - 1)) }

// truncate takes back what was written from the offset on, durably.
func (s *segment) truncate(tail int64) error {
	if _, err := s.file.WriteAt(make([]byte, recordHeader), tail); err != nil {
		return err
	}
	s.tail = tail
	return s.sync()
}

// retire says, durably, that the segment is of no use any more.
func (s *segment) retire() error {
	if _, err := s.file.WriteAt(make([]byte, len(segmentMagic)), 0); err != nil {
		return err
	}
	return s.sync()
}

func (s *segment) sync() error { return syncData(s.file) }

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

func (b *base) header(generation, first uint64) []byte {
	h := []byte(segmentMagic)
	h = binary.LittleEndian.AppendUint64(h, generation)
	h = binary.LittleEndian.AppendUint64(h, first)
	h = binary.LittleEndian.AppendUint32(h, b.pageSize)
	h = binary.LittleEndian.AppendUint32(h, b.rootSum)
	for _, m := range b.metas {
		h = append(h, m[:]...)
	}
	return binary.LittleEndian.AppendUint32(h, crc32.Checksum(h, castagnoli))
}

// written is what a file of the redo log holds.
type written struct {
	path              string
	generation, first uint64
	base              base
	bytes             []byte // all of the file
}

// parseSegment returns false when the file holds no segment that is in use.
func parseSegment(b []byte) (w written, ok bool) {
	var empty base
	n := len(empty.header(0, 0))
	if len(b) < segmentHeader || !bytes.HasPrefix(b, []byte(segmentMagic)) ||
		binary.LittleEndian.Uint32(b[n-4:]) != crc32.Checksum(b[:n-4], castagnoli) {
		return w, false
	}
	w = written{generation: binary.LittleEndian.Uint64(b[8:]), first: binary.LittleEndian.Uint64(b[16:]), bytes: b}
	w.base.pageSize = binary.LittleEndian.Uint32(b[24:])
	w.base.rootSum = binary.LittleEndian.Uint32(b[28:])
	for i, rest := 0, b[32:]; i < len(w.base.metas); i++ {
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
	_, ok := parseSegment(append([]byte(segmentMagic), b[len(segmentMagic):]...))
	return ok
}

// records gives the writes of each record to fn, in order, and returns the
// number that the next record would have. What a crash has cut short ends them;
// a record that cannot be read before others that can is [ErrDamaged].
func (w *written) records(fn func(writes []byte) error) (next uint64, err error) {
	next = w.first
	at := int64(segmentHeader)
	for {
		writes, ok := w.record(at, next)
		if !ok {
			break
		}
		if err := fn(writes); err != nil {
			return next, err
		}
		at += recordSize(len(writes))
		next++
	}
	for later := at + recordAlign; later+recordHeader <= int64(len(w.bytes)); later += recordAlign {
		number := binary.LittleEndian.Uint64(w.bytes[later+16:])
		if number <= next || binary.LittleEndian.Uint64(w.bytes[later+8:]) != w.generation {
			continue
		}
		if _, ok := w.record(later, number); ok {
			return next, fmt.Errorf("%w: record %d of the redo log cannot be read, but record %d can", ErrDamaged, next, number)
		}
	}
	return next, nil
}

// record returns the writes of the record of that number at the offset, if there
// is one.
func (w *written) record(at int64, number uint64) (writes []byte, ok bool) {
	if at+recordHeader > int64(len(w.bytes)) {
		return nil, false
	}
	r := w.bytes[at:]
	n := int64(binary.LittleEndian.Uint32(r))
	if n == 0 || recordHeader+n > int64(len(r)) ||
		binary.LittleEndian.Uint64(r[8:]) != w.generation || binary.LittleEndian.Uint64(r[16:]) != number ||
		binary.LittleEndian.Uint32(r[4:]) != crc32.Checksum(r[8:recordHeader+n], castagnoli) {
		return nil, false
	}
	return r[recordHeader : recordHeader+n], true
}
