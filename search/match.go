package search

import (
	"slices"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"
)

// level says how well a criterion is met by what is spelled as asked for.
type level int

const (
	whole  level = iota // it is a word of the name, the email, its local part, or the number
	prefix              // one of these begins with it
	inside              // something within one of these begins with it
	numLevels
)

// matches holds the documents of a segment that meet a criterion at each
// level. The sets grow: who meets it at a level is in all that follow.
type matches [numLevels]*roaring.Bitmap

// patience says which typos are forgiven.
type patience int

const (
	oneTypo  patience = iota // one, in one word
	allTypos                 // as many as the length of each word allows, in words that may be half typed
)

// criterion is something that a customer can meet more or less well.
type criterion interface {
	// in returns who meets it as spelled.
	in(s *segment) matches
	// like returns who meets it as spelled, at any level, or with typos.
	like(s *segment, p patience) *roaring.Bitmap
}

// all is met as well as the worst met of its criteria.
type all []criterion

func (a all) in(s *segment) matches {
	var m matches
	for i, c := range a {
		next := c.in(s)
		for l := range m {
			if i == 0 {
				m[l] = next[l]
			} else {
				m[l] = intersection(m[l], next[l])
			}
		}
		if m[inside] == nil {
			return matches{}
		}
	}
	return m
}

// mostForgiven is how many words a query may have for typos to be forgiven: to
// look for them is the dearest thing that a search does.
const mostForgiven = 8

func (a all) like(s *segment, p patience) *roaring.Bitmap {
	if len(a) > mostForgiven {
		return a.in(s)[inside]
	}
	if p == oneTypo {
		return a.likeInOne(s)
	}
	var found *roaring.Bitmap
	for i, c := range a {
		next := c.like(s, p)
		if i > 0 {
			next = intersection(found, next)
		}
		if found = next; found == nil {
			return nil
		}
	}
	return found
}

// likeInOne forgives one of the criteria. Looking for typos is dear, so it is
// only done where somebody meets all others.
func (a all) likeInOne(s *segment) *roaring.Bitmap {
	met := make([]*roaring.Bitmap, len(a))
	unmet := 0
	for i, c := range a {
		if met[i] = c.in(s)[inside]; met[i] == nil {
			unmet++
		}
		if unmet > 1 {
			return nil
		}
	}
	var found *roaring.Bitmap
	for i, c := range a {
		others, alone := intersectionBut(met, i)
		if alone {
			return c.like(s, oneTypo)
		}
		if others != nil {
			found = union(found, intersection(others, c.like(s, oneTypo)))
		}
	}
	return found
}

// intersectionBut is who is in all sets but the one at i. It is alone when
// there are no others.
func intersectionBut(sets []*roaring.Bitmap, i int) (common *roaring.Bitmap, alone bool) {
	alone = true
	for j, set := range sets {
		switch {
		case j == i:
			continue
		case alone:
			common, alone = set, false
		default:
			common = intersection(common, set)
		}
		if common == nil {
			break
		}
	}
	return common, alone
}

// either is met as well as the best met of its criteria.
type either []criterion

func (e either) in(s *segment) matches {
	var m matches
	for _, c := range e {
		m = m.or(c.in(s))
	}
	return m
}

func (m matches) or(n matches) matches {
	for l := range m {
		m[l] = union(m[l], n[l])
	}
	return m
}

func (e either) like(s *segment, p patience) *roaring.Bitmap {
	var found *roaring.Bitmap
	for _, c := range e {
		found = union(found, c.like(s, p))
	}
	return found
}

// word is met by customers who have the folded word, as a whole, at the
// beginning or inside.
type word string

func (w word) in(s *segment) matches {
	text := string(w)
	begins := s.beginning(text)
	return matches{
		whole:  union(s.with(fieldName, text), s.with(fieldKey, text)),
		prefix: begins,
		inside: union(begins, s.containing(text)),
	}
}

func (w word) like(s *segment, p patience) *roaring.Bitmap {
	asSpelled := w.in(s)[inside]
	switch typos := typosIn(string(w)); {
	case typos == 0:
		return asSpelled
	case p == oneTypo:
		return union(asSpelled, s.spelledLike(misspelling{string(w), 1, false}))
	default:
		return union(asSpelled, s.spelledLike(misspelling{string(w), typos, true}))
	}
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

func (c compound) in(s *segment) matches {
	parts := c.parts.in(s)
	// Parts that only begin like the token's are worse than the token itself.
	parts[prefix] = parts[whole]
	return c.joined.in(s).or(parts).or(s.literal(c.literal, parts[inside]))
}

func (c compound) like(s *segment, p patience) *roaring.Bitmap {
	return union(c.joined.like(s, p), c.parts.like(s, p))
}

// literal is the documents that have the token in their email. Only those that
// have its parts come into question, and these are cheaper to know.
func (s *segment) literal(token string, having *roaring.Bitmap) matches {
	if having == nil {
		return matches{}
	}
	begins := s.withStart(fieldKey, token)
	return matches{
		whole:  s.with(fieldKey, token),
		prefix: begins,
		inside: union(begins, s.withStart(fieldInner, token)),
	}
}

// address is a token with an @. Typos are forgiven in front of it only.
type address struct {
	literal string
	local   all // words in front of the @
	domain  all // words behind
}

func (a address) in(s *segment) matches {
	return s.literal(a.literal, slices.Concat(a.local, a.domain).in(s)[inside])
}

func (a address) like(s *segment, p patience) *roaring.Bitmap {
	asSpelled := a.in(s)[inside]
	if len(a.local) == 0 {
		return asSpelled
	}
	behind := s.withStart(fieldInner, a.literal[strings.LastIndexByte(a.literal, '@'):])
	if behind == nil {
		return asSpelled
	}
	return union(asSpelled, intersection(a.local.like(s, p), behind))
}

// number is met by customers who have the digits in their number, or in their
// name or email. It holds the forms of [phoneForms]: the first may stand
// anywhere in a number, the others are what a number begins with when it is
// written without country code or trunk zero.
type number []string

func (n number) in(s *segment) matches {
	m := word(n[0]).in(s)
	for _, form := range n[1:] {
		begins := s.beginning(form)
		m = m.or(matches{whole: s.with(fieldKey, form), prefix: begins, inside: begins})
	}
	return m
}

func (n number) like(s *segment, _ patience) *roaring.Bitmap { return n.in(s)[inside] }
