package search

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestFold(t *testing.T) {
	for in, want := range map[string]string{
		"john": "john", "JOHN": "john", "José": "jose", "Jose\u0301": "jose", "Łódź": "lodz", "Straße": "strasse",
		"STRASSE": "strasse", "Ægir": "aegir", "Œuvre": "oeuvre", "Søren": "soren", "Þór": "thor", "İpek": "ipek",
		"ISPARTA": "isparta", "Işıl": "isil", "Đức": "duc", "Nguyễn": "nguyen", "Ｍａｒｙ": "mary", "ﬁnn": "finn",
		"Ёлка": "елка", "Γιώργος": "γιωργοσ", "ΓΙΏΡΓΟΣ": "γιωργοσ", "أحمد": "احمد", "فَاطِمَة": "فاطمه", "کریم": "كريم",
		"יִצְחָק": "יצחק", "फ़ारूक़": "फारूक", "ガルシア": "がるしあ", "ｶﾞﾙｼｱ": "がるしあ", "김민수": "김민수", "王": "王",
		"٠١٢٣٤٥٦٧٨٩": "0123456789", "०१२": "012", "O’Brien": "o'brien", "co\u00ADop": "coop", "a\u200Db": "ab",
		"สมชาย": "สมชาย", "लक्ष्मी": "लक्ष्मी", "a\xffb": "ab",
	} {
		assert.Equal(t, want, fold(in), in)
	}
}

func TestSpellings(t *testing.T) {
	assert.Equal(t, []string{"muller", "mueller"}, spellings("Müller"))
	assert.Equal(t, []string{"muller", "mueller"}, spellings("Mu\u0308ller"))
	assert.Equal(t, []string{"odegard", "oedegaard"}, spellings("Ødegård"))
	assert.Equal(t, []string{"jose"}, spellings("José"))
	assert.Equal(t, []string{"miller"}, spellings("Miller"))
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"José", "ﷺ", "İ", "\xff", "e\u0301\u0301", "ﾔﾏﾀﾞ", "𝟗𝟖"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := fold(s)
		assert.True(t, utf8.ValidString(folded))
		assert.Equal(t, folded, fold(folded), "folding twice changes nothing")
	})
}
