package search

import (
	"context"
	"errors"
)

// Outcome is how one rebuild ends. The status does not tell: it goes on to what the
// index does next.
type Outcome struct {
	ended chan struct{}
	err   error // once ended
}

var errClosed = errors.New("the search index is closed")

// Reindex begins to build the index anew from the records, unless it is being built
// already, which is as good. When it returns, the status says so. Meanwhile the present
// one answers and follows. It is an error when the index is closed.
func (x *Index) Reindex() (*Outcome, error) {
	begun := make(chan *Outcome, 1)
	select {
	case x.reindex <- begun:
		return <-begun, nil
	case <-x.stopped:
		return nil, errClosed
	}
}

// Await returns when the rebuild has ended: nil when searches are answered from what
// it has built, and otherwise why they are not. It is tried again only where no index
// answers. When ctx ends first, the rebuild goes on, and the error is that of ctx.
func (o *Outcome) Await(ctx context.Context) error {
	select {
	case <-o.ended:
		return o.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (o *Outcome) end(err error) {
	o.err = err
	close(o.ended)
}
