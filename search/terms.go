package search

import (
	"hash/fnv"
	"strings"
	"unicode/utf8"

	"crms/store/crm"
)

// The fields of an index.
const (
	fieldFull       = "full"       // the whole name
	fieldName       = "name"       // the words of the name
	fieldKey        = "key"        // the email, its local part, the number in its forms
	fieldStart      = "start"      // beginnings of the words of the name, of the email and of the number
	fieldInner      = "inner"      // the rest of a key, or of a word that is written without spaces, from a place where a search may begin
	fieldInnerStart = "innerstart" // beginnings of the words that such a rest begins with
	fieldDigest     = "digest"     // a checksum of the contact, for [Index.Verify]
	fieldID         = "_id"        // Bleve's own
	fieldSpelled    = "spelled"    // words that may be misspelled: of the name and of the email's local part, without digits
)

// Beginnings of words up to so many characters are terms of their own; longer
// ones are looked up as a range of whole terms. DESIGN.md has the measure.
const (
	longestStart      = 12
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
type terms struct{ full, name, key, start, inner, innerStart, spelled []string }

// digest is a checksum of what the customer is indexed by.
func digest(c crm.Contact) string {
	h := fnv.New32a()
	for _, s := range []string{c.FullName, c.Email, c.ContactNumber} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return string(h.Sum(nil))
}

// termsOf analyses a contact.
func termsOf(c crm.Contact) terms {
	var t terms
	for _, name := range spellings(c.FullName) {
		t.addName(name)
	}
	t.addEmail(fold(c.Email))
	t.addNumber(fold(c.ContactNumber))
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
		for _, part := range parts {
			t.addNameWord(part)
		}
		if len(parts) > 1 {
			t.addNameWord(strings.Join(parts, ""))
		}
	}
	for _, joined := range joinShort(words) {
		t.addNameWord(joined)
	}
	if joined := strings.Join(words, ""); len(words) > 1 && isUnspacedWord(joined) {
		t.addNameWord(joined)
	}
}

func (t *terms) addNameWord(word string) {
	t.name = append(t.name, word)
	t.addSpelled(word)
	t.start = appendStarts(t.start, word, 1)
	for i, r := range word {
		if i > 0 && isUnspaced(r) {
			t.addInner(word[i:])
		}
	}
}

func (t *terms) addInner(rest string) {
	t.inner = append(t.inner, rest)
	t.innerStart = appendStarts(t.innerStart, firstWord(rest), 1)
}

func (t *terms) addSpelled(word string) {
	if utf8.RuneCountInString(word) >= lettersForOneTypo-1 {
		t.spelled = append(t.spelled, word)
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
			if utf8.RuneCountInString(w) > shortWord {
				break
			}
		}
	}
	return joined
}

func isUnspacedWord(w string) bool {
	return strings.IndexFunc(w, func(r rune) bool { return !isUnspaced(r) }) < 0
}

func (t *terms) addEmail(email string) {
	at := strings.LastIndexByte(email, '@')
	if at < 0 {
		return
	}
	t.key = append(t.key, email, email[:at])
	t.start = appendStarts(t.start, firstWord(email), 1)
	t.inner = append(t.inner, email[at:])
	for _, word := range strings.FieldsFunc(email[:at], func(r rune) bool { return !isWordRune(r) || '0' <= r && r <= '9' }) {
		t.addSpelled(word)
	}
	between := false // whether the character before was a separator
	for i, r := range email {
		if between && i > 0 && isWordRune(r) {
			t.addInner(email[i:])
		}
		between = !isWordRune(r)
	}
}

func (t *terms) addNumber(number string) {
	forms := phoneForms(number)
	digits := forms[0]
	if digits == "" {
		return
	}
	for _, form := range forms {
		t.key = append(t.key, form)
		t.start = appendStarts(t.start, form, 1)
	}
	for i := range digits {
		rest := digits[i:]
		if len(rest) > longestDigitStart {
			t.inner = append(t.inner, rest)
		}
		if len(rest) >= shortestDigitRun {
			t.innerStart = appendStarts(t.innerStart, rest, shortestDigitRun)
		}
	}
	t.innerStart = append(t.innerStart, digits[max(0, len(digits)-numberEnding):])
}

// startLength is the length in characters up to which beginnings of the word
// are terms of their own.
func startLength(word string) int {
	if isDigits(word) {
		return longestDigitStart
	}
	return longestStart
}

// appendStarts appends the beginnings of the word that are terms of their own.
func appendStarts(list []string, word string, shortest int) []string {
	n, longest := 0, startLength(word)
	for i := range word {
		if n >= shortest {
			list = append(list, word[:i])
		}
		if n == longest {
			return list
		}
		n++
	}
	if n >= shortest {
		list = append(list, word)
	}
	return list
}

// firstWord is the text up to its first separator.
func firstWord(s string) string {
	if i := strings.IndexFunc(s, func(r rune) bool { return !isWordRune(r) }); i >= 0 {
		return s[:i]
	}
	return s
}
