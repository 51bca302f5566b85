package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store"
	"crms/store/crm"
)

func TestEachKindOfErrorHasItsAnswer(t *testing.T) {
	a := newAPI(t, io.Discard, 0)
	for _, c := range []struct {
		outcome string
		err     error
		status  int
		body    string
	}{
		{"what breaks a rule is told with its fields",
			&crm.Error{Kind: crm.Invalid, Message: "Validation failed", Fields: []crm.FieldProblem{{Field: "q", Message: "is required"}}},
			http.StatusBadRequest, envelope("Validation failed", `{"errors":[{"field":"q","message":"is required"}]}`)},
		{"what carries data shows them instead",
			&crm.Error{Kind: crm.Invalid, Message: "No", Data: store.ActiveWork{ActiveOrders: 2, OpenComplaints: 1}},
			http.StatusBadRequest, envelope("No", `{"activeOrders":2,"openComplaints":1}`)},
		{"what does not exist is not found", crm.ErrCustomerNotFound(), http.StatusNotFound, envelope("Customer not found", "null")},
		{"what contradicts is a conflict", &crm.Error{Kind: crm.Conflict, Message: "Taken"}, http.StatusConflict, envelope("Taken", "null")},
		{"what has changed meanwhile fails its precondition",
			&crm.Error{Kind: crm.PreconditionFailed, Message: "Changed"}, http.StatusPreconditionFailed, envelope("Changed", "null")},
		{"a wrapped error is the same", fmt.Errorf("cannot do it: %w", crm.ErrCustomerNotFound()), http.StatusNotFound, envelope("Customer not found", "null")},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			got := a.serve(func(*request) (answer, error) { return answer{}, c.err })
			assert.Equal(t, c.status, got.Code)
			assert.Equal(t, c.body, got.Body.String())
			assert.Empty(t, got.Header().Get("Retry-After"))
		})
	}

	t.Run("every kind has a status", func(t *testing.T) {
		for kind := crm.Internal; kind <= crm.Unavailable; kind++ {
			assert.NotEmpty(t, http.StatusText(statusOf[kind]), "kind %d", kind)
		}
	})
	t.Run("what cannot be done now says when to come back", func(t *testing.T) {
		got := a.serve(func(*request) (answer, error) {
			return answer{}, &crm.Error{Kind: crm.Unavailable, Message: "Search index is being rebuilt"}
		})
		assert.Equal(t, http.StatusServiceUnavailable, got.Code)
		assert.Equal(t, envelope("Search index is being rebuilt", "null"), got.Body.String())
		assert.Equal(t, "1", got.Header().Get("Retry-After"))
	})
}

func TestFaultsOfOursAreForTheLogOnly(t *testing.T) {
	for outcome, h := range map[string]handler{
		"an unknown error": func(*request) (answer, error) { return answer{}, errors.New("disk of Asha is on fire") },
		"a fault of the domain": func(*request) (answer, error) {
			return answer{}, &crm.Error{Kind: crm.Internal, Message: "row of Asha", Err: errors.New("disk of Asha is on fire")}
		},
		"a panic": func(*request) (answer, error) { panic("disk of Asha is on fire") },
		// Nobody has cancelled the request itself.
		"a context of ours that ended": func(*request) (answer, error) {
			return answer{}, fmt.Errorf("disk of Asha is on fire: %w", context.Canceled)
		},
	} {
		t.Run(outcome, func(t *testing.T) {
			var log lines
			a := newAPI(t, &log, 0)
			got := a.serve(h)
			id := got.Header().Get("X-Request-Id")
			require.NotEmpty(t, id)
			assert.Equal(t, http.StatusInternalServerError, got.Code)
			assert.Equal(t, envelope("Internal server error", `{"requestId":"`+id+`"}`), got.Body.String())
			assert.Regexp(t, `level=ERROR msg=request request=`+id+` .*status=500 .*disk of Asha is on fire`, log.String())
		})
	}
}

func TestNobodyWaitsForTheAnswerOfACancelledRequest(t *testing.T) {
	var log lines
	a := newAPI(t, &log, 0)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := a.request(http.MethodPut, "/api/customers/6979a1b1a6db796b4a1447e9").WithContext(ctx)
	answered := httptest.NewRecorder()
	adapted := a.adapt(route{path: "/test", handle: func(r *request) (answer, error) { return answer{}, r.Context().Err() }})
	a.observe(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { adapted(w, r, nil) })).ServeHTTP(answered, r)
	assert.Equal(t, statusClientClosed, answered.Code)
	assert.Contains(t, log.String(), "level=INFO msg=request", "it is no fault")
}
