package crm

import (
	"cmp"
	"slices"
	"time"
)

// Figures sum up the orders and complaints of one customer.
type Figures struct {
	TotalOrders    int64   // in any status
	OrderValue     Amount  // of the orders that are not Cancelled
	OrdersByStatus []Count // in the order of an order's life, unknown statuses behind by name; no zero counts
	LastOrder      time.Time

	TotalComplaints      int64
	OpenComplaints       int64
	ComplaintsByCategory []Count // by name; no zero counts
	LastComplaint        time.Time
}

// Count is how many there are of a name.
type Count struct {
	Name string
	N    int64
}

// ActiveOrders counts the orders still under way.
func (f Figures) ActiveOrders() int64 {
	var n int64
	for _, c := range f.OrdersByStatus {
		if OrderStatus(c.Name).IsActive() {
			n += c.N
		}
	}
	return n
}

// ResolvedComplaints counts the complaints that are no longer open.
func (f Figures) ResolvedComplaints() int64 { return f.TotalComplaints - f.OpenComplaints }

// AverageOrderValue is the order value over all orders, 0 when there are none.
func (f Figures) AverageOrderValue() Amount { return f.OrderValue.Mean(f.TotalOrders) }

// AddOrder adds the order n times; n is -1 to take it out again. It leaves
// LastOrder alone when taking out: the next latest is only known to the ledger.
func (f *Figures) AddOrder(o Order, n int64) {
	f.TotalOrders += n
	if o.Status != Cancelled {
		f.OrderValue += o.Total * Amount(n)
	}
	f.OrdersByStatus = addCount(f.OrdersByStatus, string(o.Status), n, compareOrderCounts)
	if n > 0 && o.PlacedAt.After(f.LastOrder) {
		f.LastOrder = o.PlacedAt
	}
}

// AddComplaint adds the complaint n times, like [Figures.AddOrder].
func (f *Figures) AddComplaint(c Complaint, n int64) {
	f.TotalComplaints += n
	if c.Status.IsOpen() {
		f.OpenComplaints += n
	}
	f.ComplaintsByCategory = addCount(f.ComplaintsByCategory, c.Category, n, compareNames)
	if n > 0 && c.OpenedAt.After(f.LastComplaint) {
		f.LastComplaint = c.OpenedAt
	}
}

// Clone is a copy that shares no memory with f.
func (f Figures) Clone() Figures {
	f.OrdersByStatus = slices.Clone(f.OrdersByStatus)
	f.ComplaintsByCategory = slices.Clone(f.ComplaintsByCategory)
	return f
}

func addCount(counts []Count, name string, n int64, order func(a, b Count) int) []Count {
	i, found := slices.BinarySearchFunc(counts, Count{Name: name}, order)
	if !found {
		return slices.Insert(counts, i, Count{name, n})
	}
	if counts[i].N += n; counts[i].N == 0 {
		return slices.Delete(counts, i, i+1)
	}
	return counts
}

// orderRank gives the known statuses the order of an order's life, as the
// contract lists them; unknown ones follow by name.
var orderRank = map[string]int{
	string(Placed): 1, string(Processing): 2, string(Shipped): 3, string(Delivered): 4, string(Cancelled): 5,
}

func compareOrderCounts(a, b Count) int {
	ra, rb := orderRank[a.Name], orderRank[b.Name]
	switch {
	case ra != 0 && rb != 0:
		return cmp.Compare(ra, rb)
	case ra != 0:
		return -1
	case rb != 0:
		return 1
	}
	return cmp.Compare(a.Name, b.Name)
}

// SetOrders takes over the figures of the orders.
func (f *Figures) SetOrders(from Figures) {
	f.TotalOrders, f.OrderValue, f.OrdersByStatus, f.LastOrder = from.TotalOrders, from.OrderValue, from.OrdersByStatus, from.LastOrder
}

// SetComplaints takes over the figures of the complaints.
func (f *Figures) SetComplaints(from Figures) {
	f.TotalComplaints, f.OpenComplaints = from.TotalComplaints, from.OpenComplaints
	f.ComplaintsByCategory, f.LastComplaint = from.ComplaintsByCategory, from.LastComplaint
}

// OrderCounts returns the counts in the order of [Figures.OrdersByStatus],
// without those that are zero.
func OrderCounts(counts map[string]int64) []Count { return sortedCounts(counts, compareOrderCounts) }

// ComplaintCounts returns the counts in the order of
// [Figures.ComplaintsByCategory], without those that are zero.
func ComplaintCounts(counts map[string]int64) []Count { return sortedCounts(counts, compareNames) }

func sortedCounts(counts map[string]int64, order func(a, b Count) int) (list []Count) {
	for name, n := range counts {
		if n != 0 {
			list = append(list, Count{name, n})
		}
	}
	slices.SortFunc(list, order)
	return list
}

// CheckOpening notes where an opening balance contradicts itself.
func CheckOpening(p *Problems, f Figures) {
	if n := total(f.OrdersByStatus); n != 0 && n != f.TotalOrders {
		p.Add("ordersByStatus", "must add up to totalOrders")
	}
	if f.OpenComplaints > f.TotalComplaints {
		p.Add("openComplaints", "must be at most totalComplaints")
	}
	if n := total(f.ComplaintsByCategory); n != 0 && n != f.TotalComplaints {
		p.Add("complaintsByCategory", "must add up to totalComplaints")
	}
}

func total(counts []Count) (n int64) {
	for _, c := range counts {
		n += c.N
	}
	return n
}

func compareNames(a, b Count) int { return cmp.Compare(a.Name, b.Name) }
