package httpapi

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/httpapi/throttle"
	"crms/store"
	"crms/store/crm"
)

// caller is somebody who shows a token, or none.
type caller struct {
	name  string
	roles auth.Role // that the token proves
	token string
}

// callers are one of each kind, those with a profile among the sample's
// customers.
func callers(t *testing.T, customers []crm.Customer) []caller {
	t.Helper()
	minter, err := auth.NewMinter([]byte(secret), "", "")
	require.NoError(t, err)
	expired, err := minter.Mint(auth.Identity{UserID: customers[0].UserID, Roles: auth.Admin}, time.Hour, noon.Add(-2*time.Hour))
	require.NoError(t, err)
	all := []caller{{"nobody", 0, ""}, {"a bad token", 0, "bad"}, {"an expired token of an administrator", 0, expired}}
	for _, c := range []struct {
		name string
		auth.Identity
	}{
		{"a token without a role", auth.Identity{UserID: "USER-1"}},
		{"a customer", auth.Identity{UserID: customers[0].UserID, Roles: auth.Customer}},
		{"a customer without a profile", auth.Identity{UserID: "USER-99", Roles: auth.Customer}},
		{"a service", auth.Identity{UserID: "orms", Roles: auth.Service}},
		{"an administrator", auth.Identity{UserID: "ADMIN-1", Roles: auth.Admin}},
	} {
		all = append(all, caller{c.name, c.Roles, mint(t, c.Identity)})
	}
	return all
}

// ask sends a request of the caller.
func (a api) ask(c caller, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answered := httptest.NewRecorder()
	a.ServeHTTP(answered, r)
	return answered
}

// sampleOf are the customers of an API.
func sampleOf(t *testing.T, a api) []crm.Customer {
	t.Helper()
	customers, _, err := a.store.List(store.Filter{}, 0, 100)
	require.NoError(t, err)
	return customers
}

// TestWhoMayDoWhat tries each route as each caller: the role decides before
// anything of the request is looked at.
func TestWhoMayDoWhat(t *testing.T) {
	a := newAPI(t, io.Discard, 3).develop()
	everybody := callers(t, sampleOf(t, a))
	for _, rt := range a.routes() {
		a.throttle = throttle.New(nil, a.now, a.log) // the bad tokens of each route count for themselves
		for _, c := range everybody {
			t.Run(rt.method+" "+rt.path+" by "+c.name, func(t *testing.T) {
				got := a.ask(c, rt.method, rt.example(), "").Code
				switch {
				case rt.path == devTokenPath:
					assert.Equal(t, http.StatusForbidden, got, "nobody on another machine may, whoever it is")
				case rt.who == 0:
					assert.Equal(t, http.StatusOK, got, "everybody may")
				case c.roles == 0 && c.name != "a token without a role":
					assert.Equal(t, http.StatusUnauthorized, got)
				case !c.roles.Has(rt.who):
					assert.Equal(t, http.StatusForbidden, got)
				default:
					assert.NotContains(t, []int{http.StatusUnauthorized, http.StatusForbidden}, got)
				}
			})
		}
	}
}

// TestCustomersReachNobodyElse has a customer ask for every other customer, in
// every place of a request that could name one.
func TestCustomersReachNobodyElse(t *testing.T) {
	a := newAPI(t, io.Discard, 5)
	customers := sampleOf(t, a)
	own, other := customers[0], customers[1]
	me := caller{"a customer", auth.Customer, mint(t, auth.Identity{UserID: own.UserID, Email: other.Email, Roles: auth.Customer})}
	for _, path := range []string{
		"/api/customers/me", "/api/customers/me/statistics",
		"/api/customers/me?userId=" + other.UserID, "/api/customers/me?customerId=" + other.ID.String(),
		"/api/customers/" + own.ID.String(), "/api/customers/" + other.ID.String(), "/api/customers/" + strings.ToUpper(other.ID.String()),
		"/api/customers/" + other.ID.String() + "/statistics", "/api/customers/" + other.ID.String() + "/history",
		"/api/customers/me%2F..%2F" + other.ID.String(), "/api/customers/me/../" + other.ID.String(), "/api/customers/./" + other.ID.String(),
		"/api/customers//" + other.ID.String(), "/api/customers/me/" + other.ID.String(), "/api//customers/" + other.ID.String(),
		"/API/customers/" + other.ID.String(), "/api/customers/" + other.ID.String() + "/", "/api/customers/%6d%65",
		"/api/customers/search?q=" + other.Email, "/api/customers", "/api/users/" + other.UserID + "/eligibility",
	} {
		t.Run(path, func(t *testing.T) {
			got := a.ask(me, http.MethodGet, path, "")
			for _, of := range customers[1:] {
				for _, secret := range []string{of.ID.String(), of.UserID, of.Email, of.FullName} {
					assert.NotContains(t, got.Body.String(), secret)
				}
			}
			if got.Code == http.StatusOK {
				assert.Contains(t, got.Body.String(), own.Email)
			}
		})
	}
	t.Run("a header names nobody", func(t *testing.T) {
		r := httptest.NewRequest(http.MethodGet, "/api/customers/me", nil)
		r.Header.Set("Authorization", "Bearer "+me.token)
		for _, name := range []string{"X-User-Id", "X-Forwarded-User", "X-Original-Url", "X-Rewrite-Url", "X-Http-Method-Override"} {
			r.Header.Set(name, other.UserID)
		}
		answered := httptest.NewRecorder()
		a.ServeHTTP(answered, r)
		assert.Equal(t, http.StatusOK, answered.Code)
		assert.Contains(t, answered.Body.String(), own.Email)
		assert.NotContains(t, answered.Body.String(), other.UserID)
	})
}

// TestStoredStatusCounts holds a token that is still good to what has become of
// its customer meanwhile.
func TestStoredStatusCounts(t *testing.T) {
	a := newAPI(t, io.Discard, 20)
	customers := sampleOf(t, a)
	idle := slices.IndexFunc(customers, func(c crm.Customer) bool { return c.Figures.TotalOrders == 0 && c.Figures.TotalComplaints == 0 })
	require.GreaterOrEqual(t, idle, 0, "one may be deleted")
	of := customers[idle]
	me := caller{"a customer", auth.Customer, mint(t, auth.Identity{UserID: of.UserID, Roles: auth.Customer})}
	change := store.Change{At: noon, By: "admin@example.com"}
	for _, c := range []struct {
		status crm.Status
		want   int
	}{{crm.Active, http.StatusOK}, {crm.Suspended, http.StatusOK}, {crm.Inactive, http.StatusForbidden}} {
		t.Run(c.status.String(), func(t *testing.T) {
			_, err := store.Do(context.Background(), a.store, store.SetStatus{Change: change, ID: of.ID, Status: c.status})
			require.NoError(t, err)
			for _, path := range []string{"/api/customers/me", "/api/customers/me/statistics"} {
				assert.Equal(t, c.want, a.ask(me, http.MethodGet, path, "").Code, path)
			}
		})
	}
	t.Run("deleted", func(t *testing.T) {
		require.Equal(t, http.StatusOK, a.ask(caller{token: strings.TrimPrefix(a.admin, "Bearer ")}, http.MethodDelete, "/api/customers/"+of.ID.String(), "").Code)
		for _, path := range []string{"/api/customers/me", "/api/customers/me/statistics"} {
			assert.Equal(t, http.StatusNotFound, a.ask(me, http.MethodGet, path, "").Code, path)
		}
	})
}

// TestNothingElseCanBeAssigned sends each member of the Customer object that a
// request must not set.
func TestNothingElseCanBeAssigned(t *testing.T) {
	a := newAPI(t, io.Discard, 1)
	of := sampleOf(t, a)[0]
	admin := caller{token: strings.TrimPrefix(a.admin, "Bearer ")}
	before := a.ask(admin, http.MethodGet, "/api/customers/"+of.ID.String(), "").Body.String()
	for _, member := range []string{
		"customerId", "customerStatus", "totalOrders", "totalOrderValue", "totalComplaints", "openComplaints", "lastOrderDate", "customerSince",
		"lastComplaintDate", "notes", "metadata", "role", "roles", "__proto__", "constructor", "FullName", "createdBy",
	} {
		for _, to := range []struct{ method, path, with string }{
			{http.MethodPut, "/api/customers/" + of.ID.String(), `"fullName": "Somebody Else"`},
			{http.MethodPost, "/api/customers", `"email": "new@example.com", "fullName": "New Customer"`},
			{http.MethodPatch, "/api/customers/" + of.ID.String() + "/status", `"status": "Suspended"`},
			{http.MethodPatch, "/api/customers/" + of.ID.String() + "/type", `"customerType": "VIP"`},
			{http.MethodPost, "/api/customers/" + of.ID.String() + "/notes", `"content": "a note that is long enough"`},
		} {
			if to.method == http.MethodPatch && strings.HasSuffix(to.path, "/type") && member == "notes" {
				continue // the reason of a change of type
			}
			t.Run(member+" of "+to.method+" "+to.path[len("/api/customers"):], func(t *testing.T) {
				got := a.ask(admin, to.method, to.path, `{`+to.with+`, "`+member+`": "x"}`)
				assert.Equal(t, http.StatusBadRequest, got.Code)
				assert.Contains(t, got.Body.String(), `"field":"`+member+`"`)
			})
		}
	}
	assert.Equal(t, before, a.ask(admin, http.MethodGet, "/api/customers/"+of.ID.String(), "").Body.String())
}

// TestEveryAnswerIsGuarded looks at the headers that each answer must have, and
// must not have.
func TestEveryAnswerIsGuarded(t *testing.T) {
	a := newAPI(t, io.Discard, 1)
	admin := caller{token: strings.TrimPrefix(a.admin, "Bearer ")}
	guarded := func(t *testing.T, got *httptest.ResponseRecorder) {
		t.Helper()
		h := got.Header()
		assert.NotEmpty(t, h.Get("X-Request-Id"))
		assert.Empty(t, h.Get("Server"))
		assert.Empty(t, h.Get("X-Powered-By"))
		assert.Empty(t, h.Get("Access-Control-Allow-Origin"), "no other origin may")
		if got.Body.Len() > 0 {
			assert.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
			assert.Equal(t, "application/json", h.Get("Content-Type"))
			assert.Contains(t, []string{"private, no-cache", "no-cache"}, h.Get("Cache-Control"))
		}
	}
	for _, rt := range a.routes() {
		t.Run(rt.method+" "+rt.path, func(t *testing.T) {
			guarded(t, a.ask(caller{}, rt.method, rt.example(), ""))
			guarded(t, a.ask(admin, rt.method, rt.example(), ""))
			guarded(t, a.ask(admin, http.MethodTrace, rt.example(), ""))
		})
	}
	t.Run("no path", func(t *testing.T) { guarded(t, a.ask(admin, http.MethodGet, "/nowhere", "")) })
}
