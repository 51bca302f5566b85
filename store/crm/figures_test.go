package crm_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

func TestFigures(t *testing.T) {
	noon := time.Date(2026, 1, 25, 12, 0, 0, 0, time.UTC)
	order := func(status crm.OrderStatus, total crm.Amount) crm.Order {
		return crm.Order{Status: status, Total: total, PlacedAt: noon}
	}

	t.Run("without orders and complaints all is zero", func(t *testing.T) {
		var f crm.Figures
		assert.Zero(t, f.ActiveOrders())
		assert.Zero(t, f.ResolvedComplaints())
		assert.Zero(t, f.AverageOrderValue())
	})
	t.Run("a cancelled order counts but brings no value", func(t *testing.T) {
		var f crm.Figures
		f.AddOrder(order(crm.Delivered, 1000), 1)
		f.AddOrder(order(crm.Cancelled, 500), 1)
		assert.EqualValues(t, 2, f.TotalOrders)
		assert.Equal(t, crm.Amount(1000), f.OrderValue)
		assert.Equal(t, crm.Amount(500), f.AverageOrderValue(), "over all orders")
		assert.Equal(t, noon, f.LastOrder)
	})
	t.Run("statuses stand in the order of an order's life, unknown ones behind by name", func(t *testing.T) {
		var f crm.Figures
		for _, s := range []crm.OrderStatus{"Returned", crm.Cancelled, "Packed", crm.Shipped, crm.Placed, crm.Delivered, crm.Processing, crm.Placed} {
			f.AddOrder(order(s, 1), 1)
		}
		assert.Equal(t, []crm.Count{
			{Name: "Placed", N: 2}, {Name: "Processing", N: 1}, {Name: "Shipped", N: 1}, {Name: "Delivered", N: 1},
			{Name: "Cancelled", N: 1}, {Name: "Packed", N: 1}, {Name: "Returned", N: 1},
		}, f.OrdersByStatus)
	})
	t.Run("orders in an unknown status are active", func(t *testing.T) {
		var f crm.Figures
		for _, s := range []crm.OrderStatus{"Packed", crm.Placed, crm.Processing, crm.Shipped, crm.Delivered, crm.Cancelled} {
			f.AddOrder(order(s, 1), 1)
		}
		assert.EqualValues(t, 4, f.ActiveOrders())
	})
	t.Run("a status that nothing is in any more is gone", func(t *testing.T) {
		var f crm.Figures
		f.AddOrder(order(crm.Placed, 1), 1)
		f.AddOrder(order(crm.Shipped, 1), 1)
		f.AddOrder(order(crm.Placed, 1), -1)
		assert.Equal(t, []crm.Count{{Name: "Shipped", N: 1}}, f.OrdersByStatus)
	})
	t.Run("an earlier order does not move the last order back", func(t *testing.T) {
		var f crm.Figures
		f.AddOrder(crm.Order{PlacedAt: noon}, 1)
		f.AddOrder(crm.Order{PlacedAt: noon.Add(-time.Hour)}, 1)
		assert.Equal(t, noon, f.LastOrder)
	})
	t.Run("taking an order out leaves the last order to the ledger", func(t *testing.T) {
		var f crm.Figures
		f.AddOrder(crm.Order{PlacedAt: noon}, 1)
		f.AddOrder(crm.Order{PlacedAt: noon}, -1)
		assert.Equal(t, noon, f.LastOrder)
	})
	t.Run("complaints are open until resolved or closed, unknown statuses too", func(t *testing.T) {
		var f crm.Figures
		for _, s := range []crm.ComplaintStatus{crm.Open, crm.InProgress, crm.Resolved, crm.Closed, "Escalated"} {
			f.AddComplaint(crm.Complaint{Category: "Billing", Status: s, OpenedAt: noon}, 1)
		}
		assert.EqualValues(t, 5, f.TotalComplaints)
		assert.EqualValues(t, 3, f.OpenComplaints)
		assert.EqualValues(t, 2, f.ResolvedComplaints())
		assert.Equal(t, noon, f.LastComplaint)
	})
	t.Run("complaint categories stand by name", func(t *testing.T) {
		var f crm.Figures
		for _, c := range []string{"Product Quality", "Delivery Issue", "Product Quality"} {
			f.AddComplaint(crm.Complaint{Category: c}, 1)
		}
		assert.Equal(t, []crm.Count{{Name: "Delivery Issue", N: 1}, {Name: "Product Quality", N: 2}}, f.ComplaintsByCategory)
	})
	t.Run("a clone does not move with the original", func(t *testing.T) {
		var f crm.Figures
		f.AddOrder(order(crm.Placed, 1), 1)
		f.AddComplaint(crm.Complaint{Category: "Billing"}, 1)
		clone := f.Clone()
		f.AddOrder(order(crm.Placed, 1), 1)
		f.AddComplaint(crm.Complaint{Category: "Billing"}, 1)
		assert.Equal(t, []crm.Count{{Name: "Placed", N: 1}}, clone.OrdersByStatus)
		assert.Equal(t, []crm.Count{{Name: "Billing", N: 1}}, clone.ComplaintsByCategory)
	})
}

// TestFiguresFollowTheLedger moves figures along with a random ledger and
// compares them, after every move, with a plain recount.
func TestFiguresFollowTheLedger(t *testing.T) {
	orderStatuses := []crm.OrderStatus{crm.Placed, crm.Processing, crm.Shipped, crm.Delivered, crm.Cancelled, "Packed", "Returned"}
	complaintStatuses := []crm.ComplaintStatus{crm.Open, crm.InProgress, crm.Resolved, crm.Closed, "Escalated"}
	categories := []string{"Billing", "Delivery Issue", "Product Quality"}

	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		var (
			f          crm.Figures
			orders     []crm.Order
			complaints []crm.Complaint
		)
		for range 200 {
			switch move := r.IntN(4); {
			case move == 0:
				o := crm.Order{Status: pick(r, orderStatuses), Total: crm.Amount(r.Int64N(100_000))}
				orders = append(orders, o)
				f.AddOrder(o, 1)
			case move == 1:
				c := crm.Complaint{Category: pick(r, categories), Status: pick(r, complaintStatuses)}
				complaints = append(complaints, c)
				f.AddComplaint(c, 1)
			case move == 2 && len(orders) > 0:
				i := r.IntN(len(orders))
				f.AddOrder(orders[i], -1)
				orders = slices.Delete(orders, i, i+1)
			case move == 3 && len(complaints) > 0:
				i := r.IntN(len(complaints))
				f.AddComplaint(complaints[i], -1)
				complaints = slices.Delete(complaints, i, i+1)
			}
			requireRecount(t, f, orders, complaints)
		}
	}
}

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func requireRecount(t *testing.T, f crm.Figures, orders []crm.Order, complaints []crm.Complaint) {
	t.Helper()
	var value crm.Amount
	var active, open int64
	byStatus, byCategory := map[string]int64{}, map[string]int64{}
	for _, o := range orders {
		if o.Status != "Cancelled" {
			value += o.Total
		}
		if o.Status != "Cancelled" && o.Status != "Delivered" {
			active++
		}
		byStatus[string(o.Status)]++
	}
	for _, c := range complaints {
		if c.Status != "Resolved" && c.Status != "Closed" {
			open++
		}
		byCategory[c.Category]++
	}
	require.EqualValues(t, len(orders), f.TotalOrders)
	require.Equal(t, value, f.OrderValue)
	require.Equal(t, active, f.ActiveOrders())
	require.Equal(t, byStatus, asMap(f.OrdersByStatus))
	require.EqualValues(t, len(complaints), f.TotalComplaints)
	require.Equal(t, open, f.OpenComplaints)
	require.EqualValues(t, len(complaints)-int(open), f.ResolvedComplaints())
	require.Equal(t, byCategory, asMap(f.ComplaintsByCategory))
}

// asMap fails to compare equal when a name stands twice, since then counts are
// lost, and keeps a zero count visible.
func asMap(counts []crm.Count) map[string]int64 {
	m := map[string]int64{}
	for _, c := range counts {
		m[c.Name] = c.N
	}
	return m
}
