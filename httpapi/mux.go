package httpapi

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/julienschmidt/httprouter"
)

// mux finds the route of a request. httprouter holds no fixed segment beside a
// parameter (/me beside /:customer_id), so there are two of them: one for the
// paths without parameters, asked first, and one for those with. A path that
// the first knows under any method is never a parameter to the second: PUT
// /api/customers/me is 405, not an update of a customer called "me".
type mux struct {
	routers [2]*httprouter.Router // fixed, with parameters
	api     *API
}

// methods are those that a route may have, in the order in which Allow shows
// them.
var methods = []string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut}

func newMux(a *API) *mux {
	m := &mux{api: a, routers: [2]*httprouter.Router{httprouter.New(), httprouter.New()}}
	for _, rt := range a.routes() {
		router := m.routers[0]
		if strings.Contains(rt.path, ":") {
			router = m.routers[1]
		}
		router.Handle(rt.method, rt.path, a.adapt(rt))
	}
	for path, file := range a.pages {
		m.routers[0].Handle(http.MethodGet, path, a.page(path, file))
	}
	return m
}

func (m *mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet // net/http leaves the body out
	}
	path, unescape := pathOf(r)
	for _, router := range m.routers {
		if handle, params, _ := router.Lookup(method, path); handle != nil {
			handle(w, r, unescape(params))
			return
		}
		if allowed := allowed(router, path); len(allowed) > 0 {
			m.refuseMethod(w, r, allowed)
			return
		}
	}
	m.api.fail(w, r, errUnknownPath)
}

// pathOf is the path to find the route of, and what makes values of the
// parameters found in it. A path with an escaped slash is looked up as it was
// sent: that slash is a part of a value and parts no segments.
func pathOf(r *http.Request) (path string, unescape func(httprouter.Params) httprouter.Params) {
	if r.URL.RawPath == "" {
		return r.URL.Path, func(p httprouter.Params) httprouter.Params { return p }
	}
	return r.URL.RawPath, func(p httprouter.Params) httprouter.Params {
		for i := range p {
			p[i].Value, _ = url.PathUnescape(p[i].Value) // net/url has checked the path
		}
		return p
	}
}

// refuseMethod answers a path that has no route with the request's method.
func (m *mux) refuseMethod(w http.ResponseWriter, r *http.Request, allowed []string) {
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	if r.Method == http.MethodOptions {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	m.api.fail(w, r, errMethodNotAllowed)
}

// allowed lists the methods that the router has a route for at the path.
func allowed(router *httprouter.Router, path string) []string {
	var names []string
	for _, method := range methods {
		if handle, _, _ := router.Lookup(method, path); handle != nil {
			names = append(names, method)
		}
	}
	if len(names) == 0 {
		return nil
	}
	if slices.Contains(names, http.MethodGet) {
		names = append(names, http.MethodHead)
	}
	names = append(names, http.MethodOptions)
	slices.Sort(names)
	return names
}
