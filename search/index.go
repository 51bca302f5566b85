package search

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"crms/store/crm"
)

// Options say where an index lives and how patient it is.
type Options struct {
	// Dir is the folder that holds the indexes, such as DATA/search. It is made
	// when it does not exist.
	Dir string
	// Log receives rebuilds and faults, never names, emails or numbers.
	// The default drops everything.
	Log *slog.Logger
	// MaxWait bounds how long a search waits for the index to reach the changes
	// that were committed before it. The default is 5 seconds, as long as it waits
	// for its turn: late is better than refused.
	MaxWait time.Duration
	// RetryAfter is the pause before a failed write or rebuild is tried again,
	// doubled with each failure in a row up to a minute. The default is 1 second.
	RetryAfter time.Duration
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxWait == 0 {
		o.MaxWait = longestWait
	}
	if o.RetryAfter == 0 {
		o.RetryAfter = time.Second
	}
	return o
}

// Query asks for customers.
type Query struct {
	Text   string // 2 to 200 characters after trimming
	Offset int    // how many of the best to leave out
	Limit  int    // how many to return at most
}

// Result answers a query.
type Result struct {
	IDs   []crm.ID // best first
	Total int      // of all who match, exact
}

// Index finds customers. Its methods may be called by any number of
// goroutines.
type Index struct {
	src     Source
	opts    Options
	folders folders

	turns   *turns
	stop    context.CancelFunc
	stopped chan struct{}
	reindex chan chan<- *Outcome // asks for a rebuild, and is told of its outcome
	torn    chan *volume         // found to be damaged, capacity 1

	mu        sync.RWMutex
	current   *volume // nil while there is none that is true
	position  uint64  // of current
	documents uint64  // of current
	moved     chan struct{}
	status    Status
}

// Open opens the index in the folder and begins to follow the source. When
// there is no index that is true for the source it begins to build one in the
// background; it does not wait for that. It is an error when the folder cannot
// be used or another process holds the index.
func Open(src Source, o Options) (*Index, error) {
	o = o.withDefaults()
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("cannot make the search folder: %w", err)
	}
	x := &Index{
		src:     src,
		opts:    o,
		folders: folders{o.Dir},
		turns:   newTurns(atOnce(), longestLine, longestWait),
		stopped: make(chan struct{}),
		reindex: make(chan chan<- *Outcome),
		torn:    make(chan *volume, 1),
		moved:   make(chan struct{}),
	}
	reason, err := x.openCurrent()
	if err != nil {
		return nil, err
	}
	if err := x.removeUnused(); err != nil {
		return nil, errors.Join(err, x.closeCurrent())
	}
	ctx, stop := context.WithCancel(context.Background())
	x.stop = stop
	if reason == "" {
		x.setOK()
	} else {
		x.setRebuilding(reason)
	}
	go x.run(ctx, reason)
	return x, nil
}

// openCurrent opens the index in use. The reason says why it cannot be used
// and must be rebuilt.
func (x *Index) openCurrent() (reason string, err error) {
	path, err := x.folders.current()
	if err != nil {
		return "", err
	}
	if path == "" {
		return "it does not exist", nil
	}
	v, err := openVolume(path)
	switch {
	case errors.Is(err, errTorn):
		x.opts.Log.Warn("search index cannot be opened", "error", err)
		return "it is damaged", nil
	case err != nil:
		return "", err
	}
	position, reason, err := x.judge(v)
	if err != nil || reason != "" {
		return reason, errors.Join(err, v.close())
	}
	x.use(v, position)
	return "", nil
}

// judge says why the volume is not true for the source, if so.
func (x *Index) judge(v *volume) (position uint64, reason string, err error) {
	mapping, err := v.mapping()
	if err == nil {
		position, err = v.position()
	}
	switch {
	case err != nil:
		return 0, "it is damaged", nil
	case mapping != mappingVersion:
		return 0, "it was written by another version", nil
	case v.generation != x.src.Generation():
		return 0, "it belongs to another store", nil
	case position > x.src.LastSeq():
		return 0, "it is ahead of the store", nil
	}
	_, complete, err := x.src.Changes(position, 1)
	if err == nil && !complete {
		reason = "it is too far behind"
	}
	return position, reason, err
}

func (x *Index) removeUnused() error {
	if v := x.volume(); v != nil {
		return x.folders.removeAllBut(v.path)
	}
	return x.folders.removeAllBut()
}

// Close stops following and closes the index. Searches that run are answered.
func (x *Index) Close() error {
	x.stop()
	<-x.stopped
	return x.closeCurrent()
}

func (x *Index) closeCurrent() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.current == nil {
		return nil
	}
	v := x.current
	x.current = nil
	return v.close()
}

func (x *Index) volume() *volume {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.current
}

// use answers from the volume from now on, and returns the one used before.
func (x *Index) use(v *volume, position uint64) (before *volume) {
	documents := v.count()
	x.mu.Lock()
	defer x.mu.Unlock()
	before, x.current = x.current, v
	x.move(position, documents)
	return before
}

// move notes where the index is and wakes those who wait for it. The caller
// holds mu.
func (x *Index) move(position, documents uint64) {
	x.position, x.documents = position, documents
	close(x.moved)
	x.moved = make(chan struct{})
}

// Search answers the query from an index that holds every change which was
// committed before the call. When it cannot get there in time, or there is no
// index yet, or too many search at once, the error is of kind Unavailable; a text
// outside the limits is of kind Invalid.
func (x *Index) Search(ctx context.Context, q Query) (Result, error) {
	r, err := parse(q.Text)
	if err != nil {
		return Result{}, err
	}
	seq := x.src.LastSeq()
	if _, err := x.reach(ctx, seq); err != nil { // before the turn: who waits for a write keeps nobody from searching
		return Result{}, err
	}
	if err := x.turns.take(ctx); err != nil {
		return Result{}, err
	}
	defer x.turns.end()
	v, err := x.reach(ctx, seq) // another one, where a rebuild has ended in between
	if err != nil {
		return Result{}, err
	}
	ids, total, err := v.find(r, max(0, q.Offset), max(0, q.Limit))
	switch {
	case err == nil:
		return Result{IDs: ids, Total: total}, nil
	case errors.Is(err, errTooDear):
		return Result{}, crm.Problems{{Field: "q", Message: "asks for too much at once, use fewer or longer words"}}.Err()
	case x.volume() != v:
		return Result{}, errRebuilding()
	}
	x.reportTorn(v)
	return Result{}, &crm.Error{Kind: crm.Unavailable, Message: "Search index is damaged and will be rebuilt", Err: err}
}

// find answers the request from the volume as it is now.
func (v *volume) find(r request, offset, limit int) (ids []crm.ID, total int, err error) {
	defer catchTorn(&err)()
	s, err := v.snapshot()
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	return s.find(r, offset, limit)
}

func errRebuilding() error {
	return &crm.Error{Kind: crm.Unavailable, Message: "Search index is being rebuilt"}
}

// reach waits until the index holds the change with the sequence.
func (x *Index) reach(ctx context.Context, seq uint64) (*volume, error) {
	var expired <-chan time.Time
	for {
		x.mu.RLock()
		v, position, moved := x.current, x.position, x.moved
		x.mu.RUnlock()
		if v == nil {
			return nil, errRebuilding()
		}
		if position >= seq {
			return v, nil
		}
		if expired == nil {
			timer := time.NewTimer(x.opts.MaxWait)
			defer timer.Stop()
			expired = timer.C
		}
		select {
		case <-moved:
		case <-expired:
			return nil, &crm.Error{Kind: crm.Unavailable, Message: "Search index is behind, try again later"}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (x *Index) reportTorn(v *volume) {
	select {
	case x.torn <- v:
	default: // reported already
	}
}
