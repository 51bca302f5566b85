package cmd

import (
	"context"
	"errors"
	"fmt"

	"crms/httpapi"
	"crms/httpapi/control"

	"github.com/spf13/cobra"
)

func (p *program) newParkedCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "parked",
		Short: "Look into the events that wait for their user to register",
		Long: `Look into the events that wait for their user to register: those of users that
crms has never heard of, and those that are newer than the deletion of their user.

Works beside a running server and without one.`,
		Example: "  crms parked list\n  crms parked drop USER-17",
		Args:    unknownCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.newParkedListCommand(), p.newParkedDropCommand())
	return cmd
}

func (p *program) newParkedListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the events that wait, by user",
		Long:    "List the events that wait, by user: at most 10,000 of them.",
		Example: "  crms parked list\n  crms parked list --json",
		Args:    cobra.NoArgs,
		RunE: p.operation(func(ctx context.Context, c *control.Client, _ []string) error {
			parked, err := control.Get[control.Parked](ctx, c, "/parked")
			if err != nil || asJSON {
				return errors.Join(err, p.printJSON(err, parked))
			}
			t := p.newTable("USER", "TYPE", "SOURCE", "ID", "TIME", "SINCE", "WHY")
			for _, e := range parked.Events {
				t.row(e.UserID, e.Type, e.Source, e.ID, e.Time, e.Since, e.Why)
			}
			return t.print(fmt.Sprintf("%d parked", parked.Total))
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for programs")
	return cmd
}

func (p *program) newParkedDropCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "drop USERID...|--all",
		Short:   "Remove the events that wait for users, for good",
		Long:    "Remove the events that wait for the users, for good. Should a user register later,\nits figures do not know of them.",
		Example: "  crms parked drop USER-17",
		Args:    idsOrAll(&all),
		RunE: p.operation(func(ctx context.Context, c *control.Client, users []string) error {
			return p.drop(ctx, c, "/parked/drop", httpapi.Choice[string]{IDs: users, All: all})
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "every event")
	return cmd
}
