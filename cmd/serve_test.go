package cmd

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

func TestServeDevNeedsNoConfiguration(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "crms-data")
	start := func(t *testing.T) *process {
		p := startProcess(t, nil, "serve", "--dev", "--data", data, "--addr", "127.0.0.1:0")
		url := "http://" + p.find(t, p.stderr, `msg=serving addr=(\S+)`)
		require.Eventually(t, func() bool {
			_, answer := get(t, url+"/readyz")
			return strings.Contains(answer, `"search":{"state":"ok"}`)
		}, patience, 10*time.Millisecond, "the search index of the sample is built")
		return p
	}
	first := start(t)
	tokens := regexp.MustCompile(`(?m)^  (admin|service|customer) +(\S+)$`).FindAllStringSubmatch(first.stdout.String(), -1)
	curls := regexp.MustCompile(`(?m)^  (curl .+)$`).FindAllStringSubmatch(first.stdout.String(), -1)

	t.Run("it prints a token for each role", func(t *testing.T) {
		require.Len(t, tokens, 3)
		secret, err := readDevSecret(data)
		require.NoError(t, err)
		for i, role := range []auth.Role{auth.Admin, auth.Service, auth.Customer} {
			id := verifyAt(t, time.Now(), tokens[i][2], auth.Config{Secret: secret})
			assert.Equal(t, role, id.Roles)
			assert.Equal(t, strings.ToLower(role.String()), tokens[i][1])
		}
	})
	t.Run("each curl line that it prints works as it is", func(t *testing.T) {
		require.Len(t, curls, 3)
		for i, shape := range []string{
			`^{"items":\[{.*"fullName":"John Doe".*"pagination":`,
			`^{"success":true,"message":"Customer statistics retrieved successfully","data":{.*"totalOrderValue":24567.50,`,
			`^{"success":true,"message":"Customer eligibility retrieved successfully","data":{`,
		} {
			assert.Regexp(t, shape, runCurl(t, curls[i][1]))
		}
	})
	t.Run("it listens on this machine only, under the address that it prints", func(t *testing.T) {
		assert.Regexp(t, `(?m)^crms serves http://localhost:\d+ with 600 customers; data in `+regexp.QuoteMeta(data)+`$`, first.stdout.String())
		assert.Equal(t, "localhost:5002", devAddr)
	})
	t.Run("pages of any origin may call it", func(t *testing.T) {
		url := regexp.MustCompile(`http://localhost:\d+`).FindString(first.stdout.String())
		r, err := http.NewRequest(http.MethodGet, url+"/healthz", nil)
		require.NoError(t, err)
		r.Header.Set("Origin", "http://anywhere.example")
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, "*", response.Header.Get("Access-Control-Allow-Origin"))
	})
	t.Run("the next start finds the same customers and takes the same tokens", func(t *testing.T) {
		first.signal(t, syscall.SIGINT)
		require.Equal(t, exitOK, first.wait(t).code)
		second := start(t)
		assert.Contains(t, second.stdout.String(), "with 600 customers")
		url := regexp.MustCompile(`http://localhost:\d+`).FindString(second.stdout.String())
		again := regexp.MustCompile(`http://localhost:\d+`).ReplaceAllString(curls[0][1], url)
		assert.Contains(t, runCurl(t, again), `"fullName":"John Doe"`)
	})
}

// runCurl runs a line as a shell would, or, without curl, sends what it says.
func runCurl(t *testing.T, line string) string {
	t.Helper()
	if _, err := exec.LookPath("curl"); err == nil {
		out, err := exec.Command("sh", "-c", strings.Replace(line, "curl ", "curl -s -S -f ", 1)).CombinedOutput()
		require.NoError(t, err, "%s\n%s", line, out)
		return string(out)
	}
	parts := regexp.MustCompile(`^curl -H 'Authorization: (.+)' '(.+)'$`).FindStringSubmatch(line)
	require.NotNil(t, parts, line)
	r, err := http.NewRequest(http.MethodGet, parts[2], nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", parts[1])
	status, answer := send(t, r)
	require.Less(t, status, 400, answer)
	return answer
}

func TestServeRefusesToStartWithoutKey(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "crms-data")
	got := startProcess(t, nil, "serve", "--data", data, "--addr", "127.0.0.1:0").wait(t)
	requireRefusal(t, got, exitUsage)
	assert.Contains(t, got.stderr, "no key to verify tokens with: set one of --jwt-secret-file (env CRMS_JWT_SECRET)")
	assert.NoDirExists(t, data, "nothing was begun")
}

func TestServeRefusesAFolderInUse(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	first, url := serveProcess(t, data)
	second := startProcess(t, []string{"CRMS_JWT_SECRET=" + someSecret}, "serve", "--data", data, "--addr", "127.0.0.1:0").wait(t)
	requireRefusal(t, second, exitFailed)
	assert.Contains(t, second.stderr, data)
	assert.Contains(t, second.stderr, "in use")
	assert.False(t, first.hasExited())
	status, _ := get(t, url+"/readyz")
	assert.Equal(t, http.StatusOK, status, "the first is not disturbed")
}

func get(t *testing.T, url string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	return send(t, r)
}

func TestServeRefusesAnAddressInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	got := startProcess(t, []string{"CRMS_JWT_SECRET=" + someSecret}, "serve", "--data", t.TempDir(), "--addr", taken.Addr().String()).wait(t)
	assert.Equal(t, exitFailed, got.code)
	assert.Regexp(t, "(?m)^crms: cannot listen on "+regexp.QuoteMeta(taken.Addr().String())+": .*in use$", got.stderr)
}

func TestServeFinishesRunningRequests(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	p, url := serveProcess(t, data)
	body := object("email", "slow@example.com", "fullName", "Slow Sender")
	address := strings.TrimPrefix(url, "http://")
	slow, err := net.Dial("tcp", address)
	require.NoError(t, err)
	defer slow.Close()
	_, err = fmt.Fprintf(slow, "POST /api/customers HTTP/1.1\r\nHost: crms\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"+
		"Expect: 100-continue\r\n\r\n", mint(t, someSecret, anAdmin, time.Now()), len(body))
	require.NoError(t, err)
	// The server asks for the body when its handler begins to read it.
	answers := bufio.NewReader(slow)
	line, err := answers.ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "HTTP/1.1 100 Continue\r\n", line)
	_, err = answers.ReadString('\n')
	require.NoError(t, err)
	_, err = slow.Write([]byte(body[:10]))
	require.NoError(t, err)

	p.signal(t, syscall.SIGTERM)
	p.find(t, p.stderr, `msg="(stopping)`)
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	}, patience, time.Millisecond, "nobody else is let in")
	require.False(t, p.hasExited())
	ready, err := http.Get("http://" + p.find(t, p.stderr, `msg=serving .*ops=(\S+)`) + "/readyz")
	require.NoError(t, err)
	defer ready.Body.Close()
	said, err := io.ReadAll(ready.Body)
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, ready.StatusCode)
	assert.Contains(t, string(said), `"server":{"state":"unavailable","reason":"shutting down"}`, "operators can see it")
	_, err = slow.Write([]byte(body[10:]))
	require.NoError(t, err)
	response, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, http.StatusCreated, response.StatusCode)
	var created struct{ Data struct{ CustomerID string } }
	require.NoError(t, json.NewDecoder(response.Body).Decode(&created))
	assert.Equal(t, exitOK, p.wait(t).code)

	again, url := serveProcess(t, data)
	r, err := http.NewRequest(http.MethodGet, url+"/api/customers/"+created.Data.CustomerID, nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+mint(t, someSecret, anAdmin, time.Now()))
	status, answer := send(t, r)
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, answer, "Slow Sender", "what was answered is kept")
	again.signal(t, syscall.SIGTERM)
	assert.Equal(t, exitOK, again.wait(t).code)
}
