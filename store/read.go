package store

import (
	"bytes"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// Customer returns the customer with the id.
func (s *Store) Customer(id crm.ID) (crm.Customer, error) {
	p, err := s.profile(byID(id), withoutNotes)
	return p.Customer, err
}

// CustomerByUser returns the customer of the ATHS user.
func (s *Store) CustomerByUser(userID string) (crm.Customer, error) {
	p, err := s.profile(byUser(userID), withoutNotes)
	return p.Customer, err
}

// Profile returns the customer with the id and its notes.
func (s *Store) Profile(id crm.ID) (crm.Profile, error) { return s.profile(byID(id), withNotes) }

// ProfileByUser returns the customer of the ATHS user and its notes.
func (s *Store) ProfileByUser(userID string) (crm.Profile, error) {
	return s.profile(byUser(userID), withNotes)
}

// finder finds a customer's id in a transaction.
type finder func(s *schema, tx *kv.Tx) (id crm.ID, found bool, err error)

func byID(id crm.ID) finder {
	return func(*schema, *kv.Tx) (crm.ID, bool, error) { return id, true, nil }
}

func byUser(userID string) finder {
	return func(s *schema, tx *kv.Tx) (crm.ID, bool, error) {
		if userID == "" {
			return crm.ID{}, false, nil
		}
		value := s.users.Get(tx, []byte(userID))
		if value == nil {
			return crm.ID{}, false, nil
		}
		id, err := idCodec.Parse(value)
		return id, err == nil, err
	}
}

const (
	withNotes    = true
	withoutNotes = false
)

func (s *Store) profile(find finder, notes bool) (p crm.Profile, err error) {
	err = s.view("customer", func(tx *kv.Tx) error {
		id, found, err := find(s.schema, tx)
		if err != nil {
			return err
		}
		var r record
		if found {
			if r, found, err = s.schema.customers.Get(tx, id); err != nil {
				return err
			}
		}
		if !found {
			return crm.ErrCustomerNotFound()
		}
		p = crm.Profile{Customer: r.Customer}
		if notes && r.Notes > 0 {
			p.Notes, err = s.notesOf(tx, r)
		}
		return err
	})
	return p, err
}

func (s *Store) notesOf(tx *kv.Tx, r record) ([]crm.Note, error) {
	notes := make([]crm.Note, 0, r.Notes)
	for item := range s.schema.notes.Walk(tx, r.ID[:]) {
		if item.Err != nil {
			return nil, item.Err
		}
		notes = append(notes, item.Row)
	}
	return notes, nil
}

// Customers returns the customers with the ids, in their order, without those
// that do not exist.
func (s *Store) Customers(ids []crm.ID) ([]crm.Customer, error) {
	customers := make([]crm.Customer, 0, len(ids))
	err := s.view("customers", func(tx *kv.Tx) error {
		for _, id := range ids {
			r, found, err := s.schema.customers.Get(tx, id)
			if err != nil {
				return err
			}
			if found {
				customers = append(customers, r.Customer)
			}
		}
		return nil
	})
	return customers, err
}

// History returns the changes of a customer, newest first, without the first
// offset of them and at most limit, and how many there are.
func (s *Store) History(id crm.ID, offset int64, limit int) (entries []crm.Entry, total int64, err error) {
	err = s.view("history", func(tx *kv.Tx) error {
		r, found, err := s.schema.customers.Get(tx, id)
		if err != nil {
			return err
		}
		if !found {
			return crm.ErrCustomerNotFound()
		}
		// Entries are numbered without gaps, so that the page begins at a key.
		total = int64(r.Entries)
		if offset >= total {
			return nil
		}
		newest := numberedCodec.Append(nil, numberedKey{id, uint32(total - offset)})
		for item := range s.schema.history.Back(tx, id[:], append(bytes.Clone(newest), 0)) {
			if item.Err != nil {
				return item.Err
			}
			if entries = append(entries, item.Row); len(entries) == limit {
				break
			}
		}
		return nil
	})
	return entries, total, err
}
