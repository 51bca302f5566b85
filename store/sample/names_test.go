package sample

import (
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"crms/store/crm"
)

func TestCultures(t *testing.T) {
	all := cultures()
	assert.GreaterOrEqual(t, len(all), 30)

	latin := regexp.MustCompile(`^[a-z]{2,}$`)
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			assert.NotEmpty(t, c.language)
			assert.NotEmpty(t, c.women)
			assert.NotEmpty(t, c.men)
			assert.NotEmpty(t, c.families)
			assert.NotEmpty(t, c.phones)
			if c.familiesOfWomen != nil {
				assert.Len(t, c.familiesOfWomen, len(c.families))
			}
			for _, n := range slices.Concat(c.women, c.men, c.families, c.familiesOfWomen) {
				assert.Regexp(t, latin, n.latin, n.text)
			}
			for _, format := range c.phones {
				var p crm.Problems
				crm.CleanContactNumber(&p, "contactNumber", regexp.MustCompile("#").ReplaceAllString(format, "7"))
				assert.Empty(t, p, format)
			}
		})
	}
}

func TestFullName(t *testing.T) {
	given, family := name{text: "花子"}, name{text: "佐藤"}
	t.Run("the given name comes first", func(t *testing.T) {
		assert.Equal(t, "花子 佐藤", culture{}.fullName(given, family))
	})
	t.Run("the family name comes first where that is the custom", func(t *testing.T) {
		assert.Equal(t, "佐藤 花子", culture{order: familyFirst}.fullName(given, family))
	})
	t.Run("no blank stands between where that is the custom", func(t *testing.T) {
		assert.Equal(t, "佐藤花子", culture{order: familyFirstJoined}.fullName(given, family))
	})
}

func TestPlainLatin(t *testing.T) {
	cases := map[string]string{
		"Müller": "muller", "Groß": "gross", "Łukasz": "lukasz", "Bjørn": "bjorn", "Æsa": "aesa", "Þórdís": "thordis",
		"Nguyễn": "nguyen", "Đặng": "dang", "Işıl": "isil", "İbrahim": "ibrahim", "O'Brien": "obrien",
		"de la Cruz": "delacruz", "Kaʻiulani": "kaiulani", "Ṣẹ́gun": "segun", "Dănuț": "danut",
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) { assert.Equal(t, want, plainLatin(text)) })
	}
}
