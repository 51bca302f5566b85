package crm_test

import (
	"testing"

	"crms/store/crm"

	"github.com/stretchr/testify/assert"
)

func TestCheckOpening(t *testing.T) {
	one := []crm.Count{{Name: "x", N: 1}}
	tests := []struct {
		name    string
		opening crm.Figures
		field   string
	}{
		{"counts by status that are not all orders", crm.Figures{TotalOrders: 2, OrdersByStatus: one}, "ordersByStatus"},
		{"more open complaints than complaints", crm.Figures{OpenComplaints: 1}, "openComplaints"},
		{"counts by category that are not all complaints", crm.Figures{TotalComplaints: 2, ComplaintsByCategory: one}, "complaintsByCategory"},
	}
	for _, tt := range tests {
		t.Run("finds "+tt.name, func(t *testing.T) {
			var p crm.Problems
			crm.CheckOpening(&p, tt.opening)
			if assert.Len(t, p, 1) {
				assert.Equal(t, tt.field, p[0].Field)
			}
		})
	}
	t.Run("takes totals without counts", func(t *testing.T) {
		var p crm.Problems
		crm.CheckOpening(&p, crm.Figures{TotalOrders: 2, TotalComplaints: 2, OpenComplaints: 2})
		assert.Empty(t, p)
	})
}

func TestCountsAreInTheOrderOfFigures(t *testing.T) {
	assert.Equal(t, []crm.Count{{"Placed", 1}, {"Cancelled", 2}, {"Lost", 3}},
		crm.OrderCounts(map[string]int64{"Lost": 3, "Cancelled": 2, "Shipped": 0, "Placed": 1}))
	assert.Equal(t, []crm.Count{{"Cancelled", 2}, {"Placed", 1}}, crm.ComplaintCounts(map[string]int64{"Placed": 1, "Cancelled": 2}))
}
