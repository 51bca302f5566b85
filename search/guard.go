package search

import (
	"errors"
	"runtime/debug"
	"time"

	"github.com/blevesearch/bleve/v2/index/scorch"
)

// guardName is what Bleve knows [guard] and [pause] by. It is a variable since Bleve
// looks in tables that must be complete before any index is opened.
var guardName = registerGuard("crms")

func registerGuard(name string) string {
	scorch.RegistryEventCallbacks[name] = guard
	scorch.RegistryAsyncErrorCallbacks[name] = pause
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

// retryAfter is the time between two attempts at a merge, or at writing a segment.
const retryAfter = time.Second

// pause is called by Bleve's merger and persister, on their goroutines, when they
// have failed. They begin again when it returns: without it at once and for ever,
// which takes a CPU while there is no room for a merge, or no folder any more. The
// failure itself is told to who waits for it.
func pause(err error, _ string) {
	if errors.Is(err, scorch.ErrPersist) {
		time.Sleep(retryAfter)
	}
}
