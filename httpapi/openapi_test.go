package httpapi

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/httpapi/openapi"
	"crms/search"
	"crms/store/crm"
)

// TestTheDocumentDescribesEachRoute holds the OpenAPI document and the table of
// routes together, in both directions and with the roles of each.
func TestTheDocumentDescribesEachRoute(t *testing.T) {
	described := describedRoutes(t)
	a := newAPI(t, io.Discard, 0)
	a.devToken = func() (DevToken, error) { return DevToken{}, nil } // the routes of --dev are described too
	for _, rt := range a.routes() {
		name := rt.method + " " + openAPIPath(rt.path)
		who, there := described[name]
		delete(described, name)
		if assert.True(t, there, "%s is not described: add it to a file in httpapi/openapi/source, then run "+
			"go test ./httpapi/openapi -update", name) {
			assert.Equal(t, rt.who.String(), who.String(), "roles of %s, here and under its security in the document", name)
		}
	}
	assert.Empty(t, described, "the document describes what is no route")
}

// openAPIPath writes a route's path as OpenAPI does: {id} for :id.
func openAPIPath(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if name, is := strings.CutPrefix(s, ":"); is {
			segments[i] = "{" + name + "}"
		}
	}
	return strings.Join(segments, "/")
}

// describedRoutes reads who may do what from the document.
func describedRoutes(t *testing.T) map[string]auth.Role {
	t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(openapi.Document(), &document))
	described := map[string]auth.Role{}
	for path, item := range document.Paths {
		for method, operation := range item {
			if method == "parameters" {
				continue
			}
			var o struct {
				Security []map[string][]string `json:"security"`
			}
			require.NoError(t, json.Unmarshal(operation, &o))
			var who auth.Role
			for _, way := range o.Security {
				require.Len(t, way["bearerToken"], 1, "%s %s: each way in is a token with one role", method, path)
				role, err := auth.ParseRole(way["bearerToken"][0])
				require.NoError(t, err)
				who |= role
			}
			described[strings.ToUpper(method)+" "+path] = who
		}
	}
	return described
}

// TestTheDocumentHasTheLimits holds what the document says of limits to those
// that are in force.
func TestTheDocumentHasTheLimits(t *testing.T) {
	const schemas, parameters = "/components/schemas/", "/components/parameters/"
	for pointer, limit := range map[string]int{
		parameters + "Page/schema/maximum":                                  maxPage,
		parameters + "Limit/schema/maximum":                                 maxLimit,
		parameters + "Limit/schema/default":                                 defaultLimit,
		"/paths/~1api~1customers~1search/get/parameters/0/schema/minLength": search.MinText,
		"/paths/~1api~1customers~1search/get/parameters/0/schema/maxLength": search.MaxText,
		schemas + "FullName/minLength":                                      crm.MinName,
		schemas + "FullName/maxLength":                                      crm.MaxName,
		schemas + "Email/maxLength":                                         crm.MaxEmail,
		schemas + "ContactNumber/minLength":                                 crm.MinContactNumber,
		schemas + "ContactNumber/maxLength":                                 crm.MaxContactNumber,
		schemas + "ExternalId/maxLength":                                    crm.MaxExternalID,
		schemas + "Tags/maxItems":                                           crm.MaxTags,
		schemas + "Tags/items/maxLength":                                    crm.MaxTag,
		schemas + "NewNote/properties/content/minLength":                    crm.MinNote,
		schemas + "NewNote/properties/content/maxLength":                    crm.MaxNote,
		schemas + "Note/properties/content/maxLength":                       crm.MaxNote,
		schemas + "StatusChange/properties/reason/maxLength":                crm.MaxReason,
		schemas + "TypeChange/properties/notes/maxLength":                   crm.MaxReason,
		schemas + "HistoryEntry/properties/reason/maxLength":                crm.MaxReason,
		schemas + "Registrations/properties/days/maxItems":                  maxRegistrationDays,
		schemas + "CloudEventBatch/maxItems":                                maxBatch,
		schemas + "EventSource/maxLength":                                   crm.MaxSource,
		schemas + "OrderStatus/maxLength":                                   crm.MaxLabel,
		schemas + "ComplaintStatus/maxLength":                               crm.MaxLabel,
		schemas + "ComplaintCategory/maxLength":                             crm.MaxLabel,
	} {
		assert.Equal(t, float64(limit), at(t, pointer), pointer)
	}
}

// TestTheDocumentHasTheChoices holds the words that the document knows to those
// that are understood.
func TestTheDocumentHasTheChoices(t *testing.T) {
	for pointer, c := range map[string]struct {
		number int
		known  func(string) error
	}{
		"/components/schemas/CustomerStatus/enum": {crm.NumStatuses, func(s string) error { _, err := crm.ParseStatus(s); return err }},
		"/components/schemas/CustomerType/enum":   {crm.NumTypes, func(s string) error { _, err := crm.ParseType(s); return err }},
		"/components/schemas/EventType/enum":      {int(crm.ComplaintDeleted), func(s string) error { _, err := crm.ParseEventType(s); return err }},
	} {
		words, _ := at(t, pointer).([]any)
		assert.Len(t, words, c.number, pointer)
		for _, word := range words {
			assert.NoError(t, c.known(word.(string)), "%s: %s", pointer, word)
		}
	}
}

// at is the value in the document that a JSON pointer names (RFC 6901).
func at(t *testing.T, pointer string) any {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal(openapi.Document(), &value))
	for _, name := range strings.Split(pointer, "/")[1:] {
		name = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
		switch inner := value.(type) {
		case map[string]any:
			value = inner[name]
		case []any:
			i, err := strconv.Atoi(name)
			require.NoError(t, err, pointer)
			require.Less(t, i, len(inner), pointer)
			value = inner[i]
		}
		require.NotNil(t, value, pointer)
	}
	return value
}

func TestTheDocumentIsServed(t *testing.T) {
	a := newAPI(t, io.Discard, 0)
	get := func(ifNoneMatch string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/api/openapi.json", nil)
		r.Header.Set("If-None-Match", ifNoneMatch)
		answered := httptest.NewRecorder()
		a.ServeHTTP(answered, r)
		return answered
	}
	t.Run("to everybody", func(t *testing.T) {
		got := get("")
		require.Equal(t, http.StatusOK, got.Code)
		assert.Equal(t, "application/json", got.Header().Get("Content-Type"))
		assert.Equal(t, openapi.Document(), got.Body.Bytes())
	})
	t.Run("once, until it changes", func(t *testing.T) {
		got := get(get("").Header().Get("ETag"))
		assert.Equal(t, http.StatusNotModified, got.Code)
		assert.Empty(t, got.Body.Bytes())
	})
}
