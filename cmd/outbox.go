package cmd

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"crms/httpapi"
	"crms/httpapi/control"
	"crms/store"

	"github.com/spf13/cobra"
)

func (p *program) newOutboxCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "outbox",
		Short: "Look into the queue of what ATHS is to be told",
		Long: `Look into the queue of what ATHS is to be told: changes of a customer's status,
and deletions. What ATHS has refused, or could not be told for three days, is dead:
it stays until it is retried or dropped.

Works beside a running server and without one.`,
		Example: "  crms outbox list\n  crms outbox retry 17",
		Args:    unknownCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.newOutboxListCommand(), p.newOutboxRetryCommand(), p.newOutboxDropCommand())
	return cmd
}

func (p *program) newOutboxListCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the queue, oldest first",
		Long:    "List the queue, oldest first: at most 10,000 entries.",
		Example: "  crms outbox list\n  crms outbox list --json",
		Args:    cobra.NoArgs,
		RunE: p.operation(func(ctx context.Context, c *control.Client, _ []string) error {
			q, err := control.Get[control.Outbox](ctx, c, "/outbox")
			if err != nil || asJSON {
				return errors.Join(err, p.printJSON(err, q))
			}
			t := p.newTable("ID", "USER", "WHAT", "STATE", "SINCE", "ATTEMPTS", "LAST ERROR")
			for _, e := range q.Entries {
				t.row(strconv.FormatUint(e.ID, 10), e.UserID, e.What, e.State, e.Since, strconv.FormatUint(e.Attempts, 10), e.LastError)
			}
			return t.print(fmt.Sprintf("%d pending, %d dead", q.Pending, q.Dead))
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, for programs")
	return cmd
}

func (p *program) newOutboxRetryCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "retry ID...|--all",
		Short: "Send entries again at once",
		Long: `Send entries again at once, dead ones as well. A dead status change that is no
longer the customer's status is left alone: sending it would undo a newer one.`,
		Example: "  crms outbox retry 17 18\n  crms outbox retry --all",
		Args:    idsOrAll(&all),
		RunE: p.operation(func(ctx context.Context, c *control.Client, args []string) error {
			ids, err := parseNumbers(args)
			if err != nil {
				return err
			}
			n, err := control.Post[store.Retried](ctx, c, "/outbox/retry", httpapi.Choice[uint64]{IDs: ids, All: all})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.stdout, "%d to be sent again, %d overtaken by a newer status and left alone\n", n.Retried, n.Overtaken)
			return err
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "every entry")
	return cmd
}

func (p *program) newOutboxDropCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "drop ID...|--all",
		Short:   "Remove entries for good: ATHS is never told",
		Long:    "Remove entries for good, pending or dead: ATHS is never told of these changes.",
		Example: "  crms outbox drop 17",
		Args:    idsOrAll(&all),
		RunE: p.operation(func(ctx context.Context, c *control.Client, args []string) error {
			ids, err := parseNumbers(args)
			if err != nil {
				return err
			}
			return p.drop(ctx, c, "/outbox/drop", httpapi.Choice[uint64]{IDs: ids, All: all})
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "every entry")
	return cmd
}

// drop removes what is chosen from a waiting room and says how much that was.
func (p *program) drop(ctx context.Context, c *control.Client, path string, choice any) error {
	n, err := control.Post[httpapi.Dropped](ctx, c, path, choice)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "%d dropped\n", n.Dropped)
	return err
}

// operation makes a command's RunE of what it does with a client of the data
// folder.
func (p *program) operation(do func(context.Context, *control.Client, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		s, err := p.settings(cmd)
		if err != nil {
			return err
		}
		return p.operate(cmd.Context(), s, func(ctx context.Context, c *control.Client) error { return do(ctx, c, args) })
	}
}

// idsOrAll accepts either names or --all.
func idsOrAll(all *bool) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if *all == (len(args) > 0) {
			return errors.New("name what is meant, or say --all")
		}
		return nil
	}
}

func parseNumbers(args []string) ([]uint64, error) {
	ids := make([]uint64, len(args))
	for i, arg := range args {
		n, err := strconv.ParseUint(arg, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not the number of an entry", arg)
		}
		ids[i] = n
	}
	return ids, nil
}
