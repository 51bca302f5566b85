package httpapi

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSecurityPageNamesTestsThatExist keeps SECURITY.md true.
func TestSecurityPageNamesTestsThatExist(t *testing.T) {
	declared := map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, f := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllSubmatch(source, -1) {
			declared[string(f[1])] = true
		}
		return err
	}))
	page, err := os.ReadFile("SECURITY.md")
	require.NoError(t, err)
	points := strings.Split(string(page), "\n### ")[1:]
	assert.Len(t, points, 10, "all of the ten")
	for _, point := range points {
		title, _, _ := strings.Cut(point, "\n")
		named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)`").FindAllStringSubmatch(point, -1)
		assert.NotEmpty(t, named, "%s has a test", title)
		for _, name := range named {
			assert.True(t, declared[name[1]], "%s names %s, which does not exist", title, name[1])
		}
	}
}
