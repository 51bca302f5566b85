package plain_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// get and post are plain requests.
const (
	get  = "GET /a?b=c HTTP/1.1\r\nHost: crms\r\n\r\n"
	post = "POST /a HTTP/1.1\r\nHost: crms\r\nContent-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
)

// with is a request with more in its header.
func with(fields string) string {
	return "GET /a HTTP/1.1\r\nHost: crms\r\n" + fields + "\r\n"
}

// posted is a request whose header may say anything of its body.
func posted(fields, body string) string {
	return "POST /a HTTP/1.1\r\nHost: crms\r\n" + fields + "\r\n" + body
}

// plainOnes are answered without net/http.
var plainOnes = []string{
	get, post,
	"GET / HTTP/1.1\r\nHost: 127.0.0.1:5002\r\n\r\n",
	"GET / HTTP/1.1\r\nHost: [::1]:5002\r\n\r\n",
	"GET //crms/%2f/../a%20b;c?d&e=%zz#f HTTP/1.1\r\nhost:crms\r\n\r\n",
	"GET /a?b=\"<>{}|\\^` HTTP/1.1\r\nHost: crms\r\n\r\n",
	"DELETE /a HTTP/1.1\r\nHost: crms\r\nContent-Length: 0\r\n\r\n",
	"GET /a HTTP/1.1\r\nHost: crms\r\nContent-Length: 007\r\n\r\nGET /a ",
	"PUT /unread HTTP/1.1\r\nHost: crms\r\nContent-Length: 3\r\n\r\nabc",
	"PATCH /a HTTP/1.1\r\ncontent-length: 3\r\nHOST: crms\r\n\r\n\r\n\r",
	with("Connection: Keep-Alive\r\n"),
	with("X:\r\nX: a\r\nx:  b c \t \r\nx-y_z!#$%&'*+.^`|~: d\r\n"),
	with("Authorization: Bearer a.b.c\r\nAccept-Encoding: gzip\r\nUser-Agent: t\r\nCookie: a=b; c=d\r\n"),
	"HEAD /a HTTP/1.1\r\nHost: crms\r\n\r\n", "OPTIONS /a HTTP/1.1\r\nHost: crms\r\n\r\n",
	with("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n"), with("Upgrade: TLS/1.2\r\nConnection: Upgrade\r\n"),
	with("Connection: TE\r\nTe: trailers\r\n"), with("Connection:\r\n"),
	with("Te: trailers\r\nRange: bytes=0-1\r\nKeep-Alive: x\r\nCache-Control: no-cache\r\n"),
	"GET /status/204 HTTP/1.1\r\nHost: crms\r\n\r\n", "GET /status/304 HTTP/1.1\r\nHost: crms\r\n\r\n",
	"GET /status/404 HTTP/1.1\r\nHost: crms\r\n\r\n", "GET /status/999 HTTP/1.1\r\nHost: crms\r\n\r\n",
	"GET /fields HTTP/1.1\r\nHost: crms\r\n\r\n", "GET /untyped HTTP/1.1\r\nHost: crms\r\n\r\n",
	"GET /nothing HTTP/1.1\r\nHost: crms\r\n\r\n", "GET /twice HTTP/1.1\r\nHost: crms\r\n\r\n",
	"HEAD /nothing HTTP/1.1\r\nHost: crms\r\n\r\n", "HEAD /length/10 HTTP/1.1\r\nHost: crms\r\n\r\n",
	"HEAD /length/100000 HTTP/1.1\r\nHost: crms\r\n\r\n", "HEAD /status/304 HTTP/1.1\r\nHost: crms\r\n\r\n",
	"GET /pieces/a//<html>/b HTTP/1.1\r\nHost: crms\r\n\r\n", "GET /connection/Close HTTP/1.1\r\nHost: crms\r\n\r\n",
}

// lastOnes are plain too, and end their connection.
var lastOnes = []string{
	"GET /connection/close HTTP/1.1\r\nHost: crms\r\n\r\n", "HEAD /connection/close HTTP/1.1\r\nHost: crms\r\n\r\n",
	"GET /panic HTTP/1.1\r\nHost: crms\r\n\r\n", "GET /panic/late HTTP/1.1\r\nHost: crms\r\n\r\n", "POST /panic HTTP/1.1\r\nHost: crms\r\nContent-Length: 1\r\n\r\na",
	"GET /length/10 HTTP/1.1\r\nHost: crms\r\n\r\n", "GET /length/100000 HTTP/1.1\r\nHost: crms\r\n\r\n",
}

// oddOnes are net/http's, whatever it makes of them.
var oddOnes = []string{
	"OPTIONS * HTTP/1.1\r\nHost: crms\r\n\r\n", "get / HTTP/1.1\r\nHost: crms\r\n\r\n",
	"GET", "GET http://o:t@er/a HTTP/1.1\r\nHost: crms\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n",
	"GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nX: y\r\n\r\n", "GET /\r\n\r\n", "GET /\r\nHost: crms\r\n\r\n", "GET /a b HTTP/1.1\r\nHost: crms\r\n\r\n", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n" + get,
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\nHost: a\n\n", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\x00\xa5\x01\x00\x00",
	"GET / HTTP/1.1\r\n Host: a\r\n\r\n", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
	with("Host: other\r\n"), with("X: a\r\n b\r\n"), with("X: a\nY: b\r\n"), with("X: a\rb\r\n"), with("X: a\x00b\r\n"), with("X : a\r\n"),
	with("X: \xc3\xa4\r\n"), with(": a\r\n"), with("X\r\n"), with("X: a\tb\r\n"), with("X: \va\r\n"), with("X: a\f\r\n"), with("\r\r\n"),
	with("Connection: close\r\n"), with("Connection: keep-alive, close\r\n"), with("Connection: Upgrade\r\nUpgrade: websocket\r\n"), with("Connection: CLOSE\r\n"), with("Pragma: no-cache\r\n"),
	posted("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"), posted("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "5\r\nabcde\r\n0\r\n\r\n"+get),
	posted("Transfer-Encoding: identity\r\nContent-Length: 2\r\n", "ab"), posted("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
	posted("Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"+get), posted("Content-Length: 5\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+get),
	posted("Content-Length: 2\r\nContent-Length: 2\r\n", "ab"), posted("Content-Length: 2\r\nContent-Length: 3\r\n", "abc"),
	posted("Content-Length: +2\r\n", "ab"), posted("Content-Length: 2, 2\r\n", "ab"), posted("Content-Length:\r\n", "ab"), posted("Content-Length: 0x2\r\n", "ab"),
	posted("Content-Length: 99999999999999999999\r\n", get), posted("Content-Length: 20000\r\n", "ab"), posted("Content-Length: 9\r\n", "ab"),
	posted("Expect: 100-continue\r\nContent-Length: 2\r\n", "ab"), posted("Expect: more\r\nContent-Length: 2\r\n", "ab"),
	posted("Content-Length: 2\r\nTrailer: X\r\n", "ab"), with("X: " + strings.Repeat("x", 10_000) + "\r\n"),
	posted("Content-Length: 9000\r\n", strings.Repeat("x", 9000)),
}

// TestSameAnswers sends each request to a server with the listener and to one
// without: alone, between others, behind a POST, and cut short.
func TestSameAnswers(t *testing.T) {
	m := startMirrors(t)
	everything := len(strings.Join(oddOnes, "")) + 10*len(get+post)
	for kind, sent := range map[string][]string{"plain": plainOnes, "last": lastOnes, "odd": oddOnes} {
		for i, one := range sent {
			t.Run(fmt.Sprintf("%s %d", kind, i), func(t *testing.T) {
				for _, all := range []string{one, get + one + get, post + one + get, post + "\r\n" + one + get, post + "\r\n\r\n\r" + one, one + one + post + one, one[:len(one)/2], get + one[:2]} {
					m.same(t, []byte(all), everything)
				}
			})
		}
	}
}

// TestSameAnswersInPieces parts the requests at every place.
func TestSameAnswersInPieces(t *testing.T) {
	m := startMirrors(t)
	all := []byte(get + post + "\r\n" + get + posted("Expect: 100-continue\r\nContent-Length: 2\r\n", "ab") + post + get)
	for piece := 1; piece <= len(all); piece++ {
		m.same(t, all, piece)
	}
}

func TestOnlyOddRequestsAreHandedOver(t *testing.T) {
	m := startMirrors(t)
	for _, one := range append(plainOnes, lastOnes...) {
		before := m.handed.count()
		m.with.play(t, []byte(one), len(one)+1)
		assert.Equal(t, before, m.handed.count(), "of %q", one)
	}
	for _, one := range oddOnes {
		before := m.handed.count()
		m.with.play(t, []byte(one), len(one))
		assert.Equal(t, before+1, m.handed.count(), "of %q", one)
	}
}

// FuzzSameAnswers sends anything, in pieces of any size, to a server with the
// listener and to one without.
func FuzzSameAnswers(f *testing.F) {
	for _, seeds := range [][]string{plainOnes, lastOnes, oddOnes} {
		for i, one := range seeds {
			f.Add([]byte(one+get), i)
			f.Add([]byte(post+one), len(one)-i)
		}
	}
	m := startMirrors(f)
	f.Fuzz(func(t *testing.T, sent []byte, piece int) {
		if len(sent) > 32<<10 {
			t.Skip("net/http pauses where a header is as long as this")
		}
		m.same(t, sent, min(max(piece, 1), 1<<20))
	})
}
