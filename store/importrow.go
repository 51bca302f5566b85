package store

import "crms/store/crm"

// ImportRow is a customer as a line of an imported file tells of it. The
// customer's userId is always told; Given says what else is.
type ImportRow struct {
	// Customer holds what is given. A zero ID is that of the customer that
	// exists, or NewID.
	Customer crm.Customer
	NewID    crm.ID
	Given    Given

	// Notes are the same as stored ones by who added them when. Their numbers
	// have no meaning.
	Notes      []crm.Note
	Orders     []crm.Order     // with distinct ids
	Complaints []crm.Complaint // with distinct ids
}

// Given is a set of a customer's fields.
type Given uint32

const (
	GivenEmail Given = 1 << iota
	GivenFullName
	GivenContactNumber // empty clears it
	GivenStatus
	GivenType
	GivenSince
	GivenTags
	GivenPreferences
	GivenCreatedBy
	GivenCreatedAt

	// The totals of a customer whose orders or complaints themselves are not
	// given. They are the opening balance of one that has none in the ledger;
	// of one that has, crms counts them itself.
	GivenTotalOrders
	GivenOrderValue
	GivenOrdersByStatus
	GivenLastOrder
	GivenTotalComplaints
	GivenOpenComplaints
	GivenComplaintsByCategory
	GivenLastComplaint

	// The opening balance behind the ledger, exactly.
	GivenOrderOpening
	GivenComplaintOpening
)

const (
	GivenOrderTotals     = GivenTotalOrders | GivenOrderValue | GivenOrdersByStatus | GivenLastOrder
	GivenComplaintTotals = GivenTotalComplaints | GivenOpenComplaints | GivenComplaintsByCategory | GivenLastComplaint
)

// Has reports whether any of the fields is in the set.
func (g Given) Has(fields Given) bool { return g&fields != 0 }

// opening is the customer's opening balance as the row says it.
func (r *ImportRow) opening(before crm.Customer) crm.Figures {
	f := before.Opening.Clone()
	ledgerOrders := before.Figures.TotalOrders != before.Opening.TotalOrders
	switch {
	case r.Given.Has(GivenOrderOpening):
		f.SetOrders(r.Customer.Opening)
	case r.Given.Has(GivenOrderTotals) && !ledgerOrders:
		r.orderTotals(&f)
	}
	ledgerComplaints := before.Figures.TotalComplaints != before.Opening.TotalComplaints
	switch {
	case r.Given.Has(GivenComplaintOpening):
		f.SetComplaints(r.Customer.Opening)
	case r.Given.Has(GivenComplaintTotals) && !ledgerComplaints:
		r.complaintTotals(&f)
	}
	return f
}

// orderTotals replaces those totals that are given. Counts by status that no
// longer add up to another total are dropped.
func (r *ImportRow) orderTotals(f *crm.Figures) {
	to := &r.Customer.Opening
	if r.Given.Has(GivenTotalOrders) {
		if f.TotalOrders != to.TotalOrders {
			f.OrdersByStatus = nil
		}
		f.TotalOrders = to.TotalOrders
	}
	if r.Given.Has(GivenOrderValue) {
		f.OrderValue = to.OrderValue
	}
	if r.Given.Has(GivenOrdersByStatus) {
		f.OrdersByStatus = to.OrdersByStatus
	}
	if r.Given.Has(GivenLastOrder) {
		f.LastOrder = to.LastOrder
	}
}

// complaintTotals is to complaints what orderTotals is to orders.
func (r *ImportRow) complaintTotals(f *crm.Figures) {
	to := &r.Customer.Opening
	if r.Given.Has(GivenTotalComplaints) {
		if f.TotalComplaints != to.TotalComplaints {
			f.ComplaintsByCategory = nil
		}
		f.TotalComplaints = to.TotalComplaints
	}
	if r.Given.Has(GivenOpenComplaints) {
		f.OpenComplaints = to.OpenComplaints
	}
	if r.Given.Has(GivenComplaintsByCategory) {
		f.ComplaintsByCategory = to.ComplaintsByCategory
	}
	if r.Given.Has(GivenLastComplaint) {
		f.LastComplaint = to.LastComplaint
	}
}
