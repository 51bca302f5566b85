package cmd

import (
	"fmt"

	"crms/store"

	"github.com/spf13/cobra"
)

func (p *program) newCompactCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "compact",
		Short: "Give the disk space of deleted data back",
		Long: `Rewrite the database without its free pages, which are otherwise kept for later
data. The new file is proved before it takes the place of the old one by one
rename. Needs room for a second copy meanwhile.

The server must not be running.`,
		Example: "  crms compact --data /var/lib/crms",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.settings(cmd)
			if err != nil {
				return err
			}
			before, after, err := store.Compact(s.Data)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.stdout, "%s: %d bytes before, %d now\n", s.Data, before, after)
			return err
		},
	}
}
