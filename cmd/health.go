package cmd

import (
	"errors"
	"fmt"

	"crms/httpapi"
	"crms/httpapi/control"

	"github.com/spf13/cobra"
)

func (p *program) newHealthCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "health",
		Short: "Ask the running server how it is",
		Long: `Print how the server that runs on the data folder is, and each of its parts with
the reason when something is not in order: what /readyz says. It fails when no
server runs there, or when it cannot serve requests.`,
		Example: "  crms health --data /var/lib/crms",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := p.settings(cmd)
			if err != nil {
				return err
			}
			client, running := control.Dial(s.Data)
			if !running {
				return fmt.Errorf("no server runs on %s: start one with crms serve", s.Data)
			}
			r, err := control.Get[httpapi.Readiness](cmd.Context(), client, "/readiness")
			if err = errors.Join(err, client.Close()); err != nil {
				return err
			}
			return p.printReadiness(r)
		},
	}
}

func (p *program) printReadiness(r httpapi.Readiness) error {
	t := p.newTable("PART", "STATE", "REASON")
	for name, part := range r.Parts.All() {
		t.row(name, string(part.State), part.Reason)
	}
	if err := t.print("in all: " + string(r.State)); err != nil {
		return err
	}
	if r.State == httpapi.Unavailable {
		return errors.New("the server cannot serve requests")
	}
	return nil
}
