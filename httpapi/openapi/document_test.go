package openapi_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/schema_validation"
	"github.com/pb33f/libopenapi/datamodel/high/base"
	v3 "github.com/pb33f/libopenapi/datamodel/high/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/openapi"
)

// model is the document as the validator's library understands it.
func model(t *testing.T) (libopenapi.Document, *v3.Document) {
	t.Helper()
	document, err := libopenapi.NewDocument(openapi.Document())
	require.NoError(t, err)
	m, err := document.BuildV3Model()
	require.NoError(t, err)
	return document, &m.Model
}

func TestTheDocumentIsValidOpenAPI(t *testing.T) {
	document, m := model(t)
	assert.Equal(t, "3.1.1", m.Version)
	v, errs := validator.NewValidator(document)
	require.Empty(t, errs)
	valid, problems := v.ValidateDocument()
	assert.True(t, valid, "%v", problems)
}

// operations calls check with each operation and its name, such as GET /healthz.
func operations(t *testing.T, check func(t *testing.T, path *v3.PathItem, o *v3.Operation)) {
	_, m := model(t)
	for path, item := range m.Paths.PathItems.FromOldest() {
		for method, o := range item.GetOperations().FromOldest() {
			t.Run(strings.ToUpper(method)+" "+path, func(t *testing.T) { check(t, item, o) })
		}
	}
}

// TestOperationsAreWellDescribed holds every operation to what readers, and
// programs that generate clients, rely on.
func TestOperationsAreWellDescribed(t *testing.T) {
	_, m := model(t)
	tags := map[string]bool{}
	for _, tag := range m.Tags {
		tags[tag.Name] = true
	}
	ids := map[string]bool{}
	operations(t, func(t *testing.T, path *v3.PathItem, o *v3.Operation) {
		assert.Regexp(t, `^[a-z][A-Za-z]+$`, o.OperationId, "it becomes the name of a function")
		assert.False(t, ids[o.OperationId], "the name is its own")
		ids[o.OperationId] = true
		assert.NotEmpty(t, o.Summary)
		assert.NotEmpty(t, o.Description)
		require.Len(t, o.Tags, 1)
		assert.True(t, tags[o.Tags[0]], "the tag is described")
		assert.NotNil(t, o.Security, "it says who may")
		for _, p := range append(path.Parameters, o.Parameters...) {
			assert.NotEmpty(t, p.Description, p.Name)
			assert.True(t, hasExample(p), "%s has an example", p.Name)
		}
		for status, response := range o.Responses.Codes.FromOldest() {
			assert.NotEmpty(t, response.Description, status)
			assert.NotNil(t, response.Headers.GetOrZero("X-Request-Id"), status)
			for media, content := range response.Content.FromOldest() {
				assert.NotZero(t, content.Examples.Len(), "%s %s has an example", status, media)
			}
		}
	})
}

// hasExample reports whether readers see what a parameter may be. A parameter's own
// example is filled in for those who try an operation out: where that would
// change what it does, such as If-Match, the example is its schema's.
func hasExample(p *v3.Parameter) bool {
	s := p.Schema.Schema()
	return p.Example != nil || len(s.Examples) > 0 || len(s.Enum) > 0 || s.Const != nil
}

func TestExamplesAreWhatTheirSchemasSay(t *testing.T) {
	operations(t, func(t *testing.T, path *v3.PathItem, o *v3.Operation) {
		for _, p := range append(path.Parameters, o.Parameters...) {
			if p.Example != nil {
				checkExample(t, p.Name, p.Schema, p.Example)
			}
			for _, example := range p.Schema.Schema().Examples {
				checkExample(t, p.Name, p.Schema, example)
			}
		}
		if o.RequestBody != nil {
			for media, content := range o.RequestBody.Content.FromOldest() {
				assert.NotZero(t, content.Examples.Len(), "the request has an example of %s", media)
				checkExamples(t, "request", content)
			}
		}
		for status, response := range o.Responses.Codes.FromOldest() {
			for name, header := range response.Headers.FromOldest() {
				checkExample(t, status+" "+name, header.Schema, header.Example)
			}
			for _, content := range response.Content.FromOldest() {
				checkExamples(t, status, content)
			}
		}
	})
	_, m := model(t)
	for name, schema := range m.Components.Schemas.FromOldest() {
		t.Run(name, func(t *testing.T) {
			for _, example := range schema.Schema().Examples {
				checkExample(t, name, schema, example)
			}
		})
	}
}

func checkExamples(t *testing.T, where string, content *v3.MediaType) {
	t.Helper()
	for name, example := range content.Examples.FromOldest() {
		require.NotNil(t, example.Value, "%s %s", where, name)
		checkExample(t, where+" "+name, content.Schema, example.Value)
	}
}

// checkExample validates an example. Decoded as JSON, since that is what is sent.
func checkExample(t *testing.T, where string, schema *base.SchemaProxy, example interface{ Decode(any) error }) {
	t.Helper()
	var value any
	require.NoError(t, example.Decode(&value))
	encoded, err := json.Marshal(value)
	require.NoError(t, err)
	valid, problems := schema_validation.NewSchemaValidator().ValidateSchemaBytesWithVersion(schema.Schema(), encoded, 3.1)
	assert.True(t, valid, "%s: %s\n%v", where, encoded, problems)
}

// TestComponentsAreUsed finds what nothing refers to any more. Answers to what is
// no operation, an unknown path or method, have nobody to refer to them.
func TestComponentsAreUsed(t *testing.T) {
	var document struct {
		Components map[string]map[string]any `json:"components"`
	}
	require.NoError(t, json.Unmarshal(openapi.Document(), &document))
	ofNoOperation := map[string]bool{"PathNotFound": true, "MethodNotAllowed": true}
	for kind, components := range document.Components {
		for name := range components {
			if kind == "securitySchemes" || ofNoOperation[name] {
				continue
			}
			reference := fmt.Sprintf(`"#/components/%s/%s"`, kind, name)
			assert.True(t, bytes.Contains(openapi.Document(), []byte(reference)), "%s is referred to", reference)
		}
	}
}
