package transfer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"crms/store/crm"

	"github.com/go-json-experiment/json/jsontext"
)

// parseObject makes sure that a line is one JSON object with distinct names, in
// valid UTF-8.
func parseObject(line []byte) (jsontext.Value, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(line))
	v, err := d.ReadValue()
	if err != nil {
		return nil, malformed(line, err)
	}
	if v.Kind() != '{' {
		return nil, errors.New("must be a JSON object")
	}
	if rest := bytes.TrimSpace(line[d.InputOffset():]); len(rest) > 0 {
		return nil, fmt.Errorf("has unexpected data behind the object, at column %d", len(line)-len(rest)+1)
	}
	return v, nil
}

// malformed says what is wrong with the JSON, and where, without quoting it.
func malformed(line []byte, err error) error {
	column, cause := len(line)+1, "unexpected end of data"
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) && !errors.Is(err, io.ErrUnexpectedEOF) {
		column, cause = int(syntactic.ByteOffset)+1, syntactic.Err.Error()
		if errors.Is(err, jsontext.ErrDuplicateName) {
			cause = fmt.Sprintf("duplicate name %q", syntactic.JSONPointer.LastToken())
		}
	}
	return fmt.Errorf("is malformed JSON at column %d: %s", column, cause)
}

// members gives the members of a valid JSON object to each.
func members(object jsontext.Value, each func(name string, v jsontext.Value)) {
	d := jsontext.NewDecoder(bytes.NewBuffer(object), jsontext.AllowDuplicateNames(true))
	_, _ = d.ReadToken()
	for d.PeekKind() == '"' {
		raw, _ := d.ReadValue()
		name := unquote(raw)
		v, _ := d.ReadValue()
		each(name, v)
	}
}

// elements gives the elements of a valid JSON array to each.
func elements(array jsontext.Value, each func(i int, v jsontext.Value)) {
	d := jsontext.NewDecoder(bytes.NewBuffer(array), jsontext.AllowDuplicateNames(true))
	_, _ = d.ReadToken()
	for i := 0; d.PeekKind() != ']'; i++ {
		v, _ := d.ReadValue()
		each(i, v)
	}
}

// unquote decodes a JSON string that is known to be valid.
func unquote(v jsontext.Value) string {
	if !bytes.ContainsRune(v, '\\') {
		return string(v[1 : len(v)-1])
	}
	b, _ := jsontext.AppendUnquote(nil, v)
	return string(b)
}

// scalar returns the plain string or number of a value in MongoDB's Extended
// JSON (v2, canonical and relaxed), and any other value as it is:
//
//	{"$oid": "..."}          the string
//	{"$date": "..."}         the time as a string
//	{"$date": {"$numberLong": "1769351400000"}}
//	{"$numberInt": "11"}     the number; also Long, Double and Decimal
func scalar(v jsontext.Value) jsontext.Value {
	if v.Kind() != '{' || !bytes.Contains(v, []byte(`"$`)) {
		return v
	}
	plain, n := v, 0
	members(v, func(name string, member jsontext.Value) {
		n++
		switch name {
		case "$oid":
			if member.Kind() == '"' {
				plain = member.Clone()
			}
		case "$date":
			plain = date(member, v)
		case "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal":
			if member.Kind() == '"' {
				number := jsontext.Value(unquote(member))
				if number.Kind() == '0' && number.IsValid() {
					plain = number
				}
			}
		}
	})
	if n != 1 {
		return v
	}
	return plain
}

// date is the time of a $date member, whole itself when it is none.
func date(member, whole jsontext.Value) jsontext.Value {
	member = scalar(member)
	switch member.Kind() {
	case '"':
		return member.Clone()
	case '0':
		if ms, err := strconv.ParseInt(string(member), 10, 64); err == nil {
			return jsontext.Value(strconv.Quote(crm.FormatTime(time.UnixMilli(ms))))
		}
	}
	return whole
}

// plain replaces every value of Extended JSON within a valid value.
func plain(v jsontext.Value) jsontext.Value {
	if !bytes.Contains(v, []byte(`"$`)) {
		return v
	}
	v = scalar(v)
	b, first := []byte{}, true
	separate := func() {
		if !first {
			b = append(b, ',')
		}
		first = false
	}
	switch v.Kind() {
	case '{':
		b = append(b, '{')
		members(v, func(name string, member jsontext.Value) {
			separate()
			b, _ = jsontext.AppendQuote(b, name)
			b = append(append(b, ':'), plain(member)...)
		})
		return append(b, '}')
	case '[':
		b = append(b, '[')
		elements(v, func(_ int, element jsontext.Value) {
			separate()
			b = append(b, plain(element)...)
		})
		return append(b, ']')
	}
	return v
}
