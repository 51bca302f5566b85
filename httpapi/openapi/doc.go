// Package openapi describes the API to programs and to people: an OpenAPI 3.1
// document, and a page that shows it and tries it out.
//
// The document is written in YAML, in the files of source: prose, lists and
// examples read best there, editors and linters know it, and a new route is
// described by copying one that is like it. The program holds it as one file of
// JSON, openapi.json, so that nothing has to be parsed, and nothing can fail,
// when it runs. A test assembles that file from the sources:
//
//	go test ./httpapi/openapi -update
//
// It is not derived from the handlers, since it is a promise to those who call:
// tests hold the two together instead. Every route is described and every
// described route exists, with the same roles; limits are those of the domain;
// and every request and answer of the golden scripts is validated against it.
//
// The page at /docs is Swagger UI. It sends requests, keeps to a policy without
// inline script or inline style, and asks no other server for anything. Of the
// others, Redoc sends no requests, and RapiDoc needs inline styles and takes its
// fonts from elsewhere.
package openapi
