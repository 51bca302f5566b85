package cmd

import (
	"context"
	"errors"

	"crms/httpapi/control"
	"crms/store"
)

// operate runs an operation on the data folder: in the server that has it open,
// or else in this process.
func (p *program) operate(ctx context.Context, s Settings, operation func(context.Context, *control.Client) error) (err error) {
	client, running := control.Dial(s.Data)
	if !running {
		st, err := store.Open(s.Data, store.Options{Existing: true, Now: p.now, Log: p.logger(s)})
		if err != nil {
			return err
		}
		client = control.InProcess(control.Handler(st, p.now), st.Close)
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	return operation(ctx, client)
}
