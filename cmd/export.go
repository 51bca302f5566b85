package cmd

import (
	"context"
	"fmt"
	"io"

	"crms/httpapi/control"
	"crms/httpapi/transfer"
	"crms/store/backup"

	"github.com/spf13/cobra"
)

func (p *program) newExportCommand() *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "export FILE|-",
		Short: "Export the customers to a file",
		Long: `Export the customers as of one moment: to NDJSON, one a line, with their notes,
orders and complaints, or to CSV for spreadsheets. The format follows from the file's
ending, or from --format. Under the file's name there is either a whole export or what
was there before. "-" writes to standard output.

crms import reads both formats. What an export leaves out, such as the history and
what waits for ATHS, is in a backup.

Works beside a running server, which goes on meanwhile, and without one.`,
		Example: `  crms export customers.ndjson
  crms export customers.csv
  crms export - --format ndjson | gzip > customers.ndjson.gz`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&format, "format", "", "`FORMAT` of the file: ndjson or csv")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		chosen, err := chooseFormat(format, args[0])
		if err != nil {
			return wrongUsage(cmd, err)
		}
		return p.operation(func(ctx context.Context, c *control.Client, args []string) error {
			return p.export(ctx, c, args[0], chosen)
		})(cmd, args)
	}
	return cmd
}

// export fetches all customers and says how many they are: on standard error
// when they go to standard output themselves.
func (p *program) export(ctx context.Context, c *control.Client, path string, format transfer.Format) (err error) {
	progress := p.newProgress(unknownSize)
	defer progress.end()
	var n int64
	if path == "-" {
		if n, err = control.Export(ctx, c, format, p.stdout); err == nil {
			_, err = fmt.Fprintf(p.stderr, "exported %d customers\n", n)
		}
		return err
	}
	size, _, err := backup.WriteFile(path, func(w io.Writer) error {
		n, err = control.Export(ctx, c, format, progress.writer(w))
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot export to %s: %w", path, err)
	}
	progress.end()
	_, err = fmt.Fprintf(p.stdout, "exported %d customers\n%s: %d bytes\n", n, path, size)
	return err
}
