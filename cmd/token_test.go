package cmd

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/store/crm"
)

// verifyAt reads the token as the server would at that time.
func verifyAt(t *testing.T, now time.Time, token string, config auth.Config) auth.Identity {
	t.Helper()
	config.Now = func() time.Time { return now }
	v, err := auth.NewVerifier(context.Background(), config)
	require.NoError(t, err)
	id, err := v.Verify(strings.TrimSuffix(token, "\n"))
	require.NoError(t, err)
	return id
}

func TestTokenIsSignedWithTheConfiguredSecret(t *testing.T) {
	env := environment{"CRMS_JWT_SECRET": someSecret, "CRMS_JWT_ISSUER": "aths", "CRMS_DATA": t.TempDir()}
	got := run(env, "token", "--role", "Service", "--email", " orms@shop.example ", "--user-id", "ORMS", "--ttl", "15m", "--jwt-audience", "crms")
	require.Equal(t, exitOK, got.code, got.stderr)
	assert.Empty(t, got.stderr)
	assert.Regexp(t, `^[\w-]+\.[\w-]+\.[\w-]+\n$`, got.stdout, "the token alone")
	id := verifyAt(t, noon, got.stdout, auth.Config{Secret: []byte(someSecret), Issuer: "aths", Audience: "crms"})
	assert.Equal(t, auth.Identity{UserID: "ORMS", Email: "orms@shop.example", Roles: auth.Service, Expires: noon.Add(15 * time.Minute)}, id)
}

func TestTokenIsSignedWithTheDevSecret(t *testing.T) {
	data := t.TempDir()
	secret, err := ensureDevSecret(data)
	require.NoError(t, err)
	got := run(nil, "token", "--data", data, "--role", "admin", "--email", "asha@shop.example")
	require.Equal(t, exitOK, got.code, got.stderr)
	id := verifyAt(t, noon, got.stdout, auth.Config{Secret: secret})
	assert.Equal(t, auth.Admin, id.Roles)
	assert.Equal(t, noon.Add(time.Hour), id.Expires)
	_, err = crm.ParseID(id.UserID)
	assert.NoError(t, err, "without --user-id it is a new id")
}

func TestTokenWarnsOfASecretFileThatOthersCanRead(t *testing.T) {
	path := writeFile(t, someSecret)
	require.NoError(t, os.Chmod(path, 0o644))
	got := run(nil, "token", "--jwt-secret-file", path, "--role", "admin", "--email", "a@b.example")
	assert.Equal(t, exitOK, got.code)
	assert.Equal(t, "crms: warning: the file of --jwt-secret-file can be read by others than its owner (mode 0644)\n", got.stderr)
	verifyAt(t, noon, got.stdout, auth.Config{Secret: []byte(someSecret)})
}

func TestTokenRequestIsChecked(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nothing given":  {nil, "--role must be admin, customer or service; --email must not be empty"},
		"unknown role":   {[]string{"--role", "root", "--email", "a@b.example"}, "--role must be admin, customer or service"},
		"no email":       {[]string{"--role", "admin", "--email", "a.example"}, "--email must be an email address"},
		"long user id":   {[]string{"--role", "admin", "--email", "a@b.example", "--user-id", strings.Repeat("x", 129)}, "--user-id must have at most 128 characters"},
		"too short":      {[]string{"--role", "admin", "--email", "a@b.example", "--ttl", "999ms"}, "--ttl must be at least 1s"},
		"everything bad": {[]string{"--ttl", "-1h", "--user-id", " "}, "--role must be admin, customer or service; --email must not be empty; --user-id must not be empty; --ttl must be at least 1s"},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(environment{"CRMS_JWT_SECRET": someSecret}, append([]string{"token"}, c.args...)...)
			requireRefusal(t, got, exitUsage)
			assert.Equal(t, "crms: "+c.want+" (see crms token --help)\n", got.stderr)
		})
	}
}

func TestTokenWithoutAnySecretSaysWhatToDo(t *testing.T) {
	data := t.TempDir()
	got := run(nil, "token", "--data", data, "--role", "admin", "--email", "a@b.example")
	requireRefusal(t, got, exitFailed)
	assert.Equal(t, "crms: no secret to sign with: set --jwt-secret-file (env CRMS_JWT_SECRET), "+
		"or start crms serve --dev first, which keeps one in "+data+"\n", got.stderr)
}

func TestTokenRefusesAWeakSecret(t *testing.T) {
	got := run(environment{"CRMS_JWT_SECRET": "short"}, "token", "--role", "admin", "--email", "a@b.example")
	requireRefusal(t, got, exitUsage)
	assert.NotContains(t, got.stderr, "short")
}
