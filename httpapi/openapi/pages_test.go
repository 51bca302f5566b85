package openapi_test

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/openapi"
)

// TestTheViewerIsAsItWasPublished holds the viewer's files to the checksums that
// were taken of the npm package.
func TestTheViewerIsAsItWasPublished(t *testing.T) {
	const folder = "viewer/swagger-ui/"
	checksums, err := os.ReadFile(folder + "CHECKSUMS.txt")
	require.NoError(t, err)
	assert.Regexp(t, `(?m)^# swagger-ui-dist \d+\.\d+\.\d+ from npm`, string(checksums))
	known := map[string]bool{"CHECKSUMS.txt": true}
	for _, line := range regexp.MustCompile(`(?m)^([0-9a-f]{64})  (\S+)$`).FindAllStringSubmatch(string(checksums), -1) {
		content, err := os.ReadFile(folder + line[2])
		require.NoError(t, err)
		sum := sha256.Sum256(content)
		assert.Equal(t, line[1], hex.EncodeToString(sum[:]), line[2])
		known[line[2]] = true
	}
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, file := range files {
		assert.True(t, known[file.Name()], "%s has a checksum", file.Name())
	}
	assert.True(t, known["LICENSE.txt"] && known["NOTICE.txt"], "the license comes with it")
}

func TestPages(t *testing.T) {
	pages, err := openapi.Pages()
	require.NoError(t, err)
	require.Contains(t, pages, "/docs")
	page := string(pages["/docs"].Content.Bytes)

	t.Run("whatever the page loads is there", func(t *testing.T) {
		loaded := regexp.MustCompile(`(?:src|href)="(/docs/[^"]*)"`).FindAllStringSubmatch(page, -1)
		require.Len(t, loaded, 4)
		for _, reference := range loaded {
			assert.Contains(t, pages, reference[1])
		}
	})
	t.Run("it has no script or style in itself", func(t *testing.T) {
		assert.NotRegexp(t, `<script[^>]*>[^<]|<style|\son\w+=|\sstyle=`, page)
	})
	t.Run("nothing is of another server", func(t *testing.T) {
		for path, file := range pages {
			if !strings.Contains(path, "/swagger-ui/") {
				assert.NotRegexp(t, `https?:|["'(]//`, string(file.Content.Bytes), path)
			}
		}
	})
	t.Run("the policy lets nothing in that is inline or from elsewhere", func(t *testing.T) {
		for path, file := range pages {
			assert.Equal(t, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
				"base-uri 'none'; form-action 'none'; frame-ancestors 'none'", file.Policy, path)
		}
	})
}
