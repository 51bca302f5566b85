package search

import "strings"

// digitsOf returns the digits in folded text.
func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// isDigits reports folded text of nothing but digits.
func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// isPhoneLike reports folded text that could be a contact number or a piece of
// one: digits, and otherwise only what numbers are grouped with.
func isPhoneLike(s string) bool {
	return strings.ContainsAny(s, "0123456789") && strings.Trim(s, "0123456789+-()./") == ""
}

// A number without its country code or trunk zero is only looked for when so
// many digits remain that they mean the same number.
const (
	shortestNational = 7
	shortestTrunk    = 3
)

// phoneForms returns the ways in which the same number is written as digits:
// as it stands, without the country code, and without the trunk zero. The
// first is the number as it stands, and each ends with the next.
func phoneForms(s string) []string {
	digits := digitsOf(s)
	forms := []string{digits}
	international := strings.HasPrefix(strings.TrimLeft(s, " ("), "+")
	if rest, ok := strings.CutPrefix(digits, "00"); ok && len(rest) >= shortestNational {
		forms = append(forms, rest)
		digits, international = rest, true
	}
	if international || len(digits) > longestNational && digits[0] != '0' {
		if rest := digits[min(countryCode(digits), len(digits)):]; len(rest) >= shortestNational {
			forms = append(forms, rest)
			digits = rest
		}
	}
	if rest := strings.TrimLeft(digits, "0"); rest != digits && len(rest) >= shortestTrunk {
		forms = append(forms, rest)
	}
	return forms
}

// longestNational is the most digits that a number without a country code has
// in most countries; longer ones are tried both ways.
const longestNational = 10

// countryCode is the length of the country code that international digits
// begin with (ITU-T E.164: one digit for zones 1 and 7, two for those listed
// here, else three).
func countryCode(digits string) int {
	if len(digits) < 2 {
		return len(digits)
	}
	if digits[0] == '1' || digits[0] == '7' {
		return 1
	}
	if strings.Contains(twoDigitCountries, digits[:2]+" ") {
		return 2
	}
	return 3
}

const twoDigitCountries = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 " +
	"60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 "
