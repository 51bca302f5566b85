package search

import (
	"github.com/RoaringBitmap/roaring/v2"

	"crms/store/crm"
)

// tier is a class of equally good answers. Better ones come first, and within
// a tier the newest customers do.
type tier int

const (
	sameKey   tier = iota // the id, email or number is the whole text
	sameName              // the name is the whole text
	allWhole              // every word is met whole
	allPrefix             // or by a beginning
	allInside             // or inside
	allNear               // or with a typo in one
	allFar                // or with typos in any
	numTiers
)

// enough is how many customers are found before typos are forgiven: a page's
// worth leaves no room for guesses.
const enough = 20

// findings are the documents of each tier by segment. No document is in two.
type findings [numTiers][]*roaring.Bitmap

// find returns the ids from offset up to offset+limit of all who meet the
// request, best first, and how many they are.
func (s *snapshot) find(r request, offset, limit int) (ids []crm.ID, total int, err error) {
	found, err := s.findings(r)
	if err != nil {
		return nil, 0, err
	}
	for _, sets := range found {
		n := cardinality(sets)
		if from := max(0, offset-total); from < n && len(ids) < limit {
			ids, err = newest(ids, s.segments, sets, from, limit-len(ids))
			if err != nil {
				return nil, 0, err
			}
		}
		total += n
	}
	return ids, total, nil
}

// findings looks for exact spellings first. Whether typos are forgiven depends
// on the index and the request alone, so that all pages agree.
func (s *snapshot) findings(r request) (findings, error) {
	var f findings
	for t := range f {
		f[t] = make([]*roaring.Bitmap, len(s.segments))
	}
	f.addSpelled(s, r)
	spelled := f.count()
	if spelled < enough && cardinality(f[sameKey]) == 0 {
		f.addLike(s, r, allNear, oneTypo)
	}
	// Where nobody is spelled so, a stranger within one edit must not hide whom
	// two edits would find.
	if spelled == 0 && f.count() < enough {
		f.addLike(s, r, allFar, allTypos)
	}
	return f, s.err()
}

func (f *findings) addSpelled(s *snapshot, r request) {
	for i, seg := range s.segments {
		for t, set := range seg.exact(r) {
			f[t][i] = set
		}
		for l, set := range r.criteria.in(seg) {
			f[allWhole+tier(l)][i] = set
		}
		f.separate(seg, i)
	}
}

func (f *findings) addLike(s *snapshot, r request, t tier, p patience) {
	for i, seg := range s.segments {
		f[t][i] = r.criteria.like(seg, p)
		f.separate(seg, i)
	}
}

func cardinality(sets []*roaring.Bitmap) int {
	n := 0
	for _, set := range sets {
		if set != nil {
			n += int(set.GetCardinality())
		}
	}
	return n
}

func (f *findings) count() int {
	n := 0
	for _, sets := range f {
		n += cardinality(sets)
	}
	return n
}

// exact finds whom the whole text names: by key and by name.
func (s *segment) exact(r request) (found [allWhole]*roaring.Bitmap) {
	if !r.id.IsZero() {
		found[sameKey] = s.with(fieldID, documentID(r.id))
	}
	for _, key := range r.keys {
		found[sameKey] = union(found[sameKey], s.with(fieldKey, key))
	}
	for _, name := range r.names {
		found[sameName] = union(found[sameName], s.with(fieldFull, name))
	}
	return found
}

// separate leaves the segment's live documents in the best tier that they are
// in, and takes them out of all others.
func (f *findings) separate(s *segment, i int) {
	var better *roaring.Bitmap
	for t := range f {
		set := without(s.live(f[t][i]), better)
		f[t][i] = set
		better = union(better, set)
	}
}
