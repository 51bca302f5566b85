package cmd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"syscall"

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
	st, err := openStore(dir, o)
	if err != nil {
		return nil, err
	}
	var index *search.Index
	open := sync.OnceValues(func() (*search.Index, error) {
		index, err = search.Open(st, search.Options{Dir: filepath.Join(dir, searchFolder), Log: slog.New(warnings{o.Log.Handler()})})
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

// warnings is the log of what a command waits for: a failure is the command's own, which
// tells it once.
type warnings struct{ slog.Handler }

func (warnings) Enabled(_ context.Context, level slog.Level) bool { return level == slog.LevelWarn }

// openStore opens the store in the folder. Where its disk does not let it, the
// error says what to do.
func openStore(dir string, o store.Options) (*store.Store, error) {
	s, err := store.Open(dir, o)
	switch {
	case errors.Is(err, store.ErrDamaged):
		return nil, fmt.Errorf("%w (crms restore --data %s FILE puts a backup in its place)", err, dir)
	case errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EACCES):
		return nil, fmt.Errorf("%w (the folder must be writable: to verify, back up or export what is in it, work on a copy of the whole folder)", err)
	}
	return s, err
}
