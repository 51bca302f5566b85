package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSecretIsNeverShown(t *testing.T) {
	s := Settings{JWTSecret: Secret(someSecret)}
	asBytes := fmt.Sprint([]byte(someSecret))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{s, &s, s.JWTSecret} {
			out := fmt.Sprintf(verb, value)
			assert.NotContains(t, out, someSecret)
			assert.NotContains(t, out, asBytes)
			assert.Contains(t, out, hidden)
		}
	}
	var log bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(handler).Info("set", "settings", s, "secret", s.JWTSecret)
	}
	asJSON, err := json.Marshal(s.JWTSecret)
	require.NoError(t, err)
	assert.Equal(t, `"(secret)"`, string(asJSON))
	assert.NotContains(t, log.String(), someSecret)
	assert.Equal(t, 4, bytes.Count(log.Bytes(), []byte(hidden)))
}

func TestSecretComesFromTheVariable(t *testing.T) {
	s := serveSettings(t, environment{"CRMS_JWT_SECRET": someSecret})
	assert.Equal(t, Secret(someSecret), s.JWTSecret)
	assert.Empty(t, s.Warnings)
}

func TestSecretComesFromAFile(t *testing.T) {
	path := writeFile(t, "  "+someSecret+" \r\n\n")
	s := serveSettings(t, environment{"CRMS_JWT_SECRET": "of the environment, which the flag beats"}, "--jwt-secret-file", path)
	assert.Equal(t, Secret("  "+someSecret), s.JWTSecret, "only the end is trimmed")
	assert.Empty(t, s.Warnings)
}

func TestSecretFileThatOthersCanReadIsAWarning(t *testing.T) {
	path := writeFile(t, someSecret)
	require.NoError(t, os.Chmod(path, 0o640))
	s := serveSettings(t, nil, "--jwt-secret-file", path)
	assert.Equal(t, Secret(someSecret), s.JWTSecret)
	assert.Equal(t, []string{"the file of --jwt-secret-file can be read by others than its owner (mode 0640)"}, s.Warnings)
}

func TestSecretIsRefusedWithoutShowingIt(t *testing.T) {
	const short = "31 bytes are one too few for it"
	for name, c := range map[string]struct {
		env  environment
		args []string
		want string
	}{
		"short in the variable":        {environment{"CRMS_JWT_SECRET": short}, nil, "must hold at least 32 bytes, not 31"},
		"short in the file":            {nil, []string{"--jwt-secret-file", writeFile(t, short+"\n")}, "must hold at least 32 bytes, not 31"},
		"long only by trailing spaces": {environment{"CRMS_JWT_SECRET": short + "   "}, nil, "must hold at least 32 bytes, not 31"},
		"empty file":                   {nil, []string{"--jwt-secret-file", writeFile(t, "")}, "must hold at least 32 bytes, not 0"},
		"itself given as the file":     {nil, []string{"--jwt-secret-file", short}, "must name a file that can be read: no such file or directory"},
		"a folder":                     {nil, []string{"--jwt-secret-file", t.TempDir()}, "must name a file that can be read: is a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readSettings(t, c.env, "serve", c.args, (*Settings).ChooseKeys)
			assert.EqualError(t, err, "--jwt-secret-file (env CRMS_JWT_SECRET) "+c.want)
			assert.NotContains(t, err.Error(), short)
		})
	}
}

func TestHelpNeverShowsASecretOfTheEnvironment(t *testing.T) {
	got := run(environment{"CRMS_JWT_SECRET": someSecret}, "token", "--help")
	assert.Equal(t, exitOK, got.code)
	assert.NotContains(t, got.stdout+got.stderr, someSecret)
}
