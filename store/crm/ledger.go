package crm

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

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

// Supersedes reports whether the report o takes the place of the report old of
// the same order. A deletion is final whatever its time; otherwise the newer
// version wins. One that is as old is stale, as DESIGN.md has it: of two reports
// that bear the same time the one that is earlier in an order's life stands, then
// the lesser one, so that the order in which they come does not matter.
func (o Order) Supersedes(old Order) bool {
	if old.Deleted || o.Deleted {
		return !old.Deleted
	}
	return cmp.Or(
		o.Version.Compare(old.Version),
		-compareOrderCounts(Count{Name: string(o.Status)}, Count{Name: string(old.Status)}),
		-cmp.Compare(o.Total, old.Total),
		-o.PlacedAt.Compare(old.PlacedAt),
	) > 0
}

// Supersedes is to complaints what [Order.Supersedes] is to orders.
func (c Complaint) Supersedes(old Complaint) bool {
	if old.Deleted || c.Deleted {
		return !old.Deleted
	}
	return cmp.Or(
		c.Version.Compare(old.Version),
		-cmp.Compare(c.Status.rank(), old.Status.rank()),
		-strings.Compare(string(c.Status), string(old.Status)),
		-strings.Compare(c.Category, old.Category),
		-c.OpenedAt.Compare(old.OpenedAt),
	) > 0
}

// rank gives the known statuses the order of a complaint's life; unknown ones
// follow.
func (s ComplaintStatus) rank() int {
	known := []ComplaintStatus{Open, InProgress, Resolved, Closed}
	if i := slices.Index(known, s); i >= 0 {
		return i
	}
	return len(known)
}
