package search

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// fold brings text into the form in which it is indexed and searched, so that
// spellings which people do not tell apart become equal: without regard to
// case, accents, width, ligatures, Arabic vowel marks and letter variants,
// hiragana or katakana, and with every script's digits as 0 to 9. Signs that
// carry a word's sound in their script, such as Indic vowels, stay.
func fold(s string) string {
	if isLowerASCII(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range norm.NFKD.String(strings.ToValidUTF8(s, "")) {
		foldRune(&b, r)
	}
	return norm.NFC.String(b.String())
}

func isLowerASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}

func foldRune(b *strings.Builder, r rune) {
	switch {
	case r < utf8.RuneSelf:
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		b.WriteByte(byte(r))
	case isDropped(r):
	case unicode.Is(unicode.Nd, r):
		b.WriteByte('0' + byte(digitValue(r)))
	default:
		r = unicode.ToLower(r)
		if same, ok := sameLetters[r]; ok {
			b.WriteString(same)
			return
		}
		if 'ァ' <= r && r <= 'ヶ' {
			r -= 'ァ' - 'ぁ'
		}
		b.WriteRune(r)
	}
}

// isDropped reports marks that a writer may leave out: accents, Hebrew and
// Arabic vowel points, the nukta of Indic scripts, the Arabic tatweel, and
// invisible format characters.
func isDropped(r rune) bool {
	switch {
	case 0x0300 <= r && r <= 0x036F, // combining diacritical marks
		0x0591 <= r && r <= 0x05C7 && unicode.Is(unicode.Mn, r), // Hebrew points
		0x064B <= r && r <= 0x065F, r == 0x0670,                 // Arabic harakat
		r == 0x0640,                                                                  // tatweel
		r == 0x093C, r == 0x09BC, r == 0x0A3C, r == 0x0ABC, r == 0x0B3C, r == 0x0CBC: // nukta
		return true
	}
	return unicode.Is(unicode.Cf, r)
}

// sameLetters holds what normalisation leaves apart although people write one
// for the other.
var sameLetters = map[rune]string{
	'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'ł': "l", 'đ': "d", 'ð': "d", 'þ': "th", 'ı': "i",
	'ħ': "h", 'ŧ': "t", 'ŋ': "n", 'ə': "a", 'ĸ': "k", 'ɓ': "b", 'ɗ': "d", 'ƙ': "k", 'ƴ': "y",
	'ς': "σ",                                                             // Greek final sigma
	'ى': "ي", 'ی': "ي", 'ک': "ك", 'ة': "ه", 'ٱ': "ا", 'ہ': "ه", 'ھ': "ه", // Arabic, Persian and Urdu forms
	'’': "'", '‘': "'", 'ʼ': "'", 'ʻ': "'", '‛': "'", '`': "'", // apostrophes
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '−': "-", // dashes
}

// digitValue is what a decimal digit of any script stands for. Unicode keeps
// them in runs of ten that begin with zero.
func digitValue(r rune) rune {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return (r - rune(t.Lo)) % 10
		}
	}
	return 0
}

// spellOut writes the letters that German and Scandinavian writers replace by
// two, as in Mueller for Müller, so that both spellings of a name are known.
// It returns s itself when there are none.
func spellOut(s string) string {
	if !strings.ContainsAny(s, "äöüåøÄÖÜÅØ") {
		s = norm.NFC.String(s)
	}
	return spelledOut.Replace(s)
}

var spelledOut = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa", "ø", "oe",
	"Ä", "ae", "Ö", "oe", "Ü", "ue", "Å", "aa", "Ø", "oe")

// isWordRune reports the characters that words are made of; all others
// separate words.
func isWordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z'
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}

// splitWords cuts folded text at everything that is not part of a word.
func splitWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !isWordRune(r) })
}

// isUnspaced reports scripts that write names without spaces between their
// parts, so that a part may begin at any character.
func isUnspaced(r rune) bool {
	return r >= 0x0E00 && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
		unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}
