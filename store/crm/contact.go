package crm

// Contact is the part of a customer by which it is searched.
type Contact struct {
	ID            ID
	FullName      string
	Email         string
	ContactNumber string // empty when unset
}

// Contact returns the searchable part of the customer.
func (c *Customer) Contact() Contact {
	return Contact{ID: c.ID, FullName: c.FullName, Email: c.Email, ContactNumber: c.ContactNumber}
}

// Change is a row of the store's log: after the commit that Seq numbers, the
// [Contact] of the customer is new, different or gone.
type Change struct {
	Seq uint64 // from 1, without gaps
	ID  ID
}
