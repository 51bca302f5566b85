package search

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPhoneForms(t *testing.T) {
	for in, want := range map[string]string{
		"+919876543210":       "919876543210 9876543210",
		"+91 98765-43210":     "919876543210 9876543210",
		"0091 98765 43210":    "00919876543210 919876543210 9876543210",
		"098765 43210":        "09876543210 9876543210",
		"9876543210":          "9876543210",
		"919876543210":        "919876543210 9876543210",
		"(415) 555-0199":      "4155550199",
		"+1 415 555 0199":     "14155550199 4155550199",
		"+44 (0)20 7946 0321": "4402079460321 02079460321 2079460321",
		"020 7946 0958":       "02079460958 2079460958",
		"+354 611 1234":       "3546111234 6111234",
		"+9198":               "9198",
		"0083":                "0083",
		"0958":                "0958 958",
		"98":                  "98",
	} {
		assert.Equal(t, strings.Fields(want), phoneForms(in), in)
	}
}

func FuzzPhoneForms(f *testing.F) {
	f.Add("+91 98765-43210")
	f.Add("00")
	f.Fuzz(func(t *testing.T, s string) {
		forms := phoneForms(s)
		for i := 1; i < len(forms); i++ {
			assert.True(t, strings.HasSuffix(forms[i-1], forms[i]), "%q", forms)
			assert.Less(t, len(forms[i]), len(forms[i-1]))
		}
	})
}
