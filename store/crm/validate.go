package crm

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of the contract's validation rules and of DESIGN.md; lengths in code
// points after trimming.
const (
	MinName          = 2
	MaxName          = 100
	MinContactNumber = 10
	MaxContactNumber = 15
	MinPhoneDigits   = 7
	MinNote          = 10
	MaxNote          = 1000
	MaxReason        = 500
	MaxTag           = 50
	MaxTags          = 50
	MaxEmail         = 254 // RFC 5321, 4.5.3.1.3
	maxEmailLocal    = 64  // RFC 5321, 4.5.3.1.1
	MaxExternalID    = 128 // user, order and complaint ids of the siblings
	MaxSource        = 256 // the URI reference that names an event's source
	MaxLabel         = 100 // order and complaint statuses, complaint categories
	MaxPreferences   = 16 << 10
	MaxPreferDepth   = 8
)

// The Clean functions trim an input, note what is wrong with it under the
// field's name, and return the text to keep.

// CleanName checks a customer's full name.
func CleanName(p *Problems, field, s string) string {
	return cleanText(p, field, s, MinName, MaxName, false)
}

// CleanContactNumber checks a phone number. Empty is an error here: a number
// is cleared by leaving it out.
func CleanContactNumber(p *Problems, field, s string) string {
	before := len(*p)
	s = cleanText(p, field, s, MinContactNumber, MaxContactNumber, false)
	if len(*p) > before {
		return s
	}
	if strings.Trim(s, contactNumberChars) != "" {
		p.Add(field, "may hold only digits, spaces, +, - and parentheses")
		return s
	}
	if digits := len(s) - len(strings.Map(notDigit, s)); digits < MinPhoneDigits {
		p.Add(field, "must hold at least %d digits", MinPhoneDigits)
	}
	return s
}

// contactNumberChars are those that the contract lets a contact number hold.
const contactNumberChars = "0123456789+- ()"

func notDigit(r rune) rune {
	if r >= '0' && r <= '9' {
		return -1
	}
	return r
}

// CleanEmail checks that s has the shape of an address: one local part, one
// domain of non-empty labels, no spaces or control characters. Whether it can
// receive mail is for ATHS to know.
func CleanEmail(p *Problems, field, s string) string {
	s = strings.TrimSpace(s)
	at := strings.LastIndexByte(s, '@')
	switch {
	case s == "":
		p.Add(field, "must not be empty")
	case !utf8.ValidString(s):
		p.Add(field, "must be valid UTF-8")
	case utf8.RuneCountInString(s) > MaxEmail:
		p.Add(field, "must have at most %d characters", MaxEmail)
	case at < 1 || utf8.RuneCountInString(s[:at]) > maxEmailLocal || !validLocal(s[:at]) || !validDomain(s[at+1:]):
		p.Add(field, "must be an email address")
	}
	return s
}

func validLocal(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`@<>()[]\,;:"`, r)
	})
}

func validDomain(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, r := range label {
			if r != '-' && !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Digit) {
				return false
			}
		}
	}
	return true
}

// CleanNote checks the content of a note.
func CleanNote(p *Problems, field, s string) string {
	return cleanText(p, field, s, MinNote, MaxNote, true)
}

// CleanReason checks the reason of a status or type change.
func CleanReason(p *Problems, field, s string) string {
	return cleanText(p, field, s, 0, MaxReason, true)
}

// CleanExternalID checks an id that a sibling service has given.
func CleanExternalID(p *Problems, field, s string) string {
	s = cleanText(p, field, s, 1, MaxExternalID, false)
	if s == "." || s == ".." {
		p.Add(field, "must not be . or .., which a URL's path cannot hold")
	}
	return s
}

// CleanActor checks who is said to have made a change: an email, mostly.
func CleanActor(p *Problems, field, s string) Actor {
	return Actor(cleanText(p, field, s, 1, MaxEmail, false))
}

// CleanSource checks the source of an event, a URI reference.
func CleanSource(p *Problems, field, s string) string {
	return cleanText(p, field, s, 1, MaxSource, false)
}

// CleanLabel checks the name of a status or category.
func CleanLabel(p *Problems, field, s string) string {
	return cleanText(p, field, s, 1, MaxLabel, false)
}

// CleanTags trims each tag and merges those that differ only in case, keeping
// the first spelling. The limit of [MaxTags] counts what is left. name gives
// the field's name of the tag at an index, such as tags[3].
func CleanTags(p *Problems, field string, tags []string, name func(i int) string) []string {
	kept := make([]string, 0, len(tags))
	seen := make(map[string]bool, len(tags))
	for i, tag := range tags {
		tag = cleanText(p, name(i), tag, 1, MaxTag, false)
		if key := strings.ToLower(tag); !seen[key] {
			seen[key] = true
			kept = append(kept, tag)
		}
	}
	if len(kept) > MaxTags {
		p.Add(field, "must have at most %d tags", MaxTags)
	}
	return kept
}

func cleanText(p *Problems, field, s string, least, most int, multiline bool) string {
	s = strings.TrimSpace(s)
	n := utf8.RuneCountInString(s)
	switch {
	case !utf8.ValidString(s):
		p.Add(field, "must be valid UTF-8")
	case n == 0 && least > 0:
		p.Add(field, "must not be empty")
	case n < least:
		p.Add(field, "must have at least %d characters", least)
	case n > most:
		p.Add(field, "must have at most %d characters", most)
	case strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && !(multiline && (r == '\n' || r == '\t'))
	}):
		if multiline {
			p.Add(field, "must not hold control characters other than newline and tab")
		} else {
			p.Add(field, "must not hold control characters")
		}
	}
	return s
}
