package cmd

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// smuggled is a request that hides in the body of another one. Whoever reads the
// first request's length differently takes it for the next.
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: crms\r\nX-Request-Id: smuggled\r\n\r\n"

// probe is the request behind: it must get the answer that it asks for, or none.
const probe = "GET /healthz HTTP/1.1\r\nHost: crms\r\nX-Request-Id: the-probe\r\nConnection: close\r\n\r\n"

// TestSmuggling sends what one reader may take for one request and another for
// two. The smuggled one is never answered, with a token and without.
func TestSmuggling(t *testing.T) {
	t.Parallel()
	const post = "POST /api/customers HTTP/1.1\r\nHost: crms\r\nContent-Type: application/json\r\n"
	v := startImpatient(t)
	token := "Authorization: " + v.bearer(t, anAdmin) + "\r\n"
	for _, c := range []struct {
		outcome string
		headers string
		body    string
		answers string // as statuses, with a token
	}{
		// Both lengths.
		{"CL.TE", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled, "400"},
		{"TE.CL", "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "5\r\nabcde\r\n0\r\n\r\n" + smuggled, "400"},
		{"TE.CL with a bare LF", "Content-Length: 4\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled, "400"},
		{"TE in a folded line", "Content-Length: 5\r\nTransfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n" + smuggled, "400"},

		// Spellings of Transfer-Encoding.
		{"TE with a space before the colon", "Transfer-Encoding : chunked\r\n", "0\r\n\r\n" + smuggled, "400"},
		{"TE with an unknown coding", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n" + smuggled, "501"},
		{"TE with two codings", "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n" + smuggled, "501"},
		{"TE with gzip", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n" + smuggled, "501"},
		{"TE twice", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n" + smuggled, "501"},
		{"TE with a vertical tab", "Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n" + smuggled, "400"},
		{"TE with quotes", "Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n" + smuggled, "501"},
		{"TE empty beside a length", "Transfer-Encoding:\r\nContent-Length: 5\r\n", "0\r\n\r\n" + smuggled, "501"},
		{"TE in capitals", "TRANSFER-ENCODING: CHUNKED\r\n", "0\r\n\r\n" + smuggled, "400"},
		{"TE within another header after a CR", "X: y\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n", "", "400"},

		// Spellings of Content-Length.
		{"two lengths that differ", "Content-Length: 5\r\nContent-Length: 6\r\n", "0\r\n\r\n" + smuggled, "400"},
		{"a list of lengths", "Content-Length: 5, 5\r\n", "0\r\n\r\n" + smuggled, "400"},
		{"a length with a plus", "Content-Length: +5\r\n", "0\r\n\r\n" + smuggled, "400"},
		{"a length below 0", "Content-Length: -5\r\n", "0\r\n\r\n" + smuggled, "400"},
		{"a length with a space within", "Content-Length: 5 0\r\n", "0\r\n\r\n" + smuggled, "400"},
		{"a length in hexadecimal", "Content-Length: 0x5\r\n", "0\r\n\r\n" + smuggled, "400"},
		{"a length beyond every integer", "Content-Length: 99999999999999999999\r\n", smuggled, "400"},
		{"an empty length", "Content-Length:\r\n", smuggled, "400"},
		{"a length with a NUL", "Content-Length: 5\x00\r\n", "0\r\n\r\n" + smuggled, "400"},

		// Chunks.
		{"a chunk size beyond every integer", "Transfer-Encoding: chunked\r\n", "FFFFFFFFFFFFFFFFF\r\n" + smuggled, "400"},
		{"a chunk size below 0", "Transfer-Encoding: chunked\r\n", "-1\r\n" + smuggled, "400"},
		{"a chunk size with 0x", "Transfer-Encoding: chunked\r\n", "0x0\r\n\r\n" + smuggled, "400"},
		{"a chunk that ends with a bare LF", "Transfer-Encoding: chunked\r\n", "0\n\n" + smuggled, "400"},
		{"a chunk extension with a bare LF", "Transfer-Encoding: chunked\r\n", "0;a\nb\r\n\r\n" + smuggled, "400"},
		{"a chunk extension", "Transfer-Encoding: chunked\r\n", "2;a=b\r\n{}\r\n0;c\r\n\r\n" + smuggled, "400"},
		{"a chunk that is longer than it says", "Transfer-Encoding: chunked\r\n", "2\r\n{}x\r\n0\r\n\r\n" + smuggled, "400"},
		{"a trailer that would be a length", "Transfer-Encoding: chunked\r\n", "2\r\n{}\r\n0\r\nContent-Length: 60\r\n\r\n" + smuggled, "400"},
	} {
		for with, authorization := range map[string]string{"with a token": token, "without a token": ""} {
			t.Run(c.outcome+", "+with, func(t *testing.T) {
				conn := dialRaw(t, v.listener.Addr().String())
				conn.send(post + authorization + c.headers + "\r\n" + c.body + probe)
				answers := conn.all(t)
				want := c.answers
				if authorization == "" && len(answers) > 0 && answers[0].id != "" {
					want = strings.Replace(want, "400", "401", 1) // the handler was reached: it wants a token first
				}
				assert.Equal(t, want, statuses(answers))
				for _, a := range answers {
					assert.NotEqual(t, "smuggled", a.id)
				}
			})
		}
	}
	v.access.Flush()
	assert.NotContains(t, v.log.String(), "request=smuggled")
}
