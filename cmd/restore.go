package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"crms/httpapi/control"
	"crms/store"
	"crms/store/backup"

	"filippo.io/age"
	"github.com/spf13/cobra"
)

func (p *program) newRestoreCommand() *cobra.Command {
	var identity string
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Put a backup in the place of the present customers",
		Long: `Put a backup in the place of the present customers. The backup is proved first:
its hashes, its pages, every index and every figure. Only then is it moved into
place; the database that was there is kept in the data folder. The search index is
built again at the next start.

The server must not be running. A restore that is cut short leaves either the old
or the new customers.`,
		Example: `  crms restore /mnt/backup/crms-2026-11-23.backup
  crms restore --identity key.txt crms.backup`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := p.settings(cmd)
			if err != nil {
				return err
			}
			return p.restore(s, args[0], identity)
		},
	}
	cmd.Flags().StringVar(&identity, "identity", "", "`FILE` with the age identity that an encrypted backup needs")
	return cmd
}

func (p *program) restore(s Settings, path, identity string) (err error) {
	if client, running := control.Dial(s.Data); running {
		return errors.Join(fmt.Errorf("a server runs on %s: stop it before a restore", s.Data), client.Close())
	}
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return err
	}
	before, err := p.countsOf(s)
	if err != nil {
		return err
	}
	m, n, err := p.unpack(path, s.Data, identity)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.Remove()) }()
	aside, err := store.Install(n, s.Data, p.now())
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "restored %s\n", describe(m))
	fmt.Fprintf(p.stdout, "before: %s\nnow:    %d customers, %d orders, %d complaints\n", before, m.Counts.Customers, m.Counts.Orders, m.Counts.Complaints)
	if aside != "" {
		fmt.Fprintf(p.stdout, "the database before is kept in %s\n", aside)
	}
	return nil
}

// countsOf says what the data folder holds. A store that is damaged is no reason
// not to replace it; one that is in use is.
func (p *program) countsOf(s Settings) (string, error) {
	if _, err := os.Stat(filepath.Join(s.Data, "crms.db")); errors.Is(err, fs.ErrNotExist) {
		return "no store", nil
	}
	st, err := store.Open(s.Data, store.Options{Existing: true, Now: p.now, Log: p.commandLogger()})
	switch {
	case errors.Is(err, store.ErrInUse):
		return "", err
	case err != nil:
		return fmt.Sprintf("a store that cannot be opened (%v)", err), nil
	}
	facts, err := st.Facts()
	if err := errors.Join(err, st.Close()); err != nil {
		return fmt.Sprintf("a store that cannot be read (%v)", err), nil
	}
	return fmt.Sprintf("%d customers, %d orders, %d complaints", facts.Counts.Customers, facts.Counts.Orders, facts.Counts.Complaints), nil
}

// unpack unpacks a backup into a folder below dir and proves it.
func (p *program) unpack(path, dir, identityPath string) (m backup.Manifest, n *store.Snapshot, err error) {
	identities, err := readIdentities(identityPath)
	if err != nil {
		return m, nil, err
	}
	var from io.ReadCloser
	if from, err = os.Open(path); err != nil {
		return m, nil, err
	}
	defer from.Close()
	into, err := store.NewSnapshotDir(dir)
	if err != nil {
		return m, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(into))
		}
	}()
	if m, n, err = backup.Unpack(from, into, identities); err != nil {
		return m, nil, fmt.Errorf("%s: %w", path, err)
	}
	findings, err := n.Verify()
	if err != nil {
		return m, nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(findings) > 0 {
		return m, nil, fmt.Errorf("%s is not sound, findings: %d, the first: %s", path, len(findings), findings[0])
	}
	return m, n, nil
}

func readIdentities(path string) ([]age.Identity, error) {
	if path == "" {
		return nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	identities, err := age.ParseIdentities(f)
	if err != nil {
		return nil, fmt.Errorf("cannot read identity file %s: %w", path, err)
	}
	return identities, nil
}
