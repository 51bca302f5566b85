package search

import (
	"runtime/debug"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// guardName is what Bleve knows [guard] by. It is a variable since Bleve looks in a
// table that must be complete before any index is opened.
var guardName = registerGuard("crms")

func registerGuard(name string) string {
	scorch.RegistryEventCallbacks[name] = guard
	return name
}

// guard is called by Bleve's merger and persister, on their goroutines, before each
// round of their work. A fault beyond the end of a file that was cut short is then a
// panic, which they recover from, and not the end of the process. That one of them
// has ended is found as other damage is: by a search, or by a write that gets stuck.
func guard(scorch.Event) (goOn bool) {
	debug.SetPanicOnFault(true)
	return true
}
