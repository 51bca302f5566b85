package plain_test

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestWhatIsKeptOfHeaders has them parsed no more often than need be, and kept no longer.
func TestWhatIsKeptOfHeaders(t *testing.T) {
	ofLines := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "X-%d:\r\n", i)
		}
		return b.String()
	}
	parsedAnew := func(t *testing.T, first, second string) bool {
		var parsed []http.Header
		c := serve(t, &http.Server{}, func(_ http.ResponseWriter, r *http.Request) {
			parsed = append(parsed, r.Header)
		}).dial(t)
		c.send(t, first+second)
		c.wants(t, "")
		c.wants(t, "")
		return reflect.ValueOf(parsed[0]).Pointer() != reflect.ValueOf(parsed[1]).Pointer()
	}
	t.Run("one that comes again is not parsed again", func(t *testing.T) {
		assert.False(t, parsedAnew(t, with(ofLines(30)), with(ofLines(30))))
	})
	t.Run("... unless it is another", func(t *testing.T) {
		assert.True(t, parsedAnew(t, with("A: b\r\n"), with("A: c\r\n")))
		assert.True(t, parsedAnew(t, with("A: b\r\n"), with("A: b\r\nA: b\r\n")))
	})
	t.Run("one of many lines is not kept by a connection that waits", func(t *testing.T) {
		assert.True(t, parsedAnew(t, with(ofLines(500)), with(ofLines(500))))
		assert.True(t, parsedAnew(t, with(strings.Repeat("A:\r\n", 500)), with(strings.Repeat("A:\r\n", 500))))
	})
	t.Run("a body that comes a byte at a time has it parsed once", func(t *testing.T) {
		m := startMirrors(t)
		sent := []byte(posted(ofLines(500)+"Content-Length: 1000\r\n", strings.Repeat("x", 1000)))
		m.same(t, sent, 1)
		allocations := testing.AllocsPerRun(1, func() { m.with.play(t, sent, 1) })
		assert.Less(t, allocations, 50_000.0, "parsed for each byte of the body, it would be a million")
	})
}
