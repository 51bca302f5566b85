package store

import (
	"bytes"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// Customer returns the customer with the id.
func (s *Store) Customer(id crm.ID) (c crm.Customer, err error) {
	err = s.view("customer", func(tx *kv.Tx) error {
		r, err := s.schema.existing(tx, id)
		c = r.Customer
		return err
	})
	return c, err
}

// CustomerByUser returns the customer of the ATHS user.
func (s *Store) CustomerByUser(userID string) (c crm.Customer, err error) {
	if userID == "" {
		return c, crm.ErrCustomerNotFound()
	}
	err = s.view("customer", func(tx *kv.Tx) error {
		value := s.schema.users.Get(tx, []byte(userID))
		if value == nil {
			return crm.ErrCustomerNotFound()
		}
		id, err := idCodec.Parse(value)
		if err != nil {
			return err
		}
		r, err := s.schema.existing(tx, id)
		c = r.Customer
		return err
	})
	return c, err
}

// Profile returns the customer with the id and its notes.
func (s *Store) Profile(id crm.ID) (p crm.Profile, err error) {
	err = s.view("customer", func(tx *kv.Tx) error {
		c := s.schema.customers.Cursor(tx)
		r, found, err := s.schema.customers.GetBy(c, id)
		if err != nil {
			return err
		}
		if !found {
			return crm.ErrCustomerNotFound()
		}
		p.Customer = r.Customer
		if r.Notes > 0 {
			p.Notes, err = s.notesOf(c, r)
		}
		return err
	})
	return p, err
}

// existing reads a customer that is asked for by its id.
func (s *schema) existing(tx *kv.Tx, id crm.ID) (record, error) {
	r, found, err := s.customers.Get(tx, id)
	if err == nil && !found {
		err = crm.ErrCustomerNotFound()
	}
	return r, err
}

// notesOf reads the notes by a cursor of the bucket of customers.
func (s *Store) notesOf(c *kv.Cursor, r record) ([]crm.Note, error) {
	notes := make([]crm.Note, 0, r.Notes)
	if r.Notes == 0 {
		return notes, nil
	}
	return s.schema.notes.AppendBy(c, notes, s.schema.notes.prefix(r.ID))
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
		r, err := s.schema.existing(tx, id)
		if err != nil {
			return err
		}
		// Entries are numbered without gaps, so that the page begins at a key.
		total = int64(r.Entries)
		if offset >= total {
			return nil
		}
		newest := s.schema.history.Key.Append(nil, numberedKey{id, uint32(total - offset)})
		for item := range s.schema.history.Back(tx, s.schema.history.prefix(id), append(bytes.Clone(newest), 0)) {
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
