package search

import (
	"github.com/RoaringBitmap/roaring/v2"
	lru "github.com/hashicorp/golang-lru/v2"
)

// misspelling is a word that may hold typos. Half means that a word which begins
// so will do.
type misspelling struct {
	word  string
	typos int
	half  bool
}

// typoCache remembers for which words of a segment a misspelling may stand.
// Going through all words for them is a dear step of a search; segments never
// change, and people ask for the same names again and again.
type typoCache struct {
	meant *lru.Cache[misspellingIn, []string]
}

type misspellingIn struct {
	segment uint64
	misspelling
}

const (
	// cachedMisspellings and cachedWords bound the cache: to some 10 MB, should
	// every misspelling stand for as many words of ten letters.
	cachedMisspellings = 4096
	cachedWords        = 64
)

func newTypoCache() *typoCache {
	meant, err := lru.New[misspellingIn, []string](cachedMisspellings)
	if err != nil {
		panic(err) // the size is not positive
	}
	return &typoCache{meant}
}

// spelledLike is the documents that have a word for which the misspelling may
// stand.
func (s *segment) spelledLike(m misspelling) *roaring.Bitmap {
	key := misspellingIn{s.part.Id(), m}
	words, known := s.typos.meant.Get(key)
	if !known {
		if words = s.meant(m); s.err != nil {
			return nil
		}
		if len(words) <= cachedWords {
			s.typos.meant.Add(key, words)
		}
	}
	if len(words) == 0 {
		return nil
	}
	found := roaring.New()
	for _, word := range words {
		if set := s.with(fieldSpelled, word); set != nil {
			found.Or(set)
		}
	}
	return found
}

// meant goes through the segment's words for those that the misspelling may
// stand for.
func (s *segment) meant(m misspelling) []string {
	list, err := s.words()
	if err != nil {
		s.fail(err)
		return nil
	}
	words, steps := list.meant(m)
	s.step(steps)
	return words
}
