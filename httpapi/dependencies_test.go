package httpapi

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTheReviewNamesEachDependency holds the table of SECURITY.md to go.mod, in
// both directions and with the versions: a new module, or a new version of one,
// is looked at by whoever takes it in.
func TestTheReviewNamesEachDependency(t *testing.T) {
	page, err := os.ReadFile("SECURITY.md")
	require.NoError(t, err)
	reviewed := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (v\\S+) \\|").FindAllStringSubmatch(string(page), -1) {
		reviewed[row[1]] = row[2]
	}
	assert.Equal(t, directModules(t), reviewed, "the modules of go.mod, and those under What it is built from")
}

// TestTheReviewNamesWhatIsNoModule does the same for the packages of npm.
func TestTheReviewNamesWhatIsNoModule(t *testing.T) {
	page, err := os.ReadFile("SECURITY.md")
	require.NoError(t, err)
	for _, c := range []struct{ path, pattern string }{
		{"openapi/viewer/swagger-ui/CHECKSUMS.txt", `# swagger-ui-dist (\S+) `},
		{"../cmd/testdata/axe/axe.min.js", `axe v(\S+)`},
		{"../cmd/testdata/typescript/package.json", `"openapi-typescript": "(\S+)"`},
		{"../cmd/testdata/typescript/package.json", `"typescript": "(\S+)"`},
	} {
		content, err := os.ReadFile(c.path)
		require.NoError(t, err)
		version := regexp.MustCompile(c.pattern).FindSubmatch(content)
		require.NotNil(t, version, c.path)
		assert.Contains(t, string(page), " | "+string(version[1])+" | ", c.path)
	}
}

// directModules are those that go.mod requires for the project itself, with their
// versions.
func directModules(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.Command("go", "mod", "edit", "-json", "../go.mod").Output()
	require.NoError(t, err)
	var file struct {
		Require []struct {
			Path, Version string
			Indirect      bool
		}
	}
	require.NoError(t, json.Unmarshal(out, &file))
	direct := map[string]string{}
	for _, r := range file.Require {
		if !r.Indirect {
			direct[r.Path] = r.Version
		}
	}
	return direct
}
