package cmd

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const john = "/api/customers/6979a1b1a6db796b4a1447e9"

// limitCase is a value at the edge of a limit, or just beyond it.
type limitCase struct {
	outcome      string
	method, path string
	body         string
	refusal      string // the only problem, as "field message"; empty when the value is taken
}

// atBothSides are the cases of a text's length.
func atBothSides(name, method, path, field string, least, most int, tooShort, tooLong string, body func(text string) string) []limitCase {
	at := func(n int, refusal string) limitCase {
		// é counts as one character and takes two bytes.
		return limitCase{fmt.Sprintf("%s of %d characters", name, n), method, path, body(strings.Repeat("é", n)), refusal}
	}
	cases := []limitCase{at(least, ""), at(most, ""), at(most+1, field+" "+tooLong)}
	if least > 0 {
		cases = append(cases, at(least-1, field+" "+tooShort))
	}
	return cases
}

// member is an object with one member.
func member(name string) func(string) string {
	return func(text string) string { return object(name, text) }
}

// object is a JSON object of names and values.
func object(members ...any) string {
	var b strings.Builder
	for i := 0; i < len(members); i += 2 {
		value, err := json.Marshal(members[i+1])
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(&b, `,%q:%s`, members[i], value)
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "}"
}

func TestLimits(t *testing.T) {
	t.Parallel()
	const put, patch, post = http.MethodPut, http.MethodPatch, http.MethodPost
	var cases []limitCase
	add := func(more ...limitCase) { cases = append(cases, more...) }

	add(atBothSides("a name", put, john, "fullName", 2, 100,
		"must have at least 2 characters", "must have at most 100 characters", member("fullName"))...)
	add(atBothSides("a note", post, john+"/notes", "content", 10, 1000,
		"must have at least 10 characters", "must have at most 1000 characters", member("content"))...)
	add(atBothSides("a tag", put, john, "tags[0]", 1, 50,
		"must not be empty", "must have at most 50 characters",
		func(text string) string { return object("tags", []string{text}) })...)
	add(atBothSides("the reason of a status", patch, john+"/status", "reason", 0, 500,
		"", "must have at most 500 characters", func(text string) string { return object("status", "Active", "reason", text) })...)
	add(atBothSides("the notes of a type", patch, john+"/type", "notes", 0, 500,
		"", "must have at most 500 characters", func(text string) string { return object("customerType", "VIP", "notes", text) })...)
	add(atBothSides("a user id", post, "/api/customers", "userId", 1, 128,
		"must not be empty", "must have at most 128 characters",
		func(text string) string {
			return object("userId", text, "email", fmt.Sprintf("user%d@example.com", len(text)), "fullName", "Some Body")
		})...)

	for _, c := range []struct{ outcome, number, problem string }{
		{"a number of 9 characters", "123456789", "must have at least 10 characters"},
		{"a number of 10 characters", "1234567890", ""},
		{"a number of 15 characters", "+91987654321012", ""},
		{"a number of 16 characters", "+919876543210123", "must have at most 15 characters"},
		{"a number of 7 digits", "(12) 345-67", ""},
		{"a number of 6 digits", "(12) 345--6", "must hold at least 7 digits"},
		{"a number of 10 characters between spaces", "  1234567890 ", ""},
		{"a number with a letter", "12345678x0", "may hold only digits, spaces, +, - and parentheses"},
		{"a number with digits of another script", "٠١٢٣٤٥٦٧٨٩", "may hold only digits, spaces, +, - and parentheses"},
		{"a number that is empty", "", "must not be empty"},
	} {
		refusal := ""
		if c.problem != "" {
			refusal = "contactNumber " + c.problem
		}
		add(limitCase{c.outcome, put, john, object("contactNumber", c.number), refusal})
	}

	tags := func(n int, more ...string) string {
		for i := range n {
			more = append(more, fmt.Sprintf("tag %d", i))
		}
		return object("tags", more)
	}
	deep := func(levels int) string {
		return `{"preferences":` + strings.Repeat(`{"a":`, levels-1) + `[]` + strings.Repeat("}", levels-1) + "}"
	}
	sized := func(bytes int) string {
		return `{"preferences": {  "a"  : "` + strings.Repeat("x", bytes-len(`{"a":""}`)) + `"} }`
	}
	add(
		limitCase{"50 tags", put, john, tags(50), ""},
		limitCase{"51 tags", put, john, tags(51), "tags must have at most 50 tags"},
		limitCase{"51 tags of which two differ in case only", put, john, tags(50, "TAG 7"), ""},
		limitCase{"preferences 8 levels deep", put, john, deep(8), ""},
		limitCase{"preferences 9 levels deep", put, john, deep(9), "preferences must nest at most 8 levels deep"},
		limitCase{"preferences of 16 KiB when compact", put, john, sized(16 << 10), ""},
		limitCase{"preferences of a byte more", put, john, sized(16<<10 + 1), "preferences must have at most 16384 bytes as compact JSON"},
	)

	for _, c := range []struct{ outcome, path, query, refusal string }{
		{"page 1", "/api/customers", "page=1", ""},
		{"page 0", "/api/customers", "page=0", "page must be a whole number from 1 to 1000000000"},
		{"the last page that can be asked for", "/api/customers", "page=1000000000&limit=100", ""},
		{"a page beyond it", "/api/customers", "page=1000000001", "page must be a whole number from 1 to 1000000000"},
		{"a page beyond every integer", "/api/customers", "page=99999999999999999999", "page must be a whole number from 1 to 1000000000"},
		{"limit 1", "/api/customers", "limit=1", ""},
		{"limit 0", "/api/customers", "limit=0", "limit must be a whole number from 1 to 100"},
		{"limit 100", "/api/customers", "limit=100", ""},
		{"limit 101", "/api/customers", "limit=101", "limit must be a whole number from 1 to 100"},
		{"a limit of 10 to the 18th", "/api/customers", "limit=1000000000000000000", "limit must be a whole number from 1 to 100"},
		{"a limit with a sign", "/api/customers", "limit=%2B5", "limit must be a whole number from 1 to 100"},
		{"a limit with a fraction", "/api/customers", "limit=5.0", "limit must be a whole number from 1 to 100"},
		{"a limit of history", john + "/history", "limit=101", "limit must be a whole number from 1 to 100"},
		{"q of 2 characters", "/api/customers/search", "q=" + url.QueryEscape("éé"), ""},
		{"q of 1 character", "/api/customers/search", "q=" + url.QueryEscape("é"), "q must have at least 2 characters"},
		{"q of 200 characters", "/api/customers/search", "q=" + url.QueryEscape(strings.Repeat("é", 200)), ""},
		{"q of 201 characters", "/api/customers/search", "q=" + url.QueryEscape(strings.Repeat("é", 201)), "q must have at most 200 characters"},
		{"q of bytes that are no text", "/api/customers/search", "q=%ff%fe", "q must be valid UTF-8"},
		{"q given twice", "/api/customers/search", "q=john&q=doe", "q must be given once"},
		{"the last page of a search that can be asked for", "/api/customers/search", "q=john&page=1000000000&limit=100", ""},
		{"a leap day", "/api/customers", "fromDate=2024-02-29", ""},
		{"a day that never was", "/api/customers", "fromDate=2023-02-29", "fromDate must be a date of the form YYYY-MM-DD"},
		{"a day of year 0", "/api/customers", "toDate=0000-01-01", ""},
		{"a date with a time", "/api/customers", "toDate=2026-01-01T00:00:00Z", "toDate must be a date of the form YYYY-MM-DD"},
	} {
		add(limitCase{c.outcome, http.MethodGet, c.path + "?" + c.query, "", c.refusal})
	}

	v := startService(t, noon)
	openShop(t, v)
	for _, c := range cases {
		t.Run(c.outcome+map[bool]string{true: " is taken", false: " is refused"}[c.refusal == ""], func(t *testing.T) {
			status, answer := v.call(t, c.method, c.path, c.body)
			if c.refusal == "" {
				assert.Less(t, status, 300, answer)
				return
			}
			assert.Equal(t, http.StatusBadRequest, status)
			field, message, _ := strings.Cut(c.refusal, " ")
			assert.Equal(t, `{"success":false,"message":"Validation failed","data":{"errors":[`+object("field", field, "message", message)+`]}}`, answer)
		})
	}
}

func TestBodySize(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	v := startService(t, noon)
	openShop(t, v)
	name := `{"fullName": "John Doe"}`
	padded := func(size int) string { return name + strings.Repeat(" ", size-len(name)) }

	t.Run("a body of 1 MiB is read", func(t *testing.T) {
		status, answer := v.call(t, http.MethodPut, john, padded(limit))
		assert.Equal(t, http.StatusOK, status, answer)
	})
	t.Run("a byte more is refused", func(t *testing.T) {
		status, answer := v.call(t, http.MethodPut, john, padded(limit+1))
		assert.Equal(t, http.StatusRequestEntityTooLarge, status)
		assert.Equal(t, `{"success":false,"message":"Request body must have at most 1 MiB","data":null}`, answer)
	})
	t.Run("a body of unknown length is refused where it passes the limit", func(t *testing.T) {
		r := v.request(t, http.MethodPut, john, padded(limit+1))
		r.ContentLength, r.GetBody = -1, nil
		status, _ := send(t, r)
		assert.Equal(t, http.StatusRequestEntityTooLarge, status)
	})
	t.Run("a body of unknown length within the limit is read", func(t *testing.T) {
		r := v.request(t, http.MethodPut, john, padded(limit))
		r.ContentLength, r.GetBody = -1, nil
		status, answer := send(t, r)
		assert.Equal(t, http.StatusOK, status, answer)
	})
	t.Run("a body that is nested without end is refused", func(t *testing.T) {
		status, answer := v.call(t, http.MethodPut, john, `{"preferences":`+strings.Repeat("[", limit-20))
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, answer, "Malformed JSON")
	})
	t.Run("bytes that are no text are malformed", func(t *testing.T) {
		status, answer := v.call(t, http.MethodPut, john, "{\"fullName\": \"J\xffhn\"}")
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Equal(t, `{"success":false,"message":"Malformed JSON at line 1, column 16: invalid UTF-8","data":null}`, answer)
	})
	t.Run("a body with a byte order mark is malformed", func(t *testing.T) {
		status, answer := v.call(t, http.MethodPut, john, "\ufeff"+name)
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, answer, "Malformed JSON at line 1, column 1: ")
	})
}

// TestRequestIDs holds to which ids of callers are taken over.
func TestRequestIDs(t *testing.T) {
	t.Parallel()
	v := startService(t, noon)
	for _, c := range []struct {
		outcome, given string
		taken          bool
	}{
		{"8 characters are taken over", "a1-B_2.c", true},
		{"64 characters are taken over", strings.Repeat("x", 64), true},
		{"7 characters are replaced", "1234567", false},
		{"65 characters are replaced", strings.Repeat("x", 65), false},
		{"a space is replaced", "12345 6789", false},
		{"a letter beyond ASCII is replaced", "12345678é", false},
		{"none is made up", "", false},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			r := v.request(t, http.MethodGet, "/healthz", "")
			r.Header.Set("X-Request-Id", c.given)
			response, err := http.DefaultTransport.RoundTrip(r)
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
			id := response.Header.Get("X-Request-Id")
			assert.Regexp(t, `^[\w.-]{8,64}$`, id)
			assert.Equal(t, c.taken, id == c.given)
			v.access.Flush()
			assert.Contains(t, v.log.String(), "request="+id+" ")
		})
	}
}
