package httpapi

import (
	"net/http"

	"crms/httpapi/auth"
)

// route is one line of the API.
type route struct {
	method, path string
	who          auth.Role // who may; none means everybody, without a token
	handle       handler
}

// routes is the whole API. A path may stand beside one with a parameter in the
// same place: the fixed one is meant then, with every method.
func (a *API) routes() []route {
	const (
		own      = auth.Customer | auth.Admin
		admin    = auth.Admin
		services = auth.Service | auth.Admin
		everyone = auth.Role(0)
	)
	const (
		get    = http.MethodGet
		post   = http.MethodPost
		put    = http.MethodPut
		patch  = http.MethodPatch
		remove = http.MethodDelete
	)
	routes := []route{
		{get, "/api/customers/me", own, a.myProfile},
		{get, "/api/customers/me/statistics", own, a.myStatistics},

		{get, "/api/customers", admin, a.listCustomers},
		{post, "/api/customers", services, a.createCustomer},
		{get, "/api/customers/search", admin, a.searchCustomers},
		{get, "/api/customers/analytics", admin, a.analytics},
		{get, "/api/customers/analytics/registrations", admin, a.registrations},
		{get, "/api/customers/:customer_id", admin, forCustomer(a.customer)},
		{put, "/api/customers/:customer_id", admin, forCustomer(a.updateCustomer)},
		{remove, "/api/customers/:customer_id", admin, forCustomer(a.deleteCustomer)},
		{patch, "/api/customers/:customer_id/status", admin, forCustomer(a.setStatus)},
		{patch, "/api/customers/:customer_id/type", admin, forCustomer(a.setType)},
		{post, "/api/customers/:customer_id/notes", admin, forCustomer(a.addNote)},
		{get, "/api/customers/:customer_id/statistics", admin, forCustomer(a.statistics)},
		{get, "/api/customers/:customer_id/history", admin, forCustomer(a.history)},

		{get, "/api/users/:user_id/eligibility", services, a.eligibility},

		{post, "/api/events", services, a.events},

		{get, "/api/operations", admin, a.operations},
		{get, "/api/operations/outbox", admin, a.listOutbox},
		{post, "/api/operations/outbox/retry", admin, a.retryOutbox},
		{post, "/api/operations/outbox/:entry_id/retry", admin, a.retryEntry},
		{remove, "/api/operations/outbox/:entry_id", admin, a.dropEntry},
		{get, "/api/operations/parked", admin, a.listParked},
		{remove, "/api/operations/parked/:user_id", admin, a.dropParked},

		{get, "/api/console", everyone, a.consoleSettings},
		{get, "/api/openapi.json", everyone, a.openAPI},

		{get, "/healthz", everyone, a.alive},
		{get, "/readyz", everyone, a.ready},
	}
	if a.devToken != nil {
		routes = append(routes, route{post, devTokenPath, everyone, a.makeDevToken})
	}
	return routes
}

// denied is the message of 403 for each set of roles in the table.
func denied(who auth.Role) string {
	switch {
	case who.Has(auth.Customer):
		return "Access denied. Customer or administrator role required."
	case who.Has(auth.Service):
		return "Access denied. Service role required."
	default:
		return "Access denied. Administrator role required."
	}
}
