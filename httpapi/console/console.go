// Package console is the administrator's desk in the browser: the files of web,
// which are part of the program as they stand, without a build step. They know
// no more than the public API tells to the holder of a token.
package console

import (
	"embed"
	"io/fs"
	"strings"

	"crms/httpapi/static"
)

//go:embed web
var web embed.FS

// policy lets the console load its own files and call its own server, and
// nothing else: no inline script or style, no other origin, no frame around it,
// and no text that becomes markup or script (Trusted Types).
var policy = strings.Join([]string{
	"default-src 'none'",
	"script-src 'self'",
	"style-src 'self'",
	"img-src 'self' data:",
	"font-src 'self'",
	"connect-src 'self'",
	"base-uri 'none'",
	"form-action 'none'",
	"frame-ancestors 'none'",
	"require-trusted-types-for 'script'",
	"trusted-types 'none'",
}, "; ")

// Pages returns the console's files by the path of their URL: the page itself
// at /, everything else under /console/. Its own places are behind the #, as in
// /#/customers, so that there is no other page.
func Pages() (map[string]*static.File, error) {
	folder, err := fs.Sub(web, "web")
	if err != nil {
		return nil, err
	}
	return static.Pages(folder, policy, "/", "/console/")
}
