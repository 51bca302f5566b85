package httpapi

import (
	"net"
	"net/http"
	"net/url"
	"time"

	"crms/store/crm"
)

// devTokenPath is where the console of a developer's own server signs in with
// one click.
const devTokenPath = "/api/dev/token"

// DevToken is a token of an administrator whom nobody but --dev knows.
type DevToken struct {
	Token   string
	UserID  string // of the administrator
	Expires time.Time
}

// consoleSettings answers what the console must know before anybody has signed
// in. The version is not among it: strangers can ask too.
func (a *API) consoleSettings(r *request) (answer, error) {
	return answer{message: "Console settings retrieved successfully", body: jsonValue(struct {
		Dev      bool   `json:"dev"` // the caller gets a token without showing one
		TimeZone string `json:"timeZone"`
	}{a.devToken != nil && isOwnPage(r.Request), a.store.Zone().String()})}, nil
}

// makeDevToken makes a token of an administrator for whoever asks. The route
// exists in --dev only, and answers nobody but a page of this server that is
// open on the machine where the server runs.
func (a *API) makeDevToken(r *request) (answer, error) {
	if !isOwnPage(r.Request) {
		return answer{}, errNotOwnPage
	}
	made, err := a.devToken()
	if err != nil {
		return answer{}, err
	}
	a.log.Info("made a token of an administrator for a page on this machine", "user", made.UserID, "expires", made.Expires)
	return answer{message: "Development token made", body: jsonValue(struct {
		Token     string `json:"token"`
		ExpiresAt string `json:"expiresAt"`
	}{made.Token, crm.FormatTime(made.Expires)})}, nil
}

var errNotOwnPage = &httpError{
	status: http.StatusForbidden, message: "Only a page of this server, opened on the same machine, may sign in this way",
}

// isOwnPage reports whether the request comes from a page of this server, or
// from a program, on the same machine. Each condition keeps somebody out:
//   - a loopback peer: others on the network;
//   - a loopback name of the server: a page whose own name was made to resolve
//     to this machine (DNS rebinding), which the browser takes for the same
//     origin;
//   - no sign of a proxy: others for whom a proxy on this machine asks;
//   - the same origin: every other page that is open in the browser. Browsers
//     say so in Sec-Fetch-Site, and in Origin with each POST.
func isOwnPage(r *http.Request) bool {
	if !isLoopbackHost(r.RemoteAddr) || !isLoopbackHost(r.Host) {
		return false
	}
	for _, header := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Via"} {
		if r.Header.Get(header) != "" {
			return false
		}
	}
	switch site, given := only(r.Header["Sec-Fetch-Site"]); {
	case given && site != "same-origin":
		return false
	case !given && len(r.Header["Origin"]) > 0:
		return false // a browser that does not say where the page is from
	}
	origin, given := only(r.Header["Origin"])
	if !given {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host == r.Host
}

// isLoopbackHost takes a host with or without a port.
func isLoopbackHost(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = (&url.URL{Host: address}).Hostname()
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// only returns the value of a header. One that is given twice, which no browser
// does, is given with a value that nobody allows.
func only(values []string) (value string, given bool) {
	if len(values) != 1 {
		return "", len(values) > 0
	}
	return values[0], true
}
