package search

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

func TestOrderIsByTierThenByAge(t *testing.T) {
	x := open(t, newMemory(
		contact(1, "Mark Twain", "mt@example.com", "+14155550101"),           // the name
		contact(2, "Twain Mark", "tm@example.com", "+14155550102"),           // all words whole
		contact(3, "Mark Twain Jr", "mtj@example.com", "+14155550103"),       // all words whole
		contact(4, "Markus Twainson", "mts@example.com", "+14155550104"),     // beginnings
		contact(5, "Lee Roe", "lee.mark.twain@example.com", "+14155550105"),  // inside
		contact(6, "Marc Twain", "marc@example.com", "+14155550106"),         // a typo
		contact(7, "Mark Twain", "twin@example.com", "+14155550107"),         // the name again, newer
		contact(8, "mark@twain.example", "mark@twain.example", "5550199000"), // a name like an email
	))
	assert.Equal(t, ids(7, 1, 8, 3, 2, 4, 5, 6), find(t, x, "mark twain"))
	assert.Equal(t, ids(8), find(t, x, "mark@twain.example"))
}

func TestTheIDFindsItsCustomer(t *testing.T) {
	x := open(t, newMemory(contact(1, "John Doe", "john@example.com", ""), contact(2, "Jane Roe", "jane@example.com", "")))
	assert.Equal(t, ids(2), find(t, x, idOf(2).String()))
	assert.Equal(t, ids(2), find(t, x, strings.ToUpper(idOf(2).String())))
	assert.Empty(t, find(t, x, idOf(3).String()))
}

func TestTextLimits(t *testing.T) {
	x := open(t, newMemory(contact(1, "Jo Doe", "jo@example.com", "")))
	for _, text := range []string{"", " ", "j", "  j  ", strings.Repeat("x", 201), "j\xff"} {
		_, err := x.Search(t.Context(), Query{Text: text, Limit: 10})
		assertKind(t, crm.Invalid, err)
		var e *crm.Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, "q", e.Fields[0].Field)
	}
	for _, text := range []string{"jo", "  jo  ", strings.Repeat("ü", 200)} {
		_, err := x.Search(t.Context(), Query{Text: text, Limit: 10})
		assert.NoError(t, err, text)
	}
}

// Pages of any size, put together, are the whole answer: nobody twice, nobody
// left out, in one order.
func TestPagesAddUpToTheWholeAnswer(t *testing.T) {
	p := population{seed: 7, customers: 1000}
	src := p.memory()
	x := open(t, src)
	for n := range 40 { // more segments than one, with deletions
		src.put(p.contact(n * 7))
		find(t, x, "olivia")
	}
	src.remove(idOf(5))
	for _, text := range []string{"ol", "com", "example.org", "smith", "a", "sharma p", "+91", "98", "oliva smiht"} {
		if len(text) < MinText {
			text += "l"
		}
		whole := find(t, x, text)
		all, err := x.Search(t.Context(), Query{Text: text, Limit: 5000})
		require.NoError(t, err)
		assert.Equal(t, all.IDs[:len(whole)], whole)
		assert.Len(t, all.IDs, all.Total, text)
		assert.Len(t, slices.Compact(slices.SortedFunc(slices.Values(all.IDs), compareIDs)), all.Total, "nobody twice")
		for _, size := range []int{1, 7, 20} {
			var pages []crm.ID
			for offset := 0; offset < min(all.Total, 60*size); offset += size {
				r, err := x.Search(t.Context(), Query{Text: text, Offset: offset, Limit: size})
				require.NoError(t, err)
				require.Equal(t, all.Total, r.Total)
				pages = append(pages, r.IDs...)
			}
			assert.Equal(t, all.IDs[:len(pages)], pages, "%s by %d", text, size)
		}
		r, err := x.Search(t.Context(), Query{Text: text, Offset: all.Total, Limit: 10})
		require.NoError(t, err)
		assert.Empty(t, r.IDs, "behind the end")
		assert.Equal(t, all.Total, r.Total)
	}
}

// Totals of single words agree with counting by hand.
func TestTotalsAgreeWithCounting(t *testing.T) {
	p := population{seed: 8, customers: 1000}
	x := open(t, p.memory())
	for _, prefix := range []string{"olivia", "sm", "gar", "koval", "wi", "ta"} {
		want := 0
		for n := range p.customers {
			c := p.contact(n)
			words := slices.Concat(splitWords(fold(c.FullName)), splitWords(fold(c.Email)))
			if slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, prefix) }) {
				want++
			}
		}
		r, err := x.Search(t.Context(), Query{Text: prefix, Limit: 1})
		require.NoError(t, err)
		if want >= enough { // fewer bring those with typos in
			assert.Equal(t, want, r.Total, prefix)
		}
	}
}

// No text makes a search take more steps than some for each of its words, and
// none more than the bound.
func TestHostileTextsStayWithinTheBound(t *testing.T) {
	p := population{seed: 9, customers: 1000}
	x := open(t, p.memory())
	r := rand.New(rand.NewPCG(1, 1))
	letters := func(n int, alphabet string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = alphabet[r.IntN(len(alphabet))]
		}
		return string(b)
	}
	texts := []string{
		strings.Repeat("a ", 100), strings.Repeat("*", 200), strings.Repeat("?*", 100), strings.Repeat("a.", 100),
		strings.Repeat("-", 199) + "a", strings.Repeat("a@", 100), strings.Repeat("1 ", 100), strings.Repeat("12-", 66),
		strings.Repeat("(", 100) + strings.Repeat(")", 100), strings.Repeat("a~2 ", 50), strings.Repeat("[* TO *]", 25),
		strings.Repeat("é", 200), strings.Repeat("王", 200), strings.Repeat("\u0301", 200), strings.Repeat("ﷺ", 200),
		"a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 example com org net mail post shop",
		"oliviaa liamx emmma noahh charlote jamess ameliaa oliverr sofiaa lucass",
	}
	for range 25 {
		texts = append(texts, letters(200, "abcdefghi .@-0123456789"), letters(200, "ab "), letters(200, "oliva smth  "))
	}
	dearest := 0
	for _, text := range texts {
		request, err := parse(text)
		if err != nil {
			continue
		}
		s, err := x.volume().snapshot()
		require.NoError(t, err)
		_, _, err = s.find(request, 0, 100)
		require.NoError(t, err, text)
		require.NoError(t, s.close())
		dearest = max(dearest, s.steps)
	}
	assert.Less(t, dearest, maxSteps/5)
}

func TestASearchBeyondTheBoundIsRefused(t *testing.T) {
	x := open(t, newMemory(contact(1, "John Doe", "john@example.com", "")))
	s, err := x.volume().snapshot()
	require.NoError(t, err)
	defer func() { require.NoError(t, s.close()) }()
	s.steps = maxSteps
	request, err := parse("john")
	require.NoError(t, err)

	_, _, err = s.find(request, 0, 10)
	assert.ErrorIs(t, err, errTooDear)
}

// Searches while customers are written see what was written before them.
func TestSearchIsFreshUnderLoad(t *testing.T) {
	src := population{seed: 10, customers: 500}.memory()
	x := open(t, src)
	for n := range 60 {
		for k := range 5 { // neighbours that share its batch
			src.put(contact(10_000+n*10+k, "Crowd", fmt.Sprintf("crowd%d@example.com", n*10+k), ""))
		}
		email := fmt.Sprintf("fresh%d@example.net", n)
		src.put(contact(n, "Fresh", email, ""))
		require.Equal(t, ids(n), find(t, x, email))
	}
}
