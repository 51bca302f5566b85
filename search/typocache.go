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
// Going through a dictionary for them is the dearest step of a search; segments
// never change, and people ask for the same names again and again.
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
	var found *roaring.Bitmap
	for _, word := range words {
		found = union(found, s.with(fieldSpelled, word))
	}
	return found
}

// meant goes through the segment's dictionary for the words that the misspelling
// may stand for.
func (s *segment) meant(m misspelling) (words []string) {
	d := s.dictionary(fieldSpelled)
	if d == nil {
		return nil
	}
	p := newSpeller(m.word, m.typos, m.half)
	defer p.release()
	for terms := termsOnly(d, p, nil, nil); s.err == nil; {
		s.step(1)
		entry, err := terms.Next()
		switch {
		case err != nil:
			s.fail(err)
		case entry == nil:
			s.step(len(p.states))
			return words
		default:
			words = append(words, entry.Term)
		}
	}
	return nil
}
