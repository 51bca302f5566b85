package cmd

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite what tests hold to the code")

// TestReadmeShowsTheSettings rewrites the table of the README with -update.
func TestReadmeShowsTheSettings(t *testing.T) {
	const path, begin, end = "../README.md", "<!-- settings -->\n", "<!-- /settings -->"
	readme, err := os.ReadFile(path)
	require.NoError(t, err, "the README shows the settings between %q and %q", begin, end)
	before, rest, hasBegin := strings.Cut(string(readme), begin)
	table, after, hasEnd := strings.Cut(rest, end)
	require.True(t, hasBegin && hasEnd, "README.md has the lines %q and %q", begin, end)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(before+begin+settingsTable()+end+after), 0o644))
		return
	}
	assert.Equal(t, settingsTable(), table, "run: go test ./cmd -run Readme -update")
}

// settingsTable is the table of settings in the README.
func settingsTable() string {
	var b strings.Builder
	b.WriteString("| flag | environment | default | commands | meaning |\n|---|---|---|---|---|\n")
	for _, row := range new(Settings).table() {
		flag, fallback, commands := "--"+row.flag, "", "all"
		if row.value.kind != toggleKind {
			flag += " " + row.value.kind
		}
		if row.fallback != "" {
			fallback = "`" + row.fallback + "`"
		}
		if row.commands != nil {
			commands = "`" + strings.Join(row.commands, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s |\n", flag, row.env(), fallback, commands, row.usage)
	}
	return b.String()
}
