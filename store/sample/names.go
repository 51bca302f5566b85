package sample

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// culture is a source of names, with telephone numbers from where it is at home.
type culture struct {
	name            string
	language        string // ISO 639
	women, men      []name // given names
	families        []name
	familiesOfWomen []name // where they differ
	order           nameOrder

	// phones are formats in which a digit takes the place of each #. The numbers
	// are from ranges that regulators keep for films and books (Ofcom, ComReg,
	// ARCEP, Bundesnetzagentur, PTS, NANPA, ACMA); elsewhere the subscriber's part
	// begins with zeros, which nobody gets.
	phones []string
}

// name is a word of a person's name as it is written, and in Latin letters.
type name struct{ text, latin string }

// nameOrder is how a given name and a family name make a full name.
type nameOrder int

const (
	givenFirst nameOrder = iota
	familyFirst
	familyFirstJoined // without a blank between
)

// fullName is the person's name in its own script and order.
func (c culture) fullName(given, family name) string {
	switch c.order {
	case familyFirst:
		return family.text + " " + given.text
	case familyFirstJoined:
		return family.text + given.text
	default:
		return given.text + " " + family.text
	}
}

// cultures are all sources of names.
func cultures() []culture {
	var all []culture
	for _, region := range [][]culture{
		westernEurope(), northernEurope(), easternEurope(), middleEast(), southAsia(), eastAsia(), africaAndPacific(),
	} {
		all = append(all, region...)
	}
	return all
}

// names reads a list of names between blanks. Within a name _ stands for a
// blank; a name in another script has its Latin form behind an equals sign.
func names(list string) []name {
	var all []name
	for word := range strings.FieldsSeq(list) {
		text, latin, given := strings.Cut(strings.ReplaceAll(word, "_", " "), "=")
		if !given {
			latin = text
		}
		all = append(all, name{text, plainLatin(latin)})
	}
	return all
}

// letters without a decomposition that plainLatin has to spell out.
var letters = strings.NewReplacer(
	"ß", "ss", "ø", "o", "æ", "ae", "œ", "oe", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i", "ə", "a",
)

// plainLatin is s in the letters a to z, as it may stand in an email address.
func plainLatin(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 'a' || r > 'z' {
			return -1
		}
		return r
	}, letters.Replace(strings.Map(withoutMarks, norm.NFD.String(strings.ToLower(s)))))
}

func withoutMarks(r rune) rune {
	if unicode.Is(unicode.Mn, r) {
		return -1
	}
	return r
}
