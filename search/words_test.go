package search

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever is passed by without being read must be no word that is meant.
func TestWordListFindsAllThatTheEditDistanceAllows(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	words := dictionaryOf(population{seed: 3, customers: 500})
	for range 500 {
		words = append(words, someWord(r, longestTypo+2*maxTypos))
	}
	list := newWordList(slices.Clone(words))
	for range 300 {
		word := words[r.IntN(len(words))]
		m := misspelling{misspelled(r, word), 1 + r.IntN(maxTypos), r.IntN(2) == 0}
		if n := len([]rune(m.word)); n < lettersForOneTypo || n > longestTypo {
			continue
		}
		var want []string
		for _, word := range words {
			if mayMean(m, word) {
				want = append(want, word)
			}
		}
		found, _ := list.meant(m)
		require.ElementsMatch(t, want, found, "%v", m)
	}
}

// dictionaryOf is the words that may be misspelled of the population's customers.
func dictionaryOf(p population) []string {
	var words []string
	for n := range p.customers {
		words = append(words, termsOf(p.contact(n)).spelled...)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// misspelled makes up to three edits, one more than are forgiven.
func misspelled(r *rand.Rand, word string) string {
	w := []rune(word)
	for range r.IntN(maxTypos + 2) {
		at := r.IntN(len(w))
		switch r.IntN(4) {
		case 0:
			w = slices.Insert(w, at, rune('a'+r.IntN(26)))
		case 1:
			w[at] = []rune("aबq")[r.IntN(3)]
		case 2:
			next := min(at+1, len(w)-1)
			w[at], w[next] = w[next], w[at]
		default:
			if len(w) > 1 {
				w = slices.Delete(w, at, at+1)
			}
		}
	}
	return string(w)
}

func TestWordListOfTheShortestAndTheLongest(t *testing.T) {
	long := strings.Repeat("a", longestTypo)
	list := newWordList([]string{long + strings.Repeat("a", 200), "ann", long})
	for _, c := range []struct {
		name string
		m    misspelling
		want []string
	}{
		{"the longest that is forgiven", misspelling{long[1:], 2, false}, []string{long}},
		{"the beginning of a longer one", misspelling{long[1:], 2, true}, []string{long, long + strings.Repeat("a", 200)}},
		{"a letter less than the shortest forgiven", misspelling{"anna", 1, false}, []string{"ann"}},
		{"none", misspelling{"xyzw", 2, true}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			found, _ := list.meant(c.m)
			assert.Equal(t, c.want, found)
		})
	}
	none, _ := newWordList(nil).meant(misspelling{"anna", 1, false})
	assert.Empty(t, none)
}

// BenchmarkMeant looks for what a misspelling may stand for among the words of
// 100,000 customers.
func BenchmarkMeant(b *testing.B) {
	words := dictionaryOf(population{seed: 1, customers: 100_000})
	list := newWordList(words)
	for _, m := range []misspelling{{"wiliams", 1, false}, {"krishnamurti", 1, false}, {"krishnamurti", 2, true}, {"rendlovka", 2, true}} {
		b.Run(m.word+map[bool]string{true: " half typed", false: ""}[m.half], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				list.meant(m)
			}
			b.ReportMetric(float64(len(words)), "words")
		})
	}
}
