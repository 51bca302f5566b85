// Package httpapi serves the customer management API over HTTP.
//
// The whole API is the table in routes.go. A request passes the mux, which
// finds its route; the adapter, which owns everything that all routes share
// (request id, token, role, errors, encoding, access log); and a handler, which
// is a few straight lines: read, call the store, answer.
//
// What an answer looks like is in wire.go and the files named after what they
// show; how a request's body and query are read, and every problem in them told
// at once, is in object.go and query.go.
package httpapi
