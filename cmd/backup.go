package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"

	"crms/httpapi/control"
	"crms/store/backup"

	"github.com/spf13/cobra"
)

func (p *program) newBackupCommand() *cobra.Command {
	var recipient string
	cmd := &cobra.Command{
		Use:   "backup FILE|-",
		Short: "Copy the customers to one file while the server runs or not",
		Long: `Copy everything but the search index, which is derived, to one file: a consistent
state of one moment, while the server goes on. Under the file's name there is
either a whole backup or what was there before. "-" writes to standard output.

With --recipient the backup can only be read with the identity of that age public
key (see age-keygen), which belongs on another machine.`,
		Example: `  crms backup /mnt/backup/crms-$(date +%F).backup
  crms backup - | ssh backup-host 'cat > crms.backup'
  crms backup --recipient age1ql3z7hjy... crms.backup`,
		Args: cobra.ExactArgs(1),
		RunE: p.operation(func(ctx context.Context, c *control.Client, args []string) error {
			return p.backup(ctx, c, args[0], recipient)
		}),
	}
	cmd.Flags().StringVar(&recipient, "recipient", "", "encrypt to the age public `KEY`")
	return cmd
}

// backup fetches an archive and reports what it holds: on standard error when
// the archive itself goes to standard output.
func (p *program) backup(ctx context.Context, c *control.Client, path, recipient string) error {
	body, manifest, err := control.Fetch(ctx, c, "/backup?recipient="+url.QueryEscape(recipient))
	if err != nil {
		return err
	}
	defer body.Close()
	var m backup.Manifest
	if err := json.Unmarshal(manifest, &m); err != nil {
		return fmt.Errorf("the server sent no manifest: %w", err)
	}
	if path == "-" {
		if _, err := io.Copy(p.stdout, body); err != nil {
			return fmt.Errorf("the backup was cut short: %w", err)
		}
		_, err = fmt.Fprintln(p.stderr, "backed up "+describe(m))
		return err
	}
	size, sum, err := backup.WriteFile(path, func(w io.Writer) error {
		_, err := io.Copy(w, body)
		return err
	})
	if err != nil {
		return fmt.Errorf("cannot back up to %s: %w", path, err)
	}
	_, err = fmt.Fprintf(p.stdout, "backed up %s\n%s: %d bytes, SHA-256 %s\n", describe(m), path, size, sum)
	return err
}

// describe says what a backup holds.
func describe(m backup.Manifest) string {
	return fmt.Sprintf("%d customers, %d orders, %d complaints as of %s (generation %.8s, change %d)",
		m.Counts.Customers, m.Counts.Orders, m.Counts.Complaints, m.TakenAt.Format("2006-01-02 15:04:05 MST"), m.Generation, m.LastSeq)
}
