package httpapi

import "crms/httpapi/openapi"

// openAPI answers with the document that describes the API.
func (a *API) openAPI(*request) (answer, error) {
	return answer{
		etag: openapi.ETag(),
		body: func(b []byte) []byte { return append(b, openapi.Document()...) },
	}, nil
}
