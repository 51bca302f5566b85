package store

import (
	"crms/store/crm"
	"crms/store/internal/kv"
)

// ExportRow is a customer with everything that is known of it but its history.
type ExportRow struct {
	crm.Profile
	Orders     []crm.Order     // by id, without those that were deleted
	Complaints []crm.Complaint // by id, without those that were deleted
}

// Export gives all customers to each, in the order of their ids and as of one
// moment, and returns how many there were. It takes one transaction: unless
// nobody writes, export from a [Store.Snapshot].
func (s *Store) Export(each func(*ExportRow) error) (n int64, err error) {
	err = s.view("customers", func(tx *kv.Tx) error {
		for item := range s.schema.customers.Walk(tx, nil) {
			if item.Err != nil {
				return item.Err
			}
			row, err := s.exportRow(tx, item.Row)
			if err != nil {
				return err
			}
			if err := each(&row); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

func (s *Store) exportRow(tx *kv.Tx, r record) (row ExportRow, err error) {
	row.Customer = r.Customer
	if r.Notes > 0 {
		if row.Notes, err = s.notesOf(s.schema.notes.Cursor(tx), r); err != nil {
			return row, err
		}
	}
	if r.Figures.TotalOrders != r.Opening.TotalOrders {
		for item := range s.schema.orders.of(tx, r.ID) {
			if item.Err != nil {
				return row, item.Err
			}
			if !item.Row.Deleted {
				row.Orders = append(row.Orders, item.Row)
			}
		}
	}
	if r.Figures.TotalComplaints != r.Opening.TotalComplaints {
		for item := range s.schema.complaints.of(tx, r.ID) {
			if item.Err != nil {
				return row, item.Err
			}
			if !item.Row.Deleted {
				row.Complaints = append(row.Complaints, item.Row)
			}
		}
	}
	return row, nil
}
