package httpapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/openapi"
)

// enveloped is an answer as the contract has it; items and pagination are those
// of a list.
type enveloped struct {
	Success    *bool          `json:"success"`
	Message    string         `json:"message"`
	Data       jsontext.Value `json:"data"`
	Items      jsontext.Value `json:"items"`
	Pagination jsontext.Value `json:"pagination"`
}

// checkAnswer holds an answer to what is true of every answer, whatever was
// asked.
func checkAnswer(t *testing.T, w *world, documented map[string]bool, r *http.Request, answered *httptest.ResponseRecorder) {
	t.Helper()
	status, body := answered.Code, answered.Body.Bytes()
	if isBusy(answered) {
		checkEnvelope(t, status, body)
		return
	}
	require.Less(t, status, 500, "no fault of ours: %s\n%s", body, w.log.String())
	assert.NotEmpty(t, answered.Header().Get("X-Request-Id"))
	route := loggedRoute(t, w.log.String(), status)
	switch {
	case status == http.StatusNoContent, status == http.StatusNotModified:
		assert.Empty(t, body)
		return
	case isPage(w, r) && status == http.StatusOK:
		return // the same bytes for everybody
	case route == "/api/openapi.json" && status == http.StatusOK:
		assert.True(t, bytes.Equal(openapi.Document(), body))
		return
	}
	assert.Equal(t, "application/json", answered.Header().Get("Content-Type"))
	checkEnvelope(t, status, body)
	if route != "" && status != http.StatusMethodNotAllowed {
		method := strings.Replace(r.Method, http.MethodHead, http.MethodGet, 1)
		assert.True(t, documented[fmt.Sprint(method, " ", openAPIPath(route), " ", status)], "%s %s may answer %d: %s", method, route, status, body)
	}
}

// isBusy reports whether the caller is asked to come again: the only answer above
// 500 that is meant, as when the index has not caught up in time.
func isBusy(answered *httptest.ResponseRecorder) bool {
	return answered.Code == http.StatusServiceUnavailable && answered.Header().Get("Retry-After") != ""
}

func isPage(w *world, r *http.Request) bool {
	_, page := w.pages[r.URL.Path]
	return page
}

// logged is what the access log says of a request.
var logged = regexp.MustCompile(`^time=\S+ level=INFO msg=request request=\S+ method=\w+ route=(\S+) status=(\d+) bytes=\d+ took=\S+ user=("[^\n]*"|\S+)\n$`)

// loggedRoute is the route of a request, empty when it had none. The log has one
// line for it, with the status that was answered.
func loggedRoute(t *testing.T, log string, status int) string {
	t.Helper()
	lines := strings.SplitAfter(log, "\n")
	line := logged.FindStringSubmatch(lines[max(0, len(lines)-2)])
	require.NotNil(t, line, "the log's last line: %q", log)
	assert.Equal(t, fmt.Sprint(status), line[2])
	return strings.Trim(line[1], `"`)
}

// checkEnvelope wants the contract's envelope, or a list, in valid JSON without
// a name twice, and an error that tells what is wrong without telling how the
// program is made.
func checkEnvelope(t *testing.T, status int, body []byte) {
	t.Helper()
	var e enveloped
	require.NoError(t, strict.Unmarshal(body, &e, strict.RejectUnknownMembers(true)), "%s", body)
	if e.Items != nil {
		assert.Less(t, status, 400)
		assert.True(t, bytes.HasPrefix(body, []byte(`{"items":[`)), "%s", body)
		assert.NotNil(t, e.Pagination)
		return
	}
	require.NotNil(t, e.Success, "%s", body)
	assert.Equal(t, status < 400, *e.Success)
	assert.NotEmpty(t, e.Message)
	assert.NotNil(t, e.Data)
	if status < 400 {
		return
	}
	checkDiscreet(t, e.Message)
	if e.Message == "Validation failed" {
		checkProblems(t, e.Data)
	}
}

// checkProblems wants each problem to name a field and what is wrong with it.
func checkProblems(t *testing.T, data []byte) {
	t.Helper()
	var told struct {
		Errors []struct{ Field, Message string }
	}
	require.NoError(t, json.Unmarshal(data, &told))
	assert.NotEmpty(t, told.Errors)
	for _, problem := range told.Errors {
		assert.NotEmpty(t, problem.Message)
		checkDiscreet(t, problem.Message)
	}
}

// innards is what only the program's own people understand: stack traces, types,
// packages, files, addresses in memory, formats that went wrong.
var innards = regexp.MustCompile(`goroutine \d|\.go:\d|runtime error|0xc0[0-9a-f]{4}|%!|<nil>|interface \{|/tmp/|crms/|` +
	`\b(json|jsontext|strconv|store|crm|kv|bleve|bbolt|httpapi|jwt)[.:]`)

// checkDiscreet takes the messages of errors. What they quote of the request is
// left out: it may be anything.
func checkDiscreet(t *testing.T, message string) {
	t.Helper()
	message, _, _ = strings.Cut(message, "duplicate name ")
	assert.NotRegexp(t, innards, message)
}

// documentedAnswers are the statuses that the OpenAPI document has for each
// operation, as METHOD PATH STATUS.
func documentedAnswers(t testing.TB) map[string]bool {
	t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	require.NoError(t, json.Unmarshal(openapi.Document(), &document))
	known := map[string]bool{}
	for path, item := range document.Paths {
		for method, operation := range item {
			var o struct {
				Responses map[string]json.RawMessage `json:"responses"`
			}
			if method != "parameters" {
				require.NoError(t, json.Unmarshal(operation, &o))
			}
			for status := range o.Responses {
				known[strings.ToUpper(method)+" "+path+" "+status] = true
			}
		}
	}
	return known
}
