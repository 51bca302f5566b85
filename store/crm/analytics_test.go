package crm_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"crms/store/crm"
)

func TestTotalsAdd(t *testing.T) {
	one := crm.Totals{Customers: 1, Orders: 15, OrderValue: 2456750, Complaints: 2, OpenComplaints: 1}

	t.Run("adds every figure as often as asked", func(t *testing.T) {
		totals := one
		totals.Add(one, 2)
		assert.Equal(t, crm.Totals{Customers: 3, Orders: 45, OrderValue: 7370250, Complaints: 6, OpenComplaints: 3}, totals)
	})
	t.Run("takes out what it added", func(t *testing.T) {
		var totals crm.Totals
		totals.Add(one, 1)
		totals.Add(one, -1)
		assert.Zero(t, totals)
	})
}

func TestAnalyticsQuotients(t *testing.T) {
	t.Run("follow from the totals of the contract", func(t *testing.T) {
		a := crm.Analytics{All: crm.Totals{Customers: 487, Orders: 3456, OrderValue: 256789050, Complaints: 234}}
		// The contract's 7.09 and 5271.23 do not follow from its own totals.
		assert.Equal(t, "7.10", a.OrdersPerCustomer().String())
		assert.Equal(t, "5272.88", a.RevenuePerCustomer().String())
		assert.Equal(t, "6.77", a.ComplaintRate().String())
		assert.Equal(t, "0.48", a.ComplaintsPerCustomer().String())
	})
	t.Run("are 0 for an empty shop", func(t *testing.T) {
		var a crm.Analytics
		assert.Zero(t, a.OrdersPerCustomer())
		assert.Zero(t, a.RevenuePerCustomer())
		assert.Zero(t, a.ComplaintRate())
		assert.Zero(t, a.ComplaintsPerCustomer())
	})
	t.Run("a complaint without any order gives no rate", func(t *testing.T) {
		a := crm.Analytics{All: crm.Totals{Customers: 1, Complaints: 3}}
		assert.Zero(t, a.ComplaintRate())
		assert.Equal(t, "3.00", a.ComplaintsPerCustomer().String())
	})
}
