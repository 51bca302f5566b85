// Package cmd is the command line of crms: one file a command, and one table
// of settings from which flags, environment variables, help and the README's
// table come.
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// Exit codes; rootHelp documents them for users.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
	// exitPartial is that of an import of which some lines failed.
	exitPartial = 3
)

const rootHelp = `crms keeps the customers of a shop, finds them, counts what they order and
complain about, and serves all of it as a REST API, with no database beside it.

Every setting is a flag and an environment variable; the flag wins. Secrets come
from the environment or from a file, never from a flag's value.

Exit codes: 0 done, 1 failed, 2 wrong usage or settings.
An import of which some lines failed ends with 3.`

// program is what a command needs of the process that it runs in.
type program struct {
	stdout, stderr io.Writer
	getenv         func(string) string
	now            func() time.Time
	patience       patienceWithClients // with those of crms serve
}

// Run runs the command line args, without the program's name, and returns the
// exit code. SIGINT and SIGTERM ask the command to end in order.
func Run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Whatever is written holds what people have trusted the shop with: it is for
	// its owner alone.
	syscall.Umask(0o077)

	// Once asked, signals are deadly again: a second one ends what hangs.
	context.AfterFunc(ctx, stop)

	p := &program{stdout: stdout, stderr: stderr, getenv: os.Getenv, now: time.Now}
	return p.run(ctx, args)
}

func (p *program) run(ctx context.Context, args []string) int {
	root := p.newRootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintln(p.stderr, "crms: "+oneLine(err.Error()))
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	return exitFailed
}

func (p *program) newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "crms",
		Short:         "The customer service of a shop, in one binary",
		Long:          rootHelp,
		Example:       "  crms serve --dev\n  crms token --role admin --email admin@example.com",
		Version:       currentBuild().String(),
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors: true, // run prints them, once
		SilenceUsage:  true,

		SuggestionsMinimumDistance: 2,
	}
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.AddCommand(
		p.newServeCommand(),
		p.newHealthCommand(),
		p.newOutboxCommand(),
		p.newParkedCommand(),
		p.newTokenCommand(),
		p.newVerifyCommand(),
		p.newBackupCommand(),
		p.newRestoreCommand(),
		p.newReindexCommand(),
		p.newCompactCommand(),
		p.newImportCommand(),
		p.newExportCommand(),
		p.newVersionCommand(),
	)
	finish(root)
	return root
}

// finish gives a command and those below it the flags of their settings, and
// makes every refusal of their arguments wrong usage.
func finish(cmd *cobra.Command) {
	addSettingFlags(cmd)
	if accept := cmd.Args; accept != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			return wrongUsage(cmd, accept(cmd, args))
		}
	}
	for _, sub := range cmd.Commands() {
		finish(sub)
	}
}

// unknownCommand refuses arguments to a command that only groups others.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	problem := fmt.Sprintf("unknown command %q", args[0])
	if names := cmd.SuggestionsFor(args[0]); len(names) > 0 {
		problem += ", did you mean " + strings.Join(names, " or ") + "?"
	}
	return wrongUsage(cmd, errors.New(problem))
}

// flagError makes wrong usage of a flag that cobra refuses. In `crms serv --dev`
// the flag is refused only because the command is misspelt: that is said instead.
func flagError(cmd *cobra.Command, err error) error {
	if rest := cmd.Flags().Args(); cmd.HasSubCommands() && len(rest) > 0 {
		return unknownCommand(cmd, rest)
	}
	return wrongUsage(cmd, err)
}

// exitError ends the process with a code of its own; any other error ends it
// with exitFailed.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// wrongUsage says where the help for the command is; nil stays nil.
func wrongUsage(cmd *cobra.Command, err error) error {
	if _, told := errors.AsType[*exitError](err); err == nil || told {
		return err
	}
	return &exitError{exitUsage, fmt.Errorf("%w (see %s --help)", err, cmd.CommandPath())}
}

// warn tells what works but should be mended.
func (p *program) warn(warnings []string) {
	for _, w := range warnings {
		fmt.Fprintln(p.stderr, "crms: warning: "+w)
	}
}

// oneLine joins the lines of an error, as [errors.Join] makes them.
func oneLine(s string) string {
	return strings.ReplaceAll(strings.TrimSpace(s), "\n", "; ")
}
