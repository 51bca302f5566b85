package httpapi

import (
	"errors"
	"net/http"

	"crms/store/crm"
)

// errNoProfile is what a user without a profile gets: ATHS has not told of the
// registration yet.
var errNoProfile = &crm.Error{Kind: crm.NotFound, Message: "Customer profile not found"}

func (a *API) myProfile(r *request) (answer, error) {
	c, err := a.store.CustomerByUser(r.who.UserID)
	if err := mayUse(c.Status, err); err != nil {
		return answer{}, err
	}
	// What administrators note about customers is not for them to read. The
	// contract shows the same John Doe with a note to an administrator and
	// without any to himself.
	p := crm.Profile{Customer: c}
	return answer{message: "Customer profile retrieved successfully", body: profileJSON(&p), etag: etagOf(&p.Customer)}, nil
}

func (a *API) myStatistics(r *request) (answer, error) {
	c, err := a.store.CustomerByUser(r.who.UserID)
	if err := mayUse(c.Status, err); err != nil {
		return answer{}, err
	}
	return a.statisticsAnswer(c), nil
}

// mayUse checks the stored status, whatever the token says: an Inactive
// customer cannot access the system; a Suspended one may still read.
func mayUse(s crm.Status, err error) error {
	domain, isDomain := errors.AsType[*crm.Error](err)
	switch {
	case isDomain && domain.Kind == crm.NotFound:
		return errNoProfile
	case err != nil:
		return err
	case s == crm.Inactive:
		return &httpError{status: http.StatusForbidden, message: "Account is inactive"}
	}
	return nil
}
