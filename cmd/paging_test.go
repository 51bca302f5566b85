package cmd

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"crms/store"
	"crms/store/crm"
)

// listed is what the model knows of a customer.
type listed struct {
	id     string
	since  time.Time
	status crm.Status
	tier   crm.Type
	clan   string // the family name
}

// model answers lists from a plain slice, newest first.
type model []listed

// filter is a list's filter as it is asked for; empty fields choose all.
type filter struct{ status, tier, from, to string }

// chosen are the ids that the filter lets through, by days in the zone.
func (m model) chosen(f filter, zone *time.Location) []string {
	ids := []string{}
	for _, c := range m {
		day := c.since.In(zone).Format(time.DateOnly)
		if (f.status == "" || f.status == c.status.String()) && (f.tier == "" || f.tier == c.tier.String()) &&
			(f.from == "" || f.from <= day) && (f.to == "" || day <= f.to) {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// page is the part of ids that a page shows.
func page(ids []string, number, size int) []string {
	from := min((number-1)*size, len(ids))
	return ids[from:min(from+size, len(ids))]
}

// list is a list as the API answers it.
type list struct {
	Items []struct {
		CustomerID string `json:"customerId"`
	} `json:"items"`
	Pagination pagination `json:"pagination"`
}

type pagination struct {
	Page        int  `json:"page"`
	PageSize    int  `json:"pageSize"`
	TotalPages  int  `json:"totalPages"`
	TotalCount  int  `json:"totalCount"`
	HasNext     bool `json:"hasNext"`
	HasPrevious bool `json:"hasPrevious"`
}

func (v *service) list(t *testing.T, path string) (ids []string, p pagination) {
	t.Helper()
	status, answer := v.call(t, http.MethodGet, path, "")
	require.Equal(t, http.StatusOK, status, answer)
	var l list
	require.NoError(t, json.Unmarshal([]byte(answer), &l))
	ids = []string{}
	for _, item := range l.Items {
		ids = append(ids, item.CustomerID)
	}
	return ids, l.Pagination
}

func wantedPagination(number, size, total int) pagination {
	pages := (total + size - 1) / size
	return pagination{number, size, pages, total, number < pages, number > 1 && total > 0}
}

// clans are names far enough from each other that none is taken for another.
var clans = []string{"Abernathy", "Bhattacharya", "Castellanos", "Drozdowski", "Featherstone", "Gyllenhaal", "Hopkirk", "Marchetti", "Quisling", "Zimmermann"}

// populate fills the store with n customers of random lives: days with many of
// them, days with none, and registrations in the same millisecond.
func populate(t *testing.T, v *service, n int) model {
	t.Helper()
	r := rand.New(rand.NewPCG(20, 26))
	ids := crm.NewIDs()
	var m model
	var g errgroup.Group
	g.SetLimit(128)
	for i := range n {
		day := noon.AddDate(0, 0, -r.IntN(20)*r.IntN(20))
		since := day.Add(time.Duration(r.IntN(48)-24) * 30 * time.Minute)
		c := listed{"", since, crm.Status(r.IntN(crm.NumStatuses)), crm.Type(r.IntN(crm.NumTypes)), clans[r.IntN(len(clans))]}
		id := ids.New(since)
		c.id = id.String()
		m = append(m, c)
		g.Go(func() error {
			_, err := store.Do(context.Background(), v.store, store.Load{
				Change: store.Change{At: since, By: crm.AuthService},
				Customer: crm.Customer{
					ID: id, UserID: "USER-" + strconv.Itoa(i), Email: fmt.Sprintf("u%d@example.com", i), FullName: "Kim " + c.clan,
					Status: c.status, Type: c.tier, Since: since, Preferences: []byte("{}"), CreatedAt: since, LastModifiedAt: since,
				},
			})
			return err
		})
	}
	require.NoError(t, g.Wait())
	slices.SortFunc(m, func(a, b listed) int { return cmp.Or(b.since.Compare(a.since), cmp.Compare(b.id, a.id)) })
	return m
}

func TestPages(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Asia/Kolkata")
	require.NoError(t, err)
	v := startService(t, noon, "--zone", zone.String(), "--log-level", "warn")
	m := populate(t, v, 3000)
	r := rand.New(rand.NewPCG(4, 2))

	t.Run("every list agrees with a plain slice", func(t *testing.T) {
		for range 400 {
			f := randomFilter(r)
			ids := m.chosen(f, zone)
			size := 1 + r.IntN(100)
			number := 1 + r.IntN(len(ids)/size+3)
			q := f.query(number, size)
			got, p := v.list(t, "/api/customers?"+q)
			require.Equal(t, page(ids, number, size), got, q)
			require.Equal(t, wantedPagination(number, size, len(ids)), p, q)
		}
	})
	t.Run("the pages of a list are all of it, each customer once", func(t *testing.T) {
		f := filter{status: "Active"}
		var all []string
		for number := 1; ; number++ {
			got, p := v.list(t, "/api/customers?"+f.query(number, 97))
			all = append(all, got...)
			if !p.HasNext {
				break
			}
		}
		assert.Equal(t, m.chosen(f, zone), all)
	})
	t.Run("the pages of a search are all who match, each once", func(t *testing.T) {
		for _, clan := range clans {
			var want, all []string
			for _, c := range m {
				if c.clan == clan {
					want = append(want, c.id)
				}
			}
			for number := 1; ; number++ {
				got, p := v.list(t, fmt.Sprintf("/api/customers/search?q=%s&page=%d&limit=83", clan, number))
				require.Equal(t, wantedPagination(number, 83, len(want)), p)
				all = append(all, got...)
				if !p.HasNext {
					break
				}
			}
			assert.ElementsMatch(t, want, all)
		}
	})
}

func randomFilter(r *rand.Rand) filter {
	var f filter
	if r.IntN(2) == 0 {
		f.status = crm.Status(r.IntN(crm.NumStatuses)).String()
	}
	if r.IntN(2) == 0 {
		f.tier = crm.Type(r.IntN(crm.NumTypes)).String()
	}
	from := noon.AddDate(0, 0, -r.IntN(400))
	if r.IntN(2) == 0 {
		f.from = from.Format(time.DateOnly)
	}
	if r.IntN(2) == 0 {
		f.to = from.AddDate(0, 0, r.IntN(60)).Format(time.DateOnly)
	}
	return f
}

func (f filter) query(number, size int) string {
	q := url.Values{"page": {strconv.Itoa(number)}, "limit": {strconv.Itoa(size)}}
	for name, value := range map[string]string{"status": f.status, "customerType": f.tier, "fromDate": f.from, "toDate": f.to} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q.Encode()
}
