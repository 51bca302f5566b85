package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"

	"crms/httpapi/auth"
	"crms/store"
	"crms/store/crm"

	"github.com/julienschmidt/httprouter"
)

// handler is one route's own part: it reads the request, calls the store and
// says what to answer.
type handler func(*request) (answer, error)

// request is what a handler sees of a request: its route's parameters and who
// sent it have been found already.
type request struct {
	*http.Request
	params httprouter.Params
	who    auth.Identity
}

// change is the part that all of a request's commands share.
func (a *API) change(r *request) store.Change {
	return store.Change{At: a.now(), By: r.who.Actor()}
}

// forCustomer makes a handler of one that is about the customer in the path.
func forCustomer(handle func(*request, crm.ID) (answer, error)) handler {
	return func(r *request) (answer, error) {
		id, err := crm.ParseID(r.params.ByName("customer_id"))
		if err != nil {
			return answer{}, err
		}
		return handle(r, id)
	}
}

// adapt makes an HTTP handler of a route.
func (a *API) adapt(rt route) httprouter.Handle {
	counts := a.requests.Route(rt.method, rt.path)
	return func(w http.ResponseWriter, r *http.Request, params httprouter.Params) {
		note := noteOf(w)
		note.route, note.counts = rt.path, counts
		defer func() {
			if p := recover(); p != nil {
				a.fail(w, r, fmt.Errorf("panic: %v\n%s", p, debug.Stack()))
			}
		}()
		req := &request{Request: r, params: params}
		if err := a.admit(req, rt.who); err != nil {
			a.fail(w, r, err)
			return
		}
		note.userID = req.who.UserID
		ans, err := rt.handle(req)
		if err != nil {
			a.fail(w, r, err)
			return
		}
		a.write(w, r, ans)
	}
}

// admit finds out who sent the request and whether the route is for them.
func (a *API) admit(r *request, who auth.Role) error {
	if who == 0 {
		return nil
	}
	token, ok := bearerToken(r.Header.Get("Authorization"))
	if !ok {
		return errNoToken
	}
	identity, remembered := a.auth.Recall(token)
	if !remembered {
		var err error
		if identity, err = a.verify(r, token); err != nil {
			return err
		}
	}
	r.who = identity
	if !identity.Roles.Has(who) {
		return &httpError{status: http.StatusForbidden, message: denied(who)}
	}
	return nil
}

// verify verifies a token that is not remembered, unless it comes from an address
// that has shown too many bad ones. A token that was accepted before is verified
// all the same: whoever attacks from its owner's address must not shut it out.
func (a *API) verify(r *request, token string) (auth.Identity, error) {
	source := a.throttle.Source(r.Request)
	if wait := a.throttle.Wait(source); wait > 0 && !a.auth.Knows(token) {
		a.requests.Throttled()
		return auth.Identity{}, errTooManyBadTokens(wait)
	}
	identity, err := a.auth.Verify(token)
	switch {
	case errors.Is(err, auth.ErrNoKey):
		return identity, &crm.Error{Kind: crm.Unavailable, Message: "Tokens cannot be verified at the moment", Err: err}
	case errors.Is(err, auth.ErrUnsigned):
		a.throttle.Failed(source)
		a.requests.Unsigned()
	}
	if err != nil {
		a.log.Debug("token refused", "reason", err)
		return identity, errBadToken
	}
	return identity, nil
}

// bearerToken takes the token out of an Authorization header (RFC 6750, 2.1).
func bearerToken(header string) (string, bool) {
	scheme, token, found := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	return token, found && strings.EqualFold(scheme, "Bearer") && token != ""
}

// answer is what a handler wants to be sent.
type answer struct {
	status   int    // 200 when 0
	message  string // of the envelope; without one body is the whole answer
	body     encoder
	etag     string // of the customer that body shows
	location string // of what was made
}

// encoder appends a JSON value to b.
type encoder func(b []byte) []byte

// buffers hold the answers while they are written.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 4<<10); return &b }}

// maxPooled keeps one giant answer from holding its memory for ever.
const maxPooled = 256 << 10

func (a *API) write(w http.ResponseWriter, r *http.Request, ans answer) {
	h := w.Header()
	if ans.etag != "" {
		noteOf(w).setHeader("Etag", ans.etag)
		reads := r.Method == http.MethodGet || r.Method == http.MethodHead
		if reads && matchesAny(r.Header.Values("If-None-Match"), ans.etag) {
			h["Cache-Control"] = cacheControl
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if ans.location != "" {
		h.Set("Location", ans.location)
	}
	if ans.status == 0 {
		ans.status = http.StatusOK
	}
	buffer := buffers.Get().(*[]byte)
	b := (*buffer)[:0]
	if ans.message == "" {
		b = ans.body(b)
	} else {
		b = appendEnvelope(b, ans.status < 400, ans.message, ans.body)
	}
	send(w, ans.status, b)
	if cap(b) <= maxPooled {
		*buffer = b
		buffers.Put(buffer)
	}
}

// The values of headers that answers have in common. [http.Header.Set] would
// make a slice of each for every answer; nobody changes these.
var (
	contentType = []string{"application/json"}
	// cacheControl lets a browser keep an answer, but ask every time whether it
	// still holds; it is about a person, so no shared cache may keep it.
	cacheControl = []string{"private, no-cache"}
	noSniffing   = []string{"nosniff"}
)

func send(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h["Content-Type"] = contentType
	h["Cache-Control"] = cacheControl
	h["X-Content-Type-Options"] = noSniffing
	noteOf(w).setHeader("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has gone: nobody is left to tell
}
