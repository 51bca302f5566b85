package openapi

import (
	"embed"
	"io/fs"
	"strings"

	"crms/httpapi/static"
)

//go:embed viewer
var viewer embed.FS

// policy lets the page load its own files and call its own server, and nothing
// else: no inline script or style, no other origin, no frame around it. Images
// may be data since the viewer's style sheet holds its icons that way. (It
// makes markup of the document's Markdown, after DOMPurify, without Trusted
// Types: these cannot be asked for.)
var policy = strings.Join([]string{
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self' data:",
	"connect-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
}, "; ")

// Pages returns the files of the page that shows the document, by the path of
// their URL: the page itself at /docs, everything else under /docs/.
func Pages() (map[string]*static.File, error) {
	folder, err := fs.Sub(viewer, "viewer")
	if err != nil {
		return nil, err
	}
	return static.Pages(folder, policy, "/docs", "/docs/")
}
