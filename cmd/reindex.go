package cmd

import (
	"context"
	"fmt"

	"crms/httpapi/control"

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
			return p.reindex(ctx, c)
		}),
	}
}

func (p *program) reindex(ctx context.Context, c *control.Client) error {
	built, err := control.Post[control.Reindexed](ctx, c, "/reindex", struct{}{})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "the search index is built: %d customers\n", built.Documents)
	return err
}
