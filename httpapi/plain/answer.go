package plain

import (
	"fmt"
	"net/http"
	"net/textproto"
	"slices"
	"strconv"
	"sync"
	"time"
)

// answer gathers what a handler answers, until it returns: one answer is one
// write. An answer that has said how long it is, and is long, goes out as it is
// written.
type answer struct {
	conn *conn

	status   int   // 0 until it is known
	declared int64 // the Content-Length that the handler has set; -1 without
	written  int64 // of the body
	sniffs   bool  // whether the handler has left out the Content-Type
	dated    bool  // whether the handler has set the Date
	stops    bool  // whether the server stops
	isLast   bool  // of the connection
	err      error // of the connection
	sent     bool  // whether the head is sent, and text.body
	text     *text // nil until the status is known, and in the end
	ended    bool  // the handler has returned
}

// text is the bytes of an answer, while it is made.
type text struct{ head, body []byte }

var texts = sync.Pool{New: func() any { return &text{make([]byte, 0, 4<<10), make([]byte, 0, 4<<10)} }}

const (
	// gathered is how long a body may be, in bytes, whose length is known, to be
	// gathered.
	gathered = 64 << 10
	// maxPooled keeps one giant answer from holding its memory for ever.
	maxPooled = 2 * gathered
	// sniffed is of how much of a body [http.DetectContentType] makes its type.
	sniffed = 512
)

// Header is the answer's header, which counts until the status is written.
func (a *answer) Header() http.Header { return a.conn.fields }

// SetReadDeadline changes nothing: the request has been read.
func (a *answer) SetReadDeadline(time.Time) error { return nil }

// WriteHeader writes status line and header. What is informational (1xx) is not
// sent: no plain request asks for it.
func (a *answer) WriteHeader(status int) {
	switch {
	case a.status != 0 || a.ended:
		a.conn.of.logf("http: superfluous WriteHeader call, with %d", status)
		return
	case status < 100 || status > 999:
		panic(fmt.Sprintf("invalid WriteHeader code %v", status)) // in net/http's words
	case status < 200:
		return
	}
	a.status = status
	a.text = texts.Get().(*text)
	a.text.head = appendStatus(a.text.head[:0], status)
	a.text.body = a.text.body[:0]
	a.appendFields()
}

// appendFields writes the header as the handler has set it.
func (a *answer) appendFields() {
	c, fields := a.conn, a.conn.fields
	_, typed := fields["Content-Type"] // with no value, too, where there is to be none
	a.sniffs = !typed && fields.Get("Content-Encoding") == "" && fields.Get("Transfer-Encoding") == ""
	_, a.dated = fields["Date"]
	a.stops = c.of.stopping.Load()
	a.isLast = a.stops || fields.Get("Connection") == "close"
	if length := fields.Get("Content-Length"); length != "" {
		a.declare(length)
	}
	c.names = c.names[:0]
	for name := range fields {
		c.names = append(c.names, name)
	}
	slices.Sort(c.names)
	for _, name := range c.names {
		if a.leavesOut(name) {
			continue
		}
		for _, value := range fields[name] {
			a.text.head = appendField(a.text.head, name, value)
		}
	}
}

// leavesOut reports whether a field that the handler has set is not sent.
func (a *answer) leavesOut(name string) bool {
	switch name {
	case "Content-Length":
		return a.declared < 0 || !allowsBody(a.status)
	case "Content-Type":
		return a.status == http.StatusNotModified
	case "Connection":
		return a.stops
	case "Transfer-Encoding", "Trailer":
		return true
	}
	return !isToken(name)
}

func (a *answer) declare(length string) {
	n, err := strconv.ParseInt(length, 10, 64)
	if err != nil || n < 0 {
		a.conn.of.logf("http: invalid Content-Length of %q", length)
		return
	}
	a.declared = n
}

// Write adds to the body. Its errors are those of net/http.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if len(p) == 0 {
		return 0, nil
	}
	if a.ended || !allowsBody(a.status) {
		return 0, http.ErrBodyNotAllowed
	}
	a.written += int64(len(p))
	if a.declared >= 0 && a.written > a.declared {
		return 0, http.ErrContentLength
	}
	switch {
	case !a.sent:
		a.text.body = append(a.text.body, p...)
		if a.declared > gathered && len(a.text.body) >= sniffed {
			a.send()
		}
	case !a.isToHead():
		a.write(p)
	}
	if a.err != nil {
		return 0, a.err
	}
	return len(p), nil
}

// send writes the head, with the fields that net/http adds and in its order, and
// what was gathered of the body.
func (a *answer) send() {
	a.sent = true
	t := a.text
	if !a.dated {
		t.head = a.conn.date.appendTo(t.head, time.Now())
	}
	if allowsBody(a.status) {
		if a.declared < 0 && (a.written > 0 || !a.isToHead()) {
			t.head = append(t.head, "Content-Length: "...)
			t.head = strconv.AppendInt(t.head, a.written, 10)
			t.head = append(t.head, "\r\n"...)
		}
		if a.sniffs && len(t.body) > 0 {
			t.head = appendField(t.head, "Content-Type", http.DetectContentType(t.body))
		}
	}
	if a.stops {
		t.head = append(t.head, "Connection: close\r\n"...)
	}
	t.head = append(t.head, "\r\n"...)
	if !a.isToHead() {
		t.head = append(t.head, t.body...)
	}
	a.conn.writeWithin(a.conn.of.server.WriteTimeout) // for all of the answer
	a.write(t.head)
}

// write writes to the connection, which an error ends.
func (a *answer) write(b []byte) {
	if a.err == nil {
		_, a.err = a.conn.Conn.Write(b)
	}
}

// finish sends what is not sent yet. It returns whether the connection ends.
func (a *answer) finish() (isLast bool) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if !a.sent {
		a.send()
	}
	a.ended = true
	clear(a.conn.fields)
	if max(cap(a.text.head), cap(a.text.body)) <= maxPooled {
		texts.Put(a.text)
	}
	a.text = nil
	isShort := allowsBody(a.status) && !a.isToHead() && a.declared >= 0 && a.declared != a.written
	return a.isLast || a.err != nil || isShort
}

// isToHead reports whether it is the answer to HEAD: that to GET without its body.
func (a *answer) isToHead() bool { return a.conn.method == http.MethodHead }

// allowsBody reports whether an answer with the status has a body.
func allowsBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

func appendStatus(b []byte, status int) []byte {
	if status == http.StatusOK {
		return append(b, "HTTP/1.1 200 OK\r\n"...)
	}
	if name := http.StatusText(status); name != "" {
		return fmt.Appendf(b, "HTTP/1.1 %d %s\r\n", status, name)
	}
	return fmt.Appendf(b, "HTTP/1.1 %03d status code %d\r\n", status, status)
}

// appendField writes a field. A line end within would begin a field of its own:
// it becomes a space.
func appendField(b []byte, name, value string) []byte {
	b = append(b, name...)
	b = append(b, ": "...)
	begin := len(b)
	b = append(b, textproto.TrimString(value)...)
	for i := begin; i < len(b); i++ {
		if b[i] == '\r' || b[i] == '\n' {
			b[i] = ' '
		}
	}
	return append(b, "\r\n"...)
}

// date is the field Date, made once a second.
type date struct {
	second int64
	field  []byte
}

func (d *date) appendTo(b []byte, now time.Time) []byte {
	if second := now.Unix(); second != d.second {
		d.second = second
		d.field = append(d.field[:0], "Date: "...)
		d.field = now.UTC().AppendFormat(d.field, http.TimeFormat)
		d.field = append(d.field, "\r\n"...)
	}
	return append(b, d.field...)
}
