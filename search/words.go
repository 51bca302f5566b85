package search

import (
	"math/bits"
	"slices"
	"strings"
	"unicode/utf8"
)

// wordList is the words of a segment that may be misspelled, in memory, the
// shortest first. A segment has few: a tenth as many as customers, or fewer.
// To find those that a misspelling may stand for, its letters are compared with
// those of each word of about its length, which takes a nanosecond or two; the
// few words that pass are read letter by letter.
type wordList struct {
	text    string                // all words, one behind the other
	begins  []uint32              // where each begins in text, and the end of the last
	letters []letters             // of each
	longer  [lengthsApart + 1]int // by length in letters, which word is the first of those that have as many or more
}

// lengthsApart is the number of lengths that are told apart; words that are
// longer count as of the last, which no whole word with typos has.
const lengthsApart = longestTypo + maxTypos + 2

// wordsInAStep is how many words are passed by in the time of a step, see
// [maxSteps].
const wordsInAStep = 256

// letters says which letters a word has, and which of them twice or more. All
// letters fall into 32 classes, a to z into one each.
type letters uint64

func lettersOf(word string) letters {
	var once, twice uint32
	for _, r := range word {
		class := uint32(1) << (r % 32)
		twice |= once & class
		once |= class
	}
	return letters(twice)<<32 | letters(once)
}

// without counts the letters that the other word has not, or not twice. A typo
// changes that by one at most.
func (l letters) without(other letters) int { return bits.OnesCount64(uint64(l &^ other)) }

// words returns the segment's list.
func (s *segment) words() (*wordList, error) { return s.spelled.get(s, readWords) }

func readWords(s *segment) (*wordList, error) {
	d := s.dictionary(fieldSpelled)
	if d == nil {
		return newWordList(nil), s.err
	}
	var words []string
	for terms := termsOnly(d, nil, nil, nil); ; {
		entry, err := terms.Next()
		switch {
		case err != nil:
			return nil, err
		case entry == nil:
			return newWordList(words), nil
		}
		words = append(words, entry.Term)
	}
}

func newWordList(words []string) *wordList {
	slices.SortStableFunc(words, func(a, b string) int { return lengthOf(a) - lengthOf(b) })
	l := &wordList{
		text:    strings.Join(words, ""),
		begins:  make([]uint32, 1, len(words)+1),
		letters: make([]letters, 0, len(words)),
	}
	end := 0
	for _, word := range words {
		end += len(word)
		l.begins = append(l.begins, uint32(end))
		l.letters = append(l.letters, lettersOf(word))
		l.longer[lengthOf(word)+1]++
	}
	for n := range lengthsApart {
		l.longer[n+1] += l.longer[n]
	}
	return l
}

// lengthOf is the word's length in letters, as far as lengths are told apart.
func lengthOf(word string) int { return min(utf8.RuneCountInString(word), lengthsApart-1) }

func (l *wordList) word(i int) string { return l.text[l.begins[i]:l.begins[i+1]] }

// meant returns the words that the misspelling may stand for, and how many
// steps that has taken.
func (l *wordList) meant(m misspelling) (words []string, steps int) {
	n := lengthOf(m.word)
	shortest, longest := max(0, n-m.typos), n+m.typos
	tooMany := ^letters(0) // those that count against a word when the misspelling has them not
	if m.half {
		longest, tooMany = lengthsApart-1, 0
	}
	first, end := l.longer[shortest], l.longer[longest+1]
	asked, p := lettersOf(m.word), newSpeller(m)
	steps = (end - first) / wordsInAStep
	for i, has := range l.letters[first:end] {
		if asked.without(has) > m.typos || (has&tooMany).without(asked) > m.typos {
			continue
		}
		steps++
		if word := l.word(first + i); p.accepts(word) {
			words = append(words, word)
		}
	}
	return words, steps
}
