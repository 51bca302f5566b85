package crm

// Totals add up the customers of one kind.
type Totals struct {
	Customers      int64
	Orders         int64
	OrderValue     Amount
	Complaints     int64
	OpenComplaints int64
}

// Add adds u, n times; n is -1 to take it out.
func (t *Totals) Add(u Totals, n int64) {
	t.Customers += n * u.Customers
	t.Orders += n * u.Orders
	t.OrderValue += Amount(n) * u.OrderValue
	t.Complaints += n * u.Complaints
	t.OpenComplaints += n * u.OpenComplaints
}

// Analytics is the state of the whole shop at one moment.
type Analytics struct {
	All          Totals
	ByStatus     [NumStatuses]int64
	ByType       [NumTypes]int64
	NewToday     int64
	NewThisWeek  int64 // since Monday
	NewThisMonth int64
	Top          []Customer // by order value, ties by id, at most ten
}

// OrdersPerCustomer and the other quotients are rounded half up to two
// decimals; with nothing to divide by they are 0.
func (a Analytics) OrdersPerCustomer() Amount { return Quotient(a.All.Orders, a.All.Customers) }

// RevenuePerCustomer is the mean order value of a customer, in minor units.
func (a Analytics) RevenuePerCustomer() Amount { return a.All.OrderValue.Mean(a.All.Customers) }

// ComplaintRate is complaints per 100 orders.
func (a Analytics) ComplaintRate() Amount { return Quotient(100*a.All.Complaints, a.All.Orders) }

// ComplaintsPerCustomer is the mean number of complaints of a customer.
func (a Analytics) ComplaintsPerCustomer() Amount {
	return Quotient(a.All.Complaints, a.All.Customers)
}
