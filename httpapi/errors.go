package httpapi

import (
	"context"
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"

	"crms/store/crm"
)

// httpError is an error of the protocol rather than of the domain.
type httpError struct {
	status  int
	message string
	header  [2]string // a name and a value that go with it
}

func (e *httpError) Error() string { return e.message }

var (
	errUnknownPath      = &httpError{status: http.StatusNotFound, message: "Not found"}
	errMethodNotAllowed = &httpError{status: http.StatusMethodNotAllowed, message: "Method not allowed"}
	errMediaType        = &httpError{status: http.StatusUnsupportedMediaType, message: "Content-Type must be application/json"}
	errContentEncoding  = &httpError{http.StatusUnsupportedMediaType, "Content-Encoding must be identity", [2]string{"Accept-Encoding", "identity"}}
	errNoToken          = &httpError{http.StatusUnauthorized, "Authentication required", [2]string{"WWW-Authenticate", "Bearer"}}
	errBadToken         = &httpError{http.StatusUnauthorized, "Invalid or expired token", [2]string{"WWW-Authenticate", `Bearer error="invalid_token"`}}
)

// errTooManyBadTokens asks the caller to wait; Retry-After has whole seconds.
func errTooManyBadTokens(wait time.Duration) *httpError {
	seconds := int64(math.Ceil(wait.Seconds()))
	return &httpError{http.StatusTooManyRequests, "Too many invalid tokens from this address", [2]string{"Retry-After", strconv.FormatInt(seconds, 10)}}
}

// statusOf is the one place that turns kinds of errors into HTTP statuses.
var statusOf = map[crm.Kind]int{
	crm.Internal:           http.StatusInternalServerError,
	crm.Invalid:            http.StatusBadRequest,
	crm.NotFound:           http.StatusNotFound,
	crm.Conflict:           http.StatusConflict,
	crm.PreconditionFailed: http.StatusPreconditionFailed,
	crm.Unavailable:        http.StatusServiceUnavailable,
}

// retryAfter is what a caller is asked to wait when something is unavailable,
// in seconds.
const retryAfter = "1"

// fail answers with an error. What the caller may know is in the answer; the
// cause of a fault of ours is in the log only.
func (a *API) fail(w http.ResponseWriter, r *http.Request, err error) {
	ans := answer{status: http.StatusInternalServerError, message: "Internal server error", body: jsonNull}
	var wire *httpError
	var domain *crm.Error
	switch {
	case errors.As(err, &wire):
		ans.status, ans.message = wire.status, wire.message
		if wire.header[0] != "" {
			w.Header().Set(wire.header[0], wire.header[1])
		}
	case errors.As(err, &domain) && domain.Kind != crm.Internal:
		ans.status, ans.message, ans.body = statusOf[domain.Kind], domain.Message, problems(domain)
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		ans.status, ans.message = statusClientClosed, "The request was cancelled"
	default:
		ans.body = jsonValue(map[string]string{"requestId": noteOf(w).id})
	}
	if ans.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	if ans.status >= 500 {
		noteOf(w).cause = err
	}
	a.write(w, r, ans)
}

// statusClientClosed is what nginx logs for a caller that has gone; nobody
// receives it.
const statusClientClosed = 499

// problems is the data of an error: what the domain attaches, or each field
// that is wrong, or null.
func problems(e *crm.Error) encoder {
	switch {
	case e.Data != nil:
		return jsonValue(e.Data)
	case len(e.Fields) > 0:
		return jsonValue(struct {
			Errors []crm.FieldProblem `json:"errors"`
		}{e.Fields})
	default:
		return jsonNull
	}
}
