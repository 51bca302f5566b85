package httpapi

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"crms/store"
	"crms/store/crm"
)

func TestIfMatch(t *testing.T) {
	for _, c := range []struct {
		outcome string
		headers []string
		want    store.Match
	}{
		{"without the header there is no condition", nil, store.Match{}},
		{"the revision counts, in hexadecimal", []string{`"1f-3"`}, store.Match{Conditional: true, Revisions: []uint64{0x1f}}},
		{"several tags of several headers count", []string{`"1-0", "2-7"`, `"3-0"`}, store.Match{Conditional: true, Revisions: []uint64{1, 2, 3}}},
		{"* is any customer", []string{"*"}, store.Match{Conditional: true, Any: true}},
		{"an empty header matches nothing", []string{""}, store.Match{Conditional: true}},
		{"a weak tag matches nothing", []string{`W/"1-0"`}, store.Match{Conditional: true}},
		{"a tag without quotes matches nothing", []string{"1-0"}, store.Match{Conditional: true}},
		{"a tag without second part matches nothing", []string{`"1"`}, store.Match{Conditional: true}},
		{"a tag that is no number matches nothing", []string{`"x-0"`, `"-1-0"`, `"99999999999999999-0"`}, store.Match{Conditional: true}},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPut, "/", nil)
			r.Header["If-Match"] = c.headers
			assert.Equal(t, c.want, ifMatch(&request{Request: r}))
		})
	}
}

func TestETag(t *testing.T) {
	tag := etagOf(&crm.Customer{Revision: 255, Activity: 4096})
	assert.Equal(t, `"ff-1000"`, tag)
	t.Run("is matched as a whole, weak or strong, among others", func(t *testing.T) {
		for _, header := range []string{tag, "W/" + tag, `"a", ` + tag, "*"} {
			assert.True(t, matchesAny([]string{header}, tag), header)
		}
		assert.True(t, matchesAny([]string{`"a"`, tag}, tag), "in the second header")
	})
	t.Run("is not matched by another", func(t *testing.T) {
		for _, header := range []string{"", `"ff-1001"`, `"ff"`, "ff-1000", ","} {
			assert.False(t, matchesAny([]string{header}, tag), header)
		}
		assert.False(t, matchesAny(nil, tag))
	})
}
