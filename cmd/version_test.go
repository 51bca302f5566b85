package cmd

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDescribeBuild(t *testing.T) {
	noted := &debug.BuildInfo{
		Main:     debug.Module{Version: "v1.2.3"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}},
	}
	dirty := &debug.BuildInfo{
		Main:     debug.Module{Version: "(devel)"},
		Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}},
	}
	for name, c := range map[string]struct {
		version, commit string
		info            *debug.BuildInfo
		want            build
	}{
		"nothing is known":             {"", "", new(debug.BuildInfo), build{Version: "devel", Commit: "unknown"}},
		"the go command noted it":      {"", "", noted, build{Version: "v1.2.3", Commit: "abc"}},
		"changed files are told":       {"", "", dirty, build{Version: "devel", Commit: "abc-dirty"}},
		"the linker knows better":      {"v2.0.0", "def", noted, build{Version: "v2.0.0", Commit: "def"}},
		"the linker knows only commit": {"", "def", dirty, build{Version: "devel", Commit: "def"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.want.Go, c.want.System = runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
			assert.Equal(t, c.want, describeBuild(c.version, c.commit, c.info))
		})
	}
}

func TestVersionPrintsOneLine(t *testing.T) {
	got := run(nil, "version")
	assert.Equal(t, exitOK, got.code)
	assert.Regexp(t, `^crms \S+, commit \S+, go\S+, \w+/\w+\n$`, got.stdout)
	assert.Empty(t, got.stderr)
	assert.Equal(t, got, run(nil, "--version"))
}
