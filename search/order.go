package search

import (
	"bytes"
	"container/heap"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"crms/store/crm"
)

// order is the sequence in which equally good customers of a segment are
// shown: the newest id first.
type order struct {
	ids    []crm.ID // by document number
	newest []uint32 // the document numbers, newest first
	rank   []uint32 // by document number, its place in newest
}

// order returns the segment's order.
func (s *segment) order() (*order, error) { return s.orders.get(s, readOrder) }

func readOrder(s *segment) (*order, error) {
	ids := make([]crm.ID, s.part.Segment().Count())
	for i := range ids {
		id, err := s.part.DocID(uint64(i))
		if err != nil {
			return nil, err
		}
		if len(id) != len(ids[i]) {
			return nil, fmt.Errorf("%w: document %d has no id", errTorn, i)
		}
		ids[i] = crm.ID(id)
	}
	return orderOf(ids), nil
}

// orderOf makes the order of documents that have the ids.
func orderOf(ids []crm.ID) *order {
	o := &order{ids: ids, newest: make([]uint32, len(ids)), rank: make([]uint32, len(ids))}
	for i := range o.newest {
		o.newest[i] = uint32(i)
	}
	slices.SortFunc(o.newest, func(a, b uint32) int { return newestFirst(ids[a], ids[b]) })
	for rank, doc := range o.newest {
		o.rank[doc] = uint32(rank)
	}
	return o
}

func compareIDs(a, b crm.ID) int  { return bytes.Compare(a[:], b[:]) }
func newestFirst(a, b crm.ID) int { return compareIDs(b, a) }

// walk goes through a set of a segment's documents, newest first.
type walk struct {
	*order
	set  *roaring.Bitmap // nil when docs is the set itself
	docs []uint32
	id   crm.ID // of the document it stands at
}

// lookupCost is how much longer it takes to look a document up in a set than to
// meet it on the way through the set.
const lookupCost = 4

// newWalk stands before the first document, and goes to the first so many. Of a
// small set these are picked out; a large one is met often enough on the way
// through the whole order.
func newWalk(o *order, set *roaring.Bitmap, first int) *walk {
	n := int(set.GetCardinality())
	if n*n/lookupCost > first*len(o.newest) {
		return &walk{order: o, set: set, docs: o.newest}
	}
	return &walk{order: o, docs: o.first(set, n, first)}
}

// first picks the newest so many documents out of a set of n.
func (o *order) first(set *roaring.Bitmap, n, most int) []uint32 {
	ranks := make([]uint32, 0, min(2*most, n+1)) // never full when all are kept
	beyond := uint32(len(o.newest))
	set.Iterate(func(doc uint32) bool {
		if rank := o.rank[doc]; rank < beyond {
			if ranks = append(ranks, rank); len(ranks) == cap(ranks) {
				slices.Sort(ranks)
				ranks, beyond = ranks[:most], ranks[most]
			}
		}
		return true
	})
	slices.Sort(ranks)
	docs := ranks[:min(most, len(ranks))]
	for i, rank := range docs {
		docs[i] = o.newest[rank]
	}
	return docs
}

// next moves to the next document; it is false behind the last.
func (w *walk) next() bool {
	for i, doc := range w.docs {
		if w.set == nil || w.set.Contains(doc) {
			w.id, w.docs = w.ids[doc], w.docs[i+1:]
			return true
		}
	}
	return false
}

// walks is a heap of walks, the one at the newest id on top.
type walks []*walk

func (h walks) Len() int           { return len(h) }
func (h walks) Less(i, j int) bool { return newestFirst(h[i].id, h[j].id) < 0 }
func (h walks) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *walks) Push(w any)        { *h = append(*h, w.(*walk)) }
func (h *walks) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

// newest appends the ids from offset up to offset+limit of all segments' sets
// together, in the order of their age.
func newest(ids []crm.ID, segments []*segment, sets []*roaring.Bitmap, offset, limit int) ([]crm.ID, error) {
	var h walks
	for i, set := range sets {
		if set == nil || set.IsEmpty() {
			continue
		}
		o, err := segments[i].order()
		if err != nil {
			return nil, err
		}
		if w := newWalk(o, set, offset+limit); w.next() {
			h = append(h, w)
		}
	}
	heap.Init(&h)
	for n := 0; len(h) > 0 && n < offset+limit; n++ {
		if n >= offset {
			ids = append(ids, h[0].id)
		}
		if h[0].next() {
			heap.Fix(&h, 0)
		} else {
			heap.Pop(&h)
		}
	}
	return ids, nil
}
