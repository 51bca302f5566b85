package kv

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// The layout of a meta page: a page header, then these fields, little-endian on
// every machine that crms runs on.
const (
	metaSize   = 64
	metaMagic  = 0xED0CDAED
	noFreelist = ^uint64(0)
)

// metaPage is the part of a meta page that is used.
type metaPage [pageHeaderSize + metaSize]byte

// meta is what a meta page says about the file.
type meta struct {
	pageSize                    uint32
	root, freelist, pages, txid uint64
}

// freelistSynced reports whether the file holds the list of its free pages.
func (m meta) freelistSynced() bool { return m.freelist != noFreelist }

// fileSize is the length in bytes that the file has at least.
func (m meta) fileSize() int64 { return int64(m.pages) * int64(m.pageSize) }

// readMetas returns the newest valid meta page, after comparing the file with
// what it says of it.
func readMetas(path string) (meta, error) {
	f, err := os.Open(path)
	if err != nil {
		return meta{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return meta{}, err
	}
	if info.Size() == 0 {
		return meta{}, fmt.Errorf("%w: the file is empty", ErrDamaged)
	}
	var newest meta
	found := false
	for _, at := range metaOffsets(f) {
		if m, ok := readMeta(f, at); ok && (!found || m.txid > newest.txid) {
			newest, found = m, true
		}
	}
	if !found {
		return meta{}, fmt.Errorf("%w: not a crms database", ErrDamaged)
	}
	if need := newest.fileSize(); info.Size() < need {
		return meta{}, fmt.Errorf("%w: the file has %d of at least %d bytes", ErrDamaged, info.Size(), need)
	}
	return newest, nil
}

// metaOffsets says where the two meta pages may be: the second one stands a
// page behind the first, which tells the page size unless it is damaged.
func metaOffsets(f io.ReaderAt) []int64 {
	if m, ok := readMeta(f, 0); ok {
		return []int64{0, int64(m.pageSize)}
	}
	return []int64{int64(os.Getpagesize()), 4 << 10, 8 << 10, 16 << 10, 64 << 10}
}

func readMeta(f io.ReaderAt, at int64) (meta, bool) {
	var page metaPage
	if _, err := f.ReadAt(page[:], at); err != nil {
		return meta{}, false
	}
	return page.parse()
}

// parse returns what the page says, and false when it is not a valid meta page.
func (p *metaPage) parse() (meta, bool) {
	b := p[pageHeaderSize:]
	if binary.LittleEndian.Uint32(b) != metaMagic || binary.LittleEndian.Uint64(b[56:]) != checksum(b[:56]) {
		return meta{}, false
	}
	return meta{
		pageSize: binary.LittleEndian.Uint32(b[8:]),
		root:     binary.LittleEndian.Uint64(b[16:]),
		freelist: binary.LittleEndian.Uint64(b[32:]),
		pages:    binary.LittleEndian.Uint64(b[40:]),
		txid:     binary.LittleEndian.Uint64(b[48:]),
	}, true
}

// checksum is that of a meta page's fields.
func checksum(fields []byte) uint64 {
	h := fnv.New64a()
	h.Write(fields)
	return h.Sum64()
}
