package search

import (
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
)

// level says how well a criterion is met.
type level int

const (
	whole  level = iota // it is a word of the name, the email, its local part, or the number
	prefix              // one of these begins with it
	inside              // something within one of these begins with it
	near                // as inside, or with one typo in a word
	far                 // as near, or with all typos that its length allows, in a word that may be half typed
	numLevels
)

// matches holds the documents of a segment that meet a criterion at each
// level. The sets grow: who meets it at a level is in all that follow.
type matches [numLevels]*roaring.Bitmap

// criterion is something that a customer can meet more or less well.
type criterion interface {
	// in fills the levels from whole to the last one given.
	in(s *segment, last level) matches
}

// all is met as well as the worst met of its criteria.
type all []criterion

func (a all) in(s *segment, last level) matches {
	var m matches
	for i, c := range a {
		next := c.in(s, last)
		for l := range m[:last+1] {
			if i == 0 {
				m[l] = next[l]
			} else {
				m[l] = intersection(m[l], next[l])
			}
		}
		if m[last] == nil {
			return matches{}
		}
	}
	return m
}

// either is met as well as the best met of its criteria.
type either []criterion

func (e either) in(s *segment, last level) matches {
	var m matches
	for _, c := range e {
		next := c.in(s, last)
		for l := range m[:last+1] {
			m[l] = union(m[l], next[l])
		}
	}
	return m
}

// word is met by customers who have the folded word, as a whole, at the
// beginning or inside.
type word struct {
	text  string
	exact bool // typos are not forgiven
}

func (w word) in(s *segment, last level) matches {
	m := matches{
		whole:  union(s.with(fieldName, w.text), s.with(fieldKey, w.text)),
		prefix: s.beginning(w.text),
	}
	m[inside] = union(m[prefix], s.containing(w.text))
	w.forgive(s, &m, last)
	return m
}

// beginning is the documents with a name's word, an email or a number that
// begins with the word.
func (s *segment) beginning(word string) *roaring.Bitmap {
	indexed := firstRunes(word, startLength(word))
	starts := s.with(fieldStart, indexed)
	if starts == nil || indexed == word {
		return starts
	}
	return union(s.withStart(fieldName, word), s.withStart(fieldKey, word))
}

// containing is the documents in which such a thing goes on with the word
// somewhere inside.
func (s *segment) containing(word string) *roaring.Bitmap {
	indexed := firstRunes(word, startLength(word))
	starts := s.with(fieldInnerStart, indexed)
	if starts == nil || indexed == word {
		return starts
	}
	return s.withStart(fieldInner, word)
}

// forgive fills the levels at which typos are forgiven.
func (w word) forgive(s *segment, m *matches, last level) {
	m[near], m[far] = m[inside], m[inside]
	typos := typosIn(w.text)
	if last < near || w.exact || typos == 0 {
		return
	}
	m[near] = union(m[inside], s.spelledLike(newSpeller(w.text, 1, false)))
	if last == far {
		m[far] = union(m[near], s.spelledLike(newSpeller(w.text, typos, true)))
	}
}

func firstRunes(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// compound is a token of several words with separators between them: part of
// an email, or of a name with a hyphen, an apostrophe or dots.
type compound struct {
	literal string
	parts   all
	joined  word
}

func (c compound) in(s *segment, last level) matches {
	parts := c.parts.in(s, last)
	// Parts that only begin like the token's are worse than the token itself.
	parts[prefix] = parts[whole]
	m := either{c.joined}.in(s, last)
	literal := s.literal(c.literal, parts[last])
	for l := range m[:last+1] {
		m[l] = union(m[l], union(parts[l], literal[l]))
	}
	return m
}

// literal is the documents that have the token in their email. Only those that
// have its parts come into question, and these are cheaper to know.
func (s *segment) literal(token string, having *roaring.Bitmap) matches {
	var m matches
	if having == nil {
		return m
	}
	m[whole] = s.with(fieldKey, token)
	m[prefix] = s.withStart(fieldKey, token)
	m[inside] = union(m[prefix], s.withStart(fieldInner, token))
	m[near], m[far] = m[inside], m[inside]
	return m
}

// address is a token with an @. Typos are forgiven in front of it only.
type address struct {
	literal string
	local   all // words in front of the @
	domain  all // words behind
}

func (a address) in(s *segment, last level) matches {
	local, domain := a.local.in(s, last), a.domain.in(s, inside)
	having := local[last]
	switch {
	case len(a.local) == 0:
		having = domain[inside]
	case len(a.domain) > 0:
		having = intersection(having, domain[inside])
	}
	m := s.literal(a.literal, having)
	if last < near || len(a.local) == 0 || having == nil {
		return m
	}
	behind := s.withStart(fieldInner, a.literal[strings.LastIndexByte(a.literal, '@'):])
	for l := near; l <= last; l++ {
		m[l] = union(m[l], intersection(local[l], behind))
	}
	return m
}

// number is met by customers who have the digits in their number, or in their
// name or email. It holds the forms of [phoneForms]: the first may stand
// anywhere in a number, the others are what a number begins with when it is
// written without country code or trunk zero.
type number []string

func (n number) in(s *segment, last level) matches {
	m := word{text: n[0], exact: true}.in(s, last)
	for _, form := range n[1:] {
		m[whole] = union(m[whole], s.with(fieldKey, form))
		beginning := s.beginning(form)
		for l := prefix; l < numLevels; l++ {
			m[l] = union(m[l], beginning)
		}
	}
	return m
}
