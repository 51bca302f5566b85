package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The README's first hour of a front end: the command that makes the types, the
// files of TypeScript, and what the last of them prints.
var (
	typesCommand   = regexp.MustCompile(`(?m)^npx (openapi-typescript) http://localhost:5002(/\S+) --output (\S+)$`)
	typescriptFile = regexp.MustCompile("(?s)```ts\n// (\\S+)\n(.*?)```\n")
	examplePrints  = regexp.MustCompile("(?s)// example.ts.*?```text\n(.*?)```\n")
)

// TestReadmeFrontEnd does what the README tells front-end developers: it makes
// types of the document that the server serves, compiles the examples against
// them, and runs the last one.
func TestReadmeFrontEnd(t *testing.T) {
	dir := nodeFolder(t)
	content, err := os.ReadFile(readme)
	require.NoError(t, err)
	page := string(content)
	v := startService(t, time.Date(2026, 2, 2, 12, 0, 0, 0, time.UTC), "--dev")
	require.NoError(t, v.program.fillSample(t.Context(), v.app))
	token := v.crms(t, "token", "--role", "admin", "--email", "admin@example.com")

	command := typesCommand.FindStringSubmatch(page)
	require.NotNil(t, command, "the README has the command that makes types")
	runNode(t, dir, command[1], v.url+command[2], "--output", command[3])
	files := typescriptFile.FindAllStringSubmatch(page, -1)
	require.Len(t, files, 2)
	for _, file := range files {
		code := strings.NewReplacer("http://localhost:5002", v.url, "PASTE A TOKEN OF AN ADMINISTRATOR", token).Replace(file[2])
		require.NoError(t, os.WriteFile(filepath.Join(dir, file[1]), []byte(code), 0o600))
	}

	t.Run("the examples fit the types", func(t *testing.T) {
		runNode(t, dir, "tsc", "--project", ".")
	})
	t.Run("... and run", func(t *testing.T) {
		printed := runIn(t, dir, "node", "example.js")
		shown := examplePrints.FindStringSubmatch(page)
		require.NotNil(t, shown, "the README shows what the example prints")
		if *update {
			require.NoError(t, os.WriteFile(readme, []byte(strings.Replace(page, "```text\n"+shown[1], "```text\n"+printed, 1)), 0o644))
			return
		}
		assert.Equal(t, shown[1], printed, "after reading it, run: go test ./cmd -run TestReadme -update")
	})
	t.Run("the types know what the API refuses", func(t *testing.T) {
		for _, wrong := range []string{
			`import { Customers } from "./customers.js"; new Customers("", "").list({ status: "Deleted" });`,
			`import { Customers } from "./customers.js"; new Customers("", "").update("", "", { email: "a@b" });`,
			`import { Customers } from "./customers.js"; console.log((await new Customers("", "").list()).items[0]!.notes);`,
		} {
			require.NoError(t, os.WriteFile(filepath.Join(dir, "wrong.ts"), []byte(wrong), 0o600))
			out, err := nodeCommand(dir, "tsc", "--project", ".").CombinedOutput()
			assert.Error(t, err, wrong)
			assert.Contains(t, string(out), "wrong.ts(1,", wrong)
		}
	})
}

// TestTypesOfTheConsole holds the console's modules to what their comments say of
// types.
func TestTypesOfTheConsole(t *testing.T) {
	modules, err := filepath.Glob("../httpapi/console/web/*.js")
	require.NoError(t, err)
	require.NotEmpty(t, modules)
	args := []string{
		"--noEmit", "--allowJs", "--checkJs", "--strict", "--target", "esnext", "--module", "esnext",
		"--moduleResolution", "bundler", "--lib", "esnext,dom,dom.iterable",
	}
	for _, module := range modules {
		path, err := filepath.Abs(module)
		require.NoError(t, err)
		args = append(args, path)
	}
	runNode(t, nodeFolder(t), "tsc", args...)
}

// nodeFolder is a new folder with the packages of testdata/typescript in it.
func nodeFolder(t *testing.T) string {
	t.Helper()
	const packages = "testdata/typescript"
	_, err := exec.LookPath("node")
	if err == nil {
		_, err = os.Stat(filepath.Join(packages, "node_modules"))
	}
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("node or its packages are missing, which .ci/run installs: %v", err)
		}
		t.Skipf("front-end developers have node: install it, and run npm ci in cmd/%s", packages)
	}
	dir := t.TempDir()
	installed, err := filepath.Abs(filepath.Join(packages, "node_modules"))
	require.NoError(t, err)
	require.NoError(t, os.Symlink(installed, filepath.Join(dir, "node_modules")))
	for _, name := range []string{"package.json", "tsconfig.json"} {
		content, err := os.ReadFile(filepath.Join(packages, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	return dir
}

// nodeCommand is one of the installed packages' own, which npx finds too.
func nodeCommand(dir, name string, args ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(dir, "node_modules", ".bin", name), args...)
	c.Dir = dir
	return c
}

func runNode(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	out, err := nodeCommand(dir, name, args...).CombinedOutput()
	require.NoError(t, err, "%s: %s", name, out)
}

func runIn(t *testing.T, dir, name string, args ...string) (stdout string) {
	t.Helper()
	var errors strings.Builder
	c := exec.Command(name, args...)
	c.Dir, c.Stderr = dir, &errors
	out, err := c.Output()
	require.NoError(t, err, errors.String())
	return string(out)
}
