package cmd

import (
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

// TestFilesAreForTheirOwnerAlone looks at what a server makes that comes to a
// new folder, with customers, a search index, a secret, a socket and a backup.
func TestFilesAreForTheirOwnerAlone(t *testing.T) {
	parent := t.TempDir()
	data, backups := filepath.Join(parent, "new", "crms-data"), filepath.Join(parent, "backups")
	p := startProcess(t, nil, "serve", "--dev", "--data", data, "--addr", "127.0.0.1:0", "--backup-dir", backups)
	url := "http://" + p.find(t, p.stderr, `msg=serving addr=(\S+)`)
	require.Eventually(t, func() bool {
		made, err := filepath.Glob(filepath.Join(backups, "crms-*"))
		response, failed := http.Get(url + "/readyz")
		if failed != nil {
			return false
		}
		defer response.Body.Close()
		ready, failed := io.ReadAll(response.Body)
		return err == nil && failed == nil && len(made) == 1 && strings.Contains(string(ready), `"search":{"state":"ok"}`)
	}, patience, 10*time.Millisecond)

	names := 0
	look := func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // merged away by the index
		}
		require.NoError(t, err)
		info, err := entry.Info()
		if os.IsNotExist(err) {
			return nil
		}
		require.NoError(t, err)
		names++
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		assert.Equal(t, want.String(), info.Mode().Perm().String(), path)
		return nil
	}
	require.NoError(t, filepath.WalkDir(filepath.Join(parent, "new"), look))
	require.NoError(t, filepath.WalkDir(backups, look))
	assert.Greater(t, names, 8, "there is something to look at")
}

// TestLogNamesNobody sends what names people in every place of a request, and
// looks for it in the log at its most talkative.
func TestLogNamesNobody(t *testing.T) {
	const email, phone, name = "asha.rao@example.com", "+919876501234", "Asha Raovarma"
	for _, format := range []string{"text", "json"} {
		t.Run(format, func(t *testing.T) {
			v := startService(t, noon, "--log-format", format, "--aths-url", "http://127.0.0.1:1/")
			status, answer := v.call(t, http.MethodPost, "/api/customers", object("email", email, "fullName", name, "contactNumber", phone))
			require.Equal(t, http.StatusCreated, status, answer)
			id := answer[strings.Index(answer, `"customerId":"`)+14:][:24]

			tokens := []string{
				v.bearer(t, anAdmin),
				"Bearer " + mint(t, someSecret, auth.Identity{UserID: "USER-1", Email: email, Roles: auth.Customer}, noon.Add(-48*time.Hour)),
				"Bearer " + mint(t, "another secret that is long enough", anAdmin, noon),
				"Bearer e30.e30." + strings.Repeat("x", 43),
				"Basic " + "dXNlcjpwYXNzd29yZA==",
			}
			for _, token := range tokens {
				for _, request := range []struct{ method, path, body string }{
					{http.MethodGet, "/api/customers/search?q=" + email, ""},
					{http.MethodGet, "/api/customers?status=" + email + "&" + email, ""},
					{http.MethodGet, "/api/customers/" + email, ""},
					{http.MethodGet, "/" + email, ""},
					{http.MethodPost, "/api/customers", object("email", email, "fullName", name)},
					{http.MethodPost, "/api/customers", object("email", email, "fullName", name, "contactNumber", phone+"x")},
					{http.MethodPost, "/api/customers", `{"` + email + `": {"` + phone},
					{http.MethodPatch, "/api/customers/" + id + "/status", object("status", "Suspended", "reason", name+" "+email)},
					{http.MethodPut, "/api/customers/" + id, object("contactNumber", phone)},
				} {
					r := v.request(t, request.method, request.path, request.body)
					r.Header.Set("Authorization", token)
					r.Header.Set("X-Request-Id", "<"+email+">")
					r.Header.Set("User-Agent", email)
					r.Header.Set("Referer", "http://"+email)
					send(t, r)
				}
			}
			require.Eventually(t, func() bool { return strings.Contains(v.log.String(), "ATHS could not be told") }, patience, time.Millisecond)

			v.access.Flush()
			log := v.log.String()
			require.Contains(t, log, "token refused")
			for _, secret := range []string{email, phone, phone[1:], name, "Asha", someSecret, "asha.rao", "dXNlcjpwYXNzd29yZA"} {
				assert.NotContains(t, log, secret)
			}
			for _, token := range tokens {
				for part := range strings.SplitSeq(strings.TrimPrefix(token, "Bearer "), ".") {
					if len(part) > 8 {
						assert.NotContains(t, log, part)
					}
				}
			}
		})
	}
}
