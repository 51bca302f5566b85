package cmd

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// witness sees what a tab does besides showing pages: which requests it sends,
// what is answered with an error, and what the browser finds fault with.
type witness struct {
	home string // where all requests go

	mu       sync.Mutex
	requests map[network.RequestID]string // as in "GET /api/customers"
	refusals []string                     // as in "GET /api/customers 401"
	faults   []string
	expected []string // refusals
}

// watch sees everything in a tab from now on. When the test ends there must
// have been no fault, and no refusal but those expected.
func watch(t *testing.T, ctx context.Context, home string) *witness {
	t.Helper()
	w := &witness{home: home, requests: map[network.RequestID]string{}}
	require.NoError(t, chromedp.Listen(ctx, w.note))
	_, err := chromedp.Call(ctx, audits.Enable, cdp.Empty{})
	require.NoError(t, err)
	t.Cleanup(func() {
		// What has happened before this answer is noted before it.
		_, _ = chromedp.Run(ctx, chromedp.Evaluate[bool]("true"))
		w.mu.Lock()
		defer w.mu.Unlock()
		assert.Empty(t, w.faults)
		slices.Sort(w.refusals)
		slices.Sort(w.expected)
		assert.Equal(t, w.expected, slices.Compact(w.refusals), "requests that the service refuses")
	})
	return w
}

// expect says that the service will refuse these requests, once or more often,
// as in "PUT /api/customers/{id} 412".
func (w *witness) expect(refusals ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.expected = append(w.expected, refusals...)
}

func (w *witness) all() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Concat(w.faults, w.refusals)
}

func (w *witness) note(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		w.noteRequest(e.RequestID, e.Request)
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			w.refusals = append(w.refusals, fmt.Sprint(w.requests[e.RequestID], " ", e.Response.Status))
		}
	case *network.EventLoadingFailed:
		if !e.Canceled {
			w.refusals = append(w.refusals, w.requests[e.RequestID]+" "+e.ErrorText)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == "error" || e.Type == "warning" || e.Type == "assert" {
			w.fault("console.%s: %s", e.Type, printed(e.Args))
		}
	case *runtime.EventExceptionThrown:
		w.fault("%s %s", e.ExceptionDetails.Text, printed([]*runtime.RemoteObject{e.ExceptionDetails.Exception}))
	case *log.EventEntryAdded:
		// What the network log says is known from the requests themselves.
		if e.Entry.Source != "network" && (e.Entry.Level == "error" || e.Entry.Level == "warning") {
			w.fault("%s: %s %s", e.Entry.Source, e.Entry.Text, e.Entry.URL)
		}
	case *audits.EventIssueAdded:
		if e.Issue.Code == "ContentSecurityPolicyIssue" {
			w.fault("content security policy: %+v", *e.Issue.Details.ContentSecurityPolicyIssueDetails)
		}
	}
}

var idInPath = regexp.MustCompile(`/[0-9a-f]{24}\b`)

func (w *witness) noteRequest(id network.RequestID, r *network.Request) {
	path, ours := strings.CutPrefix(r.URL, w.home)
	if !ours && !strings.HasPrefix(r.URL, "data:") {
		w.fault("request to %s", r.URL)
	}
	path, _, _ = strings.Cut(path, "?")
	w.requests[id] = r.Method + " " + idInPath.ReplaceAllString(path, "/{id}")
}

func (w *witness) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

func printed(values []*runtime.RemoteObject) string {
	var b strings.Builder
	for _, v := range values {
		if v == nil {
			continue
		}
		fmt.Fprintf(&b, "%s %s", v.Value, v.Description)
	}
	return b.String()
}
