package crm_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

const tooDeep = "must nest at most 8 levels deep"

func TestCleanPreferences(t *testing.T) {
	nested := func(levels int) string {
		return strings.Repeat(`{"a":`, levels-1) + "{}" + strings.Repeat("}", levels-1)
	}
	sized := func(size int) string { return `{"a":"` + strings.Repeat("x", size-len(`{"a":""}`)) + `"}` }

	cases := []struct {
		outcome, object string
		messages        []string
	}{
		{"no preferences are fine", `{}`, nil},
		{"the contract's example is fine", `{"newsletter":true,"smsNotifications":false}`, nil},
		{"eight levels are fine", nested(8), nil},
		{"nine levels are too deep", nested(9), []string{tooDeep}},
		{"arrays count as levels", `{"a":[[[[[[[]]]]]]]}`, nil},
		{"arrays count as levels beyond the limit", `{"a":[[[[[[[[]]]]]]]]}`, []string{tooDeep}},
		{"levels beside each other do not add up", `{"a":[{},{},{}],"b":{"c":{}},"d":[[],[],[],[]]}`, nil},
		{"the deepest level counts, not the last", `{"a":[[[[[[[[]]]]]]]],"b":1}`, []string{tooDeep}},
		{"brackets in a string are no levels", `{"a":"[[[[[[[[[{{{{{{{{{"}`, nil},
		{"brackets in a key are no levels", `{"[[[[[[[[[":1}`, nil},
		{"an escaped quote does not end a string", `{"a":"\"[[[[[[[[["}`, nil},
		{"an escaped backslash does not hide the end of a string", `{"a":"\\","b":[[[[[[[[]]]]]]]]}`, []string{tooDeep}},
		{"16 KiB are fine", sized(16 << 10), nil},
		{"a byte more is too much", sized(16<<10 + 1), []string{"must have at most 16384 bytes as compact JSON"}},
		{
			"both faults are named", `{"a":` + nested(8) + `,"b":` + sized(16<<10) + `}`,
			[]string{"must have at most 16384 bytes as compact JSON", tooDeep},
		},
	}
	for _, c := range cases {
		t.Run(c.outcome, func(t *testing.T) {
			require.True(t, json.Valid([]byte(c.object)))
			var p crm.Problems
			crm.CleanPreferences(&p, "preferences", []byte(c.object))
			var messages []string
			for _, problem := range p {
				assert.Equal(t, "preferences", problem.Field)
				messages = append(messages, problem.Message)
			}
			assert.Equal(t, c.messages, messages)
		})
	}
}

func FuzzCleanPreferences(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":[[[[[[[[]]]]]]]]}`, `{"a":"\\\"[{"}`, `{"a":{"b":[1,2,{"c":null}]}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var object bytes.Buffer
		if len(b) > crm.MaxPreferences || json.Compact(&object, b) != nil {
			return
		}
		var p crm.Problems
		crm.CleanPreferences(&p, "preferences", object.Bytes())
		if depthByTokens(t, object.Bytes()) > crm.MaxPreferDepth {
			assert.Equal(t, crm.Problems{{Field: "preferences", Message: tooDeep}}, p)
		} else {
			assert.Empty(t, p)
		}
	})
}

// depthByTokens measures the nesting with a real JSON reader.
func depthByTokens(t *testing.T, b []byte) int {
	t.Helper()
	depth, deepest := 0, 0
	for d := json.NewDecoder(bytes.NewReader(b)); ; {
		switch token, err := d.Token(); {
		case err != nil:
			return deepest
		case token == json.Delim('{') || token == json.Delim('['):
			depth++
			deepest = max(deepest, depth)
		case token == json.Delim('}') || token == json.Delim(']'):
			depth--
		}
	}
}
