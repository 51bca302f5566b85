package crm

import "time"

// OrderStatus is the state of an order as ORMS names it. Names beyond the five
// known ones are kept and count as active.
type OrderStatus string

const (
	Placed     OrderStatus = "Placed"
	Processing OrderStatus = "Processing"
	Shipped    OrderStatus = "Shipped"
	Delivered  OrderStatus = "Delivered"
	Cancelled  OrderStatus = "Cancelled"
)

// IsActive reports whether an order in this status is still under way.
func (s OrderStatus) IsActive() bool { return s != Delivered && s != Cancelled }

// ComplaintStatus is the state of a complaint as CMPS names it. Names beyond
// the four known ones are kept and count as open.
type ComplaintStatus string

const (
	Open       ComplaintStatus = "Open"
	InProgress ComplaintStatus = "In Progress"
	Resolved   ComplaintStatus = "Resolved"
	Closed     ComplaintStatus = "Closed"
)

// IsOpen reports whether a complaint in this status still waits for an answer.
func (s ComplaintStatus) IsOpen() bool { return s != Resolved && s != Closed }

// Order is one ledger row: the state of an order as of Version.
type Order struct {
	OrderID  string
	Status   OrderStatus
	Total    Amount
	PlacedAt time.Time
	Version  time.Time // of the report that the row comes from
	Deleted  bool      // final: the row stays so that late reports change nothing
}

// Complaint is one ledger row: the state of a complaint as of Version.
type Complaint struct {
	ComplaintID string
	Category    string
	Status      ComplaintStatus
	OpenedAt    time.Time
	Version     time.Time
	Deleted     bool
}
