package httpapi

import (
	"net/url"
	"strconv"
	"strings"

	"crms/store/crm"
)

// Bounds of the contract for page and limit. A page number above maxPage could
// not be reached by any number of customers.
const (
	defaultLimit = 10
	maxLimit     = 100
	maxPage      = 1_000_000_000
	// maxParameters is many more than any route has.
	maxParameters = 100
)

// query reads the parameters of a request's URL; what is wrong with them is
// gathered and told at once.
type query struct {
	values   url.Values
	problems crm.Problems
}

func readQuery(r *request) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	q := &query{values: values}
	switch {
	case strings.Count(r.URL.RawQuery, "&") >= maxParameters:
		q.problems.Add("query", "must have at most %d parameters", maxParameters)
	case err != nil:
		q.problems.Add("query", "must be percent-encoded correctly")
	}
	return q
}

// get returns a parameter that is given at most once.
func (q *query) get(name string) (string, bool) {
	switch values := q.values[name]; len(values) {
	case 0:
		return "", false
	case 1:
		return values[0], true
	default:
		q.problems.Add(name, "must be given once")
		return "", false
	}
}

// number reads a whole number between least and most.
func (q *query) number(name string, otherwise, least, most int64) int64 {
	s, ok := q.get(name)
	if !ok {
		return otherwise
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < least || n > most || s[0] == '+' {
		q.problems.Add(name, "must be a whole number from %d to %d", least, most)
		return otherwise
	}
	return n
}

// parsed reads a parameter that parse must know, nil when it is not given.
func parsed[T any](q *query, name string, parse func(string) (T, error)) *T {
	s, ok := q.get(name)
	if !ok {
		return nil
	}
	v, err := parse(s)
	if err != nil {
		q.problems.Add(name, "%v", err)
		return nil
	}
	return &v
}

// page is a part of a list: number counts from 1.
type page struct{ number, size int64 }

func (q *query) page() page {
	return page{number: q.number("page", 1, 1, maxPage), size: q.number("limit", defaultLimit, 1, maxLimit)}
}

// offset is how many items come before the page.
func (p page) offset() int64 { return (p.number - 1) * p.size }
