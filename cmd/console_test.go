package cmd

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

// TestConsole has people use the console in a real browser, against the real
// service.
func TestConsole(t *testing.T) {
	browser := openBrowser(t)
	shop := startService(t, time.Date(2026, 2, 2, 12, 0, 0, 0, time.UTC))
	require.NoError(t, shop.program.fillSample(t.Context(), shop.app))
	require.NoError(t, shop.awaitIndex(t.Context()))

	for _, part := range []struct {
		name string
		test func(*testing.T, context.Context, *service)
	}{
		{"signing in", testSigningIn},
		{"dashboard", testDashboard},
		{"list", testList},
		{"search", testSearch},
		{"customer", testCustomer},
		{"deletion", testDeletion},
		{"keyboard", testKeyboard},
		{"trouble", testTrouble},
		{"docs", testDocs},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, browser, shop) })
	}
	t.Run("operations", func(t *testing.T) { testOperations(t, browser) })
}

func testSigningIn(t *testing.T, browser context.Context, shop *service) {
	t.Run("says what is wrong with a token, and takes a right one", func(t *testing.T) {
		b := openTab(t, browser, shop, "/")
		b.expect("GET /api/customers 401", "GET /api/customers 403")
		b.see("h1", "Sign in to crms")
		b.look("sign-in")
		b.signIn("nonsense")
		b.see("#token-problem", "Token is not a JSON Web Token")
		b.seeFocus("#token")
		b.look("sign-in-refused")
		b.signInAs(shop, auth.Identity{UserID: "USER-1", Email: "someone@example.com", Roles: auth.Customer})
		b.see("#token-problem", "is not an administrator's")
		b.signInAs(shop, anAdmin)
		b.see("h1", "Customers")
		b.seeAddress("#/customers")
	})
	t.Run("leads to the page that was asked for", func(t *testing.T) {
		b := openConsole(t, browser, shop, "/#/customers?status=Suspended")
		b.see("#customers-table", "Suspended")
		b.seeAddress("#/customers?status=Suspended")
	})
	t.Run("is forgotten on signing out", func(t *testing.T) {
		b := openConsole(t, browser, shop, "/")
		b.see("[data-testid=total]", "customers") // until then there is nothing that settles
		b.click("#account")
		b.see("#account-menu", "admin@example.com")
		b.look("account")
		b.click("#sign-out")
		b.see("h1", "Sign in to crms")
		assert.False(t, evaluate[bool](b, `"crms.token" in sessionStorage`))
	})
	t.Run("takes one click in development", func(t *testing.T) {
		dev := startService(t, noon, "--dev")
		b := openTab(t, browser, dev, "/")
		b.see("#dev-sign-in", "Sign in as developer")
		b.seeFocus("#dev-sign-in")
		b.look("sign-in-dev")
		b.click("#dev-sign-in")
		b.see(".state h2", "No customers yet")
		b.look("customers-none-yet")
	})
}

func testList(t *testing.T, browser context.Context, shop *service) {
	t.Run("keeps filters and page in the address, and goes back and forth", func(t *testing.T) {
		b := openConsole(t, browser, shop, "/")
		b.see("[data-testid=total]", "600 customers")
		b.look("customers")
		b.choose("#filter-status", "Suspended")
		b.seeAddress("#/customers?status=Suspended")
		b.wait("suspended customers alone", everyRowSays("Suspended"))
		b.choose("#filter-type", "Regular")
		b.seeAddress("#/customers?status=Suspended&type=Regular")
		b.wait("regular ones alone", everyRowSays("Regular"))
		b.look("customers-filtered")
		b.run("history.back()")
		b.seeAddress("#/customers?status=Suspended")
		b.wait("the type's filter is empty", `document.querySelector("#filter-type").value === ""`)
		b.run("history.forward()")
		b.wait("the type's filter is back", `document.querySelector("#filter-type").value === "Regular"`)
		b.run("location.reload()")
		b.wait("the filters outlive a reload", `document.querySelector("#filter-type")?.value === "Regular"`)
		b.click("#clear-filters")
		b.see("[data-testid=total]", "600 customers")
		b.choose("#page-size", "50")
		b.seeAddress("#/customers?limit=50")
		b.wait("fifty rows", `document.querySelectorAll("#customers-table tbody tr[data-id]").length === 50`)
		b.clickNamed("#pager a", "Next page")
		b.seeAddress("#/customers?page=2&limit=50")
		b.see("[data-testid=range]", "51")
	})
	t.Run("says when nobody matches", func(t *testing.T) {
		b := openConsole(t, browser, shop, "/#/customers?from=1999-01-01&to=1999-12-31")
		b.see(".state h2", "No customer matches these filters")
		b.look("customers-no-match")
		b.clickNamed(".state a", "Clear filters")
		b.see("[data-testid=total]", "600 customers")
	})
	t.Run("says when there is no such page", func(t *testing.T) {
		b := openConsole(t, browser, shop, "/#/customers?page=99")
		b.see(".state h2", "There is no page 99")
		b.goTo("#/nowhere")
		b.see("#page", "There is no such page")
		b.look("no-such-page")
	})
	t.Run("has a place to make a customer", func(t *testing.T) {
		b := openConsole(t, browser, shop, "/")
		b.expect("POST /api/customers 400")
		b.click("#new-customer")
		b.fill("#new-fullName", "Grace Hopper")
		b.clickNamed("[data-testid=new-customer-dialog] [type=submit]", "Create customer")
		b.see("#new-email-problem", "Email")
		b.look("new-customer")
		b.fill("#new-email", "grace@example.com")
		b.press(kb.Enter)
		b.see("h1", "Grace Hopper")
	})
}

func everyRowSays(word string) string {
	return `(() => {
		const rows = [...document.querySelectorAll("#customers-table tbody tr[data-id]")];
		return rows.length > 0 && rows.every((row) => row.innerText.includes(` + quoted(word) + `));
	})()`
}

func testSearch(t *testing.T, browser context.Context, shop *service) {
	t.Run("finds while one types, marks what it found, and opens it", func(t *testing.T) {
		b := openConsole(t, browser, shop, "/")
		b.see("[data-testid=total]", "customers")
		b.press("/")
		b.seeFocus("#search")
		b.press("john")
		b.see("[data-testid=total]", "“john”")
		b.see("#customers-table tbody tr:first-child mark", "John")
		b.look("search")
		b.press(kb.ArrowDown)
		b.seeFocus("#customers-table tbody tr:nth-child(1) a")
		b.press(kb.ArrowDown)
		b.seeFocus("#customers-table tbody tr:nth-child(2) a")
		b.press(kb.ArrowUp + kb.Enter)
		b.see("h1", "John ")
		b.press(kb.Escape)
		b.seeAddress("#/customers?q=john")
		b.seeFocus("#customers-table tbody tr:nth-child(1) a")
		b.press(kb.Escape)
		b.seeFocus("#search")
		b.press(kb.Escape)
		b.seeAddress("#/customers")
	})
	t.Run("forgives a typing error", func(t *testing.T) {
		b := openConsole(t, browser, shop, "/#/customers?q=jonh%20doe")
		b.see("#customers-table", "John Doe")
	})
	t.Run("says when it finds nobody", func(t *testing.T) {
		b := openConsole(t, browser, shop, "/#/customers?q=qqqqqqqq")
		b.see(".state h2", "Nobody found")
		b.look("search-nobody")
	})
	t.Run("shows no answer that comes late", func(t *testing.T) {
		gate := openGate(t, shop.url)
		asked, givenUp := make(chan struct{}), make(chan struct{})
		gate.handle(func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("q") != "asha" {
				return false
			}
			close(asked)
			<-r.Context().Done() // it is never answered
			close(givenUp)
			return true
		})
		b := openConsoleAt(t, browser, shop, gate.URL, "/")
		b.see("[data-testid=total]", "customers")
		b.press("/asha")
		requireSoon(t, asked, "the first search is sent")
		b.fill("#search", "john doe")
		b.see("[data-testid=total]", "“john doe”")
		requireSoon(t, givenUp, "the first search is given up")
		b.see("#customers-table", "John Doe")
	})
}

func requireSoon(t *testing.T, event <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-event:
	case <-time.After(patience):
		require.Fail(t, what)
	}
}

// testKeyboard changes a customer's status without a mouse.
func testKeyboard(t *testing.T, browser context.Context, shop *service) {
	b := openConsole(t, browser, shop, "/")
	id := makeCustomer(t, shop, "kim@example.com", "Kim Keyboard")
	b.see("[data-testid=total]", "customers")
	b.press("/kim keyboard")
	b.see("#customers-table", "Kim Keyboard")
	b.press(kb.Enter)
	b.see("h1", "Kim Keyboard")
	b.wait("the customer", `document.querySelector("#change-status")`)
	b.tabTo("#change-status")
	b.press(kb.Enter)
	b.seeFocus("[data-testid=status-dialog] :checked")
	b.press(kb.ArrowDown + kb.ArrowDown)
	b.tabTo("#reason")
	b.press("asked by telephone")
	b.tabTo("[data-testid=status-dialog] [type=submit]")
	b.press(kb.Enter)
	b.see("[data-testid=toast]", "The status is Suspended now")
	b.seeFocus("#change-status")
	_, answer := shop.call(t, http.MethodGet, "/api/customers/"+id, "")
	assert.Contains(t, answer, `"customerStatus":"Suspended"`)
}

// tabTo presses Tab until an element has the focus.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	for range 80 {
		b.press(kb.Tab)
		if evaluate[bool](b, "document.activeElement.matches("+quoted(selector)+")") {
			return
		}
	}
	require.Fail(b.t, "Tab does not lead to "+selector)
}

// testDocs reads the description of the API and tries an operation in it.
func testDocs(t *testing.T, browser context.Context, shop *service) {
	b := openTab(t, browser, shop, "/docs")
	b.see("h1, h2", "crms")
	b.lookAtViewer("docs")
	b.click(`[data-path="/api/console"]`)
	b.clickNamed("button", "Try it out")
	b.clickNamed("button", "Execute")
	b.see(".live-responses-table", `"timeZone": "UTC"`)
	b.lookAtViewer("docs-tried")
	assert.True(t, strings.HasPrefix(b.address(), "#/"), "the operation has a link")
}

// lookAtViewer is what look does, for a page whose elements are not ours: axe-core
// may find fault with those, but with nothing that a style can mend.
func (b *tab) lookAtViewer(name string) {
	b.t.Helper()
	b.onAllScreens(name, func(v view) {
		for _, violation := range b.violations() {
			assert.NotRegexp(b.t, "^(color-contrast|target-size) ", violation, "%s on %s", name, v.name)
		}
	})
}
