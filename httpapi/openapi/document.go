package openapi

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
)

//go:embed openapi.json
var document []byte

// Document returns the OpenAPI document in JSON. It must not be changed.
func Document() []byte { return document }

// ETag returns the document's entity tag. It changes with the document, which
// is with the program's version.
func ETag() string {
	sum := sha256.Sum256(document)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:15]) + `"`
}
