package cmd

import (
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var screenshots = flag.String("screenshots", "../build/screenshots", "where the console's pictures go")

// view is a screen that pages are looked at on.
type view struct {
	name          string
	width, height int64
	scheme        string // light or dark
}

// isTelephone tells telephones, which lay scrollbars over the page, from desks.
func (v view) isTelephone() bool { return v.width >= 360 && v.width < 600 }

// views are all screens, the usual one first. 390 is a present telephone, 360 a
// small one, 320 a desk's screen at four times the size (WCAG 1.4.10).
var views = []view{
	{"wide", 1280, 800, "light"},
	{"wide-dark", 1280, 800, "dark"},
	{"narrow", 390, 844, "light"},
	{"narrow-dark", 390, 844, "dark"},
	{"small", 360, 740, "light"},
	{"zoomed", 320, 640, "light"},
}

// view puts the page on a screen. Nothing moves there, so that what is looked at
// is what stays.
func (b *tab) view(v view) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: v.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: v.width, Height: v.height, DeviceScaleFactor: 1, Mobile: v.isTelephone(),
	})
}

// look looks at what the page shows on all screens: there must be nothing that
// axe-core or a narrow screen has against it. It takes a picture of each.
func (b *tab) look(name string) {
	b.t.Helper()
	b.onAllScreens(name, func(v view) {
		assert.Empty(b.t, b.violations(), "%s on %s, by WCAG 2.2 AA", name, v.name)
	})
}

// onAllScreens takes pictures of what the page shows, after a check of one's own,
// and ends on the usual screen.
func (b *tab) onAllScreens(name string, check func(view)) {
	b.t.Helper()
	for _, v := range views {
		b.view(v)
		b.settle()
		beyond := evaluate[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth")
		assert.LessOrEqual(b.t, beyond, 1, "%s on %s: pixels that one has to scroll to the side for", name, v.name)
		check(v)
		b.picture(name, v)
	}
	b.view(views[0])
	b.settle()
}

// settle goes to the page's top, where its bar covers nothing, and waits until the page is laid out and drawn, with nothing waiting for data.
func (b *tab) settle() {
	b.t.Helper()
	b.run("scrollTo(0, 0)")
	b.wait("an end of loading", `![...document.querySelectorAll(".skeleton, [aria-busy=true]:not(button)")].some((e) => e.checkVisibility())
		&& document.getAnimations().every((a) => a.playState !== "running")`)
	_, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`new Promise((done) =>
		requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err)
}

// picture takes one of the whole page, or of the screen when something is open
// above the page.
func (b *tab) picture(name string, v view) {
	b.t.Helper()
	if isOpen := evaluate[bool](b, `document.querySelector("dialog[open], :popover-open") !== null`); !isOpen {
		whole := v
		whole.height = max(v.height, evaluate[int64](b, "document.documentElement.scrollHeight"))
		b.view(whole)
		defer b.view(v)
	}
	image, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.MkdirAll(*screenshots, 0o755))
	require.NoError(b.t, os.WriteFile(filepath.Join(*screenshots, name+"-"+v.name+".png"), image, 0o644))
}

// axe is axe-core 4.14.1 as npm has it.
//
//go:embed testdata/axe/axe.min.js
var axe string

// axeChecksum is the one that axe-core publishes in its sri-history.json, in
// hexadecimal.
const axeChecksum = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"

func TestAxeIsWhatWasPublished(t *testing.T) {
	sum := sha256.Sum256([]byte(axe))
	assert.Equal(t, axeChecksum, hex.EncodeToString(sum[:]))
}

// violations are what axe-core finds against WCAG 2.2, levels A and AA. It runs
// in a world of its own, since the pages allow no script but theirs.
func (b *tab) violations() []string {
	b.t.Helper()
	frame := call(b, cdppage.GetFrameTree, cdp.Empty{}).FrameTree.Frame.ID
	world := call(b, cdppage.CreateIsolatedWorld, cdppage.CreateIsolatedWorldParams{FrameID: frame, WorldName: "axe"}).ExecutionContextID
	within := func(p *runtime.EvaluateParams) { p.ContextID = world }
	found, err := chromedp.Run(b.ctx, func(ctx context.Context, target *chromedp.Target) ([]string, error) {
		if _, err := chromedp.Evaluate[bool]("globalThis.axe === undefined && ("+axeLoader+")", within)(ctx, target); err != nil {
			return nil, err
		}
		return chromedp.Evaluate[[]string](axeRun, within, chromedp.EvalAwaitPromise)(ctx, target)
	})
	require.NoError(b.t, err)
	return found
}

var axeLoader = fmt.Sprintf("(() => { %s; return true; })()", strings.TrimSpace(axe))

const axeRun = `Promise.allSettled(document.getAnimations().filter((a) => a instanceof CSSTransition).map((a) => a.finished)).then(() => axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"] }).then(({ violations }) =>
	violations.flatMap((v) => v.nodes.map((n) => v.id + " " + n.target.join(" ") + ": " + n.failureSummary.replace(/\s+/g, " ")))))`
