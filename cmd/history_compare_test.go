package cmd

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// compare asks the API for what a step may have changed, and more.
func (h *history) compare(r *rapid.T) {
	h.compareDashboard(r)
	h.compareLists(r)
	h.compareSearch(r)
	h.compareWaitingRooms(r)
	for user, u := range h.plain.users {
		h.compareUser(r, user, u)
	}
}

func (h *history) compareDashboard(r *rapid.T) {
	type shown struct {
		Data struct {
			Summary struct {
				TotalCustomers, ActiveCustomers, InactiveCustomers, SuspendedCustomers, NewCustomersToday, NewCustomersThisWeek, NewCustomersThisMonth int
			}
			CustomerTypes map[string]int
			OrderMetrics  struct {
				TotalOrders  int
				TotalRevenue float64
			}
			ComplaintMetrics struct{ TotalComplaints, OpenComplaints int }
			TopCustomers     []struct{ TotalOrderValue float64 }
		}
	}
	got := decoded[shown](h.desk.ask(http.MethodGet, "/api/customers/analytics", "")).Data
	var want shown
	var f plainFigures
	values := []float64{}
	want.Data.CustomerTypes = map[string]int{"Regular": 0, "Premium": 0, "VIP": 0}
	n := &want.Data.Summary
	for _, u := range h.plain.users {
		p := u.profile
		if p == nil {
			continue
		}
		f.add(p)
		n.TotalCustomers++
		*map[string]*int{"Active": &n.ActiveCustomers, "Inactive": &n.InactiveCustomers, "Suspended": &n.SuspendedCustomers}[p.status]++
		want.Data.CustomerTypes[p.tier]++
		if own := p.figures(); own.Orders > 0 {
			values = append(values, float64(own.Cents)/100)
		}
	}
	n.NewCustomersToday, n.NewCustomersThisWeek, n.NewCustomersThisMonth = n.TotalCustomers, n.TotalCustomers, n.TotalCustomers
	want.Data.OrderMetrics.TotalOrders, want.Data.OrderMetrics.TotalRevenue = f.Orders, float64(f.Cents)/100
	want.Data.ComplaintMetrics.TotalComplaints, want.Data.ComplaintMetrics.OpenComplaints = f.Complaints, f.OpenComplaints
	slices.Sort(values)
	slices.Reverse(values)
	top := []float64{}
	for _, c := range got.TopCustomers {
		top = append(top, c.TotalOrderValue)
	}
	require.Equal(r, values[:min(10, len(values))], top)
	got.TopCustomers = nil
	require.Equal(r, want.Data, got)
}

// users is a list as the API answers it.
type users struct {
	Items      []struct{ UserID string }
	Pagination pagination
}

func (l users) ids() []string {
	ids := []string{}
	for _, item := range l.Items {
		ids = append(ids, item.UserID)
	}
	return ids
}

func (h *history) compareLists(r *rapid.T) {
	status := rapid.SampledFrom([]string{"", "Active", "Inactive", "Suspended"}).Draw(r, "list by status")
	tier := rapid.SampledFrom([]string{"", "Regular", "Premium", "VIP"}).Draw(r, "and type")
	size, number := rapid.IntRange(1, 4).Draw(r, "limit"), rapid.IntRange(1, 3).Draw(r, "page")
	all := h.plain.registered(func(p *plainProfile) bool {
		return (status == "" || p.status == status) && (tier == "" || p.tier == tier)
	})
	chosen := filter{status: status, tier: tier}
	if rapid.Bool().Draw(r, "by the day") { // the total is added up in another way
		chosen.from, chosen.to = "2026-01-25", "2026-01-25"
	}
	q := chosen.query(number, size)
	got := decoded[users](h.desk.ask(http.MethodGet, "/api/customers?"+q, ""))
	require.Equal(r, page(all, number, size), got.ids(), q)
	require.Equal(r, wantedPagination(number, size, len(all)), got.Pagination, q)
}

func (h *history) compareSearch(r *rapid.T) {
	clan := rapid.SampledFrom(clans[:5]).Draw(r, "search")
	want := h.plain.registered(func(p *plainProfile) bool { return strings.HasSuffix(p.name, clan) })
	got := decoded[users](h.desk.ask(http.MethodGet, "/api/customers/search?limit=100&q="+url.QueryEscape(clan), ""))
	require.ElementsMatch(r, want, got.ids(), clan)
	require.Equal(r, len(want), got.Pagination.TotalCount)
}

func (h *history) compareWaitingRooms(r *rapid.T) {
	type telling struct{ UserID, What string }
	got, want := []plainTelling{}, append([]plainTelling{}, h.plain.outbox...)
	for _, e := range decoded[struct{ Items []telling }](h.desk.ask(http.MethodGet, "/api/operations/outbox?limit=100", "")).Items {
		got = append(got, plainTelling{e.UserID, e.What})
	}
	require.Equal(r, want[:min(100, len(want))], got)

	parked := map[string]int{}
	for _, id := range decoded[users](h.desk.ask(http.MethodGet, "/api/operations/parked?limit=100", "")).ids() {
		parked[id]++
	}
	require.Equal(r, h.plain.waiting(), parked)
}

// compareUser holds every answer about one user to the plain shop's.
func (h *history) compareUser(r *rapid.T, user string, u *plainUser) {
	got := h.desk.ask(http.MethodGet, "/api/users/"+user+"/eligibility", "")
	p := u.profile
	if p == nil {
		require.Equal(r, http.StatusNotFound, got.code, user)
		return
	}
	type eligibility struct {
		Data struct {
			CustomerID, CustomerStatus          string
			CanPlaceOrders, CanCreateComplaints bool
		}
	}
	may := decoded[eligibility](got).Data
	require.Equal(r, []any{p.status, p.status == "Active", p.status == "Active"}, []any{may.CustomerStatus, may.CanPlaceOrders, may.CanCreateComplaints})
	path := "/api/customers/" + may.CustomerID

	type shown struct {
		Data struct {
			UserID, Email, FullName, ContactNumber, CustomerStatus, CustomerType, CustomerSince string
			TotalOrders, TotalComplaints, OpenComplaints                                        int
			TotalOrderValue                                                                     float64
			Notes                                                                               []struct{ NoteID, Content string }
		}
	}
	answer := h.desk.ask(http.MethodGet, path, "")
	c, f := decoded[shown](answer).Data, p.figures()
	require.Equal(r, []any{user, p.email, p.name, p.number, p.status, p.tier, p.since.Format("2006-01-02T15:04:05.000Z")},
		[]any{c.UserID, c.Email, c.FullName, c.ContactNumber, c.CustomerStatus, c.CustomerType, c.CustomerSince})
	require.Equal(r, f, plainFigures{c.TotalOrders, c.TotalComplaints, c.OpenComplaints, int64(c.TotalOrderValue*100 + 0.5)})
	require.True(r, strings.HasPrefix(answer.etag, fmt.Sprintf(`"%x-`, len(p.history))), "%s after %v", answer.etag, p.history)
	require.Len(r, c.Notes, len(p.notes))
	for i, n := range c.Notes {
		require.Equal(r, []string{fmt.Sprintf("note-%03d", i+1), p.notes[i]}, []string{n.NoteID, n.Content})
	}
	h.compareStatistics(r, path, p)
	h.compareHistory(r, path, p)
}

func (h *history) compareStatistics(r *rapid.T, path string, p *plainProfile) {
	type shown struct {
		Data struct {
			OrderStatistics     struct{ OrdersByStatus map[string]int }
			ComplaintStatistics struct {
				ResolvedComplaints   int
				ComplaintsByCategory map[string]int
			}
		}
	}
	orders, complaints, resolved := map[string]int{}, map[string]int{}, 0
	for _, e := range p.things {
		switch {
		case e.gone:
		case e.isOrder():
			orders[e.status]++
		default:
			complaints[e.category]++
			if !e.isOpen() {
				resolved++
			}
		}
	}
	got := decoded[shown](h.desk.ask(http.MethodGet, path+"/statistics", "")).Data
	require.Equal(r, orders, got.OrderStatistics.OrdersByStatus)
	require.Equal(r, complaints, got.ComplaintStatistics.ComplaintsByCategory)
	require.Equal(r, resolved, got.ComplaintStatistics.ResolvedComplaints)
}

func (h *history) compareHistory(r *rapid.T, path string, p *plainProfile) {
	type shown struct {
		Items      []struct{ EntryID, Action string }
		Pagination pagination
	}
	got := decoded[shown](h.desk.ask(http.MethodGet, path+"/history?limit=100", ""))
	require.Equal(r, len(p.history), got.Pagination.TotalCount)
	for i, e := range got.Items {
		number := len(p.history) - i
		require.Equal(r, []string{fmt.Sprintf("entry-%03d", number), p.history[number-1]}, []string{e.EntryID, e.Action})
	}
}
