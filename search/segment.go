package search

import (
	"errors"
	"fmt"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	segapi "github.com/blevesearch/scorch_segment_api/v2"
)

// snapshot is a volume at one moment. It stays readable, unchanged by later
// writes, until it is closed.
type snapshot struct {
	reader   *scorch.IndexSnapshot
	segments []*segment
	steps    int // taken so far, see [maxSteps]
}

// maxSteps bounds what one search may cost, whatever its text and the data:
// lookups of a term, terms met in a range, and words compared with a
// misspelling, each of which takes less than a microsecond or so. Ordinary searches take some
// hundreds to thousands.
const maxSteps = 500_000

// errTooDear says that a search has used up its steps.
var errTooDear = errors.New("search takes too many steps")

// snapshot opens a view of the volume.
func (v *volume) snapshot() (*snapshot, error) {
	advanced, err := v.index.Advanced()
	if err != nil {
		return nil, err
	}
	r, err := advanced.Reader()
	if err != nil {
		return nil, err
	}
	reader, ok := r.(*scorch.IndexSnapshot)
	if !ok {
		return nil, fmt.Errorf("search index %s is of an unknown kind", v.path)
	}
	s := &snapshot{reader: reader}
	for _, part := range reader.Segments() {
		s.segments = append(s.segments, &segment{part: part, orders: &v.orders, spelled: &v.spelled, typos: v.typos, steps: &s.steps})
	}
	return s, nil
}

// position is the sequence of the last change in the snapshot.
func (s *snapshot) position() (uint64, error) {
	return decodePosition(s.reader.Internal()[string(keyPosition)])
}

func (s *snapshot) close() error { return s.reader.Close() }

// segment is one part of an index, holding documents under numbers from 0. Its
// methods return sets of these numbers, nil for the empty one; sets that come
// from it must not be changed. An error sticks: everything after it is empty.
type segment struct {
	part    *scorch.SegmentSnapshot
	orders  *kept[order]
	spelled *kept[wordList]
	typos   *typoCache
	dicts   map[string]segapi.TermDictionary
	steps   *int // of the snapshot
	err     error

	iterator segapi.PostingsIterator // to be used again
}

func (s *segment) dictionary(field string) segapi.TermDictionary {
	if s.err != nil {
		return nil
	}
	if d, ok := s.dicts[field]; ok {
		return d
	}
	d, err := s.part.Segment().Dictionary(field)
	if err != nil {
		s.fail(err)
		return nil
	}
	if s.dicts == nil {
		s.dicts = make(map[string]segapi.TermDictionary, 6)
	}
	s.dicts[field] = d
	return d
}

// step counts steps.
func (s *segment) step(n int) {
	if *s.steps += n; *s.steps > maxSteps {
		s.fail(errTooDear)
	}
}

func (s *segment) fail(err error) {
	if s.err == nil {
		s.err = err
	}
}

// with is the documents that have the term.
func (s *segment) with(field, term string) *roaring.Bitmap {
	s.step(1)
	d := s.dictionary(field)
	if d == nil {
		return nil
	}
	list, err := d.PostingsList([]byte(term), nil, nil)
	if err != nil {
		s.fail(err)
		return nil
	}
	s.iterator = list.Iterator(false, false, false, s.iterator)
	it, ok := s.iterator.(segapi.OptimizablePostingsIterator)
	if !ok {
		s.fail(fmt.Errorf("search index has segments of an unknown kind"))
		return nil
	}
	if number, ok := it.DocNum1Hit(); ok {
		return roaring.BitmapOf(uint32(number))
	}
	return it.ActualBitmap()
}

// withStart is the documents that have a term which begins with the prefix.
func (s *segment) withStart(field, prefix string) *roaring.Bitmap {
	return s.withAny(field, []byte(prefix), prefixEnd(prefix))
}

// withAny is the documents that have a term from start up to before end.
func (s *segment) withAny(field string, start, end []byte) *roaring.Bitmap {
	d := s.dictionary(field)
	if d == nil {
		return nil
	}
	var found *roaring.Bitmap
	var list segapi.PostingsList
	terms := termsOnly(d, nil, start, end)
	for s.err == nil {
		s.step(1)
		entry, err := terms.Next()
		if err == nil && entry == nil {
			return found
		}
		if err == nil {
			list, err = d.PostingsList([]byte(entry.Term), nil, list)
		}
		if err != nil {
			s.fail(err)
			break
		}
		if found == nil {
			found = roaring.New()
		}
		list.(postings).OrInto(found)
	}
	return nil
}

// postings is what the segments' lists can do beyond the API's interface.
type postings interface{ OrInto(*roaring.Bitmap) }

// termsOnly iterates over terms without reading how many documents each has.
func termsOnly(d segapi.TermDictionary, accept segapi.Automaton, start, end []byte) segapi.DictionaryIterator {
	type termIterable interface {
		AutomatonIteratorOmitCount(a segapi.Automaton, start, end []byte) segapi.DictionaryIterator
	}
	if d, ok := d.(termIterable); ok {
		return d.AutomatonIteratorOmitCount(accept, start, end)
	}
	return d.AutomatonIterator(accept, start, end)
}

// prefixEnd is the first text behind all that begin with the prefix.
func prefixEnd(prefix string) []byte {
	end := []byte(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

// live takes the deleted documents out of a set.
func (s *segment) live(set *roaring.Bitmap) *roaring.Bitmap {
	if set == nil {
		return nil
	}
	if deleted := s.part.Deleted(); deleted != nil && !deleted.IsEmpty() {
		return roaring.AndNot(set, deleted)
	}
	return set
}

func union(a, b *roaring.Bitmap) *roaring.Bitmap {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	return roaring.Or(a, b)
}

func intersection(a, b *roaring.Bitmap) *roaring.Bitmap {
	if a == nil || b == nil {
		return nil
	}
	if c := roaring.And(a, b); !c.IsEmpty() {
		return c
	}
	return nil
}

func without(a, b *roaring.Bitmap) *roaring.Bitmap {
	if a == nil || b == nil {
		return a
	}
	return roaring.AndNot(a, b)
}
