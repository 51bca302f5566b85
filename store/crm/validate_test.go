package crm_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"

	"crms/store/crm"
)

// textRule is a rule for one line or several lines of text.
type textRule struct {
	clean       func(p *crm.Problems, field, s string) string
	least, most int
	multiline   bool
}

var textRules = map[string]textRule{
	"name":        {crm.CleanName, 2, 100, false},
	"note":        {crm.CleanNote, 10, 1000, true},
	"reason":      {crm.CleanReason, 0, 500, true},
	"external id": {crm.CleanExternalID, 1, 128, false},
	"label":       {crm.CleanLabel, 1, 100, false},
}

func TestCleanText(t *testing.T) {
	for name, rule := range textRules {
		t.Run(name, func(t *testing.T) {
			// accepts and refuses check the rule on one input.
			accepts := func(outcome, in, kept string) {
				t.Run(outcome, func(t *testing.T) {
					var p crm.Problems
					assert.Equal(t, kept, rule.clean(&p, "field", in))
					assert.Empty(t, p)
				})
			}
			refuses := func(outcome, in, message string) {
				t.Run(outcome, func(t *testing.T) {
					var p crm.Problems
					rule.clean(&p, "field", in)
					assert.Equal(t, crm.Problems{{Field: "field", Message: message}}, p)
				})
			}

			long := strings.Repeat("x", rule.most)
			accepts("may be as long as the limit", long, long)
			refuses("may not be longer", long+"x", fmt.Sprintf("must have at most %d characters", rule.most))
			accepts("is measured after trimming", " \t\n\u00a0"+long+"\u3000\r\n ", long)
			wide := strings.Repeat("日", rule.most)
			accepts("is measured in code points", wide, wide)
			marks := strings.Repeat("e\u0301", rule.most/2)
			accepts("counts a combining mark of its own", marks, marks)
			refuses("must be UTF-8", "x\xffxxxxxxxxxx", "must be valid UTF-8")

			switch {
			case rule.least == 0:
				accepts("may be empty", " ", "")
			default:
				refuses("may not be empty", "", "must not be empty")
				refuses("may not be blank", " \u2003\n", "must not be empty")
				short := strings.Repeat("é", rule.least)
				accepts("may be as short as the limit", short, short)
			}
			if rule.least > 1 {
				refuses("may not be shorter", strings.Repeat("é", rule.least-1),
					fmt.Sprintf("must have at least %d characters", rule.least))
				refuses("is not made longer by blanks", strings.Repeat("é", rule.least-1)+strings.Repeat(" ", 20),
					fmt.Sprintf("must have at least %d characters", rule.least))
			}

			if rule.multiline {
				accepts("may hold newlines and tabs", "first line\n\tsecond line", "first line\n\tsecond line")
			}
			for _, r := range "\x00\a\b\t\n\v\f\r\x1b\x7f\u0080\u0085\u009f" {
				if rule.multiline && (r == '\n' || r == '\t') {
					continue
				}
				message := "must not hold control characters"
				if rule.multiline {
					message += " other than newline and tab"
				}
				refuses(fmt.Sprintf("may not hold %U", r), "first line"+string(r)+"second line", message)
			}
		})
	}
}

func TestCleanContactNumber(t *testing.T) {
	for _, s := range []string{
		"+919876543210",     // the contract's example
		"5551234567",        // ten characters
		"+12025550123456",   // fifteen
		"(020) 7946 0958",   // fifteen, with every kind but + and -
		"+1-202-555-0100",   // fifteen, with + and -
		"((1234567))",       // seven digits are enough
		" +44 20 79460958 ", // trimmed
	} {
		t.Run("takes "+s, func(t *testing.T) {
			var p crm.Problems
			assert.Equal(t, strings.TrimSpace(s), crm.CleanContactNumber(&p, "contactNumber", s))
			assert.Empty(t, p)
		})
	}

	const junk = "may hold only digits, spaces, +, - and parentheses"
	refused := []struct{ outcome, s, message string }{
		{"nothing", "", "must not be empty"},
		{"blanks", "            ", "must not be empty"},
		{"nine characters", "555123456", "must have at least 10 characters"},
		{"nine characters and blanks around them", " 555123456 ", "must have at least 10 characters"},
		{"sixteen characters", "+123456789012345", "must have at most 15 characters"},
		{"letters", "555-CALL-NOW", junk},
		{"dots", "202.555.0100", junk},
		{"a slash", "030/23125 000", junk},
		{"an extension", "5551234567x89", junk},
		{"digits of another script", "٠١٢٣٤٥٦٧٨٩", junk},
		{"full-width digits", "０１２３４５６７８９", junk},
		{"a no-break space inside", "202\u00a0555 0100", junk},
		{"a tab inside", "202\t5550100", "must not hold control characters"},
		{"six digits", "(12) 34 - 56", "must hold at least 7 digits"},
		{"no digits at all", "+-+-+-+-+-", "must hold at least 7 digits"},
	}
	for _, c := range refused {
		t.Run("refuses "+c.outcome, func(t *testing.T) {
			var p crm.Problems
			crm.CleanContactNumber(&p, "contactNumber", c.s)
			assert.Equal(t, crm.Problems{{Field: "contactNumber", Message: c.message}}, p)
		})
	}

	t.Run("judges a number by itself when another field is wrong", func(t *testing.T) {
		p := crm.Problems{{Field: "fullName", Message: "must not be empty"}}
		crm.CleanContactNumber(&p, "contactNumber", "202.555.0100")
		assert.Len(t, p, 2)
	})
}

func TestCleanEmail(t *testing.T) {
	for _, s := range []string{
		"john.doe@example.com", "a@b", "john+shop@example.com", "o'brien@example.com", "JOHN@EXAMPLE.COM",
		"jürgen@example.com", "user@bücher.example", "उपयोगकर्ता@उदाहरण.example", "user@xn--bcher-kva.example",
		"user@3com.example", "user@mail-1.example.co.uk", "  john@example.com\n",
		strings.Repeat("l", 64) + "@example.com",
		"a@" + strings.Repeat("d", 252),
	} {
		t.Run("takes "+shortened(s), func(t *testing.T) {
			var p crm.Problems
			assert.Equal(t, strings.TrimSpace(s), crm.CleanEmail(&p, "email", s))
			assert.Empty(t, p)
		})
	}

	const shape = "must be an email address"
	refused := []struct{ outcome, s, message string }{
		{"nothing", "", "must not be empty"},
		{"blanks", " \t\n", "must not be empty"},
		{"255 characters", "a@" + strings.Repeat("d", 253), "must have at most 254 characters"},
		{"bytes that are no text", "jo\xffhn@example.com", "must be valid UTF-8"},
		{"no at sign", "john.example.com", shape},
		{"an empty local part", "@example.com", shape},
		{"an empty domain", "john@", shape},
		{"two at signs", "john@doe@example.com", shape},
		{"a local part of 65 characters", strings.Repeat("l", 65) + "@example.com", shape},
		{"a space inside", "john doe@example.com", shape},
		{"a no-break space inside", "john\u00a0doe@example.com", shape},
		{"a control character inside", "john\x00doe@example.com", shape},
		{"a line break before another header", "john@example.com\nbcc:all@example.com", shape},
		{"a display name", "John <john@example.com>", shape},
		{"a list", "john@example.com,jane@example.com", shape},
		{"a quoted local part", `"john"@example.com`, shape},
		{"an empty label", "john@example..com", shape},
		{"a domain that begins with a dot", "john@.example.com", shape},
		{"a domain that ends with a dot", "john@example.com.", shape},
		{"a label that begins with a hyphen", "john@-example.com", shape},
		{"a label that ends with a hyphen", "john@example-.com", shape},
		{"an underscore in the domain", "john@exa_mple.com", shape},
		{"an address literal", "john@[192.0.2.1]", shape},
		{"a port", "john@example.com:25", shape},
		{"a space in the domain", "john@exa mple.com", shape},
	}
	for _, c := range refused {
		t.Run("refuses "+c.outcome, func(t *testing.T) {
			var p crm.Problems
			crm.CleanEmail(&p, "email", c.s)
			assert.Equal(t, crm.Problems{{Field: "email", Message: c.message}}, p)
		})
	}
}

// shortened keeps the names of subtests readable.
func shortened(s string) string {
	if len(s) > 40 {
		return fmt.Sprintf("%s... of %d characters", s[:10], utf8.RuneCountInString(s))
	}
	return s
}

func TestCleanTags(t *testing.T) {
	clean := func(tags ...string) ([]string, crm.Problems) {
		var p crm.Problems
		kept := crm.CleanTags(&p, "tags", tags, func(i int) string { return fmt.Sprintf("tags[%d]", i) })
		return kept, p
	}
	numbered := func(n int) []string {
		tags := make([]string, n)
		for i := range tags {
			tags[i] = fmt.Sprint("tag-", i)
		}
		return tags
	}

	t.Run("no tags are an empty list, not nil", func(t *testing.T) {
		kept, p := clean()
		assert.Equal(t, []string{}, kept)
		assert.Empty(t, p)
	})
	t.Run("tags are trimmed and keep their order", func(t *testing.T) {
		kept, p := clean(" premium ", "frequent-buyer\n", "αλφα")
		assert.Equal(t, []string{"premium", "frequent-buyer", "αλφα"}, kept)
		assert.Empty(t, p)
	})
	t.Run("tags that differ in case or blanks merge into the first spelling", func(t *testing.T) {
		kept, p := clean("Premium", "premium", " PREMIUM", "vip", "ÉTÉ", "été")
		assert.Equal(t, []string{"Premium", "vip", "ÉTÉ"}, kept)
		assert.Empty(t, p)
	})
	t.Run("fifty tags are allowed", func(t *testing.T) {
		kept, p := clean(numbered(50)...)
		assert.Len(t, kept, 50)
		assert.Empty(t, p)
	})
	t.Run("fifty-one are not", func(t *testing.T) {
		_, p := clean(numbered(51)...)
		assert.Equal(t, crm.Problems{{Field: "tags", Message: "must have at most 50 tags"}}, p)
	})
	t.Run("the limit counts what is left after merging", func(t *testing.T) {
		kept, p := clean(append(numbered(50), "TAG-0", "Tag-49")...)
		assert.Len(t, kept, 50)
		assert.Empty(t, p)
	})
	t.Run("a tag may have fifty characters", func(t *testing.T) {
		_, p := clean(strings.Repeat("日", 50))
		assert.Empty(t, p)
	})
	t.Run("every wrong tag is named by its place", func(t *testing.T) {
		_, p := clean("good", "", " ", strings.Repeat("x", 51), "two\nlines")
		assert.Equal(t, crm.Problems{
			{Field: "tags[1]", Message: "must not be empty"},
			{Field: "tags[2]", Message: "must not be empty"},
			{Field: "tags[3]", Message: "must have at most 50 characters"},
			{Field: "tags[4]", Message: "must not hold control characters"},
		}, p)
	})
	t.Run("the caller's list is left alone", func(t *testing.T) {
		tags := []string{" a ", "A", "b"}
		crm.CleanTags(new(crm.Problems), "tags", tags, func(int) string { return "" })
		assert.Equal(t, []string{" a ", "A", "b"}, tags)
	})
}

func FuzzCleanEmail(f *testing.F) {
	for _, s := range []string{"", "john.doe@example.com", "a@b", "@", "a@b@c", "john@[192.0.2.1]", "jürgen@bücher.example", "a\xff@b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var p crm.Problems
		kept := crm.CleanEmail(&p, "email", s)
		if len(p) > 0 {
			assert.Len(t, p, 1)
			return
		}
		assert.True(t, utf8.ValidString(kept))
		assert.Equal(t, 1, strings.Count(kept, "@"))
		assert.False(t, strings.ContainsFunc(kept, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }))

		again := crm.CleanEmail(&p, "email", kept)
		assert.Equal(t, kept, again)
		assert.Empty(t, p)
	})
}

func FuzzCleanText(f *testing.F) {
	for _, s := range []string{"", "John Doe", " x ", "a\nb", "\u0085", "\xff", strings.Repeat("é", 101)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, rule := range textRules {
			var p crm.Problems
			kept := rule.clean(&p, "field", s)
			if len(p) > 0 {
				assert.Len(t, p, 1, name)
				continue
			}
			assert.True(t, utf8.ValidString(kept), name)
			assert.Equal(t, strings.TrimSpace(kept), kept, name)
			length := len([]rune(kept))
			assert.GreaterOrEqual(t, length, rule.least, name)
			assert.LessOrEqual(t, length, rule.most, name)
		}
	})
}
