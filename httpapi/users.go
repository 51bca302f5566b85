package httpapi

// eligibility answers what ORMS and CMPS ask before they accept an order or a
// complaint.
func (a *API) eligibility(r *request) (answer, error) {
	c, err := a.store.CustomerByUser(r.params.ByName("user_id"))
	if err != nil {
		return answer{}, err
	}
	return answer{message: "Customer eligibility retrieved successfully", body: jsonValue(struct {
		CustomerID          string `json:"customerId"`
		UserID              string `json:"userId"`
		CustomerStatus      string `json:"customerStatus"`
		CanPlaceOrders      bool   `json:"canPlaceOrders"`
		CanCreateComplaints bool   `json:"canCreateComplaints"`
	}{c.ID.String(), c.UserID, c.Status.String(), c.Status.CanPlaceOrders(), c.Status.CanCreateComplaints()})}, nil
}
