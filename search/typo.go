package search

import (
	"strings"
	"unicode/utf8"
)

// Words of so many letters may hold one typo, or two. A typo is a letter too
// many, too few, another one, or two neighbours swapped.
const (
	lettersForOneTypo  = 4
	lettersForTwoTypos = 8
	maxTypos           = 2
	// longestTypo bounds the words for which typos are forgiven, so that a
	// position fits a bit.
	longestTypo = 40
)

// typosIn is how many typos the folded word may hold. Digits are never
// forgiven: they are not misspelled but others.
func typosIn(word string) int {
	n := utf8.RuneCountInString(word)
	switch {
	case n < lettersForOneTypo || n > longestTypo || strings.ContainsAny(word, "0123456789"):
		return 0
	case n < lettersForTwoTypos:
		return 1
	}
	return maxTypos
}

// speller accepts the words that are a pattern with at most so many typos.
type speller struct {
	pattern []rune
	places  [utf8.RuneSelf]uint64 // where the pattern has each ASCII letter, as bits
	inside  uint64                // all places that there are
	end     uint64                // the place behind the pattern
	typos   int
	half    bool // a word that begins like the pattern will do
}

// spelling is what is known of the text read so far: for each number of typos
// the places of the pattern that it may have got to, as bits, and those from
// which the next letter may complete a swap with one typo more.
type spelling struct {
	at   [maxTypos + 1]uint64
	swap [maxTypos]uint64
}

func newSpeller(m misspelling) speller {
	p := speller{pattern: []rune(m.word), typos: m.typos, half: m.half}
	for i, r := range p.pattern {
		if r < utf8.RuneSelf {
			p.places[r] |= 1 << i
		}
	}
	p.end = 1 << len(p.pattern)
	p.inside = p.end<<1 - 1
	return p
}

func (p *speller) accepts(text string) bool {
	var s spelling
	for k := range p.typos + 1 {
		s.at[k] = 1<<(k+1) - 1 // up to k letters left out
	}
	for _, letter := range text {
		p.read(&s, p.placesOf(letter))
		switch {
		case p.half && s.at[p.typos]&p.end != 0:
			return true
		case s.at[p.typos] == 0 && s.swap[p.typos-1] == 0:
			return false
		}
	}
	return s.at[p.typos]&p.end != 0
}

func (p *speller) placesOf(letter rune) uint64 {
	if letter < utf8.RuneSelf {
		return p.places[letter]
	}
	var places uint64
	for i, r := range p.pattern {
		if r == letter {
			places |= 1 << i
		}
	}
	return places
}

// read moves on by one letter of the text, which the pattern has in the given
// places: it may be the pattern's letter, one that is too many, another than
// the pattern's, or the second of a swap; and letters of the pattern may be
// left out behind it.
func (p *speller) read(s *spelling, places uint64) {
	fewer := s.at[0] // as it was before the letter, with one typo less
	s.at[0] = fewer & places << 1
	for k := range p.typos {
		same := s.at[k+1]
		s.at[k+1] = (same&places<<1 | fewer | fewer<<1 | s.at[k]<<1 | s.swap[k]&places<<2) & p.inside
		s.swap[k] = fewer & (places >> 1)
		fewer = same
	}
}
