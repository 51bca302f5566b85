package cmd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// raw is a connection on which anything can be sent.
type raw struct {
	net.Conn
	answers *bufio.Reader
}

func dialRaw(t *testing.T, address string) *raw {
	t.Helper()
	c, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	require.NoError(t, c.SetDeadline(time.Now().Add(patience)))
	return &raw{c, bufio.NewReader(c)}
}

// send writes as much as the server takes.
func (c *raw) send(text string) { _, _ = io.WriteString(c, text) }

// exchanged is one answer of a connection.
type exchanged struct {
	status int
	id     string // of the request
	body   string
}

// next reads the next answer. It is io.EOF when the server has closed the
// connection instead.
func (c *raw) next(t *testing.T) (exchanged, error) {
	t.Helper()
	response, err := http.ReadResponse(c.answers, nil)
	if err != nil {
		timeout, isNet := errors.AsType[net.Error](err)
		require.False(t, isNet && timeout.Timeout(), "the connection is neither answered nor closed")
		return exchanged{}, io.EOF
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return exchanged{}, io.EOF
	}
	return exchanged{response.StatusCode, response.Header.Get("X-Request-Id"), string(body)}, nil
}

// all reads every answer until the server closes the connection.
func (c *raw) all(t *testing.T) (answers []exchanged) {
	t.Helper()
	for {
		answer, err := c.next(t)
		if err != nil {
			return answers
		}
		answers = append(answers, answer)
	}
}

// statuses are those of the answers, as in "401 200".
func statuses(answers []exchanged) string {
	var texts []string
	for _, a := range answers {
		texts = append(texts, fmt.Sprint(a.status))
	}
	return strings.Join(texts, " ")
}

// impatient has the service wait for slow clients for a moment only.
var impatient = patienceWithClients{header: 2 * time.Second, body: 3 * time.Second, answer: 4 * time.Second, idle: 2 * time.Second}

// startImpatient starts a service with short timeouts.
func startImpatient(t *testing.T, args ...string) *service {
	t.Helper()
	v := &service{clock: newClock(noon), log: new(output)}
	v.program = &program{stdout: io.Discard, stderr: v.log, now: v.clock.now, patience: impatient}
	v.startApp(t, append([]string{"--data", t.TempDir(), "--log-level", "debug"}, args...)...)
	return v
}
