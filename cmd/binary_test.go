package cmd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

// buildBinary builds crms as the Makefile does, but for the profile, which takes a
// minute.
func buildBinary(t *testing.T) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "crms")
	build := exec.Command("go", "build", "-pgo=off", "-trimpath", "-ldflags", "-X crms/cmd.linkedVersion=v9.8.7 -X crms/cmd.linkedCommit=0123abc", "-o", path, "crms")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

// TestBinary runs what users build as a process.
func TestBinary(t *testing.T) {
	bin := buildBinary(t)
	t.Run("every time zone is in it, for machines that have none", func(t *testing.T) {
		program, err := os.ReadFile(bin)
		require.NoError(t, err)
		assert.True(t, bytes.Contains(program, []byte("Australia/Lord_Howe")))
	})

	execute := func(t *testing.T, args ...string) outcome {
		var stdout, stderr bytes.Buffer
		c := exec.Command(bin, args...)
		c.Dir = t.TempDir()
		c.Env = []string{"CRMS_JWT_SECRET=" + someSecret}
		c.Stdout, c.Stderr = &stdout, &stderr
		if err := c.Run(); err != nil {
			require.ErrorAs(t, err, new(*exec.ExitError))
		}
		return outcome{c.ProcessState.ExitCode(), stdout.String(), stderr.String()}
	}
	t.Run("version tells what the linker was told", func(t *testing.T) {
		got := execute(t, "version")
		assert.Equal(t, exitOK, got.code, got.stderr)
		assert.Regexp(t, `^crms v9\.8\.7, commit 0123abc, go\S+, \w+/\w+\n$`, got.stdout)
	})
	t.Run("token signs with the secret of the environment", func(t *testing.T) {
		got := execute(t, "token", "--role", "admin", "--email", "asha@shop.example")
		require.Equal(t, exitOK, got.code, got.stderr)
		id := verifyAt(t, time.Now(), got.stdout, auth.Config{Secret: []byte(someSecret)})
		assert.Equal(t, auth.Admin, id.Roles)
	})
	t.Run("unknown flag is wrong usage", func(t *testing.T) {
		got := execute(t, "token", "--frob")
		requireRefusal(t, got, exitUsage)
		assert.Equal(t, "crms: unknown flag: --frob (see crms token --help)\n", got.stderr)
	})
	t.Run("help is no error", func(t *testing.T) {
		got := execute(t, "--help")
		assert.Equal(t, exitOK, got.code)
		assert.Contains(t, got.stdout, "Available Commands:")
		assert.Empty(t, got.stderr)
	})
}
