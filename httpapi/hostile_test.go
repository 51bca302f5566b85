package httpapi

import (
	"encoding/binary"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSpellingsOfACustomer asks for one customer in every way in which somebody
// might try to write its path. A path is taken as it is, after one decoding:
// nothing is cleaned up, folded or decoded twice.
func TestSpellingsOfACustomer(t *testing.T) {
	const upper, half = "6979A1B1A6DB796B4A1447E9", "6979a1B1"
	const badID, none = "Invalid customer ID format", "Not found"
	w, people := newWorld(t), people(t)
	for _, c := range []struct{ outcome, path, message string }{
		{"hexadecimal digits in any case are that customer", "/api/customers/" + upper, ""},
		{"... in both cases too", "/api/customers/" + half + johnDoe[8:], ""},
		{"a query is no part of the id", anID + "?/../x", ""},
		{"an escape that is escaped is not decoded twice", "/api/customers/%2536" + johnDoe[1:], badID},
		{"a NUL is no end of the id", anID + "%00", badID},
		{"a NUL is no end of the id that a suffix could follow", anID + "%00.json", badID},
		{"a matrix parameter is a part of the id", anID + ";v=1", badID},
		{"an extension is a part of the id", anID + ".json", badID},
		{"a space is a part of the id", anID + "%20", badID},
		{"a line end is a part of the id", anID + "%0d%0aX-Header:%20x", badID},
		{"digits of another script are none", "/api/customers/" + "%D9%A6" + johnDoe[1:], badID},
		{"full-width digits are none", "/api/customers/" + "%EF%BC%96" + johnDoe[1:], badID},
		{"an over-long form of a digit is none", "/api/customers/%c0%b6" + johnDoe[1:], badID},
		{"bytes that are no text are no id", "/api/customers/%ff%fe", badID},
		{"... and not written into the answer", "/api/customers/%3Cscript%3E", badID},
		{"an escaped slash stays in the id", "/api/customers/x%2F" + johnDoe, badID},
		{"an escaped step upwards stays in the id", "/api/customers/..%2f" + johnDoe, badID},
		{"an over-long slash stays in the id", "/api/customers/..%c0%af" + johnDoe, badID},
		{"an escaped backslash stays in the id", "/api/customers/..%5C" + johnDoe, badID},
		{"dots that look like dots are an id like any other", "/api/customers/%E2%80%A4%E2%80%A4", badID},
		{"two dots are an id like any other", "/api/customers/..", badID},
		{"a step upwards is another path", "/api/customers/../customers/" + johnDoe, none},
		{"... escaped too", "/api/%2e%2e/api/customers/" + johnDoe, none},
		{"a step in place is another path", "/api/./customers/" + johnDoe, none},
		{"an escaped letter of the route is another path", "/%61pi/customers/" + johnDoe, none},
		{"a backslash is no slash", `/api\customers\` + johnDoe, none},
		{"an escaped slash parts no segments", "/api%2Fcustomers%2F" + johnDoe, none},
		{"a word of the route in another case is another path", "/api/CUSTOMERS/" + johnDoe, none},
		{"a path without a slash in front is none", "*", none},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			r, err := call{anAdmin, http.MethodGet, c.path, "", ""}.request(people)
			require.NoError(t, err)
			answered := w.send(r)
			if c.message == "" {
				assert.Equal(t, http.StatusOK, answered.Code)
				assert.Contains(t, answered.Body.String(), `"customerId":"`+johnDoe+`"`)
				return
			}
			assert.Equal(t, map[string]int{badID: http.StatusBadRequest, none: http.StatusNotFound}[c.message], answered.Code)
			assert.Equal(t, envelope(c.message, "null"), answered.Body.String())
		})
	}
}

// TestHostileBodies sends what breaks other decoders as the body of a change. A
// refusal has changed nothing.
func TestHostileBodies(t *testing.T) {
	const malformed = "Malformed JSON at line 1, column "
	w, people := newWorld(t), people(t)
	for _, c := range []struct{ outcome, body, message string }{
		{"arrays in arrays without end are refused before they fill the stack", strings.Repeat("[", 1<<20), malformed + "10001: exceeded max depth"},
		{"... and so are they when they end", `{"preferences":{"a":` + nested(100_000) + `}}`, malformed + "10019: exceeded max depth"},
		{"... and when a known field is behind them", `{"x":` + nested(9000) + `,"fullName":"John Doe"}`, "x is not a known field"},
		{"a name that comes twice in two spellings comes twice", `{"fullName":"A B","full\u004eame":"C D"}`, malformed + `19: duplicate name "fullName"`},
		{"a name that differs in case is another", `{"FullName":"John Doe"}`, "FullName is not a known field"},
		{"an own name of JavaScript's objects is not known", `{"__proto__":{"admin":true}}`, "__proto__ is not a known field"},
		{"UTF-16 is malformed", inUTF16(`{"fullName":"John Doe"}`), malformed + "1: invalid"},
		{"a NUL behind the object is malformed", "{}\x00", malformed + "3: unexpected data behind the value"},
		{"a NUL in a string is malformed", "{\"fullName\":\"Jo\x00hn\"}", malformed + `16: invalid`},
		{"an escaped NUL is a control character", `{"fullName":"Jo\u0000hn"}`, "fullName must not hold control characters"},
		{"an over-long slash is no text", "{\"fullName\":\"Jo\xc0\xafhn\"}", malformed + "16: invalid UTF-8"},
		{"a surrogate in UTF-8 is no text", "{\"fullName\":\"Jo\xed\xa0\x80hn\"}", malformed + "16: invalid UTF-8"},
		{"half a pair behind a whole one is no text", `{"fullName":"\ud83d\ude00\ud83d"}`, malformed + "26: invalid"},
		{"a pair the wrong way round is no text", `{"fullName":"\ude00\ud83d"}`, malformed + "14: invalid"},
		{"a text of no characters is empty", `{"fullName":""}`, "fullName must not be empty"},
		{"a text of marks alone is as long as its marks", `{"fullName":"` + strings.Repeat(`\u0301`, 101) + `"}`, "fullName must have at most 100 characters"},
		{"what turns the direction of writing is taken, as in names from right to left", `{"fullName":"John\u202eeoD"}`, ""},
		{"numbers of any size are kept in preferences as they are", `{"preferences":{"n":[1e400,-0,1e-7,` + strings.Repeat("9", 310) + `]}}`, ""},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			r, err := call{anAdmin, http.MethodPut, anID, asJSON, c.body}.request(people)
			require.NoError(t, err)
			before := w.commits
			answered := w.send(r)
			if c.message == "" {
				assert.Equal(t, http.StatusOK, answered.Code, answered.Body.String())
				return
			}
			assert.Equal(t, http.StatusBadRequest, answered.Code)
			assert.Contains(t, told(t, answered.Body.Bytes()), c.message)
			assert.Equal(t, before, w.commits, "nothing has changed")
		})
	}
}

// told is what an answer says is wrong: its message, or its only problem.
func told(t *testing.T, body []byte) string {
	t.Helper()
	var answer struct {
		Message string
		Data    struct {
			Errors []struct{ Field, Message string }
		}
	}
	require.NoError(t, json.Unmarshal(body, &answer))
	if len(answer.Data.Errors) != 1 {
		return answer.Message
	}
	return answer.Data.Errors[0].Field + " " + answer.Data.Errors[0].Message
}

// nested are so many arrays, each in the one before.
func nested(levels int) string { return strings.Repeat("[", levels) + strings.Repeat("]", levels) }

func inUTF16(text string) string {
	b := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text)) {
		b = binary.LittleEndian.AppendUint16(b, unit)
	}
	return string(b)
}

// TestHostileAmounts sends an order with a total that is hard to read as a number.
func TestHostileAmounts(t *testing.T) {
	const tooLarge, tooFine = "must be between 0 and 9999999999.99", "must have at most two decimals"
	w, people := newWorld(t), people(t)
	for _, c := range []struct{ outcome, total, message string }{
		{"a number beyond every float", "1e400", tooLarge},
		{"an exponent beyond every integer", "1e99999999999999999999", tooLarge},
		{"as many digits as fit", strings.Repeat("9", 500_000), tooLarge},
		{"a tenth of a cent of a cent", "1e-7", tooFine},
		{"as many decimals as fit", "0." + strings.Repeat("0", 500_000) + "1", tooFine},
		{"less than nothing", "-0.01", tooLarge},
		{"a text", `"1.00"`, "must be a number"},
		{"a list", "[1]", "must be a number"},
		{"nothing below zero", "-0", ""},
		{"decimals of nothing", "1." + strings.Repeat("0", 500_000), tooFine},
		{"an amount with an exponent", "1950e-2", ""},
	} {
		outcome := " is refused"
		if c.message == "" {
			outcome = " is taken"
		}
		t.Run(c.outcome+outcome, func(t *testing.T) {
			placed := goodCalls["POST /api/events"]
			placed.body = strings.Replace(placed.body, "19.5", c.total, 1)
			r, err := placed.request(people)
			require.NoError(t, err)
			answered := w.send(r)
			if c.message == "" {
				assert.Equal(t, http.StatusOK, answered.Code, answered.Body.String())
				return
			}
			assert.Equal(t, http.StatusBadRequest, answered.Code)
			assert.Equal(t, "data.total "+c.message, told(t, answered.Body.Bytes()))
		})
	}
}
