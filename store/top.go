package store

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// Analytics list the few customers with the greatest order values. Were all
// customers in the index top, an order would take its customer out of one place of
// it and into another, each on a page of its own: a third of the pages that an event
// writes. So top holds the customers down to a bar, of whom there are some hundreds,
// and nearly every order is that of another one.
//
// The bar is the key that the last of them had when it was set; it is kept in meta.
// It is raised when many have come above it, and lowered, for which all customers
// are read, when hardly anybody is left.

const (
	topMost = 1024 // entries of top, beyond which the bar is raised
	topKept = 512  // that there are then
)

func (s *schema) declareTop() {
	s.top = &kv.Index[crm.ID, record]{
		Name: "top",
		Entry: func(key, value []byte, r record) ([]byte, []byte, bool) {
			key = rank(key, &r)
			return key, value, isTop(&r, key, s.bar)
		},
		Owner: func(key, _ []byte) (crm.ID, error) {
			k := kv.ReadKey(key)
			_ = k.Int64()
			return idAt(k)
		},
	}
}

// rank appends the key of a customer in top: who has the highest value comes first,
// and ties keep the order of their ids.
func rank(key []byte, r *record) []byte {
	return append(kv.AppendInt64(key, -int64(r.Figures.OrderValue)), r.ID[:]...)
}

// isTop reports whether the customer, whose rank it is, has an entry in top with
// this bar.
func isTop(r *record, rank, bar []byte) bool {
	return r.Figures.TotalOrders > 0 && (bar == nil || bytes.Compare(rank, bar) <= 0)
}

// noteTop notes whether a customer comes into top or out of it. A nil record is of
// a customer who does not exist.
func (t *tx) noteTop(before, after *record) {
	var key [32]byte
	is := func(r *record) bool { return r != nil && isTop(r, rank(key[:0], r), t.bar) }
	t.topMoved = t.topMoved || is(before) != is(after)
}

// keepTop moves the bar when too many customers are above it, or too few.
func (t *tx) keepTop() error {
	if !t.topMoved {
		return nil
	}
	switch n := t.countTop(t.Tx); {
	case n > topMost:
		return t.raiseBar(t.Tx)
	case n < topSize && t.bar != nil:
		t.store.log.Info("all customers are being ranked by order value, since those above the bar have left")
		return t.rankAnew(t.Tx)
	}
	return nil
}

// countTop counts the entries of top, and no further than it has to.
func (s *schema) countTop(tx *kv.Tx) (n int) {
	for range s.top.Walk(tx, nil) {
		if n++; n > topMost {
			break
		}
	}
	return n
}

// raiseBar leaves the first entries of top, of which there must be more.
func (s *schema) raiseBar(tx *kv.Tx) error {
	var ranks [][]byte
	for key := range s.top.Walk(tx, nil) {
		if ranks = append(ranks, bytes.Clone(key)); len(ranks) == topKept {
			break
		}
	}
	return s.setTop(tx, ranks, ranks[len(ranks)-1])
}

// rankAnew reads all customers and sets the bar by them. Those whose records are
// damaged are passed over.
func (s *schema) rankAnew(tx *kv.Tx) error {
	var ranks [][]byte
	var bar []byte
	s.customers.Table.Verify(tx, func(string, ...any) {}, func(_ crm.ID, r record) {
		key := rank(nil, &r)
		if !isTop(&r, key, bar) {
			return
		}
		if ranks = append(ranks, key); len(ranks) > topMost {
			slices.SortFunc(ranks, bytes.Compare)
			ranks, bar = ranks[:topKept], ranks[topKept-1]
		}
	})
	return s.setTop(tx, ranks, bar)
}

// setTop sets the bar and the entries down to it. Without a bar all are.
func (s *schema) setTop(tx *kv.Tx, ranks [][]byte, bar []byte) error {
	s.bar = bar
	if err := s.meta.Put(tx, metaBar, hex.EncodeToString(bar)); err != nil {
		return err
	}
	return s.top.Refill(tx, ranks)
}

// loadBar reads the bar that was set.
func (s *schema) loadBar(tx *kv.Tx) error {
	text, _, err := s.meta.Get(tx, metaBar)
	if err != nil || text == "" {
		s.bar = nil
		return err
	}
	if s.bar, err = hex.DecodeString(text); err != nil {
		return fmt.Errorf("%w: %s in %s: %w", ErrDamaged, metaBar, s.meta.Name, err)
	}
	return nil
}

// limitTop is the change to schema version 3. Before, top held all customers with
// orders.
func (s *schema) limitTop(tx *kv.Tx) error {
	if s.countTop(tx) <= topMost {
		return nil
	}
	return s.raiseBar(tx)
}
