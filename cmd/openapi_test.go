package cmd

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/paths"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/pb33f/libopenapi/orderedmap"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/openapi"
)

// description is the API as its OpenAPI document describes it.
type description struct {
	model     *v3.Document
	validator validator.Validator
	turn      *sync.Mutex // of the scripts, which run side by side: schemas are compiled as they are met
}

// theDescription reads the document once for all tests: the schemas are
// compiled, and kept, as they are met.
var theDescription = sync.OnceValues(func() (description, error) {
	document, err := libopenapi.NewDocument(openapi.Document())
	if err != nil {
		return description{}, err
	}
	m, err := document.BuildV3Model()
	if err != nil {
		return description{}, err
	}
	return description{&m.Model, validator.NewValidatorFromV3Model(&m.Model), &sync.Mutex{}}, nil
})

// checkDescribed holds an exchange to the document: the answer always, the request
// when it was accepted. What is refused may be anything.
func checkDescribed(t *testing.T, request *http.Request, sent string, response *http.Response, body []byte) {
	t.Helper()
	d, err := theDescription()
	require.NoError(t, err)
	d.turn.Lock()
	defer d.turn.Unlock()
	if isOfNoOperation(request, response, body) {
		d.checkRefusal(t, request, response, body)
		return
	}
	operation := d.operation(request)
	require.NotNil(t, operation, "%s %s is in the document", request.Method, request.URL.Path)
	switch {
	case request.Method == http.MethodHead:
		assert.NotNil(t, operation.Responses.Codes.GetOrZero(fmt.Sprint(response.StatusCode)), "the status is one of those of GET")
	default:
		d.checkAnswer(t, operation, request, response, body)
		if response.StatusCode < 300 {
			accepted, problems := d.validator.ValidateHttpRequestSync(again(request, sent))
			assert.True(t, accepted, "the request is as the document says: %v", problems)
		}
	}
}

// isOfNoOperation reports whether a request is about a path as such: which
// methods it has, or that it does not exist.
func isOfNoOperation(request *http.Request, response *http.Response, body []byte) bool {
	return request.Method == http.MethodOptions || response.StatusCode == http.StatusMethodNotAllowed ||
		response.StatusCode == http.StatusNotFound && bytes.Contains(body, []byte(`"message":"Not found"`))
}

// operation is that of a request, nil when the document has none. HEAD is that
// of GET.
func (d description) operation(request *http.Request) *v3.Operation {
	asked := again(request, "")
	if asked.Method == http.MethodHead {
		asked.Method = http.MethodGet
	}
	item, _, _ := paths.FindPath(asked, d.model, nil)
	if item == nil {
		return nil
	}
	return item.GetOperations().GetOrZero(strings.ToLower(asked.Method))
}

// checkAnswer validates status, headers and body. A header of the API's own that
// the document does not know of for this answer is a mistake too.
func (d description) checkAnswer(t *testing.T, o *v3.Operation, request *http.Request, response *http.Response, body []byte) {
	t.Helper()
	answered := *response
	answered.Body = io.NopCloser(bytes.NewReader(body))
	valid, problems := d.validator.ValidateHttpResponse(again(request, ""), &answered)
	assert.True(t, valid, "the answer is as the document says: %v", problems)
	described := o.Responses.Codes.GetOrZero(fmt.Sprint(response.StatusCode))
	if described == nil {
		return // validation has said so
	}
	if orderedmap.Len(described.Content) == 0 {
		assert.Empty(t, body, "the document knows of no body")
	}
	for _, name := range []string{"ETag", "Location", "WWW-Authenticate", "Retry-After", "Allow"} {
		if response.Header.Get(name) != "" {
			assert.NotNil(t, described.Headers.GetOrZero(name), "the document knows of %s with %d", name, response.StatusCode)
		}
	}
}

// checkRefusal validates the answer to what is no operation.
func (d description) checkRefusal(t *testing.T, request *http.Request, response *http.Response, body []byte) {
	t.Helper()
	name := "PathNotFound"
	switch {
	case response.StatusCode == http.StatusNoContent:
		return // OPTIONS, which the document tells of in prose
	case response.StatusCode == http.StatusMethodNotAllowed:
		name = "MethodNotAllowed"
		assert.NotEmpty(t, response.Header.Get("Allow"))
	}
	if request.Method == http.MethodHead {
		return
	}
	schema := d.model.Components.Responses.GetOrZero(name).Content.GetOrZero("application/json").Schema.Schema()
	valid, problems := schema_validation.NewSchemaValidator().ValidateSchemaBytesWithVersion(schema, body, 3.1)
	assert.True(t, valid, "the answer is as the document says: %v", problems)
}

// again is a request that can be read once more.
func again(request *http.Request, body string) *http.Request {
	r := request.Clone(request.Context())
	r.Body = io.NopCloser(strings.NewReader(body))
	return r
}

// TestEveryOperationIsPlayed makes sure that a script shows each operation of the
// document, with the success that it describes.
func TestEveryOperationIsPlayed(t *testing.T) {
	d, err := theDescription()
	require.NoError(t, err)
	scripts, err := filepath.Glob("testdata/scripts/*.http")
	require.NoError(t, err)
	played := map[string]bool{}
	for _, path := range scripts {
		for _, e := range readScript(t, path).exchanges {
			success := regexp.MustCompile(`^HTTP/1\.1 2\d\d `).MatchString(e.expected)
			url := keptValue.ReplaceAllString(e.path, "6979a1b1a6db796b4a1447e9")
			if o := d.operation(httptest.NewRequest(e.method, "http://localhost"+url, nil)); o != nil && success {
				played[o.OperationId] = true
			}
		}
	}
	for path, item := range d.model.Paths.PathItems.FromOldest() {
		for method, o := range item.GetOperations().FromOldest() {
			if path != "/api/openapi.json" { // shows the document; see TestTheDocumentIsServed
				assert.True(t, played[o.OperationId], "a script shows %s %s succeed", strings.ToUpper(method), path)
			}
		}
	}
}

// keptValue stands in a script for a value that an answer has shown.
var keptValue = regexp.MustCompile(`\{\{\w+\}\}`)

// TestDocs holds the program to serving the page that shows the API, unless it is
// told not to. The document stays: programs read it.
func TestDocs(t *testing.T) {
	for _, c := range []struct {
		outcome  string
		args     []string
		document int
		page     int
	}{
		{"the page and the document are served", nil, http.StatusOK, http.StatusOK},
		{"--no-console leaves the page out", []string{"--no-console"}, http.StatusOK, http.StatusNotFound},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			v := startService(t, noon, c.args...)
			status, document := v.call(t, http.MethodGet, "/api/openapi.json", "")
			assert.Equal(t, c.document, status)
			assert.Equal(t, string(openapi.Document()), document)
			for _, path := range []string{"/docs", "/docs/docs.js", "/docs/swagger-ui/swagger-ui-bundle.js", "/docs/swagger-ui/LICENSE.txt"} {
				status, _ := v.call(t, http.MethodGet, path, "")
				assert.Equal(t, c.page, status, path)
			}
		})
	}
}
