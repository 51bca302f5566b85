package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// noon is when the commands under test run.
var noon = time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)

// someSecret is long enough for HS256.
const someSecret = "correct horse battery staple, twice"

type environment map[string]string

// outcome is what a command line leaves behind.
type outcome struct {
	code           int
	stdout, stderr string
}

// run runs a command line in process, at noon.
func run(env environment, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	p := &program{stdout: &stdout, stderr: &stderr, getenv: func(name string) string { return env[name] }, now: func() time.Time { return noon }}
	code := p.run(context.Background(), args)
	return outcome{code, stdout.String(), stderr.String()}
}

// requireRefusal wants one line on stderr, nothing on stdout, and the code.
func requireRefusal(t *testing.T, got outcome, code int) {
	t.Helper()
	require.Equal(t, code, got.code, got.stderr)
	require.Empty(t, got.stdout)
	require.True(t, strings.HasPrefix(got.stderr, "crms: "), got.stderr)
	require.Equal(t, 1, strings.Count(got.stderr, "\n"), got.stderr)
}

// writeFile returns the path of a new file that only its owner may read.
func writeFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}
