package search

import (
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
)

// level says how well a criterion is met.
type level int

const (
	whole  level = iota // it is a word of the name, the email, its local part, or the number
	prefix              // one of these begins with it
	inside              // something within one of these begins with it
	near                // as inside, when a likely typo is forgiven
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

// loosely is met only where typos are forgiven, too.
type loosely struct{ criterion }

func (c loosely) in(s *segment, last level) matches {
	var m matches
	if last == near {
		m[near] = c.criterion.in(s, last)[near]
	}
	return m
}

// term is met by customers who have the folded text, as a whole, at the
// beginning or inside.
type term string

func (t term) in(s *segment, last level) matches {
	text := string(t)
	var m matches
	m[whole] = union(s.with(fieldName, text), s.with(fieldKey, text))
	inner := fieldInner
	if utf8.RuneCountInString(text) <= startLength(text) {
		m[prefix] = s.with(fieldStart, text)
		m[inside] = union(m[prefix], s.with(fieldInnerStart, text))
	} else {
		m[prefix] = union(s.withStart(fieldName, text), s.withStart(fieldKey, text))
		m[inside] = union(m[prefix], s.withStart(inner, text))
	}
	m[near] = m[inside]
	return m
}
