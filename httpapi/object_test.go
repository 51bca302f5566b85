package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

// FuzzParseObject: what is accepted is a JSON object, of which encoding/json
// sees the same members.
func FuzzParseObject(f *testing.F) {
	for _, body := range []string{
		`{}`, ` { "fullName" : "John \u00e9 \ud83d\ude00" , "tags": ["a", 1, null], "preferences": {"a": {"b": [1.50, -0, 1e400]}} } `,
		`{"a":1,"a":2}`, `{"a":{"b":1,"b":2}}`, `{"a":1}{"b":2}`, `{"a":1}]`, `{"a"}`, `{"a":}`, `{,}`, `[]`, `"{}"`, `null`, ``, " \n",
		"{\"a\":\"\xff\"}", `{"a":"\ud800"}`, "{\"\u0000\":1}", `{"\u0061":1,"a":2}`, "\ufeff{}", `{"a":01}`, `{'a':1}`, `{"a":NaN}`,
		strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100),
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := parseObject(body)
		if err != nil {
			var domain *crm.Error
			require.True(t, errors.As(err, &domain), "%v", err)
			require.Equal(t, crm.Invalid, domain.Kind)
			return
		}
		require.True(t, utf8.Valid(body))
		var members map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(body, &members))
		require.ElementsMatch(t, slices.Collect(maps.Keys(members)), o.order)
		for name, value := range members {
			require.Equal(t, compactJSON(t, value), compactJSON(t, o.members[name]))
		}
		readEverything(t, o, members)
	})
}

func compactJSON(t *testing.T, value []byte) string {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, json.Compact(&b, value))
	return b.String()
}

// readEverything takes every member as each kind of value.
func readEverything(t *testing.T, o *object, members map[string]json.RawMessage) {
	t.Helper()
	for name, raw := range members {
		var text string
		if got, ok := o.text(name); ok {
			require.NoError(t, json.Unmarshal(raw, &text))
			require.Equal(t, text, got)
		}
		if list, nameOf, ok := o.texts(name); ok {
			for i, item := range list {
				require.True(t, utf8.ValidString(item))
				require.True(t, strings.HasPrefix(nameOf(i), name+"["))
			}
		}
		if compact, ok := o.compact(name); ok {
			require.Equal(t, compactJSON(t, raw), string(compact))
		}
	}
	for _, problem := range *o.problems {
		assert.NotEqual(t, "is not a known field", problem.Message, "everything was taken")
	}
}
