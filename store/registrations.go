package store

import (
	"crms/store/crm"
	"crms/store/internal/kv"
)

// Registrations returns how many of the customers registered on each day from
// the first to the last, both inclusive, in the store's zone. The price grows
// with the days, not with the customers.
func (s *Store) Registrations(first, last crm.Day) ([]int64, error) {
	counts := make([]int64, last-first+1)
	err := s.view("registrations", func(tx *kv.Tx) error {
		from, end := Filter{From: &first, To: &last}.dayBounds()
		for c := range s.schema.days.Back(tx, from, end) {
			if c.Err != nil {
				return c.Err
			}
			for _, n := range c.Terms {
				counts[dayOfKey(c.Key)-first] += n
			}
		}
		return nil
	})
	return counts, err
}
