package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func testDashboard(t *testing.T, browser context.Context, shop *service) {
	b := openConsole(t, browser, shop, "/#/dashboard")
	t.Run("shows the figures of the API", func(t *testing.T) {
		status, answer := shop.call(t, http.MethodGet, "/api/customers/analytics", "")
		require.Equal(t, http.StatusOK, status, answer)
		var analytics struct {
			Data struct {
				Summary          struct{ TotalCustomers, ActiveCustomers, InactiveCustomers, SuspendedCustomers int64 }
				CustomerTypes    map[string]int64
				OrderMetrics     struct{ TotalOrders int64 }
				ComplaintMetrics struct{ TotalComplaints, OpenComplaints int64 }
				TopCustomers     []struct{ FullName string }
			}
		}
		require.NoError(t, json.Unmarshal([]byte(answer), &analytics))
		a := analytics.Data
		b.see(".dashboard-figures", "Customers "+grouped(a.Summary.TotalCustomers))
		b.see(".dashboard-figures", grouped(a.Summary.ActiveCustomers)+" active")
		b.see(".dashboard-figures", "Orders "+grouped(a.OrderMetrics.TotalOrders))
		b.see(".dashboard-figures", "Complaints "+grouped(a.ComplaintMetrics.TotalComplaints))
		b.see(".dashboard-figures", grouped(a.ComplaintMetrics.OpenComplaints)+" open")
		for status, n := range map[string]int64{
			"Active": a.Summary.ActiveCustomers, "Inactive": a.Summary.InactiveCustomers, "Suspended": a.Summary.SuspendedCustomers,
			"Regular": a.CustomerTypes["Regular"], "Premium": a.CustomerTypes["Premium"], "VIP": a.CustomerTypes["VIP"],
		} {
			b.see("figure.bars li, figure.bars tr", status+" "+grouped(n))
		}
		names := b.texts(".top-customers tbody tr a")
		require.Len(t, names, len(a.TopCustomers))
		for i, top := range a.TopCustomers {
			assert.Equal(t, top.FullName, names[i])
		}
		b.see("#as-of", "Days in UTC")
		b.look("dashboard")
	})
	t.Run("ends its days with the service's today, however wrong the browser's clock is", func(t *testing.T) {
		b.run(fmt.Sprintf(clockScript, shop.clock.now().Add(48*time.Hour).UnixMilli()))
		for _, chosen := range []struct{ name, place, says, last string }{
			{"90 days", "#/dashboard?range=90", "in 90 days", "Mon, 2 Feb 2026"},
			{"Year", "#/dashboard?range=year", "in 52 weeks", "2 Feb to Mon, 2 Feb 2026"},
			{"30 days", "#/dashboard", "in 30 days", "Mon, 2 Feb 2026"},
		} {
			b.clickNamed("#registrations label", chosen.name)
			b.seeAddress(chosen.place)
			b.see(".columns-readout", chosen.says)
			assert.Equal(t, chosen.last, evaluate[string](b, `document.querySelector(".columns-table tbody td").textContent`))
		}
	})
	t.Run("leads to the customers that a bar counts", func(t *testing.T) {
		b.clickNamed("figure.bars a", "Suspended")
		b.seeAddress("#/customers?status=Suspended")
	})
}

// grouped writes a count as the console does: 12,345.
func grouped(n int64) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10)
	}
	rest := strconv.FormatInt(1000+n%1000, 10)
	return grouped(n/1000) + "," + rest[1:]
}

// testOperations looks after what waits: entries that ATHS has refused, and
// events of users that nobody knows.
func testOperations(t *testing.T, browser context.Context) {
	var accepts atomic.Bool
	aths := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if accepts.Load() {
			w.WriteHeader(http.StatusNoContent)
		} else {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(aths.Close)
	v := startService(t, noon, "--data", waitingRooms(t), "--aths-url", aths.URL)
	b := openConsole(t, browser, v, "/#/operations")
	t.Run("shows the parts, and what waits with its reasons", func(t *testing.T) {
		b.see("#state", "Degraded")
		b.see("#outbox", "ATHS answered 403 Forbidden")
		b.see("#parked", "USER-8")
		b.look("operations")
	})
	t.Run("does not send what a newer change has overtaken, but drops it", func(t *testing.T) {
		b.expect("POST /api/operations/outbox/4/retry 409")
		b.clickNamed("#outbox button", "Retry: Status change to Suspended of USER-2")
		b.see("[data-testid=toast]", "A newer change has overtaken this entry")
		b.clickNamed("#outbox button", "Drop: Status change to Suspended of USER-2")
		b.see("[data-testid=confirm]", "Drop this entry?")
		b.look("operations-drop")
		b.clickNamed("[data-testid=confirm] button", "Drop entry")
		b.see("[data-testid=toast]", "Entry dropped")
		b.wait("the entry is gone", `!document.querySelector("#outbox").innerText.includes("USER-2")`)
	})
	t.Run("sends again what ATHS takes now", func(t *testing.T) {
		accepts.Store(true)
		b.click("#retry-all")
		b.see("[data-testid=toast]", "sent again")
		b.seeNo("#outbox li")
	})
	t.Run("drops parked events", func(t *testing.T) {
		b.clickNamed("#parked button", "Drop: events of USER-8")
		b.clickNamed("[data-testid=confirm] button", "Drop events")
		b.see("[data-testid=toast]", "1 event dropped")
		b.wait("the events are gone", `!document.querySelector("#parked").innerText.includes("USER-8")`)
		_, answer := v.call(t, http.MethodGet, "/api/operations/parked", "")
		assert.NotContains(t, answer, "USER-8")
		assert.Contains(t, answer, "USER-9")
		b.look("operations-after")
	})
}
