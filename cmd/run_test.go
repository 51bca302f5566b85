package cmd

import (
	"errors"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/assert"
)

func TestWrongUsageIsOneLineWithAHint(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown command":                 {[]string{"frobnicate"}, `crms: unknown command "frobnicate" (see crms --help)`},
		"misspelt command":                {[]string{"tokn"}, `crms: unknown command "tokn", did you mean token? (see crms --help)`},
		"misspelt command with its flags": {[]string{"tokn", "--role", "admin"}, `crms: unknown command "tokn", did you mean token? (see crms --help)`},
		"unknown flag":                    {[]string{"--frob"}, "crms: unknown flag: --frob (see crms --help)"},
		"unknown flag of a command":       {[]string{"version", "--frob"}, "crms: unknown flag: --frob (see crms version --help)"},
		"flag without its value":          {[]string{"token", "--role"}, "crms: flag needs an argument: --role (see crms token --help)"},
		"too many arguments":              {[]string{"version", "x"}, `crms: unknown command "x" for "crms version" (see crms version --help)`},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(nil, c.args...)
			requireRefusal(t, got, exitUsage)
			assert.Equal(t, c.want+"\n", got.stderr)
		})
	}
}

func TestRootWithoutArgumentsPrintsHelp(t *testing.T) {
	got := run(nil, []string{}...)
	assert.Equal(t, run(nil, "--help"), got)
	assert.Equal(t, exitOK, got.code)
	assert.Contains(t, got.stdout, "Exit codes: 0 done, 1 failed, 2 wrong usage or settings.")
	assert.Empty(t, got.stderr)
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	for _, cmd := range commandsUnder(new(program).newRootCommand()) {
		t.Run(cmd.CommandPath(), func(t *testing.T) {
			assert.NotEmpty(t, cmd.Short)
			assert.NotEmpty(t, cmd.Long)
			assert.Contains(t, cmd.Example, cmd.CommandPath()[len("crms"):])
			assert.NotNil(t, cmd.Args, "says which arguments it takes")
		})
	}
}

// commandsUnder lists a command and all those below it.
func commandsUnder(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, commandsUnder(sub)...)
	}
	return all
}

func TestCompletionIsAvailable(t *testing.T) {
	got := run(nil, "completion", "bash")
	assert.Equal(t, exitOK, got.code)
	assert.Contains(t, got.stdout, "bash completion")
}

func TestErrorOfSeveralLinesIsPrintedOnOne(t *testing.T) {
	err := errors.Join(errors.New("first"), errors.New("second"))
	assert.Equal(t, "first; second", oneLine(err.Error()+"\n"))
}

func TestWrongUsageIsToldOnce(t *testing.T) {
	cmd := &cobra.Command{Use: "crms"}
	once := wrongUsage(cmd, errors.New("no"))
	assert.EqualError(t, once, "no (see crms --help)")
	assert.Equal(t, once, wrongUsage(cmd, once))
	assert.NoError(t, wrongUsage(cmd, nil))
}
