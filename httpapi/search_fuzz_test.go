package httpapi

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/search"
)

// FuzzSearch: whatever is searched for is text and nothing else. It is answered
// or refused with a reason, the same when it is asked again, and never takes as
// many steps as a search may take: their count, not the time, is what bounds the
// work (see [search.Index.Search]).
func FuzzSearch(f *testing.F) {
	for _, q := range []string{
		"john doe", "john.doe@example.com", "+91 98765 43210", "6979a1b1a6db796b4a1447e9", "jhon",
		"+fullName:john -email:*", "/jo.*hn/", "john~2", `"john doe"^5`, "[* TO *]", "email:{a TO z}", "(((((john", "NOT john AND", `\`, "*", "?*?*?*", "%%%", "_id:1",
		"(a+)+$", "^(([a-z])+.)+[A-Z]([a-z])+$", strings.Repeat("a", 200), strings.Repeat("a?", 100), strings.Repeat("a ", 100), strings.Repeat("1-", 100),
		strings.Repeat("a@", 100), strings.Repeat("\u0301", 200), strings.Repeat("ﷺ", 200), strings.Repeat("é", 200), "e\u0301\u0301\u0301", "\u200f\u202edoj", "İstanbul", "\xff\xfe",
		"\x00john", "jo\nhn", "\ufeffjohn", "𝕛𝕠𝕙𝕟", "ＪＯＨＮ", "陈美", "\ud7ff\ue000", "' OR '1'='1", "${jndi:x}", "../../x", "<script>", "a b c d e f g h i j k l m n o p q r s t u v w x y z",
	} {
		f.Add(q, uint16(1))
	}
	f.Add("a", uint16(1))
	f.Add("example.com", uint16(9999))
	a := newAPI(f, io.Discard, 600)
	f.Fuzz(func(t *testing.T, q string, page uint16) {
		target := "/api/customers/search?limit=7&q=" + url.QueryEscape(q) + "&page=" + strconv.Itoa(int(page))
		answered := answerOf(a, a.request(http.MethodGet, target))
		body := answered.Body.String()
		checkEnvelope(t, answered.Code, answered.Body.Bytes())
		again := answerOf(a, a.request(http.MethodGet, target))
		if isBusy(answered) || isBusy(again) {
			return
		}
		assert.Equal(t, body, again.Body.String(), "asked again")
		if answered.Code != http.StatusOK {
			assert.Equal(t, http.StatusBadRequest, answered.Code)
			assert.NotContains(t, body, "asks for too much at once")
			return
		}
		n := len([]rune(strings.TrimSpace(q)))
		assert.True(t, n >= search.MinText && n <= search.MaxText, "%d characters", n)
		assertPage(t, answered)
	})
}

// assertPage wants as many items as the pagination says that there are, none
// twice.
func assertPage(t *testing.T, answered *httptest.ResponseRecorder) {
	t.Helper()
	var list struct {
		Items []struct {
			CustomerID string `json:"customerId"`
		}
		Pagination struct{ Page, PageSize, TotalCount int }
	}
	require.NoError(t, json.Unmarshal(answered.Body.Bytes(), &list))
	p := list.Pagination
	assert.Len(t, list.Items, min(p.PageSize, max(0, p.TotalCount-(p.Page-1)*p.PageSize)))
	seen := map[string]bool{}
	for _, item := range list.Items {
		assert.False(t, seen[item.CustomerID], "%s is shown twice", item.CustomerID)
		seen[item.CustomerID] = true
	}
}
