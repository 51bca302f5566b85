package cmd

import (
	"errors"
	"fmt"

	"crms/store"

	"github.com/spf13/cobra"
)

func (p *program) newVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Prove that a data folder is sound",
		Long: `Prove that a data folder is sound: every page and checksum, every index and
counter against the records, every customer's figures against the ledger of
orders and complaints. Each difference is printed on a line of its own.

The server must not be running.`,
		Example: "  crms verify --data /var/lib/crms",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.settings(cmd)
			if err != nil {
				return err
			}
			return p.verify(s)
		},
	}
}

func (p *program) verify(s Settings) (err error) {
	st, err := store.Open(s.Data, store.Options{Existing: true, Now: p.now, Log: p.logger(s)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	count, err := st.CountContacts()
	if err != nil {
		return err
	}
	findings, err := st.Verify()
	if err != nil {
		return err
	}
	for _, f := range findings {
		fmt.Fprintln(p.stdout, f)
	}
	if len(findings) > 0 {
		return fmt.Errorf("%s is not sound: %d findings", s.Data, len(findings))
	}
	fmt.Fprintf(p.stdout, "%s is sound: %d customers\n", s.Data, count)
	return nil
}
