package search

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/index/scorch/mergeplan"

	"crms/store/crm"
)

// mappingVersion names the way in which contacts become terms. An index of
// another version is rebuilt: raise it with every change of [termsOf], [fold]
// or the fields.
const mappingVersion = "1"

// What an index knows about itself, written together with the documents.
var (
	keyPosition   = []byte("position")
	keyGeneration = []byte("generation")
	keyMapping    = []byte("mapping")
)

// volume is one Bleve index in a folder of its own. Only one goroutine writes
// to it; any number may read.
type volume struct {
	path       string
	index      bleve.Index
	generation string
	orders     kept[order]
	spelled    kept[wordList]
	typos      *typoCache
	stuckAfter time.Duration // how long a write may take
	stuck      atomic.Bool   // a write did not end
}

var (
	// errTorn marks a volume whose files are not what was written.
	errTorn = errors.New("search index is damaged")
	// errUnwritable marks a write that failed, as on a full disk.
	errUnwritable = errors.New("search index cannot be written")
)

// stuckAfter is when a write has certainly got stuck: Bleve's own goroutines
// end silently when they panic, and then nobody answers a write any more.
const stuckAfter = time.Minute

// bleveConfig makes opening a folder that another process holds an error
// instead of a wait, and keeps the segments few: each costs every search its
// share of dictionary lookups. Each batch is written by itself (a pressure of 0 is
// always reached): what merges batches in memory trips over those that failed on a
// full disk, in a goroutine where that ends the process.
func bleveConfig() map[string]any {
	return map[string]any{
		"bolt_timeout":           "1s",
		"eventCallbackName":      guardName,
		"asyncErrorCallbackName": guardName,
		"scorchPersisterOptions": map[string]any{"MemoryPressurePauseThreshold": 0},
		"scorchMergePlanOptions": map[string]any{"MaxSegmentsPerTier": 4},
	}
}

// createVolume makes an empty index for the generation in a new folder.
func createVolume(path, generation string) (*volume, error) {
	index, err := bleve.NewUsing(path, bleve.NewIndexMapping(), scorch.Name, scorch.Name, bleveConfig())
	if err != nil {
		return nil, fmt.Errorf("cannot create search index %s: %w", path, err)
	}
	return &volume{path: path, index: index, generation: generation, typos: newTypoCache(), stuckAfter: stuckAfter}, nil
}

// openVolume opens an index. A folder that is missing or damaged is an error
// that wraps [errTorn], except when another process holds it.
func openVolume(path string) (v *volume, err error) {
	defer catchTorn(&err)()
	index, err := bleve.OpenUsing(path, bleveConfig())
	if err != nil {
		if isLockTimeout(err) {
			return nil, fmt.Errorf("search index %s is in use by another process", path)
		}
		return nil, fmt.Errorf("%w: cannot open %s: %w", errTorn, path, err)
	}
	v = &volume{path: path, index: index, typos: newTypoCache(), stuckAfter: stuckAfter}
	generation, err := index.GetInternal(keyGeneration)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: cannot read %s: %w", errTorn, path, err), index.Close())
	}
	v.generation = string(generation)
	return v, nil
}

// isLockTimeout recognises bbolt's error for a file that is held; Bleve wraps
// it in text.
func isLockTimeout(err error) bool { return err.Error() == "timeout" }

// mapping is the mapping version that the volume was written with.
func (v *volume) mapping() (string, error) {
	b, err := v.index.GetInternal(keyMapping)
	return string(b), err
}

// position is the sequence of the last change that the volume holds.
func (v *volume) position() (uint64, error) {
	b, err := v.index.GetInternal(keyPosition)
	if err != nil {
		return 0, err
	}
	return decodePosition(b)
}

func decodePosition(b []byte) (uint64, error) {
	if len(b) != 8 {
		return 0, fmt.Errorf("%w: it has no position", errTorn)
	}
	return binary.BigEndian.Uint64(b), nil
}

// fill puts contacts into a volume that is being built. It has no position yet:
// when Bleve finds damage it falls back on an older state of its files, and one
// from before the end of the building must not pass for a whole index.
func (v *volume) fill(contacts []crm.Contact) error {
	return v.commit(v.index.NewBatch(), contacts)
}

// write puts the contacts, takes out the ids and moves to the position, all or
// nothing. It is on the disk and visible when write returns.
func (v *volume) write(put []crm.Contact, drop []crm.ID, position uint64) error {
	batch := v.index.NewBatch()
	for _, id := range drop {
		batch.Delete(documentID(id))
	}
	batch.SetInternal(keyPosition, binary.BigEndian.AppendUint64(nil, position))
	batch.SetInternal(keyGeneration, []byte(v.generation))
	batch.SetInternal(keyMapping, []byte(mappingVersion))
	return v.commit(batch, put)
}

func (v *volume) commit(batch *bleve.Batch, put []crm.Contact) error {
	for _, c := range put {
		if err := batch.IndexAdvanced(newDocument(c)); err != nil {
			return fmt.Errorf("cannot index customer %s: %w", c.ID, err)
		}
	}
	done := make(chan error, 1)
	go func() { done <- v.apply(batch) }()
	select {
	case err := <-done:
		return err
	case <-time.After(v.stuckAfter):
		v.stuck.Store(true)
		return fmt.Errorf("%w: a write to %s did not end", errTorn, v.path)
	}
}

func (v *volume) apply(batch *bleve.Batch) (err error) {
	defer catchTorn(&err)()
	if err := v.index.Batch(batch); err != nil {
		return fmt.Errorf("%w: %s: %w", errUnwritable, v.path, err)
	}
	return nil
}

// errNotMerged says that there are more segments than one, which only makes searches
// slower.
var errNotMerged = errors.New("the segments cannot be merged")

// compact merges the volume's segments into one. When Bleve comes upon trouble it is
// not waited for: it goes on trying, beside what is done with the volume, or has ended.
// The error is [errNotMerged] where the segments are sound, else [errTorn].
func (v *volume) compact(ctx context.Context) (err error) {
	defer catchTorn(&err)()
	advanced, err := v.index.Advanced()
	if err != nil {
		return err
	}
	s, ok := advanced.(*scorch.Scorch)
	if !ok {
		return nil
	}
	done := make(chan error, 1)
	go func() { done <- s.ForceMerge(ctx, &mergeplan.SingleSegmentMergePlanOptions) }()
	look := time.NewTicker(retryAfter)
	defer look.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-ctx.Done(): // Bleve does not look while it merges
			return ctx.Err()
		case <-look.C:
			if inTrouble(s) {
				return v.notMerged()
			}
		}
	}
}

// inTrouble reports whether one of Bleve's goroutines has failed, or ended, since the
// volume was opened. Which one, and which of the two, Bleve does not count.
func inTrouble(s *scorch.Scorch) bool {
	n, _ := s.StatsMap()["TotOnErrors"].(uint64)
	return n > 0
}

// notMerged is why the segments are not merged.
func (v *volume) notMerged() (err error) {
	s, err := v.snapshot()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	damaged, err := v.damagedFiles(s)
	switch {
	case err != nil:
		return err
	case len(damaged) > 0:
		return fmt.Errorf("%w: %s", errTorn, damaged[0])
	}
	return errNotMerged
}

// count is the number of documents; 0 when it cannot be counted. It is the
// writer's to call: beside a write that fails Bleve's answer is not safe.
func (v *volume) count() uint64 {
	n, err := v.index.DocCount()
	if err != nil {
		return 0
	}
	return n
}

// close closes the volume. One that is stuck would never close: it is left to
// the end of the process.
func (v *volume) close() (err error) {
	if v.stuck.Load() {
		return nil
	}
	defer catchTorn(&err)()
	return v.index.Close()
}

// catchTorn turns a panic into an error: Bleve trusts its files, and a damaged one
// makes it slice out of range, or fault beyond the end of a file that was cut
// short. Use: defer catchTorn(&err)().
func catchTorn(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		if r := recover(); r != nil {
			*err = fmt.Errorf("%w: %v\n%s", errTorn, r, debug.Stack())
		}
	}
}
