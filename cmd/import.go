package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"

	"crms/httpapi/control"
	"crms/httpapi/transfer"
	"crms/store"

	"github.com/spf13/cobra"
)

// importFlags are the flags of the import alone.
type importFlags struct {
	format, onConflict, rejects string
	dryRun, restoreDeleted      bool
}

func (p *program) newImportCommand() *cobra.Command {
	var f importFlags
	cmd := &cobra.Command{
		Use:   "import FILE|-",
		Short: "Import customers from a file",
		Long: `Import customers, with their orders and complaints, from NDJSON (one JSON object a
line, as crms export and mongoexport write it), or customers from CSV. The format
follows from the file's ending, or from --format. "-" reads standard input.

A customer whose userId exists already is updated with what the line says; the same
file twice changes nothing. A line that cannot be taken does not stop the others:
each is told with its number and everything that is wrong with it, and --rejects
keeps these lines in a file, to be mended and imported again, and the reasons in
FILE.errors beside it.

Works beside a running server and without one; a data folder that does not exist is
made. An import that was cut short is completed by importing the file again.

Exit codes: 0 every line was taken, 3 some lines failed, 1 the import ended early,
2 wrong usage.`,
		Example: `  crms import customers.ndjson --dry-run
  crms import customers.ndjson --rejects rejects.ndjson
  mongoexport --uri "$MONGO" -c customers | crms import - --format ndjson`,
		Args: cobra.ExactArgs(1),
	}
	cmd.Flags().StringVar(&f.format, "format", "", "`FORMAT` of the file: ndjson or csv")
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "import into a copy that is thrown away, and tell what would be done")
	cmd.Flags().StringVar(&f.onConflict, "on-conflict", "update", "what to do with customers who exist: `update`, skip or fail")
	cmd.Flags().StringVar(&f.rejects, "rejects", "", "new `FILE` for the lines that failed")
	cmd.Flags().BoolVar(&f.restoreDeleted, "restore-deleted", false, "import users too who were deleted, as if they never were")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := p.settings(cmd)
		if err != nil {
			return err
		}
		o, err := f.options(args[0])
		if err != nil {
			return wrongUsage(cmd, err)
		}
		return p.importFrom(cmd, s, args[0], f.rejects, o)
	}
	return cmd
}

func (f importFlags) options(path string) (control.ImportOptions, error) {
	format, err := chooseFormat(f.format, path)
	if err != nil {
		return control.ImportOptions{}, err
	}
	if _, known := store.ParseOnConflict(f.onConflict); !known {
		return control.ImportOptions{}, fmt.Errorf("--on-conflict must be update, skip or fail, not %q", f.onConflict)
	}
	return control.ImportOptions{Format: format, OnConflict: f.onConflict, DryRun: f.dryRun, Restore: f.restoreDeleted}, nil
}

// chooseFormat takes the format from the flag, or else from the file's ending.
func chooseFormat(flag, path string) (transfer.Format, error) {
	if flag != "" {
		format, known := transfer.ParseFormat(flag)
		if !known {
			return "", fmt.Errorf("--format must be ndjson or csv, not %q", flag)
		}
		return format, nil
	}
	format, known := transfer.FormatOf(path)
	if !known {
		return "", fmt.Errorf("the ending of %q does not tell the format: say --format ndjson or --format csv", path)
	}
	return format, nil
}

func (p *program) importFrom(cmd *cobra.Command, s Settings, path, rejectsPath string, o control.ImportOptions) (err error) {
	p.tuneCollector()
	file, size, err := openInput(cmd, path)
	if err != nil {
		return err
	}
	defer file.Close()
	client, err := p.importClient(s, o.DryRun)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	rejects, err := p.newRejects(rejectsPath)
	if err != nil {
		return err
	}
	progress := p.newProgress(size)
	n, err := control.Import(cmd.Context(), client, o, file, control.ImportListener{
		Header: rejects.header, Reject: rejects.add,
		Progress: func(n control.Imported) { progress.set(n.Read, fmt.Sprintf("%d lines", n.Lines)) },
	})
	progress.end()
	if err = errors.Join(err, rejects.close()); err != nil {
		return fmt.Errorf("the import ended early, after %s; import the file again to complete it: %w", countsOfImport(n), err)
	}
	return p.reportImport(n, o.DryRun, rejects)
}

func openInput(cmd *cobra.Command, path string) (file io.ReadCloser, size int64, err error) {
	if path == "-" {
		return io.NopCloser(cmd.InOrStdin()), unknownSize, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	if info.IsDir() {
		return nil, 0, errors.Join(fmt.Errorf("%s is a folder, not a file", path), f.Close())
	}
	if !info.Mode().IsRegular() {
		return f, unknownSize, nil
	}
	return f, info.Size(), nil
}

// importClient is a client of the server that runs on the data folder, or else
// of a store in this process. A dry run leaves a folder without a store alone.
func (p *program) importClient(s Settings, dryRun bool) (*control.Client, error) {
	if client, running := control.Dial(s.Data); running {
		return client, nil
	}
	if !dryRun || store.Exists(s.Data) {
		return p.openInProcess(s.Data, store.Options{})
	}
	empty, err := os.MkdirTemp("", "crms-dry-run-")
	if err != nil {
		return nil, err
	}
	client, err := p.openInProcess(empty, store.Options{})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(empty))
	}
	client.OnClose(func() error { return os.RemoveAll(empty) })
	return client, nil
}

func (p *program) reportImport(n control.Imported, dryRun bool, rejects *rejects) error {
	would := ""
	if dryRun {
		would = "dry run, nothing was changed: "
	}
	fmt.Fprintf(p.stdout, "%s%s\n", would, countsOfImport(n))
	if n.Failed == 0 {
		return nil
	}
	return &exitError{exitPartial, fmt.Errorf("%d of %d lines failed%s", n.Failed, n.Lines, rejects.where())}
}

func countsOfImport(n control.Imported) string {
	return fmt.Sprintf("%d lines: %d created, %d updated, %d unchanged, %d skipped, %d failed",
		n.Lines, n.Created, n.Updated, n.Unchanged, n.Skipped, n.Failed)
}
