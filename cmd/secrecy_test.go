package cmd

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

// Everything personal, and every secret, that the test plants begins with mark,
// or is the number, which appear nowhere else. Neither encoding for an address
// nor for JSON changes them, so that to look for them without regard to case
// finds each leak, also one that was cut short.
const (
	mark       = "qzxvkw"
	markNumber = "7391973917"

	plantedName   = "Qzxvkwname Qzxvkwfamily"
	plantedEmail  = "qzxvkwmail@qzxvkwdomain.example"
	plantedNote   = "qzxvkwnote: prefers to be called in the evening"
	plantedReason = "qzxvkwreason: did not pay"
	plantedTag    = "qzxvkwtag"
	plantedStreet = "qzxvkwstreet 7"
	plantedSecret = "qzxvkwsecret that signs all the tokens of the shop"
	plantedBearer = "qzxvkwbearer-for-aths"
)

// leak is what nobody may read outside of the answers to who may: what was
// planted, as it is, in hexadecimal digits and in base64.
var leak = regexp.MustCompile(`(?i)` + strings.Join([]string{
	mark, markNumber, hex.EncodeToString([]byte(mark)), base64.StdEncoding.EncodeToString([]byte(mark)), base64.StdEncoding.EncodeToString([]byte("Qzxvkw")),
}, "|"))

// watched is a server whose every word is looked at: what it prints, and what it
// tells strangers and operators.
type watched struct {
	*process
	url, ops string
	tokens   []string // that were shown to it
	admin    string   // the Authorization header of an administrator
	asked    map[string]bool
}

// TestNothingTellsOfPeople runs the server as its users do, at its most talkative
// level, with every operation of the API, every kind of refusal, an ATHS that
// fails, the commands of the operator, and in the end a damaged database.
func TestNothingTellsOfPeople(t *testing.T) {
	for _, c := range []struct{ format, outcome, aths, failure string }{
		{"text", "where ATHS refuses everything", unfriendly(t), "ATHS did not take"},
		{"json", "where ATHS cannot be reached", "http://127.0.0.1:1/", "ATHS could not be told"},
	} {
		t.Run("in a log of "+c.format+", "+c.outcome, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			data, backups := filepath.Join(parent, "data"), filepath.Join(parent, "backups")
			bearer := writeFile(t, plantedBearer)
			secret := writeFile(t, plantedSecret)
			args := []string{"--data", data, "--addr", "127.0.0.1:0", "--log-level", "debug", "--log-format", c.format, "--jwt-secret-file", secret,
				"--backup-dir", backups, "--aths-url", strings.Replace(c.aths, "://", "://qzxvkwuser:qzxvkwpassword@", 1), "--aths-token-file", bearer}
			w := startWatched(t, args)
			id := w.create(t)
			w.askEverything(t, id)
			id = w.askBadly(t, id)
			w.find(t, w.stderr, c.failure)
			w.operate(t, data)
			w.look(t)
			w.assertAllAsked(t)
			w.signal(t, syscall.SIGTERM)
			w.wait(t)
			w.assertSilent(t)

			damage(t, data)
			w = startWatched(t, args)
			w.askDamaged(t, id)
			w.look(t)
			w.signal(t, syscall.SIGTERM)
			w.wait(t)
			w.assertSilent(t)
			checked := run(environment{}, "verify", "--data", data)
			assert.Contains(t, checked.stdout+checked.stderr, id, "what is damaged is named")
			assert.NotRegexp(t, leak, checked.stdout+checked.stderr)
		})
	}
}

// unfriendly is an ATHS that refuses everything, with a status line and a body
// that tell whom it was about.
func unfriendly(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		connection, answer, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer connection.Close()
		fmt.Fprintf(answer, "HTTP/1.1 422 no such user %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", plantedEmail, len(plantedName), plantedName)
		_ = answer.Flush() // the caller has gone: nobody is left to tell
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func startWatched(t *testing.T, args []string) *watched {
	t.Helper()
	w := &watched{process: startProcess(t, nil, append([]string{"serve"}, args...)...), asked: map[string]bool{}}
	w.url = "http://" + w.find(t, w.stderr, `\baddr"?[=:]"?([\d.:]+)`)
	w.admin = w.token(t, anAdmin)
	w.ops = "http://" + w.find(t, w.stderr, `\bops"?[=:]"?([\d.:]+)`)
	return w
}

func (w *watched) token(t *testing.T, who auth.Identity) string {
	t.Helper()
	token := mint(t, plantedSecret, who, time.Now())
	w.tokens = append(w.tokens, token)
	return "Bearer " + token
}

// ask sends a request which names people wherever a request can.
func (w *watched) ask(t *testing.T, authorization, method, path, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(body, `{"specversion"`) {
		r.Header.Set("Content-Type", "application/cloudevents+json")
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	for _, name := range []string{"X-Request-Id", "User-Agent", "Referer", "Cookie", "If-None-Match", "X-Forwarded-For"} {
		r.Header.Set(name, "<"+plantedEmail+">")
	}
	d, err := theDescription()
	require.NoError(t, err)
	d.turn.Lock()
	if o := d.operation(r); o != nil {
		w.asked[o.OperationId] = true
	}
	d.turn.Unlock()
	status, answer = send(t, r)
	if status >= 400 {
		assert.NotRegexp(t, leak, answer, "%s %s is refused", method, path)
	}
	return status, answer
}

func (w *watched) create(t *testing.T) (id string) {
	t.Helper()
	status, answer := w.ask(t, w.admin, http.MethodPost, "/api/customers", object("email", plantedEmail, "fullName", plantedName,
		"contactNumber", "+"+markNumber, "userId", plantedEmail, "tags", []string{plantedTag}, "preferences", map[string]string{"street": plantedStreet}))
	require.Equal(t, http.StatusCreated, status, answer)
	return answer[strings.Index(answer, `"customerId":"`)+14:][:24]
}

// askEverything uses each operation that the API has, as somebody who may.
func (w *watched) askEverything(t *testing.T, id string) {
	t.Helper()
	require.Eventually(t, func() bool {
		_, answer := w.ask(t, "", http.MethodGet, "/readyz", "")
		return strings.Contains(answer, `"search":{"state":"ok"}`)
	}, patience, time.Millisecond, "searches are answered")
	admin := w.token(t, auth.Identity{UserID: plantedEmail, Email: plantedEmail, Roles: auth.Admin})
	customer := w.token(t, auth.Identity{UserID: plantedEmail, Email: plantedEmail, Roles: auth.Customer})
	other := plantedEvent("aths.user.registered", object("userId", "+"+markNumber, "email", "qzxvkwother@example.com", "fullName", plantedName))
	for _, c := range []struct{ who, method, path, body string }{
		{customer, http.MethodGet, "/api/customers/me", ""},
		{customer, http.MethodGet, "/api/customers/me/statistics", ""},
		{admin, http.MethodGet, "/api/customers?page=1", ""},
		{admin, http.MethodGet, "/api/customers/search?q=" + url.QueryEscape(plantedName), ""},
		{admin, http.MethodGet, "/api/customers/search?q=qzxvkwmial", ""},
		{admin, http.MethodGet, "/api/customers/analytics", ""},
		{admin, http.MethodGet, "/api/customers/analytics/registrations", ""},
		{admin, http.MethodGet, "/api/customers/" + id, ""},
		{admin, http.MethodPut, "/api/customers/" + id, object("fullName", plantedName+"s", "preferences", map[string]string{"street": plantedStreet})},
		{admin, http.MethodPatch, "/api/customers/" + id + "/status", object("status", "Suspended", "reason", plantedReason)},
		{admin, http.MethodPatch, "/api/customers/" + id + "/type", object("customerType", "VIP", "notes", plantedReason)},
		{admin, http.MethodPost, "/api/customers/" + id + "/notes", object("content", plantedNote)},
		{admin, http.MethodGet, "/api/customers/" + id + "/statistics", ""},
		{admin, http.MethodGet, "/api/customers/" + id + "/history", ""},
		{admin, http.MethodGet, "/api/users/" + plantedEmail + "/eligibility", ""},
		{admin, http.MethodPost, "/api/events", other},
		{admin, http.MethodPost, "/api/events", plantedEvent("aths.user.updated", object("userId", "qzxvkwunknown@example.com", "fullName", plantedName))},
		{admin, http.MethodPost, "/api/events", plantedEvent("aths.user.deleted", object("userId", "+"+markNumber))},
		{admin, http.MethodGet, "/api/operations", ""},
		{admin, http.MethodGet, "/api/operations/outbox", ""},
		{admin, http.MethodPost, "/api/operations/outbox/retry", ""},
		{admin, http.MethodGet, "/api/operations/parked", ""},
		{admin, http.MethodDelete, "/api/operations/parked/qzxvkwunknown@example.com", ""},
		{"", http.MethodGet, "/api/console", ""},
		{"", http.MethodGet, "/api/openapi.json", ""},
		{"", http.MethodGet, "/healthz", ""},
		{"", http.MethodGet, "/readyz", ""},
	} {
		status, answer := w.ask(t, c.who, c.method, c.path, c.body)
		assert.Less(t, status, 300, "%s %s: %s", c.method, c.path, answer)
	}
}

func plantedEvent(kind, data string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":"qzxvkwevent","source":"/qzxvkwsource/%s","type":%q,"time":%q,"data":%s}`,
		kind, kind, time.Now().UTC().Format(time.RFC3339Nano), data)
}

// askBadly sends every kind of refusal its way, each from somebody whose token is
// good, expired, unsigned, signed by a stranger, of the wrong role, or none. The customer is deleted in the end, and another one
// made, whose id is returned.
func (w *watched) askBadly(t *testing.T, id string) (next string) {
	t.Helper()
	forged := mint(t, "qzxvkwsecret of a stranger, long enough", anAdmin, time.Now())
	expired := mint(t, plantedSecret, auth.Identity{UserID: plantedEmail, Email: plantedEmail, Roles: auth.Customer}, time.Now().Add(-48*time.Hour))
	unsigned := "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(object("sub", plantedEmail, "role", "admin"))) + "."
	w.tokens = append(w.tokens, forged, expired, unsigned)
	for _, who := range []string{
		w.admin, w.token(t, auth.Identity{UserID: plantedEmail, Roles: auth.Customer}), "Bearer " + forged, "Bearer " + expired, "Bearer " + unsigned,
		"Bearer " + plantedSecret, "Basic " + base64.StdEncoding.EncodeToString([]byte(plantedEmail+":"+plantedSecret)), "",
	} {
		for _, c := range []struct{ method, path, body string }{
			{http.MethodGet, "/api/customers/search?q=" + strings.Repeat(plantedName, 20), ""},
			{http.MethodGet, "/api/customers?status=" + plantedEmail + "&page=" + markNumber + "&customerType=%zz" + plantedEmail, ""},
			{http.MethodGet, "/api/customers/" + plantedEmail, ""},
			{http.MethodGet, "/" + url.PathEscape(plantedName) + "?" + plantedEmail, ""},
			{"QZXVKWMETHOD", "/api/customers", ""},
			{http.MethodPut, "/api/customers", ""},
			{http.MethodPost, "/api/customers", object("email", strings.ToUpper(plantedEmail), "fullName", plantedName)},
			{http.MethodPost, "/api/customers", object("email", plantedName, "fullName", plantedEmail+"\x00", "contactNumber", markNumber+"x", "tags", []int{7})},
			{http.MethodPost, "/api/customers", `{"email": "` + plantedEmail + `" "` + plantedName},
			{http.MethodPost, "/api/customers", strings.Repeat(plantedNote, 1<<15)},
			{http.MethodPatch, "/api/customers/" + id + "/status", object("status", plantedName, "reason", strings.Repeat(plantedReason, 99))},
			{http.MethodPatch, "/api/customers/" + id + "/type", object("customerType", plantedEmail)},
			{http.MethodPost, "/api/customers/" + id + "/notes", object("content", strings.Repeat(plantedNote, 99))},
			{http.MethodGet, "/api/users/" + url.PathEscape(plantedEmail) + "x/eligibility", ""},
			{http.MethodPost, "/api/events", plantedEvent("orms.order.placed", object("orderId", "O", "userId", plantedEmail, "total", plantedName, "placedAt", plantedName))},
			{http.MethodPost, "/api/events", plantedEvent("qzxvkwtype", object("userId", plantedEmail))},
			{http.MethodPost, "/api/operations/outbox/" + plantedEmail + "/retry", ""},
			{http.MethodDelete, "/api/operations/outbox/" + markNumber, ""},
			{http.MethodDelete, "/api/operations/parked/" + plantedEmail, ""},
		} {
			status, answer := w.ask(t, who, c.method, c.path, c.body)
			assert.GreaterOrEqual(t, status, 400, "%s %s: %s", c.method, c.path, answer)
		}
	}
	status, answer := w.ask(t, w.admin, http.MethodDelete, "/api/customers/"+id, "")
	assert.Equal(t, http.StatusOK, status, answer)
	return w.create(t)
}

// operate works on the running server from the command line, as its operator.
func (w *watched) operate(t *testing.T, data string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "customers.ndjson")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join([]string{
		object("userId", "qzxvkwimported@example.com", "email", "qzxvkwimported@example.com", "fullName", plantedName),
		object("userId", plantedEmail+"\x00", "email", plantedName, "fullName", "Q", "contactNumber", markNumber+"x"),
		`{"userId": "` + plantedEmail + `" "` + plantedName, plantedNote,
	}, "\n")), 0o600))
	for _, args := range [][]string{
		{"import", file}, {"import", "--dry-run", file}, {"backup", filepath.Join(t.TempDir(), "backup")}, {"verify"}, {"reindex"}, {"health"},
	} {
		got := run(environment{}, append(args, "--data", data)...)
		assert.NotRegexp(t, leak, got.stdout+got.stderr, args)
		assert.Contains(t, []int{exitOK, exitPartial}, got.code, got.stderr)
	}
}

// look reads what the server tells without a token.
func (w *watched) look(t *testing.T) {
	t.Helper()
	for _, address := range []string{w.ops + "/metrics", w.ops + "/readyz", w.url + "/readyz", w.ops + "/debug/pprof/goroutine?debug=2"} {
		response, err := http.Get(address)
		require.NoError(t, err)
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, errors.Join(err, response.Body.Close()))
		assert.NotEmpty(t, answer)
		assert.NotRegexp(t, leak, string(answer), address)
	}
}

// assertAllAsked wants each operation of the API to have been used.
func (w *watched) assertAllAsked(t *testing.T) {
	t.Helper()
	d, err := theDescription()
	require.NoError(t, err)
	for path, item := range d.model.Paths.PathItems.FromOldest() {
		for _, o := range item.GetOperations().FromOldest() {
			assert.True(t, w.asked[o.OperationId] || path == "/api/dev/token", "%s is used", o.OperationId)
		}
	}
}

// assertSilent looks through everything that the process has printed.
func (w *watched) assertSilent(t *testing.T) {
	t.Helper()
	printed := w.stdout.String() + w.stderr.String()
	assert.Contains(t, printed, "/api/customers/:customer_id", "requests are logged")
	for line := range strings.Lines(printed) {
		assert.NotRegexp(t, leak, line)
	}
	for _, token := range w.tokens {
		for part := range strings.SplitSeq(token, ".") {
			if len(part) > 24 { // the header of all is the same, and no secret
				assert.NotContains(t, printed, part[:24])
			}
		}
	}
}

// damage flips a bit of each place in which the database has the planted name, so
// that its records are not what their checksums say, and spoils the index.
func damage(t *testing.T, data string) {
	t.Helper()
	path := filepath.Join(data, "crms.db")
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	name := []byte(plantedName)
	require.Contains(t, string(content), plantedName)
	require.NoError(t, os.WriteFile(path, bytes.ReplaceAll(content, name, slices.Concat(name[:1], []byte("Q"), name[2:])), 0o600))

	segments, err := filepath.Glob(filepath.Join(data, searchFolder, "*", "store", "*.zap"))
	require.NoError(t, err)
	require.NotEmpty(t, segments)
	for _, path := range segments {
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		copy(content[:len(content)/2], bytes.Repeat([]byte{0xff}, len(content)))
		require.NoError(t, os.WriteFile(path, content, 0o600))
	}
}

// askDamaged reads and changes what cannot be read any more: faults of ours.
func (w *watched) askDamaged(t *testing.T, id string) {
	t.Helper()
	_, _ = w.ask(t, w.admin, http.MethodGet, "/api/customers/search?q=qzxvkwname", "")
	status, answer := w.ask(t, w.admin, http.MethodPost, "/api/customers/"+id+"/notes", object("content", plantedNote))
	assert.Equal(t, http.StatusInternalServerError, status, answer)
}
