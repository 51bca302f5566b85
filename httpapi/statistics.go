package httpapi

import "crms/store/crm"

func (a *API) statistics(r *request, id crm.ID) (answer, error) {
	c, err := a.store.Customer(id)
	if err != nil {
		return answer{}, err
	}
	return a.statisticsAnswer(c), nil
}

func (a *API) statisticsAnswer(c crm.Customer) answer {
	return answer{
		message: "Customer statistics retrieved successfully",
		body:    jsonValue(statisticsShape(c, crm.ElapsedDays(c.Since, a.now()))),
	}
}

// statisticsOnWire is the contract's Statistics object.
type statisticsOnWire struct {
	CustomerID          string              `json:"customerId"`
	Email               string              `json:"email"`
	FullName            string              `json:"fullName"`
	OrderStatistics     orderStatistics     `json:"orderStatistics"`
	ComplaintStatistics complaintStatistics `json:"complaintStatistics"`
	CustomerProfile     customerProfile     `json:"customerProfile"`
}

type orderStatistics struct {
	TotalOrders       int64  `json:"totalOrders"`
	TotalOrderValue   money  `json:"totalOrderValue"`
	AverageOrderValue money  `json:"averageOrderValue"`
	LastOrderDate     string `json:"lastOrderDate,omitempty"`
	OrdersByStatus    counts `json:"ordersByStatus"`
}

type complaintStatistics struct {
	TotalComplaints      int64  `json:"totalComplaints"`
	OpenComplaints       int64  `json:"openComplaints"`
	ResolvedComplaints   int64  `json:"resolvedComplaints"`
	LastComplaintDate    string `json:"lastComplaintDate,omitempty"`
	ComplaintsByCategory counts `json:"complaintsByCategory"`
}

type customerProfile struct {
	CustomerStatus        string `json:"customerStatus"`
	CustomerType          string `json:"customerType"`
	CustomerSince         string `json:"customerSince"`
	DaysSinceRegistration int64  `json:"daysSinceRegistration"`
}

func statisticsShape(c crm.Customer, days int64) statisticsOnWire {
	s := statisticsOnWire{
		CustomerID: c.ID.String(), Email: c.Email, FullName: c.FullName,
		OrderStatistics: orderStatistics{
			TotalOrders: c.Figures.TotalOrders, TotalOrderValue: money(c.Figures.OrderValue),
			AverageOrderValue: money(c.Figures.AverageOrderValue()), OrdersByStatus: c.Figures.OrdersByStatus,
		},
		ComplaintStatistics: complaintStatistics{
			TotalComplaints: c.Figures.TotalComplaints, OpenComplaints: c.Figures.OpenComplaints,
			ResolvedComplaints: c.Figures.ResolvedComplaints(), ComplaintsByCategory: c.Figures.ComplaintsByCategory,
		},
		CustomerProfile: customerProfile{
			CustomerStatus: c.Status.String(), CustomerType: c.Type.String(),
			CustomerSince: crm.FormatTime(c.Since), DaysSinceRegistration: days,
		},
	}
	if !c.Figures.LastOrder.IsZero() {
		s.OrderStatistics.LastOrderDate = crm.FormatTime(c.Figures.LastOrder)
	}
	if !c.Figures.LastComplaint.IsZero() {
		s.ComplaintStatistics.LastComplaintDate = crm.FormatTime(c.Figures.LastComplaint)
	}
	return s
}
