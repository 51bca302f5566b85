package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A script is a file of exchanges with the service, which reads as its
// documentation:
//
//	### What this exchange shows
//	# Why it is so.
//	@now 2026-01-28T12:00:00.000Z
//
//	GET /api/customers/me
//	Authorization: customer
//
//	HTTP/1.1 200 OK
//	Content-Type: application/json
//
//	{ ... }
//
// The request ends where the expected answer begins. Lines with @ say what
// happens before the request, or, before the first exchange, how the service
// is started; see [stage]. {{name}} stands for a value that an answer before has
// shown, see @keep.
type script struct {
	preface   string // everything before the first exchange
	exchanges []exchange
}

// exchange is a request with its expected answer.
type exchange struct {
	title      string
	asked      string // the text from the title to the end of the request
	directives [][]string
	method     string
	path       string
	header     [][2]string
	body       string
	expected   string // the answer's text
}

func readScript(t *testing.T, path string) script {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	parts := regexp.MustCompile(`(?m)^### `).Split(string(content), -1)
	s := script{preface: parts[0]}
	for _, part := range parts[1:] {
		s.exchanges = append(s.exchanges, parseExchange(t, part))
	}
	require.NotEmpty(t, s.exchanges, path)
	return s
}

var (
	answerBegins = regexp.MustCompile(`(?m)^HTTP/1\.1 `)
	requestLine  = regexp.MustCompile(`^([A-Z]+) (/\S*)$`)
)

func parseExchange(t *testing.T, text string) exchange {
	t.Helper()
	e := exchange{asked: text}
	if begin := answerBegins.FindStringIndex(text); begin != nil {
		e.asked, e.expected = text[:begin[0]], strings.TrimSpace(text[begin[0]:])
	}
	e.asked = strings.TrimSpace(e.asked)
	lines := strings.Split(e.asked, "\n")
	e.title = lines[0]
	e.directives = directives(e.asked)

	begin := slices.IndexFunc(lines, requestLine.MatchString)
	require.NotEqual(t, -1, begin, "exchange %q has a request", e.title)
	line := requestLine.FindStringSubmatch(lines[begin])
	e.method, e.path = line[1], line[2]
	lines = lines[begin+1:]
	for len(lines) > 0 && lines[0] != "" {
		name, value, found := strings.Cut(lines[0], ":")
		require.True(t, found, "exchange %q: header %q", e.title, lines[0])
		e.header = append(e.header, [2]string{name, strings.TrimSpace(value)})
		lines = lines[1:]
	}
	e.body = strings.TrimSpace(strings.Join(lines, "\n"))
	return e
}

// directives are the words of the lines that begin with @.
func directives(text string) [][]string {
	var all [][]string
	for line := range strings.Lines(text) {
		if rest, is := strings.CutPrefix(line, "@"); is {
			all = append(all, strings.Fields(rest))
		}
	}
	return all
}

// String is the script as it stands in the file.
func (s script) String() string {
	var b strings.Builder
	b.WriteString(strings.TrimSpace(s.preface) + "\n")
	for _, e := range s.exchanges {
		fmt.Fprintf(&b, "\n### %s\n\n%s\n", e.asked, e.expected)
	}
	return b.String()
}

// shownHeaders are those that a script shows when an answer has them. What
// every answer has is held to by [stage.checkCommon].
var shownHeaders = []string{
	"Content-Type", "ETag", "Location", "Allow", "WWW-Authenticate", "Retry-After", "Vary",
	"Access-Control-Allow-Origin", "Access-Control-Allow-Methods", "Access-Control-Allow-Headers",
	"Access-Control-Expose-Headers", "Access-Control-Allow-Credentials", "Access-Control-Max-Age",
}

// answerText is an answer as scripts show it.
func answerText(response *http.Response, body []byte, alsoShown ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "HTTP/1.1 %s\n", response.Status)
	for _, name := range slices.Concat(shownHeaders, alsoShown) {
		for _, value := range response.Header.Values(name) {
			fmt.Fprintf(&b, "%s: %s\n", name, value)
		}
	}
	if len(body) > 0 {
		b.WriteString("\n" + pretty(body))
	}
	return strings.TrimSpace(b.String())
}

// pretty indents JSON, with lists of plain values on one line, as the contract
// shows them. The members keep their order and the numbers their digits.
func pretty(body []byte) string {
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", "  "); err != nil {
		return string(body)
	}
	plainList := regexp.MustCompile(`\[\n[^][{}]*\]`)
	return plainList.ReplaceAllStringFunc(b.String(), func(list string) string {
		list = regexp.MustCompile(`\n\s*`).ReplaceAllString(list, " ")
		return "[" + strings.Trim(list, "[] ") + "]"
	})
}
