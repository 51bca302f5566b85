package search

import (
	"slices"
	"strings"
	"unicode/utf8"

	"crms/store/crm"
)

// Limits of what can be searched for, in characters after trimming.
const (
	MinText = 2
	MaxText = 200
)

// CheckText notes under the field's name when a text is outside the limits of
// what can be searched for.
func CheckText(p *crm.Problems, field, text string) {
	text = strings.TrimSpace(text)
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text):
		p.Add(field, "must be valid UTF-8")
	case n < MinText:
		p.Add(field, "must have at least %d characters", MinText)
	case n > MaxText:
		p.Add(field, "must have at most %d characters", MaxText)
	}
}

// request is a query's text, understood.
type request struct {
	id       crm.ID   // what the text is when it is an id
	keys     []string // the emails or numbers that the text as a whole may be
	names    []string // the whole names that it may be
	criteria criterion
}

// parse reads a query's text. It is text and nothing else: no character has a
// meaning as an operator. A text outside the limits is an error of kind
// Invalid for the field q.
func parse(text string) (request, error) {
	text = strings.TrimSpace(text)
	var p crm.Problems
	if CheckText(&p, "q", text); p != nil {
		return request{}, p.Err()
	}
	r := request{keys: wholeKeys(text), criteria: criteriaOf(text)}
	if id, err := crm.ParseID(text); err == nil {
		r.id = id
	}
	for _, s := range spellings(text) {
		r.names = append(r.names, strings.Join(splitWords(s), " "))
	}
	return r, nil
}

// wholeKeys are the emails or numbers that the whole text may be.
func wholeKeys(text string) []string {
	folded := fold(text)
	switch compact := strings.ReplaceAll(folded, " ", ""); {
	case strings.Contains(folded, "@"):
		return []string{trimQuotes(folded)}
	case isPhoneLike(compact) && len(digitsOf(compact)) >= crm.MinPhoneDigits:
		return phoneForms(folded)
	}
	return nil
}

// trimQuotes takes off what surrounds an email in running text. None of it may
// stand in an address.
func trimQuotes(s string) string {
	return strings.TrimRight(strings.Trim(s, "<>()[]\\,;:\"“”„«»"), ".")
}

// criteriaOf reads the text in every way that makes sense and asks for any of
// them: word by word, with neighbouring groups of digits as one number, and
// with short words joined to the next as in Mc Donald.
func criteriaOf(text string) criterion {
	var readings either
	for _, s := range spellings(text) {
		tokens := strings.Fields(s)
		readings = append(readings, allOf(tokens))
		if joined, changed := joinNumbers(tokens); changed {
			readings = append(readings, allOf(joined))
		}
		if joined, changed := joinNames(tokens); changed {
			readings = append(readings, allOf(joined))
		}
	}
	if len(readings) == 1 {
		return readings[0]
	}
	return readings
}

func allOf(tokens []string) criterion {
	var words all
	for i, token := range tokens {
		if c := tokenOf(token); c != nil && !slices.Contains(tokens[:i], token) {
			words = append(words, c)
		}
	}
	if len(words) == 1 {
		return words[0]
	}
	return words
}

// tokenOf is what a token of folded text asks for; nil when it holds nothing
// that could be found.
func tokenOf(token string) criterion {
	if isPhoneLike(token) {
		return number(phoneForms(token))
	}
	literal := trimQuotes(token)
	parts := splitWords(literal)
	switch {
	case len(parts) == 0:
		return nil
	case strings.Contains(literal, "@"):
		at := strings.LastIndexByte(literal, '@')
		return address{literal, words(splitWords(literal[:at])), words(splitWords(literal[at:]))}
	case len(parts) == 1:
		return word(parts[0])
	}
	return compound{literal, words(parts), word(strings.Join(parts, ""))}
}

func words(parts []string) all {
	var list all
	for _, part := range parts {
		list = append(list, word(part))
	}
	return list
}

// joinNumbers makes one token of each run of tokens that are parts of a number.
func joinNumbers(tokens []string) (joined []string, changed bool) {
	for i, token := range tokens {
		if i > 0 && isPhoneLike(token) && isPhoneLike(tokens[i-1]) {
			joined[len(joined)-1] += token
			changed = true
			continue
		}
		joined = append(joined, token)
	}
	return joined, changed
}

// joinNames makes one token of each run of short words and the word that
// follows, and of words that are usually written without spaces.
func joinNames(tokens []string) (joined []string, changed bool) {
	open := false
	for _, token := range tokens {
		word := strings.Join(splitWords(token), "")
		nameLike := word != "" && !strings.ContainsAny(token, "0123456789@")
		if open && nameLike {
			joined[len(joined)-1] += word
			changed = true
		} else {
			joined = append(joined, token)
		}
		open = nameLike && utf8.RuneCountInString(word) <= shortWord
	}
	return joined, changed
}
