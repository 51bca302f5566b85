package plain_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
)

// ordinary is what clients send by themselves: most as it was caught on the wire; of a
// browser before it writes, and of a reverse proxy, what their documentation says.
var ordinary = map[string]string{
	"curl":             "GET / HTTP/1.1\r\nHost: crms:5002\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n",
	"curl -I":          "HEAD / HTTP/1.1\r\nHost: crms:5002\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n",
	"curl --http2":     "GET / HTTP/1.1\r\nHost: crms:5002\r\nAccept: */*\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
	"wget":             "GET / HTTP/1.1\r\nHost: crms:5002\r\nUser-Agent: Wget/1.21.3\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: Keep-Alive\r\n\r\n",
	"Go":               "POST / HTTP/1.1\r\nHost: crms:5002\r\nUser-Agent: Go-http-client/1.1\r\nContent-Length: 2\r\nAccept-Encoding: gzip\r\n\r\n{}",
	"Python requests":  "POST / HTTP/1.1\r\nHost: crms:5002\r\nUser-Agent: python-requests/2.34.2\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\nConnection: keep-alive\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}",
	"Node fetch":       "POST / HTTP/1.1\r\nhost: crms:5002\r\nconnection: keep-alive\r\ncontent-type: application/json\r\naccept: */*\r\naccept-language: *\r\nsec-fetch-mode: cors\r\nuser-agent: node\r\naccept-encoding: gzip, deflate\r\ncontent-length: 2\r\n\r\n{}",
	"Java":             "GET / HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 0\r\nHost: crms:5002\r\nHTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA\r\nUpgrade: h2c\r\nUser-Agent: Java-http-client/17.0.15\r\n\r\n",
	"a browser":        "GET / HTTP/1.1\r\nHost: crms:5002\r\nConnection: keep-alive\r\nsec-ch-ua: \"Not/A)Brand\";v=\"99\", \"Chromium\";v=\"148\"\r\nsec-ch-ua-mobile: ?0\r\nUpgrade-Insecure-Requests: 1\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\nCookie: a=b\r\n\r\n",
	"before it writes": "OPTIONS / HTTP/1.1\r\nHost: crms:5002\r\nConnection: keep-alive\r\nAccept: */*\r\nAccess-Control-Request-Method: PATCH\r\nAccess-Control-Request-Headers: authorization,content-type\r\nOrigin: http://localhost:5173\r\n\r\n",
	"a reverse proxy":  "GET / HTTP/1.1\r\nHost: crms\r\nX-Real-IP: 192.0.2.1\r\nX-Forwarded-For: 192.0.2.1, 198.51.100.7\r\nX-Forwarded-Proto: https\r\nX-Request-Id: 6b0445bf77a297ae\r\n\r\n",
}

// TestOrdinaryClients has none of them handed over.
func TestOrdinaryClients(t *testing.T) {
	t.Parallel()
	s := serve(t, &http.Server{}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for name, request := range ordinary {
		t.Run(name, func(t *testing.T) {
			c := s.dial(t)
			c.send(t, request+request)
			c.wants(t, "")
			c.wants(t, "")
			assert.Zero(t, s.plain.count())
		})
	}
}
