package cmd

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// johnDoePlace is the page of the contract's John Doe, who has orders under way.
const johnDoePlace = "/#/customers/6979a1b1a6db796b4a1447e9"

// makeCustomer registers somebody and returns the customer's id.
func makeCustomer(t *testing.T, v *service, email, name string) (id string) {
	t.Helper()
	status, answer := v.call(t, http.MethodPost, "/api/customers", object("userId", "USER-"+email, "email", email, "fullName", name))
	require.Equal(t, http.StatusCreated, status, answer)
	var created struct{ Data struct{ CustomerID string } }
	require.NoError(t, json.Unmarshal([]byte(answer), &created))
	return created.Data.CustomerID
}

func testCustomer(t *testing.T, browser context.Context, shop *service) {
	t.Run("is shown with profile, notes, timeline and figures", func(t *testing.T) {
		b := openConsole(t, browser, shop, johnDoePlace)
		b.see("h1", "John Doe")
		b.see("#notes", "Preferred customer, always pays on time")
		b.see("#orders-by-status", "Delivered")
		b.see("#complaints-by-category", "Complaints by category")
		b.wait("the timeline", `document.querySelector("#timeline li")`)
		b.look("customer")
	})
	t.Run("is edited: the service's findings stand at their fields", func(t *testing.T) {
		id := makeCustomer(t, shop, "edith@example.com", "Edith Old")
		b := openConsole(t, browser, shop, "/#/customers/"+id)
		b.expect("PUT /api/customers/{id} 400")
		b.click("#edit-profile")
		b.seeFocus("#fullName")
		b.look("customer-edit")
		b.fill("#fullName", "")
		b.fill("#contactNumber", "12")
		b.press(kb.Enter)
		b.see("#fullName-problem", "Full name ")
		b.see("#contactNumber-problem", "Phone ")
		b.seeFocus("#fullName")
		assert.Equal(t, "true", evaluate[string](b, `document.querySelector("#fullName").getAttribute("aria-invalid")`))
		assert.Contains(t, evaluate[string](b, `document.querySelector("#fullName").getAttribute("aria-describedby")`), "fullName-problem")
		b.look("customer-edit-refused")
		b.fill("#fullName", "Edith New")
		b.fill("#contactNumber", "+442079460018")
		b.fill("#tags", "wholesale")
		b.clickNamed("#profile-form button", "Save")
		b.see("[data-testid=toast]", "Profile saved")
		b.see("h1", "Edith New")
		b.seeFocus("#edit-profile")
		_, answer := shop.call(t, http.MethodGet, "/api/customers/"+id, "")
		assert.Contains(t, answer, `"fullName":"Edith New"`)
		assert.Contains(t, answer, `"tags":["wholesale"]`)
	})
	t.Run("is not left with changes that are not saved, unless one wants to", func(t *testing.T) {
		b := openConsole(t, browser, shop, johnDoePlace)
		b.click("#edit-profile")
		b.fill("#fullName", "John Changed")
		b.clickNamed("nav a", "Dashboard")
		b.see("[data-testid=confirm]", "Leave without saving?")
		b.look("leave")
		b.clickNamed("[data-testid=confirm] button", "Stay")
		b.seeNo("[data-testid=confirm]")
		assert.Equal(t, "John Changed", evaluate[string](b, `document.querySelector("#fullName").value`))
		b.clickNamed("nav a", "Dashboard")
		b.clickNamed("[data-testid=confirm] button", "Leave")
		b.see("h1", "Dashboard")
	})
	t.Run("gets another status and type, with a reason that the history keeps", func(t *testing.T) {
		id := makeCustomer(t, shop, "stan@example.com", "Stan Standing")
		b := openConsole(t, browser, shop, "/#/customers/"+id)
		b.click("#change-status")
		b.click("[data-testid=status-dialog] [value=Suspended]")
		b.fill("#reason", "chargebacks")
		b.look("status")
		b.clickNamed("[data-testid=status-dialog] button", "Save")
		b.see("[data-testid=toast]", "The status is Suspended now")
		b.see(".customer-head .status", "Suspended")
		b.see("#timeline", "chargebacks")
		b.click("#change-type")
		b.click("[data-testid=type-dialog] [value=VIP]")
		b.clickNamed("[data-testid=type-dialog] button", "Save")
		b.see("[data-testid=toast]", "The type is VIP now")
		b.see(".customer-head .badge", "VIP")
		b.look("customer-suspended")
	})
	t.Run("gets notes", func(t *testing.T) {
		id := makeCustomer(t, shop, "nora@example.com", "Nora Noted")
		b := openConsole(t, browser, shop, "/#/customers/"+id)
		b.expect("POST /api/customers/{id}/notes 400")
		b.see("h1", "Nora Noted")
		b.click("#add-note")
		b.see("#note-problem", "The note ")
		b.fill("#note", "Prefers to be called.\n<b>In the afternoon</b>")
		b.click("#add-note")
		b.see("#notes", "Prefers to be called. <b>In the afternoon</b>")
		b.look("customer-new")
	})
	t.Run("that two people change shows both versions", func(t *testing.T) {
		id := makeCustomer(t, shop, "connie@example.com", "Connie Before")
		b := openConsole(t, browser, shop, "/#/customers/"+id)
		b.expect("PUT /api/customers/{id} 412")
		b.click("#edit-profile")
		b.fill("#fullName", "Connie Mine")
		status, answer := shop.call(t, http.MethodPut, "/api/customers/"+id, object("fullName", "Connie Theirs"))
		require.Equal(t, http.StatusOK, status, answer)
		b.clickNamed("#profile-form button", "Save")
		b.see("[data-testid=conflict-dialog]", "Connie Mine")
		b.see("[data-testid=conflict-dialog]", "Connie Theirs")
		b.look("conflict")
		b.click("[name=keep-fullName][value=mine]")
		b.clickNamed("[data-testid=conflict-dialog] button", "Save what is chosen")
		b.see("[data-testid=toast]", "Profile saved")
		b.see("h1", "Connie Mine")
		_, answer = shop.call(t, http.MethodGet, "/api/customers/"+id, "")
		assert.Contains(t, answer, `"fullName":"Connie Mine"`)
	})
	t.Run("that there is not", func(t *testing.T) {
		b := openConsole(t, browser, shop, "/#/customers/6979a1b1a6db796b4a1447ff")
		b.expect("GET /api/customers/{id} 404", "GET /api/customers/{id}/statistics 404")
		b.see("[data-testid=error]", "Customer not found")
		b.look("customer-missing")
	})
}

func testDeletion(t *testing.T, browser context.Context, shop *service) {
	t.Run("is refused while there is work, and says why", func(t *testing.T) {
		b := openConsole(t, browser, shop, johnDoePlace)
		b.expect("DELETE /api/customers/{id} 400")
		b.click("#delete-customer")
		b.fill("#confirm-delete", "jon.doe@example.com")
		b.press(kb.Enter)
		b.see("#confirm-delete-problem", "The email is not the customer's")
		b.fill("#confirm-delete", "john.doe@example.com")
		b.clickNamed("[data-testid=delete-dialog] button", "Delete for good")
		b.see("[data-testid=delete-dialog] .notice", "This customer cannot be deleted yet")
		b.see("[data-testid=delete-dialog] .notice", "orders not yet delivered or cancelled")
		b.look("delete-refused")
		b.press(kb.Escape)
		b.seeNo("dialog")
		b.seeFocus("#delete-customer")
	})
	t.Run("is done once the email is typed", func(t *testing.T) {
		id := makeCustomer(t, shop, "gone@example.com", "Gone Tomorrow")
		b := openConsole(t, browser, shop, "/#/customers/"+id)
		b.click("#delete-customer")
		b.look("delete")
		b.fill("#confirm-delete", "gone@example.com")
		b.clickNamed("[data-testid=delete-dialog] button", "Delete for good")
		b.see("[data-testid=toast]", "Gone Tomorrow was deleted")
		b.seeAddress("#/customers")
		status, _ := shop.call(t, http.MethodGet, "/api/customers/"+id, "")
		assert.Equal(t, http.StatusNotFound, status)
	})
}
