package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"

	"crms/httpapi/control"

	"github.com/spf13/cobra"
)

func (p *program) newVerifyCommand() *cobra.Command {
	var repair bool
	var identity string
	cmd := &cobra.Command{
		Use:   "verify [FILE]",
		Short: "Prove that a data folder or a backup is sound",
		Long: `Prove that a data folder, or a backup file, is sound: every page and checksum,
every index and counter against the records, every customer's figures against the
ledger of orders and complaints, the search index against the records. Each
difference is printed on a line of its own.

With --repair what can be derived again is: figures, indexes, counters, the search
index. Works beside a running server and without one; a repair holds off changes
while it runs.`,
		Example: `  crms verify --data /var/lib/crms
  crms verify /mnt/backup/crms-2026-11-23.backup
  crms verify --repair`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.settings(cmd)
			switch {
			case err != nil:
				return err
			case len(args) == 1 && repair:
				return wrongUsage(cmd, errors.New("a backup cannot be repaired: restore it, then repair the data folder"))
			case len(args) == 1:
				return p.verifyFile(args[0], identity)
			}
			return p.operate(cmd.Context(), s, func(ctx context.Context, c *control.Client) error {
				return p.verifyData(ctx, c, s.Data, repair)
			})
		},
	}
	cmd.Flags().BoolVar(&repair, "repair", false, "derive again what can be derived")
	cmd.Flags().StringVar(&identity, "identity", "", "`FILE` with the age identity that an encrypted backup needs")
	return cmd
}

func (p *program) verifyData(ctx context.Context, c *control.Client, dir string, repair bool) error {
	v, err := control.Post[control.Verified](ctx, c, "/verify", control.VerifyRequest{Repair: repair})
	if err != nil {
		return err
	}
	if v.Repaired != nil {
		fmt.Fprintf(p.stdout, "indexes and counters were derived again; %d customers had wrong figures\n", v.Repaired.Figures)
	}
	for _, f := range v.Findings {
		fmt.Fprintln(p.stdout, f)
	}
	if v.Reindex && repair {
		err = p.reindex(ctx, c)
	} else if v.Reindex {
		fmt.Fprintln(p.stdout, "the search index is not built yet and was not compared")
	}
	if len(v.Findings) > 0 {
		return errors.Join(fmt.Errorf("%s is not sound, findings: %d", dir, len(v.Findings)), err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s is sound: %d customers, %d orders, %d complaints\n", dir, v.Counts.Customers, v.Counts.Orders, v.Counts.Complaints)
	return err
}

// verifyFile proves a backup in a temporary folder.
func (p *program) verifyFile(path, identity string) (err error) {
	dir, err := os.MkdirTemp("", "crms-verify-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	m, _, err := p.unpack(path, dir, identity)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%s is sound: %s, written by %s\n", path, describe(m), m.Program)
	return err
}
