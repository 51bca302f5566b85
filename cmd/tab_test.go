package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

// tab is a tab of the browser with a storage of its own, as somebody sees it
// who uses the mouse and the keyboard. What it waits for has to come before
// patience ends.
type tab struct {
	*witness
	t   *testing.T // which it is closed with
	ctx context.Context
}

// openTab opens a page of a service, and watches it from its first request on.
func openTab(t *testing.T, browser context.Context, v *service, place string) *tab {
	t.Helper()
	return openTabAt(t, browser, v, v.url, place)
}

// openTabAt opens a page of a service behind another address.
func openTabAt(t *testing.T, browser context.Context, v *service, url, place string) *tab {
	t.Helper()
	ctx, end := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	b := &tab{t: t, ctx: ctx}
	b.witness = watch(t, ctx, url)
	call(b, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(b, cdppage.AddScriptToEvaluateOnNewDocument, cdppage.AddScriptToEvaluateOnNewDocumentParams{
		Source: fmt.Sprintf(clockScript, v.clock.now().UnixMilli()),
	})
	b.view(views[0])
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(url+place)))
	return b
}

// clockScript sets the page's clock to that of the service, as clocks are in life.
const clockScript = `{
  const Real = Date, ahead = %d - Real.now();
  globalThis.Date = class extends Real {
    constructor(...given) { given.length > 0 ? super(...given) : super(Real.now() + ahead); }
    static now() { return Real.now() + ahead; }
  };
}`

// openConsole opens the console and signs in with a token, as people do.
func openConsole(t *testing.T, browser context.Context, v *service, place string) *tab {
	t.Helper()
	return openConsoleAt(t, browser, v, v.url, place)
}

// openConsoleAt opens the console of a service behind another address.
func openConsoleAt(t *testing.T, browser context.Context, v *service, url, place string) *tab {
	t.Helper()
	b := openTabAt(t, browser, v, url, place)
	b.signIn(mint(t, someSecret, anAdmin, v.clock.now()))
	b.wait("the bar", `document.querySelector("#bar:not([hidden])")`)
	return b
}

func (b *tab) signIn(token string) {
	b.t.Helper()
	b.fill("#token", token)
	b.press(kb.Enter)
}

// signInAs is what signIn does, with a token for somebody.
func (b *tab) signInAs(v *service, who auth.Identity) {
	b.t.Helper()
	b.signIn(mint(b.t, someSecret, who, v.clock.now()))
}

// goTo changes the address within the page, as a link does.
func (b *tab) goTo(place string) {
	b.t.Helper()
	b.run(fmt.Sprintf("location.hash = %s", quoted(place)))
}

// address is what follows the # in the address.
func (b *tab) address() string {
	b.t.Helper()
	return evaluate[string](b, "location.hash")
}

// click presses the mouse on the first element that a CSS selector finds and
// that can be reached: visible, in its place, and not covered.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.clickOn(selector, "")
}

// clickNamed is click for the element with this text or label.
func (b *tab) clickNamed(selector, name string) {
	b.t.Helper()
	b.clickOn(selector, name)
}

func (b *tab) clickOn(selector, name string) {
	b.t.Helper()
	type point struct{ X, Y float64 }
	b.until(fmt.Sprintf("%s %q can be clicked", selector, name), func() bool {
		at, err := chromedp.Run(b.ctx, chromedp.Evaluate[*point](fmt.Sprintf(reachableScript, quoted(selector), quoted(name)), chromedp.EvalAwaitPromise))
		if err != nil || at == nil {
			return false
		}
		require.NoError(b.t, chromedp.Do(b.ctx, chromedp.MouseClickXY(at.X, at.Y)))
		// The page may have moved on before the mouse came down: then one aims again.
		missed, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("window.clickAimedAt === true"))
		return err != nil || !missed // there is an error when the click has led to another page
	})
}

// reachableScript finds the middle of an element once it has stopped moving.
const reachableScript = `(async (selector, name) => {
  const named = (e) => [e.textContent, e.getAttribute("aria-label")].some((text) => text?.trim() === name);
  const element = [...document.querySelectorAll(selector)].find((e) => e.checkVisibility() && (name === "" || named(e)));
  if (!element) return null;
  element.scrollIntoView({ block: "center", behavior: "instant" });
  const place = () => element.getBoundingClientRect();
  const before = place();
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const { x, y, width, height } = place();
  const [X, Y] = [x + width / 2, y + height / 2];
  const top = document.elementFromPoint(X, Y);
  const free = element.contains(top) || top?.closest("label")?.contains(element);
  if (!free || x !== before.x || y !== before.y) return null;
  window.clickAimedAt = true;
  element.addEventListener("click", () => { window.clickAimedAt = false; }, { capture: true, once: true });
  return { X, Y };
})(%s, %s)`

// fill replaces the text of a field.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	b.click(selector)
	b.run(fmt.Sprintf("document.querySelector(%s).select()", quoted(selector)))
	b.press(kb.Backspace)
	call(b, input.InsertText, input.InsertTextParams{Text: text})
}

// choose picks an option of a list by its value.
func (b *tab) choose(selector, value string) {
	b.t.Helper()
	b.wait(selector, fmt.Sprintf("document.querySelector(%s)", quoted(selector)))
	b.run(fmt.Sprintf(`{
		const list = document.querySelector(%s);
		list.value = %s;
		list.dispatchEvent(new Event("change", { bubbles: true }));
	}`, quoted(selector), quoted(value)))
}

// press presses keys, one after the other. The letter that a key types comes
// with the key's own event, so that a page that takes the key for itself keeps
// the letter from being typed, as it does with a keyboard.
func (b *tab) press(keys string) {
	b.t.Helper()
	for _, key := range keys {
		events := kb.Encode(key)
		down, up := events[0], events[len(events)-1]
		if letter := events[1]; letter.Type == kb.KeyChar {
			down.Text, down.UnmodifiedText = letter.Text, letter.UnmodifiedText
		}
		call(b, input.DispatchKeyEvent, *down)
		call(b, input.DispatchKeyEvent, *up)
	}
}

// see waits until an element shows a text, among others.
func (b *tab) see(selector, text string) {
	b.t.Helper()
	b.wait(fmt.Sprintf("%q in %s", text, selector), fmt.Sprintf(
		`[...document.querySelectorAll(%s)].some((e) => e.checkVisibility() && e.innerText.replace(/\s+/g, " ").includes(%s))`, quoted(selector), quoted(text)))
}

// seeNo waits until no element shows.
func (b *tab) seeNo(selector string) {
	b.t.Helper()
	b.wait("no "+selector, fmt.Sprintf(`![...document.querySelectorAll(%s)].some((e) => e.checkVisibility())`, quoted(selector)))
}

// seeFocus waits until the element with the focus is one that a selector finds.
func (b *tab) seeFocus(selector string) {
	b.t.Helper()
	b.wait("the focus on "+selector, fmt.Sprintf(`document.activeElement?.matches(%s)`, quoted(selector)))
}

// seeAddress waits until the address is another one.
func (b *tab) seeAddress(place string) {
	b.t.Helper()
	b.wait("the address "+place, fmt.Sprintf(`location.hash === %s`, quoted(place)))
}

// texts are what elements show, in their order.
func (b *tab) texts(selector string) []string {
	b.t.Helper()
	return evaluate[[]string](b, fmt.Sprintf(`[...document.querySelectorAll(%s)].map((e) => e.innerText.replace(/\s+/g, " ").trim())`, quoted(selector)))
}

// wait waits until a condition holds.
func (b *tab) wait(what, condition string) {
	b.t.Helper()
	b.until(what, func() bool {
		holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		return err == nil && holds // there is an error while a page gives way to another
	})
}

func (b *tab) until(what string, holds func() bool) {
	b.t.Helper()
	for deadline := time.Now().Add(patience / 6); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.picture("failed", views[0])
			require.Fail(b.t, "no "+what, "at %s, which shows:\n%s\nfaults: %v", b.address(), evaluate[string](b, "document.body.innerText"), b.all())
		}
	}
}

// run runs a statement in the page.
func (b *tab) run(script string) {
	b.t.Helper()
	evaluate[bool](b, script+"\ntrue")
}

func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err, expression)
	return value
}

// call sends the browser a command about the tab.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	result, err := chromedp.Call(b.ctx, command, params)
	require.NoError(b.t, err, command.Method)
	return result
}

// quoted is a text as JavaScript writes it.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always has JSON
	}
	return string(b)
}
