package kv

import (
	"bytes"
	"encoding/binary"
	"errors"
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
// would make bbolt panic, report, or touch memory outside of its map: pages that
// are not what their parents say, elements that reach beyond their page, keys
// out of order, circles.
//
// It has to be done before bbolt looks for free pages or checks the file: both
// happen in goroutines of bbolt's own, where a panic ends the process.
func provePages(file io.ReaderAt, m meta) error {
	t := pageTree{file, m, make([]bool, m.pages)}
	return t.prove(m.root, nil, nil)
}

// prove proves the page and what is below it, whose keys must lie from first up
// to, and without, end; nil means no bound.
func (t *pageTree) prove(id uint64, first, end []byte) error {
	page, err := t.read(id)
	if err != nil {
		return err
	}
	elements, err := elementsOf(page)
	if err != nil {
		return fmt.Errorf("page %d %w: %w", id, ErrDamaged, err)
	}
	for i, e := range elements {
		if order := bytes.Compare(first, e.key); order > 0 || order == 0 && i > 0 || end != nil && bytes.Compare(e.key, end) >= 0 {
			return fmt.Errorf("page %d %w: key %d is out of order", id, ErrDamaged, i)
		}
		first = e.key
		if e.child == 0 {
			continue
		}
		low, high := e.key, end
		switch {
		case e.isBucket:
			low, high = nil, nil
		case i+1 < len(elements):
			high = elements[i+1].key
		}
		if err := t.prove(e.child, low, high); err != nil {
			return err
		}
	}
	return nil
}

// read returns a page with the pages that it goes on for.
func (t *pageTree) read(id uint64) ([]byte, error) {
	if id < 2 || id >= t.meta.pages {
		return nil, fmt.Errorf("page %d %w: it is outside of the file", id, ErrDamaged)
	}
	size := uint64(t.meta.pageSize)
	page := make([]byte, size)
	if _, err := t.file.ReadAt(page, int64(id*size)); err != nil {
		return nil, fmt.Errorf("cannot read page %d: %w", id, err)
	}
	if self := binary.LittleEndian.Uint64(page); self != id {
		return nil, fmt.Errorf("page %d %w: it says that it is page %d", id, ErrDamaged, self)
	}
	end := id + 1 + uint64(binary.LittleEndian.Uint32(page[12:]))
	if end > t.meta.pages {
		return nil, fmt.Errorf("page %d %w: it goes on beyond the file", id, ErrDamaged)
	}
	for i := id; i < end; i++ {
		if t.seen[i] {
			return nil, fmt.Errorf("page %d %w: it is used twice", i, ErrDamaged)
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

// element is an element of a branch or leaf page.
type element struct {
	key      []byte
	child    uint64 // the page below a branch element, or the root of a bucket; 0 when there is none
	isBucket bool
}

var (
	errPageType = errors.New("it is of no known type")
	errElement  = errors.New("an element reaches beyond it")
)

func elementsOf(page []byte) ([]element, error) {
	var parse func([]byte) (element, bool)
	switch binary.LittleEndian.Uint16(page[8:]) {
	case branchPage:
		parse = branchElement
	case leafPage:
		parse = leafElement
	default:
		return nil, errPageType
	}
	count := int(binary.LittleEndian.Uint16(page[10:]))
	if pageHeaderSize+count*elementSize > len(page) {
		return nil, errElement
	}
	elements := make([]element, count)
	for i := range elements {
		e, ok := parse(page[pageHeaderSize+i*elementSize:])
		if !ok {
			return nil, errElement
		}
		elements[i] = e
	}
	return elements, nil
}

// branchElement reads an element at the beginning of what is left of its page.
func branchElement(b []byte) (element, bool) {
	pos, size := uint64(binary.LittleEndian.Uint32(b)), uint64(binary.LittleEndian.Uint32(b[4:]))
	if pos+size > uint64(len(b)) {
		return element{}, false
	}
	e := element{key: b[pos : pos+size], child: binary.LittleEndian.Uint64(b[8:])}
	return e, e.child != 0
}

// leafElement is to leaf pages what branchElement is to branch pages.
func leafElement(b []byte) (element, bool) {
	flags, pos := binary.LittleEndian.Uint32(b), uint64(binary.LittleEndian.Uint32(b[4:]))
	value := pos + uint64(binary.LittleEndian.Uint32(b[8:]))
	end := value + uint64(binary.LittleEndian.Uint32(b[12:]))
	if end > uint64(len(b)) {
		return element{}, false
	}
	e := element{key: b[pos:value], isBucket: flags&bucketElement != 0}
	if e.isBucket {
		if end-value < bucketSize {
			return element{}, false
		}
		e.child = binary.LittleEndian.Uint64(b[value:])
	}
	return e, true
}
