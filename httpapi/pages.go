package httpapi

import (
	"net/http"
	"strconv"
	"strings"

	"crms/httpapi/static"

	"github.com/julienschmidt/httprouter"
)

// pageHeader is what every page answers with, beside its own policy. Pages tell
// other sites nothing, are opened by none of them in a window that these can
// reach, and use nothing of the device.
var pageHeader = map[string]string{
	// A browser asks each time, so that a new version of the program shows at
	// once; what has not changed is not sent again.
	"Cache-Control":                "no-cache",
	"X-Content-Type-Options":       "nosniff",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
	"Vary":                         "Accept-Encoding",
}

// pageRoute is the route that metrics and log name for a page: one for all the
// files of a folder.
func pageRoute(path string) string {
	folder, _, found := strings.Cut(path[1:], "/")
	if !found {
		return path
	}
	return "/" + folder + "/*"
}

// page makes an HTTP handler of a page. It asks nobody who they are: pages are
// the same for everybody, and what they show comes from the API.
func (a *API) page(path string, f *static.File) httprouter.Handle {
	route := pageRoute(path)
	counts := a.requests.Route(http.MethodGet, route)
	return func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) {
		note := noteOf(w)
		note.route, note.counts = route, counts
		sendPage(w, r, f)
	}
}

func sendPage(w http.ResponseWriter, r *http.Request, f *static.File) {
	h := w.Header()
	for name, value := range pageHeader {
		h.Set(name, value)
	}
	h.Set("Content-Security-Policy", f.Policy)
	form := f.Content
	if acceptsGzip(r) {
		if packed := f.Packed(); len(packed.Bytes) > 0 {
			form = packed
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("ETag", form.ETag)
	if matchesAny(r.Header.Values("If-None-Match"), form.ETag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Type", f.Type)
	h.Set("Content-Length", strconv.Itoa(len(form.Bytes)))
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(form.Bytes) // the caller has gone: nobody is left to tell
}

// acceptsGzip reports whether the request names gzip and does not refuse it. A
// caller that accepts anything (*) gets the content as it is.
func acceptsGzip(r *http.Request) bool {
	for accepted := range tags(r.Header.Values("Accept-Encoding")) {
		coding, weight, _ := strings.Cut(accepted, ";")
		if strings.EqualFold(strings.TrimSpace(coding), "gzip") {
			q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(weight), "q="), 64)
			return err != nil || q > 0
		}
	}
	return false
}
