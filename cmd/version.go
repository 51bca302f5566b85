package cmd

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// The Makefile has the linker set these, since a build may be told not to look
// at the repository (-buildvcs=false). Nothing else writes to them.
var linkedVersion, linkedCommit string

func (p *program) newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, its commit and what built it",
		Long:    "Print on one line the version of crms, the commit that it was built from, the Go\nversion that built it, and the operating system and architecture it is for.",
		Example: "  crms version",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(p.stdout, currentBuild())
			return err
		},
	}
}

// build says what this binary was made from.
type build struct {
	Version string // a tag, a pseudo-version, or devel
	Commit  string // with the suffix -dirty when files differed from it; or unknown
	Go      string // go1.26.8
	System  string // linux/amd64
}

func (b build) String() string {
	return fmt.Sprintf("crms %s, commit %s, %s, %s", b.Version, b.Commit, b.Go, b.System)
}

func currentBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = new(debug.BuildInfo)
	}
	return describeBuild(linkedVersion, linkedCommit, info)
}

// describeBuild prefers what the linker was told to what the go command noted.
func describeBuild(version, commit string, info *debug.BuildInfo) build {
	noted := info.Main.Version
	if noted == "(devel)" {
		noted = ""
	}
	return build{
		Version: cmp.Or(version, noted, "devel"),
		Commit:  cmp.Or(commit, notedCommit(info), "unknown"),
		Go:      runtime.Version(),
		System:  runtime.GOOS + "/" + runtime.GOARCH,
	}
}

func notedCommit(info *debug.BuildInfo) string {
	var revision, suffix string
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			suffix = "-dirty"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + suffix
}
