package search

import (
	"strings"
	"sync"
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

// speller accepts the words that are a pattern with at most so many typos. It
// is an automaton over bytes, as dictionaries walk it; it makes a state when a
// walk first gets there, which costs far less than building all of them.
//
// States are numbered by their place in the list. State 0 leads nowhere, and
// state 1 accepts everything.
type speller struct {
	pattern []rune
	places  [utf8.RuneSelf]uint64 // where the pattern has each ASCII letter
	inside  uint64                // all places that there are
	end     uint64                // the place behind the pattern
	typos   int
	half    bool // a word that begins like the pattern will do
	states  []spelling
}

// spelling is what is known of the text read so far: for each number of typos
// the places of the pattern that it may have got to, as bits, and those from
// which the next letter may complete a swap with one typo more.
type spelling struct {
	at      [maxTypos + 1]uint64
	swap    [maxTypos]uint64
	pending [utf8.UTFMax - 1]byte // the bytes of a letter that is not complete
	n       uint8
}

const (
	deadState  = 0
	freeState  = 1
	startState = 2
)

// spellers keeps spellers with the memory of their states.
var spellers = sync.Pool{New: func() any { return new(speller) }}

// newSpeller returns a speller for the folded word; give it back with release.
func newSpeller(word string, typos int, half bool) *speller {
	p := spellers.Get().(*speller)
	p.pattern = p.pattern[:0]
	for _, r := range word {
		if r < utf8.RuneSelf {
			p.places[r] |= 1 << len(p.pattern)
		}
		p.pattern = append(p.pattern, r)
	}
	p.end = 1 << len(p.pattern)
	p.inside = p.end<<1 - 1
	p.typos, p.half = typos, half
	start := spelling{}
	for k := range typos + 1 {
		start.at[k] = 1<<(k+1) - 1 // up to k letters left out
	}
	p.states = append(p.states[:0], spelling{}, spelling{}, start)
	return p
}

func (p *speller) release() {
	for _, r := range p.pattern {
		if r < utf8.RuneSelf {
			p.places[r] = 0
		}
	}
	spellers.Put(p)
}

// The methods of Bleve's Automaton.

func (p *speller) Start() int                     { return startState }
func (p *speller) CanMatch(state int) bool        { return state != deadState }
func (p *speller) WillAlwaysMatch(state int) bool { return state == freeState }

func (p *speller) IsMatch(state int) bool {
	s := &p.states[state]
	return state == freeState || s.n == 0 && s.at[p.typos]&p.end != 0
}

func (p *speller) Accept(state int, b byte) int {
	if state <= freeState {
		return state
	}
	s := &p.states[state]
	if b < utf8.RuneSelf {
		return p.read(s, p.places[b])
	}
	var letter [utf8.UTFMax]byte
	n := copy(letter[:], s.pending[:s.n])
	letter[n] = b
	if !utf8.FullRune(letter[:n+1]) {
		next := *s
		next.n = uint8(copy(next.pending[:], letter[:n+1]))
		return p.add(&next)
	}
	r, _ := utf8.DecodeRune(letter[:n+1])
	return p.read(s, p.placesOf(r))
}

func (p *speller) placesOf(letter rune) uint64 {
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
func (p *speller) read(s *spelling, places uint64) int {
	var next spelling
	next.at[0] = s.at[0] & places << 1
	for k := range p.typos {
		fewer := s.at[k]
		next.at[k+1] = (s.at[k+1]&places<<1 | fewer | fewer<<1 | next.at[k]<<1 | s.swap[k]&places<<2) & p.inside
		next.swap[k] = fewer & (places >> 1)
	}
	return p.add(&next)
}

func (p *speller) add(s *spelling) int {
	switch {
	case s.at[p.typos] == 0 && s.swap[p.typos-1] == 0:
		return deadState
	case p.half && s.n == 0 && s.at[p.typos]&p.end != 0:
		return freeState
	}
	p.states = append(p.states, *s)
	return len(p.states) - 1
}
