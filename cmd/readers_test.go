package cmd

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store"
	"crms/store/crm"
)

// busyShop is a service that writers change, each a clan of its own, while readers
// hold each answer to what must be true at any moment. Its old customers are VIPs
// named Marchetti, and nobody touches them.
type busyShop struct {
	*service
	desk
	t       *testing.T
	old     map[string]bool
	writing chan struct{} // closed when the writers are done
}

const oldClan, oldCustomers = "Marchetti", 60

// TestAnswersAreOfOneMomentWhileOthersWrite lets readers and writers work side by
// side.
func TestAnswersAreOfOneMomentWhileOthersWrite(t *testing.T) {
	t.Parallel()
	s := newBusyShop(t)
	changes := 25
	if soaking() {
		changes = 5000
	}
	var writers, readers sync.WaitGroup
	for n := range 4 {
		writers.Go(func() { s.write(n, changes) })
	}
	for _, read := range []func(){s.readDashboard, s.readPage, s.walkList, s.walkType, s.walkSearch, s.verify, s.readSnapshot} {
		readers.Go(func() {
			for {
				read()
				select {
				case <-s.writing:
					read() // once more, when all is done
					return
				default:
				}
			}
		})
	}
	writers.Wait()
	close(s.writing)
	readers.Wait()
}

func newBusyShop(t *testing.T) *busyShop {
	t.Helper()
	v := startService(t, noon, "--log-level", "warn")
	s := &busyShop{service: v, desk: newDesk(t, v.api, noon), t: t, old: map[string]bool{}, writing: make(chan struct{})}
	for n := range oldCustomers {
		made := s.ask(http.MethodPost, "/api/customers", object("email", fmt.Sprintf("old.%d@example.com", n), "fullName", "Kim "+oldClan, "customerType", "VIP"))
		require.Equal(t, http.StatusCreated, made.code, string(made.body))
		s.old[decoded[struct{ Data shownProfile }](made).Data.CustomerID] = true
	}
	return s
}

// write makes and changes customers of a clan. What it is answered it reads at
// once, in every place where it must show.
func (s *busyShop) write(n, changes int) {
	random, clan := rand.New(rand.NewPCG(uint64(n), 5)), clans[n]
	var mine []string // ids
	orders := map[string]int{}
	for i := range changes {
		if len(mine) == 0 || random.IntN(4) == 0 {
			user := fmt.Sprintf("busy-%d-%d", n, i)
			made := s.ask(http.MethodPost, "/api/customers", object("userId", user, "email", user+"@example.com", "fullName", "Kim "+clan))
			if !assert.Equal(s.t, http.StatusCreated, made.code, string(made.body)) {
				return
			}
			mine = append(mine, decoded[struct{ Data shownProfile }](made).Data.CustomerID)
			orders[mine[len(mine)-1]+"/user"] = i
			found := decoded[list](s.ask(http.MethodGet, "/api/customers/search?limit=1&q="+clan, ""))
			assert.Equal(s.t, len(mine), found.Pagination.TotalCount, "who was made is found")
			all := decoded[list](s.ask(http.MethodGet, "/api/customers?limit=1&customerType=Regular", ""))
			assert.GreaterOrEqual(s.t, all.Pagination.TotalCount, len(mine), "and listed")
			continue
		}
		id := mine[random.IntN(len(mine))]
		path := "/api/customers/" + id
		switch random.IntN(3) {
		case 0:
			name := fmt.Sprintf("Kim%d %s", i, clan)
			s.expect(http.StatusOK, s.ask(http.MethodPut, path, object("fullName", name)))
			assert.Equal(s.t, name, decoded[struct{ Data shownProfile }](s.ask(http.MethodGet, path, "")).Data.FullName)
		case 1:
			status := []string{"Active", "Inactive", "Suspended"}[random.IntN(3)]
			s.expect(http.StatusOK, s.ask(http.MethodPatch, path+"/status", object("status", status)))
			assert.Equal(s.t, status, decoded[struct{ Data shownProfile }](s.ask(http.MethodGet, path, "")).Data.CustomerStatus)
		case 2:
			user := fmt.Sprintf("busy-%d-%d", n, orders[id+"/user"])
			r, applied, _ := s.report(fmt.Sprintf(`{"specversion":"1.0","id":"o-%d-%d","source":"/orms","type":"orms.order.placed","time":"2026-01-25T12:00:01Z",
				"data":{"orderId":"o-%d","userId":%q,"total":2.50,"placedAt":"2026-01-25T12:00:01Z"}}`, n, i, i, user))
			s.expect(http.StatusOK, r)
			assert.Equal(s.t, 1, applied)
			orders[id]++
			type shown struct {
				Data struct {
					OrderStatistics struct {
						TotalOrders     int
						TotalOrderValue float64
					}
				}
			}
			got := decoded[shown](s.ask(http.MethodGet, path+"/statistics", "")).Data.OrderStatistics
			assert.Equal(s.t, orders[id], got.TotalOrders)
			assert.InDelta(s.t, 2.5*float64(orders[id]), got.TotalOrderValue, 0.001)
		}
	}
}

func (s *busyShop) expect(code int, r answered) { assert.Equal(s.t, code, r.code, string(r.body)) }

// dashboard is a part of the analytics.
type dashboard struct {
	Data struct {
		Summary struct {
			TotalCustomers, ActiveCustomers, InactiveCustomers, SuspendedCustomers, NewCustomersToday, NewCustomersThisMonth int
		}
		CustomerTypes map[string]int
		OrderMetrics  struct {
			TotalOrders  int
			TotalRevenue float64
		}
	}
}

// readDashboard holds the figures of one answer to each other, and to those of the
// answer before: nobody leaves, and every order is worth 2.50.
func (s *busyShop) readDashboard() {
	var customers, orders int
	for range 10 {
		a := decoded[dashboard](s.ask(http.MethodGet, "/api/customers/analytics", "")).Data
		total := a.Summary.TotalCustomers
		assert.Equal(s.t, total, a.Summary.ActiveCustomers+a.Summary.InactiveCustomers+a.Summary.SuspendedCustomers)
		assert.Equal(s.t, total, a.CustomerTypes["Regular"]+a.CustomerTypes["Premium"]+a.CustomerTypes["VIP"])
		assert.Equal(s.t, []int{total, total}, []int{a.Summary.NewCustomersToday, a.Summary.NewCustomersThisMonth})
		assert.InDelta(s.t, 2.5*float64(a.OrderMetrics.TotalOrders), a.OrderMetrics.TotalRevenue, 0.001)
		assert.GreaterOrEqual(s.t, total, customers, "what was read is not taken back")
		assert.GreaterOrEqual(s.t, a.OrderMetrics.TotalOrders, orders)
		customers, orders = total, a.OrderMetrics.TotalOrders
	}
}

// readPage reads pages of which each is an answer by itself.
func (s *busyShop) readPage() {
	for _, status := range []string{"", "&status=Active", "&status=Suspended"} {
		l := decoded[list](s.ask(http.MethodGet, "/api/customers?limit=100"+status, ""))
		seen := map[string]bool{}
		for _, item := range l.Items {
			assert.False(s.t, seen[item.CustomerID], "%s is there twice", item.CustomerID)
			seen[item.CustomerID] = true
		}
		assert.Len(s.t, l.Items, min(100, l.Pagination.TotalCount))
	}
}

// walk goes through all pages of a list and counts how often each id is shown.
func (s *busyShop) walk(path string) (shown map[string]int, total int) {
	shown = map[string]int{}
	for number := 1; ; number++ {
		l := decoded[list](s.ask(http.MethodGet, fmt.Sprintf("%s&limit=17&page=%d", path, number), ""))
		for _, item := range l.Items {
			shown[item.CustomerID]++
		}
		if !l.Pagination.HasNext {
			return shown, l.Pagination.TotalCount
		}
	}
}

// walkList misses nobody who was there before, though others come meanwhile.
func (s *busyShop) walkList() {
	shown, _ := s.walk("/api/customers?")
	for id := range s.old {
		assert.Positive(s.t, shown[id], "%s was missed", id)
	}
}

// walkType walks a list that nobody joins or leaves.
func (s *busyShop) walkType() {
	shown, total := s.walk("/api/customers?customerType=VIP")
	s.assertOld(shown, total)
}

func (s *busyShop) walkSearch() {
	shown, total := s.walk("/api/customers/search?q=" + strings.ToLower(oldClan))
	s.assertOld(shown, total)
}

// assertOld wants each of the old customers once, and nobody else.
func (s *busyShop) assertOld(shown map[string]int, total int) {
	assert.Equal(s.t, len(s.old), total)
	assert.Len(s.t, shown, total)
	for id, times := range shown {
		assert.True(s.t, s.old[id])
		assert.Equal(s.t, 1, times)
	}
}

// verify recounts the running store in the middle of it all.
func (s *busyShop) verify() {
	findings, err := s.store.Verify()
	assert.NoError(s.t, err)
	assert.Empty(s.t, findings)
}

// readSnapshot pages through a copy of one moment: the pages of each list are all
// of it, each customer once.
func (s *busyShop) readSnapshot() {
	n, err := s.store.Snapshot(noon)
	if !assert.NoError(s.t, err) {
		return
	}
	defer func() { assert.NoError(s.t, n.Remove()) }()
	frozen, err := store.Open(n.Dir, store.Options{Existing: true, Log: slog.New(slog.DiscardHandler)})
	if !assert.NoError(s.t, err) {
		return
	}
	defer func() { assert.NoError(s.t, frozen.Close()) }()
	active := crm.Active
	for _, f := range []store.Filter{{}, {Status: &active}} {
		seen := map[crm.ID]bool{}
		total := int64(1)
		for offset := int64(0); offset < total; offset += 13 {
			var page []crm.Customer
			page, total, err = frozen.List(f, offset, 13)
			assert.NoError(s.t, err)
			for _, c := range page {
				assert.False(s.t, seen[c.ID], "%s is on two pages", c.ID)
				seen[c.ID] = true
			}
		}
		assert.Len(s.t, seen, int(total))
	}
}
