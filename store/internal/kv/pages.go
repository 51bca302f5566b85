package kv

import (
	"encoding/binary"
	"fmt"
	"io"
)

// The layout of bbolt's pages, stable since version 2. A page begins with its
// id (8 bytes), flags (2), the count of its elements (2), and how many pages it
// goes on for (4). The elements follow, 16 bytes each: a branch element holds
// the position and size of its key (4 and 4) and a page id (8), a leaf element
// its flags, position, key size and value size (4 each). Positions count from
// the element. A bucket's value begins with the id of its root page, or 0 when
// it is small enough to be kept in the value.
const (
	pageHeaderSize = 16
	elementSize    = 16
	branchPage     = 0x01
	leafPage       = 0x02
	bucketElement  = 0x01
	bucketSize     = 16
)

// pageTree walks the pages that are reachable from a root.
type pageTree struct {
	file io.ReaderAt
	meta meta
	seen []bool // by page id
}

// provePages makes sure that bbolt can walk the file's pages. It finds whatever
// would make bbolt panic or touch memory outside of its map: pages that are not
// what their parents say, elements that reach beyond their page, circles.
//
// It has to be done before bbolt looks for free pages or checks the file: both
// happen in goroutines of bbolt's own, where a panic ends the process.
func provePages(file io.ReaderAt, m meta) error {
	t := pageTree{file, m, make([]bool, m.pages)}
	return t.prove(m.root)
}

func (t *pageTree) prove(id uint64) error {
	page, err := t.read(id)
	if err != nil {
		return err
	}
	flags, count := binary.LittleEndian.Uint16(page[8:]), int(binary.LittleEndian.Uint16(page[10:]))
	if pageHeaderSize+count*elementSize > len(page) {
		return fmt.Errorf("%w: page %d has no room for %d elements", ErrDamaged, id, count)
	}
	var child func(page []byte, at int) (root uint64, ok bool)
	switch flags {
	case branchPage:
		child = branchChild
	case leafPage:
		child = leafChild
	default:
		return fmt.Errorf("%w: page %d is of no known type", ErrDamaged, id)
	}
	for i := range count {
		root, ok := child(page, pageHeaderSize+i*elementSize)
		if !ok {
			return fmt.Errorf("%w: element %d of page %d reaches beyond it", ErrDamaged, i, id)
		}
		if root == 0 {
			continue
		}
		if err := t.prove(root); err != nil {
			return err
		}
	}
	return nil
}

// read returns a page with the pages that it goes on for.
func (t *pageTree) read(id uint64) ([]byte, error) {
	if id < 2 || id >= t.meta.pages {
		return nil, fmt.Errorf("%w: page %d is outside of the file", ErrDamaged, id)
	}
	size := uint64(t.meta.pageSize)
	page := make([]byte, size)
	if _, err := t.file.ReadAt(page, int64(id*size)); err != nil {
		return nil, fmt.Errorf("cannot read page %d: %w", id, err)
	}
	if self := binary.LittleEndian.Uint64(page); self != id {
		return nil, fmt.Errorf("%w: page %d says that it is page %d", ErrDamaged, id, self)
	}
	end := id + 1 + uint64(binary.LittleEndian.Uint32(page[12:]))
	if end > t.meta.pages {
		return nil, fmt.Errorf("%w: page %d goes on beyond the file", ErrDamaged, id)
	}
	for i := id; i < end; i++ {
		if t.seen[i] {
			return nil, fmt.Errorf("%w: page %d is used twice", ErrDamaged, i)
		}
		t.seen[i] = true
	}
	if end == id+1 {
		return page, nil
	}
	page = make([]byte, (end-id)*size)
	_, err := t.file.ReadAt(page, int64(id*size))
	return page, err
}

// branchChild returns the page below a branch element.
func branchChild(page []byte, at int) (root uint64, ok bool) {
	e := page[at:]
	pos, key := binary.LittleEndian.Uint32(e), binary.LittleEndian.Uint32(e[4:])
	root = binary.LittleEndian.Uint64(e[8:])
	// A branch without a page below it would be taken for a leaf element.
	return root, root != 0 && uint64(pos)+uint64(key) <= uint64(len(e))
}

// leafChild returns the root page of the bucket that a leaf element holds, 0
// when it holds none.
func leafChild(page []byte, at int) (root uint64, ok bool) {
	e := page[at:]
	flags, pos := binary.LittleEndian.Uint32(e), binary.LittleEndian.Uint32(e[4:])
	key, value := binary.LittleEndian.Uint32(e[8:]), binary.LittleEndian.Uint32(e[12:])
	start := uint64(pos) + uint64(key)
	if start+uint64(value) > uint64(len(e)) {
		return 0, false
	}
	if flags&bucketElement == 0 {
		return 0, true
	}
	if value < bucketSize {
		return 0, false
	}
	return binary.LittleEndian.Uint64(e[start:]), true
}
