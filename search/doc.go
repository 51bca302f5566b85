// Package search finds customers by what an administrator types: names, emails,
// contact numbers, whole or in part, with typos. It keeps an inverted index on
// disk (Bleve), follows the store's log to keep it current, and rebuilds it by
// itself whenever it is missing, damaged or no longer of this store.
//
// Only ids come back: the caller reads the records, so that what is shown is
// always the present state. DESIGN.md beside this file says why the index is
// built as it is.
package search
