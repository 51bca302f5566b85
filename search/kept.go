package search

import "sync"

// kept holds in memory what is dear to read out of each segment of a volume.
// Segments never change.
type kept[T any] struct {
	mu        sync.Mutex
	bySegment map[uint64]*T
}

// get returns what is kept of the segment, and reads it the first time.
func (k *kept[T]) get(s *segment, read func(*segment) (*T, error)) (*T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t := k.bySegment[s.part.Id()]; t != nil {
		return t, nil
	}
	t, err := read(s)
	if err != nil {
		return nil, err
	}
	if k.bySegment == nil {
		k.bySegment = make(map[uint64]*T)
	}
	k.bySegment[s.part.Id()] = t
	return t, nil
}

func (k *kept[T]) forgetAllBut(present map[uint64]bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for id := range k.bySegment {
		if !present[id] {
			delete(k.bySegment, id)
		}
	}
}

// warm reads what is kept of all segments and forgets those that are gone, so
// that no search has to.
func (s *snapshot) warm() error {
	present := make(map[uint64]bool, len(s.segments))
	for _, seg := range s.segments {
		if _, err := seg.order(); err != nil {
			return err
		}
		if _, err := seg.words(); err != nil {
			return err
		}
		present[seg.part.Id()] = true
	}
	if len(s.segments) > 0 {
		s.segments[0].orders.forgetAllBut(present)
		s.segments[0].spelled.forgetAllBut(present)
	}
	return nil
}
