package cmd

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// openBrowser starts a Chromium without a window, which ends with the test. It
// reaches the machine that it runs on, and no other.
func openBrowser(t *testing.T) context.Context {
	t.Helper()
	flags := map[string]any{
		"headless": "new", "no-sandbox": true, "disable-gpu": true, "disable-quic": true,
		"disable-component-update": true, "disable-domain-reliability": true, "no-pings": true,
		"host-resolver-rules": "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
		"hide-scrollbars":     false, "font-render-hinting": "none", "lang": "en-GB",
	}
	path, folder := browserPath(t), browserFolder(t)
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(folder), chromedp.Env("TMPDIR="+folder))
	for name, value := range flags {
		options = append(options, chromedp.Flag(name, value))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	browser, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	require.NoError(t, chromedp.Do(browser), "the browser starts")
	return browser
}

// browserFolder is where a Chromium keeps its files. Its helpers write there for a
// moment after it has ended, which the removal of [testing.T.TempDir] does not wait
// for.
func browserFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "crms-browser-")
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.Eventually(t, func() bool { return os.RemoveAll(dir) == nil }, patience, 10*time.Millisecond)
	})
	return dir
}

// browserPath finds Chromium under the names that systems give it.
func browserPath(t *testing.T) string {
	t.Helper()
	if underRace {
		t.Skip("people use the console in make console: with the race detector, beside other tests, the machine would be the slow one")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("there is no Chromium, which .ci/run installs")
	}
	t.Skip("the console is tested in Chromium: install the package chromium")
	return ""
}
