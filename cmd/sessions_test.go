package cmd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const readme = "../README.md"

// shownSession is a session in a shell that a page shows and that must be true:
// lines with $ and those that they go on in, each followed by what it prints.
var shownSession = regexp.MustCompile("(?s)<!-- run -->\n```console\n(.*?)```\n")

// TestReadmeSessions runs every session of the README, and of the page about
// events, against the server of --dev, in one shell from the first to the last
// of a page. With -update it writes what they print into the page.
func TestReadmeSessions(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		require.Empty(t, os.Getenv("CI"), "there is no curl, which .ci/run installs")
		t.Skip("the README speaks to those who have curl")
	}
	for _, page := range []string{readme, "../httpapi/EVENTS.md"} {
		t.Run(filepath.Base(page), func(t *testing.T) { checkSessions(t, page) })
	}
}

func checkSessions(t *testing.T, page string) {
	content, err := os.ReadFile(page)
	require.NoError(t, err)
	blocks := shownSession.FindAllStringSubmatch(string(content), -1)
	require.NotEmpty(t, blocks)
	var commands []string
	for _, block := range blocks {
		commands = append(commands, shellCommands(block[1])...)
	}
	printed := runSession(t, commands)
	next := 0
	got := shownSession.ReplaceAllStringFunc(string(content), func(block string) string {
		var b strings.Builder
		b.WriteString("<!-- run -->\n```console\n")
		for _, command := range shellCommands(shownSession.FindStringSubmatch(block)[1]) {
			b.WriteString("$ " + command + "\n" + printed[next])
			next++
		}
		return b.String() + "```\n"
	})
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(got), 0o644))
		return
	}
	assert.Equal(t, got, string(content), "after reading the answers, run: go test ./cmd -run TestReadme -update")
}

// shellCommands are the commands of a session, without what they print. A
// command goes on in lines that are indented by four spaces.
func shellCommands(session string) []string {
	var commands []string
	inCommand := false
	for line := range strings.Lines(session) {
		command, begins := strings.CutPrefix(line, "$ ")
		switch {
		case begins:
			commands = append(commands, command)
		case inCommand && strings.HasPrefix(line, "    "):
			commands[len(commands)-1] += line
		}
		inCommand = begins || inCommand && strings.HasPrefix(line, "    ")
	}
	for i, c := range commands {
		commands[i] = strings.TrimSuffix(c, "\n")
	}
	return commands
}

// runSession runs the commands in one shell and returns what each of them
// prints, with JSON indented.
func runSession(t *testing.T, commands []string) []string {
	t.Helper()
	const separator = "=== next ==="
	now := time.Date(2026, 2, 2, 12, 0, 0, 0, time.UTC)
	v := startService(t, now, "--dev")
	require.NoError(t, v.program.fillSample(t.Context(), v.app))
	var script strings.Builder
	for _, c := range commands {
		c = strings.ReplaceAll(c, "http://localhost:5002", v.url)
		c = mintedToken.ReplaceAllStringFunc(c, func(call string) string {
			return v.crms(t, strings.Fields(mintedToken.FindStringSubmatch(call)[1])...)
		})
		script.WriteString(c + "\necho '" + separator + "'\n")
	}
	shell := exec.Command("sh", "-e")
	shell.Stdin = strings.NewReader(script.String())
	out, err := shell.CombinedOutput()
	require.NoError(t, err, string(out))
	printed := strings.Split(fixNewIDs(string(out), now), separator+"\n")
	require.Len(t, printed, len(commands)+1)
	for i, text := range printed {
		if text != "" {
			printed[i] = strings.TrimSpace(pretty([]byte(text))) + "\n"
		}
	}
	return printed
}

// fixNewIDs gives the customers that are made in a session ids without chance:
// the time at which they registered, on the day of the session, and their number
// in place of the rest.
func fixNewIDs(printed string, now time.Time) string {
	numbers := map[string]int{}
	return anyID.ReplaceAllStringFunc(printed, func(id string) string {
		seconds, err := strconv.ParseInt(id[:8], 16, 64)
		if age := now.Sub(time.Unix(seconds, 0)); err != nil || age < 0 || age > 24*time.Hour {
			return id
		}
		if numbers[id] == 0 {
			numbers[id] = len(numbers) + 1
		}
		return fmt.Sprintf("%sa1b2c3d4e5%06x", id[:8], numbers[id])
	})
}

var anyID = regexp.MustCompile(`\b[0-9a-f]{24}\b`)

// mintedToken is a call of crms whose output the shell takes.
var mintedToken = regexp.MustCompile(`\$\(\./bin/crms ([^)]*)\)`)

// crms runs another command at the service's time and with its secret.
func (v *service) crms(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := environment{"CRMS_JWT_SECRET": someSecret}
	p := &program{stdout: &stdout, stderr: &stderr, getenv: func(name string) string { return env[name] }, now: v.clock.now}
	require.Equal(t, exitOK, p.run(context.Background(), args), stderr.String())
	return strings.TrimSpace(stdout.String())
}

// TestReadmeShowsTheCommands rewrites the table of commands with -update.
func TestReadmeShowsTheCommands(t *testing.T) {
	content, err := os.ReadFile(readme)
	require.NoError(t, err)
	var table strings.Builder
	table.WriteString("| command | what |\n|---|---|\n")
	for _, c := range commandsUnder(new(program).newRootCommand()) {
		if c.HasParent() && !c.HasSubCommands() {
			fmt.Fprintf(&table, "| `%s` | %s |\n", strings.TrimPrefix(c.CommandPath(), "crms "), c.Short)
		}
	}
	block := regexp.MustCompile(`(?s)(<!-- commands -->\n).*?(<!-- /commands -->)`)
	require.Regexp(t, block, string(content))
	got := block.ReplaceAllString(string(content), "${1}"+table.String()+"${2}")
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(got), 0o644))
		return
	}
	assert.Equal(t, got, string(content), "run: go test ./cmd -run TestReadme -update")
}

// TestReadmeLinksLeadSomewhere holds the README's links to the files.
func TestReadmeLinksLeadSomewhere(t *testing.T) {
	content, err := os.ReadFile(readme)
	require.NoError(t, err)
	links := regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllStringSubmatch(string(content), -1)
	require.NotEmpty(t, links)
	for _, link := range links {
		_, err := os.Stat(filepath.Join(filepath.Dir(readme), link[1]))
		assert.NoError(t, err, "the README links to %s", link[1])
	}
}

// TestReadmeShowsRoutesThatExist holds the README's table to the API: each path of it
// is one that the server knows.
func TestReadmeShowsRoutesThatExist(t *testing.T) {
	content, err := os.ReadFile(readme)
	require.NoError(t, err)
	v := startService(t, noon, "--dev")
	shown := regexp.MustCompile("`(GET|POST|PUT|PATCH|DELETE) (/[^`?]*)").FindAllStringSubmatch(string(content), -1)
	require.NotEmpty(t, shown)
	for _, route := range shown {
		path := strings.NewReplacer("{customerId}", "6979a1b1a6db796b4a1447ff", "{userId}", "USER-98", "{id}", "98").Replace(route[2])
		_, answer := v.call(t, route[1], path, "")
		assert.NotContains(t, answer, `"Not found"`, route[0])
		assert.NotContains(t, answer, `"Method not allowed"`, route[0])
	}
}
