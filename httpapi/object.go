package httpapi

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"crms/store/crm"

	"github.com/go-json-experiment/json/jsontext"
)

// maxBody bounds a request's body, in bytes.
const maxBody = 1 << 20

// object is a JSON object in a request's body. Its members are taken out one by
// one; what is wrong with them, and which of them nobody took, is gathered and
// told at once by err.
type object struct {
	path     string // what stands before the members' names in problems
	members  map[string]jsontext.Value
	order    []string // the names as they were sent
	taken    map[string]bool
	problems *crm.Problems // shared by the objects of one body
}

// readObject reads the body. A body of another media type, one that is too
// large, and one that is not a single JSON object with distinct names, in valid
// UTF-8, is an error that says where.
func readObject(r *request) (*object, error) {
	body, err := readBody(r)
	if err != nil {
		return nil, err
	}
	return parseObject(body)
}

func readBody(r *request) ([]byte, error) {
	if mediaType(r) != "application/json" {
		return nil, errMediaType
	}
	return readAll(r, maxBody)
}

// mediaType is that of the body; empty when there is none, when it is
// malformed, or when the text is not UTF-8.
func mediaType(r *request) string {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return ""
	}
	return media
}

// readAll reads a body of at most limit bytes, a whole number of MiB. One that is
// compressed is refused: nothing is unpacked here, to no size at all.
func readAll(r *request, limit int64) ([]byte, error) {
	for _, coding := range r.Header.Values("Content-Encoding") {
		if !strings.EqualFold(coding, "identity") {
			return nil, errContentEncoding
		}
	}
	errTooLarge := &httpError{
		status: http.StatusRequestEntityTooLarge, message: fmt.Sprintf("Request body must have at most %d MiB", limit>>20),
	}
	if r.ContentLength > limit {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errTooLarge
	case err != nil:
		return nil, &crm.Error{Kind: crm.Invalid, Message: "Request body could not be read", Err: err}
	}
	return body, nil
}

func parseObject(body []byte) (*object, error) {
	v, err := parseJSON(body)
	if err != nil {
		return nil, err
	}
	if v.Kind() != '{' {
		return nil, &crm.Error{Kind: crm.Invalid, Message: "Request body must be a JSON object"}
	}
	return membersOf(v, "", new(crm.Problems)), nil
}

// parseJSON makes sure that the body is one JSON value with distinct names in
// every object, in valid UTF-8.
func parseJSON(body []byte) (jsontext.Value, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, &crm.Error{Kind: crm.Invalid, Message: "Request body must not be empty"}
	}
	d := jsontext.NewDecoder(bytes.NewReader(body))
	v, err := d.ReadValue()
	if err != nil {
		return nil, malformed(body, err)
	}
	v = v.Clone()
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, malformedAt(body, d.InputOffset(), "unexpected data behind the value")
	}
	return v, nil
}

// membersOf takes a valid JSON object apart.
func membersOf(v jsontext.Value, path string, problems *crm.Problems) *object {
	o := &object{path: path, members: map[string]jsontext.Value{}, taken: map[string]bool{}, problems: problems}
	d := jsontext.NewDecoder(bytes.NewReader(v))
	_, _ = d.ReadToken()
	for d.PeekKind() == '"' {
		token, _ := d.ReadToken()
		name := token.String()
		value, _ := d.ReadValue()
		o.members[name] = value.Clone()
		o.order = append(o.order, name)
	}
	return o
}

// add notes a problem with a member.
func (o *object) add(name, format string, args ...any) {
	o.problems.Add(o.path+name, format, args...)
}

// malformed says what is wrong with the JSON and at which line and column.
func malformed(body []byte, err error) error {
	var syntactic *jsontext.SyntacticError
	if !errors.As(err, &syntactic) {
		return malformedAt(body, int64(len(body)), "unexpected end of data")
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return malformedAt(body, syntactic.ByteOffset, fmt.Sprintf("duplicate name %q", syntactic.JSONPointer.LastToken()))
	}
	cause := syntactic.Err
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		cause = errors.New("unexpected end of data")
	}
	return malformedAt(body, syntactic.ByteOffset, cause.Error())
}

func malformedAt(body []byte, offset int64, what string) error {
	before := body[:min(offset, int64(len(body)))]
	line := 1 + bytes.Count(before, []byte("\n"))
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return &crm.Error{Kind: crm.Invalid, Message: fmt.Sprintf("Malformed JSON at line %d, column %d: %s", line, column, what)}
}

// take returns a member that must not be null.
func (o *object) take(name string, kind jsontext.Kind, must string) (jsontext.Value, bool) {
	o.taken[name] = true
	v, there := o.members[name]
	if !there {
		return nil, false
	}
	if v.Kind() != kind {
		o.add(name, "%s", must)
		return nil, false
	}
	return v, true
}

// text takes a member that is a string.
func (o *object) text(name string) (string, bool) {
	v, ok := o.take(name, '"', "must be a string")
	if !ok {
		return "", false
	}
	return unquote(v), true
}

// unquote decodes a JSON string that is known to be valid.
func unquote(v jsontext.Value) string {
	b, _ := jsontext.AppendUnquote(nil, v)
	return string(b)
}

// required takes a string that must be there.
func (o *object) required(name string) (string, bool) {
	if _, there := o.members[name]; !there {
		o.taken[name] = true
		o.add(name, "is required")
		return "", false
	}
	return o.text(name)
}

// isNull takes a member when it is null, and reports whether it was.
func (o *object) isNull(name string) bool {
	if v, there := o.members[name]; there && v.Kind() == 'n' {
		o.taken[name] = true
		return true
	}
	return false
}

// texts takes an array of strings. It leaves out what is none and notes the
// problem; nameOf gives the name of the text at an index, such as tags[3].
func (o *object) texts(name string) (list []string, nameOf func(i int) string, ok bool) {
	v, ok := o.take(name, '[', "must be an array of strings")
	if !ok {
		return nil, nil, false
	}
	d := jsontext.NewDecoder(bytes.NewReader(v))
	_, _ = d.ReadToken()
	list = []string{}
	var names []string
	for i := 0; d.PeekKind() != ']'; i++ {
		item, _ := d.ReadValue()
		element := fmt.Sprintf("%s[%d]", name, i)
		if item.Kind() != '"' {
			o.problems.Add(element, "must be a string")
			continue
		}
		list, names = append(list, unquote(item)), append(names, element)
	}
	return list, func(i int) string { return names[i] }, true
}

// compact takes a JSON object and returns it without white space.
func (o *object) compact(name string) ([]byte, bool) {
	v, ok := o.take(name, '{', "must be an object")
	if !ok {
		return nil, false
	}
	_ = v.Compact() // it is valid
	return v, true
}

// choice takes a string that parse must know.
func choice[T any](o *object, name string, required bool, parse func(string) (T, error)) (value T, ok bool) {
	get := o.text
	if required {
		get = o.required
	}
	s, ok := get(name)
	if !ok {
		return value, false
	}
	value, err := parse(s)
	if err != nil {
		o.add(name, "%v", err)
		return value, false
	}
	return value, true
}

// err tells every problem, one of which is each member that nobody took. known
// names those that exist but may not be changed by the request.
func (o *object) err(known ...string) error {
	for _, name := range o.order {
		if o.taken[name] {
			continue
		}
		message := "is not a known field"
		for _, k := range known {
			if k == name {
				message = "cannot be set here"
			}
		}
		o.add(name, "%s", message)
	}
	return o.problems.Err()
}
