package cmd

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/store/sample"
)

// TestContract asks for each answer that the contract shows, of its own
// customer, and compares the fields and their order with the example, which
// testdata/contract holds as the contract has it.
func TestContract(t *testing.T) {
	const nobody = "/api/customers/6979a1b1a6db796b4a1447ff"
	var (
		admin    = anAdmin
		customer = auth.Identity{UserID: sample.JohnDoe, Email: "john.doe@example.com", Roles: auth.Customer}
		stranger = auth.Identity{UserID: "USER-98", Roles: auth.Customer}
	)
	calls := map[string]struct {
		who                auth.Identity
		method, path, body string
	}{
		"01-get-my-profile-200":              {customer, http.MethodGet, "/api/customers/me", ""},
		"01-get-my-profile-401":              {auth.Identity{}, http.MethodGet, "/api/customers/me", ""},
		"01-get-my-profile-404":              {stranger, http.MethodGet, "/api/customers/me", ""},
		"02-get-my-statistics-200":           {customer, http.MethodGet, "/api/customers/me/statistics", ""},
		"03-list-all-customers-200":          {admin, http.MethodGet, "/api/customers?page=1&limit=20&status=Active&customerType=Premium", ""},
		"03-list-all-customers-403":          {customer, http.MethodGet, "/api/customers", ""},
		"04-search-customers-200":            {admin, http.MethodGet, "/api/customers/search?q=john&limit=20", ""},
		"05-get-customer-analytics-200":      {admin, http.MethodGet, "/api/customers/analytics", ""},
		"06-get-customer-details-200":        {admin, http.MethodGet, john, ""},
		"06-get-customer-details-400":        {admin, http.MethodGet, "/api/customers/john", ""},
		"06-get-customer-details-404":        {admin, http.MethodGet, nobody, ""},
		"07-update-customer-information-200": {admin, http.MethodPut, john, object("fullName", "John Michael Doe")},
		"08-update-customer-status-200":      {admin, http.MethodPatch, john + "/status", object("status", "Suspended", "reason", "Multiple payment failures")},
		"09-update-customer-type-200":        {admin, http.MethodPatch, john + "/type", object("customerType", "VIP", "notes", "High order value")},
		"10-add-customer-note-200":           {admin, http.MethodPost, john + "/notes", object("content", "Customer requested expedited shipping")},
		"11-delete-customer-200":             {admin, http.MethodDelete, "/api/customers/6979a1b1a6db796b4a140001", ""},
		"11-delete-customer-400":             {admin, http.MethodDelete, john, ""},
	}
	examples, err := filepath.Glob("testdata/contract/*.json")
	require.NoError(t, err)
	require.Len(t, examples, len(calls))
	for _, path := range examples {
		name := strings.TrimSuffix(filepath.Base(path), ".json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call, known := calls[name]
			require.True(t, known, "the example has a call")
			v := startService(t, parseTime(t, "2026-01-28T12:00:00.000Z"))
			openShop(t, v)
			example, err := os.ReadFile(path)
			require.NoError(t, err)

			r := v.request(t, call.method, call.path, call.body)
			r.Header.Del("Authorization")
			if call.who.UserID != "" {
				r.Header.Set("Authorization", v.bearer(t, call.who))
			}
			status, answer := send(t, r)
			assert.True(t, strings.HasSuffix(name, fmt.Sprint(status)), answer)
			assert.Equal(t, shapeOf(t, example), shapeOf(t, []byte(answer)))
			if status >= 400 && call.path != john {
				assert.Equal(t, strings.TrimSpace(string(example)), pretty([]byte(answer)), "errors are the same to the letter")
			}
		})
	}
}

// freeObjects have members that differ from customer to customer.
var freeObjects = map[string]bool{"ordersByStatus": true, "complaintsByCategory": true, "preferences": true}

// mayBeEmpty are lists that the examples show empty in one place and filled in
// another.
var mayBeEmpty = map[string]bool{".data.notes": true}

// shapeOf lists the members of a JSON document in their order, with the kind of
// each value. Of an array the first element counts, where there is one.
func shapeOf(t *testing.T, document []byte) []string {
	t.Helper()
	d := jsontext.NewDecoder(bytes.NewReader(document))
	return shapeOfNext(t, d, "")
}

func shapeOfNext(t *testing.T, d *jsontext.Decoder, path string) []string {
	t.Helper()
	token, err := d.ReadToken()
	require.NoError(t, err)
	// true and false are one kind of value.
	kind := strings.NewReplacer("t", "bool", "f", "bool").Replace(string(rune(token.Kind())))
	shape := []string{path + " " + kind}
	switch token.Kind() {
	case '{':
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			require.NoError(t, err)
			member := name.String()
			inner := shapeOfNext(t, d, path+"."+member)
			if freeObjects[member] {
				inner = inner[:1]
			}
			shape = append(shape, inner...)
		}
		_, err = d.ReadToken()
	case '[':
		for first := true; d.PeekKind() != ']'; first = false {
			if element := shapeOfNext(t, d, path+"[]"); first && !mayBeEmpty[path] {
				shape = append(shape, element...)
			}
		}
		_, err = d.ReadToken()
	}
	require.NoError(t, err)
	return shape
}
