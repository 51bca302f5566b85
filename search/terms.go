package search

import (
	"strings"
	"unicode/utf8"

	"crms/store/crm"
)

// The fields of an index. A customer is found when what was typed equals, or
// is the beginning of, one of its terms.
const (
	fieldFull       = "full"  // the whole name
	fieldName       = "name"  // the words of the name
	fieldKey        = "key"   // the email, its local part, the number in its forms
	fieldStart      = "start" // what the terms of name and key begin with
	fieldInner      = "inner" // what begins inside a key, or inside a word that is written without spaces
	fieldInnerStart = "istart"
)

// Beginnings of up to so many characters are terms of their own; longer ones
// are looked up as a range of the whole terms. See DESIGN.md for the measure.
const (
	longestStart      = 6
	longestDigitStart = 4
)

// A number is found by any run of its digits that is at least so long. Two
// digits match where a number begins or ends.
const (
	shortestDigitRun = 3
	numberEnding     = 2
)

// shortWord is the longest word that is also known together with the next:
// De la Cruz is found as delacruz, too.
const shortWord = 3

// terms are what a customer is indexed under, by field.
type terms struct{ full, name, key, start, inner, innerStart []string }

// termsOf analyses a contact.
func termsOf(c crm.Contact) terms {
	var t terms
	for _, name := range spellings(c.FullName) {
		t.addName(name)
	}
	t.addEmail(fold(c.Email))
	t.addNumber(fold(c.ContactNumber))
	for _, s := range t.name {
		t.start = appendStarts(t.start, s, 1)
	}
	for _, s := range t.key {
		t.start = appendStarts(t.start, s, 1)
	}
	for _, s := range t.inner {
		shortest := 1
		if isDigits(s) {
			shortest = shortestDigitRun
		}
		t.innerStart = appendStarts(t.innerStart, s, shortest)
	}
	return t
}

// spellings returns the folded forms of a text: the plain one, and the one with
// umlauts spelled out when that differs.
func spellings(s string) []string {
	plain := fold(s)
	if isLowerASCII(s) {
		return []string{plain}
	}
	if spelled := fold(spellOut(s)); spelled != plain {
		return []string{plain, spelled}
	}
	return []string{plain}
}

func (t *terms) addName(name string) {
	words := splitWords(name)
	t.full = append(t.full, strings.Join(words, " "))
	for _, token := range strings.Fields(name) {
		parts := splitWords(token)
		t.name = append(t.name, parts...)
		if len(parts) > 1 {
			t.name = append(t.name, strings.Join(parts, ""))
		}
	}
	t.name = append(t.name, joinShort(words)...)
	if joined := strings.Join(words, ""); len(words) > 1 && isUnspacedWord(joined) {
		t.name = append(t.name, joined)
	}
	for _, w := range t.name {
		t.addInsides(w)
	}
}

// joinShort returns each run of short words written as one, alone and together
// with the word that follows.
func joinShort(words []string) []string {
	var joined []string
	for i := range words {
		s := ""
		for _, w := range words[i:] {
			if s += w; s != words[i] {
				joined = append(joined, s)
			}
			if utf8.RuneCountInString(w) > shortWord || len(joined) > crm.MaxName {
				break
			}
		}
	}
	return joined
}

func isUnspacedWord(w string) bool {
	return strings.IndexFunc(w, func(r rune) bool { return !isUnspaced(r) }) < 0
}

func (t *terms) addInsides(word string) {
	for i, r := range word {
		if i > 0 && isUnspaced(r) {
			t.inner = append(t.inner, word[i:])
		}
	}
}

func (t *terms) addEmail(email string) {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return
	}
	t.key = append(t.key, email, email[:at])
	t.inner = append(t.inner, email[at:])
	separated := false
	for i, r := range email {
		word := isWordRune(r)
		if i > 0 && word && separated {
			t.inner = append(t.inner, email[i:])
		}
		separated = !word
	}
}

func (t *terms) addNumber(number string) {
	forms := phoneForms(number)
	digits := forms[0]
	if digits == "" {
		return
	}
	t.key = append(t.key, forms...)
	for i := 1; len(digits)-i >= shortestDigitRun; i++ {
		t.inner = append(t.inner, digits[i:])
	}
	t.innerStart = append(t.innerStart, digits[max(0, len(digits)-numberEnding):])
}

// startLength is how many characters of the text beginnings are indexed for.
func startLength(s string) int {
	if isDigits(s) {
		return longestDigitStart
	}
	return longestStart
}

// appendStarts appends the beginnings of s that are terms of their own.
func appendStarts(list []string, s string, shortest int) []string {
	n, longest := 0, startLength(s)
	for i := range s {
		if n >= shortest {
			list = append(list, s[:i])
		}
		if n == longest {
			return list
		}
		n++
	}
	return append(list, s)
}
