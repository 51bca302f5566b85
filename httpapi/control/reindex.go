package control

import (
	"fmt"
	"net/http"
	"strings"
)

// Reindexed is the search index that was built.
type Reindexed struct {
	Documents uint64 `json:"documents"` // customers that can be found
}

// reindex builds the search index anew, and answers when that has ended: how it has
// is not to be seen any more a moment later, or in another process.
func (o *operations) reindex(r *http.Request, _ none) (Reindexed, error) {
	index, err := o.Index()
	if err != nil {
		return Reindexed{}, fmt.Errorf("cannot open the search index: %w", err)
	}
	outcome, err := index.Reindex()
	if err != nil {
		return Reindexed{}, err
	}
	if err := outcome.Await(r.Context()); err != nil {
		why, _, _ := strings.Cut(err.Error(), "\n") // what follows are stacks, and failures to tidy up: they are in the log
		return Reindexed{}, fmt.Errorf("the search index could not be built: %s", why)
	}
	return Reindexed{index.Status().Documents}, nil
}
