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
	return 2
}

// speller accepts the words that are a pattern with at most so many typos. It
// is an automaton over bytes, as dictionaries walk it; it makes a state when a
// walk first gets there, which costs far less than building all of them.
//
// States are numbered by their place in the list. State 0 leads nowhere, and
// state 1 accepts everything.
type speller struct {
	pattern []rune
	typos   int
	half    bool // a word that begins like the pattern will do
	states  []spelling
}

// spelling is what is known of the text read so far: for each number of typos
// the places of the pattern that it may have got to, as bits, and those it
// gets to when the next letter completes a swap.
type spelling struct {
	at      [3]uint64
	swap    [3]uint64
	pending [utf8.UTFMax]byte // bytes of a letter that is not complete
	n       uint8
}

const (
	deadState  = 0
	freeState  = 1
	startState = 2
)

var spellers = sync.Pool{New: func() any { return new(speller) }}

// newSpeller returns a speller for the word; give it back with release.
func newSpeller(word string, typos int, half bool) *speller {
	p := spellers.Get().(*speller)
	p.pattern = append(p.pattern[:0], []rune(word)...)
	p.typos, p.half = typos, half
	start := spelling{}
	for k := range typos + 1 {
		start.at[k] = 1<<(k+1) - 1 // up to k letters left out
	}
	p.states = append(p.states[:0], spelling{}, spelling{}, start)
	return p
}

func (p *speller) release() { spellers.Put(p) }

// The methods of Bleve's Automaton.

func (p *speller) Start() int                     { return startState }
func (p *speller) CanMatch(state int) bool        { return state != deadState }
func (p *speller) WillAlwaysMatch(state int) bool { return state == freeState }

func (p *speller) IsMatch(state int) bool {
	s := &p.states[state]
	return state == freeState || s.n == 0 && p.complete(s)
}

func (p *speller) complete(s *spelling) bool {
	return s.at[p.typos]&(1<<len(p.pattern)) != 0
}

func (p *speller) Accept(state int, b byte) int {
	if state <= freeState {
		return state
	}
	next := p.states[state]
	if next.n == 0 && b < utf8.RuneSelf {
		return p.add(p.read(next, rune(b)))
	}
	next.pending[next.n] = b
	next.n++
	if pending := next.pending[:next.n]; utf8.FullRune(pending) {
		r, _ := utf8.DecodeRune(pending)
		next.pending, next.n = [utf8.UTFMax]byte{}, 0
		next = p.read(next, r)
	}
	return p.add(next)
}

func (p *speller) add(s spelling) int {
	switch {
	case s.at[p.typos]|s.swap[p.typos] == 0:
		return deadState
	case p.half && s.n == 0 && p.complete(&s):
		return freeState
	}
	p.states = append(p.states, s)
	return len(p.states) - 1
}

// read moves on by one letter of the text: in each place, it may be the
// pattern's letter, one that is too many, another than the pattern's, or the
// second of a swap; and letters of the pattern may be left out behind it.
func (p *speller) read(s spelling, letter rune) spelling {
	var same uint64 // the places whose letter it is
	for i, r := range p.pattern {
		if r == letter {
			same |= 1 << i
		}
	}
	var next spelling
	next.at[0] = s.at[0] & same << 1
	for k := 1; k <= p.typos; k++ {
		fewer := s.at[k-1]
		next.at[k] = s.at[k]&same<<1 | fewer | fewer<<1 | next.at[k-1]<<1 | s.swap[k]&same<<2
		next.swap[k] = fewer & (same >> 1)
	}
	inside := uint64(1)<<(len(p.pattern)+1) - 1
	for k := range next.at {
		next.at[k] &= inside
	}
	return next
}
