package transfer

import (
	"path/filepath"
	"strings"
)

// Format is how a file of customers is written.
type Format string

const (
	NDJSON Format = "ndjson"
	CSV    Format = "csv"
)

// ParseFormat reads ndjson or csv.
func ParseFormat(s string) (Format, bool) {
	f := Format(s)
	return f, f == NDJSON || f == CSV
}

// FormatOf tells the format by the ending of the file's name: .ndjson, .jsonl or
// .json, which mongoexport's users choose, and .csv.
func FormatOf(path string) (Format, bool) {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".ndjson", ".jsonl", ".json":
		return NDJSON, true
	case ".csv":
		return CSV, true
	}
	return "", false
}
