package plain

import (
	"bytes"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
)

// verdict is what is to be done with the bytes that have come.
type verdict int

const (
	partial verdict = iota // so far they are the beginning of a plain request
	whole                  // they begin with one
	odd                    // they do not, whatever they are
)

// line is the first line of a request.
type line struct{ method, target string }

// header is the header of a request, parsed. It is never changed.
type header struct {
	text   string // as it came, with the empty line at its end
	fields http.Header
	lines  int // with a field
	host   string
	length int // of the body, in bytes
}

// fewLines is how many lines a header may have to be kept by a connection that
// waits. Short lines take 17 times as much when they are parsed: with them, strangers
// could fill the memory by connections that do nothing.
const fewLines = 40

var (
	lineEnd   = []byte("\r\n")
	headerEnd = []byte("\r\n\r\n")
)

// request is a plain request.
type request struct {
	line
	*header
	address *url.URL
	body    []byte
	size    int // of all that, in bytes
}

// parse looks for a request at the beginning of b, whose body lies within b as
// well. A header that is that of the last request, byte by byte, is not parsed
// again: clients repeat theirs. Where the body has not come yet, there is a header
// all the same. (How long the comparison takes tells nobody a token:
// memory is compared in blocks of 8 bytes and more.)
func parse(b []byte, last *header) (r request, v verdict) {
	end := bytes.IndexByte(b, '\n')
	if end < 0 {
		return r, partial
	}
	first, isPlain := bytes.CutSuffix(b[:end+1], lineEnd)
	if isPlain {
		r.line, isPlain = parseLine(first)
	}
	rest := b[end+1:]
	if !isPlain || bytes.HasPrefix(rest, lineEnd) {
		return r, odd // at once: the rest of it may never come
	}
	if last != nil && len(rest) >= len(last.text) && string(rest[:len(last.text)]) == last.text {
		r.header = last
	} else if r.header, v = parseHeader(rest); v != whole {
		return r, v
	}
	begin := end + 1 + len(r.text)
	r.size = begin + r.length
	switch {
	case r.size > bufferSize:
		return r, odd
	case r.size > len(b):
		return r, partial
	}
	r.body = b[begin:r.size]
	var err error
	if r.address, err = url.ParseRequestURI(r.target); err != nil {
		return r, odd
	}
	return r, whole
}

// parseLine parses the first line, without its end.
func parseLine(b []byte) (l line, ok bool) {
	method, rest, _ := bytes.Cut(b, []byte(" "))
	target, isPlain := bytes.CutSuffix(rest, []byte(" HTTP/1.1"))
	if !isPlain || len(target) == 0 || target[0] != '/' {
		return l, false
	}
	for _, c := range target {
		if c <= ' ' || c > '~' {
			return l, false
		}
	}
	switch string(method) {
	case http.MethodGet:
		l.method = http.MethodGet
	case http.MethodHead:
		l.method = http.MethodHead
	case http.MethodPost:
		l.method = http.MethodPost
	case http.MethodPut:
		l.method = http.MethodPut
	case http.MethodPatch:
		l.method = http.MethodPatch
	case http.MethodDelete:
		l.method = http.MethodDelete
	case http.MethodOptions:
		l.method = http.MethodOptions
	default:
		return l, false
	}
	l.target = string(target)
	return l, true
}

// parseHeader parses the header that b begins with.
func parseHeader(b []byte) (*header, verdict) {
	end := bytes.Index(b, headerEnd)
	if end < 0 {
		return nil, partial
	}
	h := &header{text: string(b[:end+len(headerEnd)]), fields: make(http.Header, 8), length: -1}
	for field := range strings.SplitSeq(h.text[:end], "\r\n") {
		if !h.add(field) {
			return nil, odd
		}
		h.lines++
	}
	if h.host == "" {
		return nil, odd
	}
	h.length = max(h.length, 0)
	return h, whole
}

// add takes one field. It returns false for a request that is not plain.
func (h *header) add(field string) bool {
	name, value, found := strings.Cut(field, ":")
	value = strings.Trim(value, " \t")
	if !found || !isToken(name) || !isVisible(value) {
		return false
	}
	name = textproto.CanonicalMIMEHeaderKey(name)
	switch name {
	case "Host":
		if h.host != "" || !isPlainHost(value) {
			return false
		}
		h.host = value
		return true // as net/http has it: in Request.Host alone
	case "Content-Length":
		if h.length >= 0 || !isLength(value) {
			return false
		}
		h.length, _ = strconv.Atoi(value)
	case "Connection":
		if strings.Contains(strings.ToLower(value), "close") {
			return false
		}
	case "Upgrade":
		if !isOffer(value) {
			return false
		}
	case "Transfer-Encoding", "Trailer", "Expect":
		return false
	case "Pragma":
		return false // net/http makes a Cache-Control of it
	}
	h.fields[name] = append(h.fields[name], value)
	return true
}

// isOffer reports whether an Upgrade is what clients offer to any server (those of
// Java do, with each request), and net/http passes over: HTTP/2 and TLS.
func isOffer(upgrade string) bool {
	return upgrade == "h2c" || strings.HasPrefix(upgrade, "TLS/")
}

// isToken reports whether s can be the name of a field (RFC 9110, 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && strings.IndexByte("-_!#$%&'*+.^`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// isVisible reports whether s is ASCII without control characters.
func isVisible(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isPlainHost reports whether s is a name or an address, with a port or without.
func isPlainHost(s string) bool {
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && strings.IndexByte(".-:[]_", c) < 0 {
			return false
		}
	}
	return s != ""
}

// isLength reports whether s is a length in digits, short enough for an int.
func isLength(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 9
}
