package search

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSpellerAcceptsWordsWithinTheirTypos(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		typos         int
		want          bool
	}{
		{"smith", "smith", 1, true},
		{"smith", "smiht", 1, true},
		{"smith", "smth", 1, true},
		{"smith", "smitth", 1, true},
		{"smith", "smyth", 1, true},
		{"smith", "mith", 1, true},
		{"smith", "xsmith", 1, true},
		{"smith", "smiths", 1, true},
		{"smith", "msith", 1, true},
		{"smith", "smythe", 1, false},
		{"smith", "sm", 1, false},
		{"krishnamurti", "krishnamurthy", 2, true},
		{"krishnamurti", "krishnamurthys", 2, false},
		{"लक्ष्मी", "लक्ष्मि", 1, true},
		{"лукаш", "лкуаш", 1, true},
	} {
		assert.Equal(t, c.want, accepts(misspelling{c.pattern, c.typos, false}, c.text), "%s %s", c.pattern, c.text)
	}
}

func TestSpellerAcceptsWhatBeginsLikeAHalfTypedWord(t *testing.T) {
	assert.True(t, accepts(misspelling{"krisnam", 1, true}, "krishnamurthy"))
	assert.True(t, accepts(misspelling{"krisnam", 1, true}, "krisnam"))
	assert.False(t, accepts(misspelling{"krixxam", 1, true}, "krishnamurthy"))
}

// The speller must agree with the textbook's table of edit distances.
func TestSpellerAgreesWithTheEditDistance(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		m, text := misspelling{someWord(r, 8), 1 + r.IntN(2), false}, someWord(r, 8)
		assert.Equal(t, mayMean(m, text), accepts(m, text), "%v %s", m, text)
	}
}

// someWord is of few letters, so that others are like it.
func someWord(r *rand.Rand, longest int) string {
	letters := []rune("abcñम")
	w := make([]rune, 1+r.IntN(longest))
	for i := range w {
		w[i] = letters[r.IntN(len(letters))]
	}
	return string(w)
}

func accepts(m misspelling, text string) bool {
	p := newSpeller(m)
	return p.accepts(text)
}

// mayMean says by the table of edit distances whether the misspelling may stand
// for the word.
func mayMean(m misspelling, word string) bool {
	distances := editDistances([]rune(m.word), []rune(word))
	if m.half {
		return slices.Min(distances[1:]) <= m.typos
	}
	return distances[len(distances)-1] <= m.typos
}

// editDistances counts insertions, deletions, substitutions and swaps of
// neighbours between a and each beginning of b, where no letter is edited twice.
func editDistances(a, b []rune) []int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)]
}

// What a misspelling may stand for is remembered for each segment, and changes
// with what is written all the same.
func TestRememberedMisspellingFindsWhoComesLater(t *testing.T) {
	src := newMemory(contact(1, "Mark Twain", "mt@example.com", ""))
	x := open(t, src)
	for range 2 {
		assert.Equal(t, ids(1), find(t, x, "mork"))
	}
	src.put(contact(2, "Mork Twain", "mork@example.com", ""))
	src.put(contact(3, "Merk Twain", "merk@example.com", ""))
	for range 2 {
		assert.Equal(t, ids(2, 3, 1), find(t, x, "mork"))
	}
	src.put(contact(1, "John Twain", "mt@example.com", ""))
	src.put(contact(3, "John Twain", "jt@example.com", ""))
	for range 2 {
		assert.Equal(t, ids(2), find(t, x, "mork"))
	}
}
