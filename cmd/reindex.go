package cmd

import (
	"context"
	"fmt"
	"time"

	"crms/httpapi/control"
	"crms/search"

	"github.com/spf13/cobra"
)

func (p *program) newReindexCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "reindex",
		Short: "Build the search index again",
		Long: `Build the search index again from the records, and wait until it is done. The old
index answers meanwhile. Works beside a running server and without one.`,
		Example: "  crms reindex --data /var/lib/crms",
		Args:    cobra.NoArgs,
		RunE: p.operation(func(ctx context.Context, c *control.Client, _ []string) error {
			if _, err := control.Post[control.IndexState](ctx, c, "/index/rebuild", struct{}{}); err != nil {
				return err
			}
			return p.awaitIndex(ctx, c)
		}),
	}
}

// indexPoll is how often the state of a rebuild is asked for.
const indexPoll = 200 * time.Millisecond

// awaitIndex waits until the search index is as it should be.
func (p *program) awaitIndex(ctx context.Context, c *control.Client) error {
	for {
		state, err := control.Get[control.IndexState](ctx, c, "/index")
		switch {
		case err != nil:
			return err
		case state.State == search.Failed:
			return fmt.Errorf("the search index could not be built: %s", state.Reason)
		case state.State == search.OK:
			_, err := fmt.Fprintf(p.stdout, "the search index is built: %d customers\n", state.Documents)
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(indexPoll):
		}
	}
}
