package httpapi

import "crms/store/crm"

func (a *API) analytics(*request) (answer, error) {
	all, err := a.store.Analytics(a.now())
	if err != nil {
		return answer{}, err
	}
	return answer{message: "Customer analytics retrieved successfully", body: jsonValue(analyticsShape(all))}, nil
}

// analyticsOnWire is what the contract shows for analytics.
type analyticsOnWire struct {
	Summary          summary          `json:"summary"`
	CustomerTypes    counts           `json:"customerTypes"`
	OrderMetrics     orderMetrics     `json:"orderMetrics"`
	ComplaintMetrics complaintMetrics `json:"complaintMetrics"`
	TopCustomers     []topCustomer    `json:"topCustomers"`
}

type summary struct {
	TotalCustomers        int64 `json:"totalCustomers"`
	ActiveCustomers       int64 `json:"activeCustomers"`
	InactiveCustomers     int64 `json:"inactiveCustomers"`
	SuspendedCustomers    int64 `json:"suspendedCustomers"`
	NewCustomersToday     int64 `json:"newCustomersToday"`
	NewCustomersThisWeek  int64 `json:"newCustomersThisWeek"`
	NewCustomersThisMonth int64 `json:"newCustomersThisMonth"`
}

type orderMetrics struct {
	TotalOrders               int64 `json:"totalOrders"`
	TotalRevenue              money `json:"totalRevenue"`
	AverageOrdersPerCustomer  money `json:"averageOrdersPerCustomer"`
	AverageRevenuePerCustomer money `json:"averageRevenuePerCustomer"`
}

type complaintMetrics struct {
	TotalComplaints              int64 `json:"totalComplaints"`
	OpenComplaints               int64 `json:"openComplaints"`
	ComplaintRate                money `json:"complaintRate"`
	AverageComplaintsPerCustomer money `json:"averageComplaintsPerCustomer"`
}

type topCustomer struct {
	CustomerID      string `json:"customerId"`
	FullName        string `json:"fullName"`
	Email           string `json:"email"`
	TotalOrders     int64  `json:"totalOrders"`
	TotalOrderValue money  `json:"totalOrderValue"`
}

func analyticsShape(a crm.Analytics) analyticsOnWire {
	w := analyticsOnWire{
		Summary: summary{
			TotalCustomers: a.All.Customers, ActiveCustomers: a.ByStatus[crm.Active],
			InactiveCustomers: a.ByStatus[crm.Inactive], SuspendedCustomers: a.ByStatus[crm.Suspended],
			NewCustomersToday: a.NewToday, NewCustomersThisWeek: a.NewThisWeek, NewCustomersThisMonth: a.NewThisMonth,
		},
		OrderMetrics: orderMetrics{
			TotalOrders: a.All.Orders, TotalRevenue: money(a.All.OrderValue),
			AverageOrdersPerCustomer: money(a.OrdersPerCustomer()), AverageRevenuePerCustomer: money(a.RevenuePerCustomer()),
		},
		ComplaintMetrics: complaintMetrics{
			TotalComplaints: a.All.Complaints, OpenComplaints: a.All.OpenComplaints,
			ComplaintRate: money(a.ComplaintRate()), AverageComplaintsPerCustomer: money(a.ComplaintsPerCustomer()),
		},
		TopCustomers: make([]topCustomer, len(a.Top)),
	}
	for t, n := range a.ByType {
		w.CustomerTypes = append(w.CustomerTypes, crm.Count{Name: crm.Type(t).String(), N: n})
	}
	for i, c := range a.Top {
		w.TopCustomers[i] = topCustomer{c.ID.String(), c.FullName, c.Email, c.Figures.TotalOrders, money(c.Figures.OrderValue)}
	}
	return w
}
