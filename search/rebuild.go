package search

import (
	"context"
	"errors"
	"math"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"

	"crms/store/crm"
)

// rebuildBatch is how many contacts a rebuild reads and writes at a time.
const rebuildBatch = 1000

// rebuild builds a volume beside the current one.
type rebuild struct {
	reason  string
	from    uint64 // where the log stood when the rebuild began
	stop    context.CancelFunc
	done    chan built // receives what it has come to, capacity 1
	outcome *Outcome
}

// built is what a rebuild has come to: a volume that stood at the position, or
// why there is none.
type built struct {
	volume   *volume
	position uint64
	err      error
}

// begin starts a rebuild unless one is under way, and returns its outcome.
func (k *keeper) begin(reason string) *Outcome {
	if k.build != nil {
		return k.build.outcome
	}
	k.opts.Log.Info("search index is being rebuilt", "reason", reason)
	k.setRebuilding(reason)
	ctx, stop := context.WithCancel(k.ctx)
	b := &rebuild{reason, k.src.LastSeq(), stop, make(chan built, 1), &Outcome{ended: make(chan struct{})}}
	k.build = b
	go func() {
		v, position, err := k.Index.rebuild(ctx, b.from)
		b.done <- built{v, position, err}
	}()
	return b.outcome
}

func (k *keeper) built() <-chan built {
	if k.build == nil {
		return nil
	}
	return k.build.done
}

// rebuild writes all contacts into a new volume and follows the changes that
// were made meanwhile. Contacts are read in short transactions: one that
// changes behind the walk's back is in the log after from.
func (x *Index) rebuild(ctx context.Context, from uint64) (v *volume, position uint64, err error) {
	path, err := x.folders.next()
	if err != nil {
		return nil, 0, err
	}
	v, err = createVolume(path, x.src.Generation())
	if err != nil {
		return nil, 0, errors.Join(err, os.RemoveAll(path))
	}
	err = x.fill(ctx, v)
	if err == nil {
		err = v.compact(ctx)
	}
	if errors.Is(err, errNotMerged) {
		x.opts.Log.Warn("the search index is used as it is", "reason", err)
		err = nil
	}
	if err == nil {
		err = v.write(nil, nil, from)
	}
	if err == nil {
		position, err = x.follow(ctx, v, from)
	}
	if err != nil {
		return nil, 0, errors.Join(err, v.close(), os.RemoveAll(path))
	}
	return v, position, nil
}

// follow writes what has changed since the position, and then what has changed
// meanwhile, for as long as that is less each time. Where changes come as fast as
// they are written, the rest is left to the keeper: the index would never be done.
func (x *Index) follow(ctx context.Context, v *volume, position uint64) (reached uint64, err error) {
	for before := uint64(math.MaxUint64); ; {
		last := x.src.LastSeq()
		left := last - min(last, position)
		if left == 0 || left >= before {
			return position, nil
		}
		before = left
		for more := true; more && position < last; {
			if position, more, err = followBatch(x.src, v, position); err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return position, err
			}
		}
	}
}

// fill writes all contacts into the volume, several batches at a time: most of
// the work is done before Bleve puts them in line.
func (x *Index) fill(ctx context.Context, v *volume) error {
	total, err := x.src.CountContacts()
	if err != nil {
		return err
	}
	writers, ctx := errgroup.WithContext(ctx)
	writers.SetLimit(min(runtime.GOMAXPROCS(0), runtime.NumCPU())) // more would take more memory and no less time
	var last crm.ID
	for done := 0; ctx.Err() == nil; {
		x.setProgress(done, total)
		contacts, err := x.src.ContactsAfter(last, rebuildBatch)
		if err != nil {
			return errors.Join(err, writers.Wait())
		}
		if len(contacts) == 0 {
			return writers.Wait()
		}
		writers.Go(func() error { return v.fill(contacts) })
		last = contacts[len(contacts)-1].ID
		done += len(contacts)
	}
	return errors.Join(ctx.Err(), writers.Wait())
}

// finish ends a rebuild. Who awaits its outcome finds the status true.
func (k *keeper) finish(b built) {
	outcome := k.build.outcome
	k.build.stop()
	k.build = nil
	err := k.takeOver(b)
	if err != nil {
		k.fail("it cannot be rebuilt", err)
	}
	outcome.end(err)
}

// takeOver answers from what a rebuild has built from now on. The status says that it
// is done when nothing is left of the index before.
func (k *keeper) takeOver(b built) error {
	if b.err != nil {
		return b.err
	}
	if err := k.folders.use(b.volume.path); err != nil {
		return errors.Join(err, b.volume.close(), k.folders.remove(b.volume.path))
	}
	if before := k.use(b.volume, b.position); before != nil {
		if err := before.close(); err != nil {
			k.opts.Log.Warn("cannot close the search index that was replaced", "error", err)
		}
	}
	if err := k.removeUnused(); err != nil {
		k.opts.Log.Warn("cannot remove the search index that was replaced", "error", err)
	}
	k.failures = 0
	k.setOK()
	k.opts.Log.Info("search index is rebuilt", "position", b.position)
	return nil
}

// abandon ends a rebuild that is under way. What it has written is removed at
// the next start.
func (k *keeper) abandon() {
	if k.build == nil {
		return
	}
	k.build.stop()
	defer k.build.outcome.end(errClosed)
	if b := <-k.build.done; b.volume != nil {
		if err := b.volume.close(); err != nil {
			k.opts.Log.Warn("cannot close an unfinished search index", "error", err)
		}
	}
}
