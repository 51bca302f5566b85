package cmd

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"

	"crms/httpapi/control"
	"crms/search"
	"crms/store"
)

// operate runs an operation on the data folder: in the server that has it open,
// or else in this process.
func (p *program) operate(ctx context.Context, s Settings, operation func(context.Context, *control.Client) error) (err error) {
	client, running := control.Dial(s.Data)
	if !running {
		if client, err = p.openInProcess(s.Data, store.Options{Existing: true}); err != nil {
			return err
		}
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	return operation(ctx, client)
}

// commandLogger tells the user of a command only what is wrong.
func (p *program) commandLogger() *slog.Logger { return p.logger(Settings{LogLevel: slog.LevelWarn}) }

// openInProcess opens the store in the folder, and its index when an operation
// asks for it.
func (p *program) openInProcess(dir string, o store.Options) (*control.Client, error) {
	o.Now, o.Log = p.now, p.commandLogger()
	st, err := store.Open(dir, o)
	if err != nil {
		return nil, err
	}
	var index *search.Index
	open := sync.OnceValues(func() (*search.Index, error) {
		index, err = search.Open(st, search.Options{Dir: filepath.Join(dir, searchFolder), Log: o.Log})
		return index, err
	})
	closeAll := func() error {
		if index == nil {
			return st.Close()
		}
		return errors.Join(index.Close(), st.Close())
	}
	return control.InProcess(control.Handler(control.Service{
		Store: st, Index: open, Now: p.now, Log: o.Log, Build: currentBuild().String(), Alone: true,
	}), closeAll), nil
}
