package cmd

import (
	"fmt"
	"maps"

	"crms/httpapi/console"
	"crms/httpapi/openapi"
	"crms/httpapi/static"
)

// browserPages are the pages for people, by path: the console, and the one that
// shows the API.
func browserPages() (map[string]*static.File, error) {
	pages, err := console.Pages()
	if err != nil {
		return nil, fmt.Errorf("cannot serve the console: %w", err)
	}
	docs, err := openapi.Pages()
	if err != nil {
		return nil, fmt.Errorf("cannot serve the API's documentation: %w", err)
	}
	maps.Copy(pages, docs)
	return pages, nil
}
