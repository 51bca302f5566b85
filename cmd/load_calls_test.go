package cmd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/store"
	"crms/store/crm"
	"crms/store/sample"
)

// crowd is a shop's customers, in no order, and the calls that are made about
// them.
type crowd struct {
	customers []sample.Customer
	admin     string     // token
	own       []loadCall // of active customers for their own profiles
	deep      string     // path of a page far behind the first
	writes    atomic.Int64
	raised    []sample.Customer // above Regular, which is the type that the page far behind lists
	patches   atomic.Int64      // of theirs
}

const (
	// perPage is the limit of lists, and deepPage the page that is far behind the
	// first, if there are as many.
	perPage  = 20
	deepPage = 500
	// signedIn is how many customers look at their own profile.
	signedIn = 1000
)

// gather imports so many invented customers into the store and makes what calls
// about them need.
func gather(b *testing.B, s *store.Store, customers int) *crowd {
	b.Helper()
	now := time.Now()
	c := &crowd{customers: slices.Collect(sample.Customers(customers, 1, now)), admin: mint(b, someSecret, anAdmin, now)}
	for batch := range slices.Chunk(c.customers, 1000) {
		results, err := store.Do(context.Background(), s, store.Import{Change: store.Change{At: now, By: crm.System}, Rows: rowsOf(batch)})
		require.NoError(b, err)
		for _, r := range results {
			require.Equal(b, store.RowCreated, r.Outcome, r.Problems)
		}
	}
	rand.New(rand.NewPCG(1, 0)).Shuffle(len(c.customers), func(i, j int) {
		c.customers[i], c.customers[j] = c.customers[j], c.customers[i]
	})
	for _, each := range c.customers {
		if each.Type != crm.Regular {
			c.raised = append(c.raised, each)
		}
		if each.Status == crm.Active && len(c.own) < signedIn {
			c.own = append(c.own, ownProfile(b, each, now))
		}
	}
	c.deep = deepPath(b, s, now)
	return c
}

func rowsOf(customers []sample.Customer) []store.ImportRow {
	rows := make([]store.ImportRow, len(customers))
	for i, c := range customers {
		rows[i] = store.ImportRow{
			Customer: c.Customer, Given: store.GivenEmail | store.GivenFullName,
			Notes: c.Notes, Orders: c.Orders, Complaints: c.Complaints,
		}
	}
	return rows
}

// deepPath asks for the deepest full page up to deepPage, of a status, a type
// and most of the days.
func deepPath(b *testing.B, s *store.Store, now time.Time) string {
	b.Helper()
	var (
		today    = crm.DayOf(now, time.UTC)
		from, to = today - 700, today - 1
		status   = crm.Active
		tier     = crm.Regular
	)
	_, total, err := s.List(store.Filter{Status: &status, Type: &tier, From: &from, To: &to}, 0, 1)
	require.NoError(b, err)
	page := min(deepPage, total/perPage)
	require.Positive(b, page, "there are too few customers for a page of the filtered list")
	return fmt.Sprintf("/api/customers?status=%s&customerType=%s&fromDate=%s&toDate=%s&page=%d&limit=%d", status, tier, from, to, page, perPage)
}

func (c *crowd) someone(random *rand.Rand) sample.Customer {
	return c.customers[random.IntN(len(c.customers))]
}

// turn is a customer for the nth note or order: all of them, one after the other, and
// then again.
func (c *crowd) turn() (customer sample.Customer, n int) {
	n = int(c.writes.Add(1))
	return c.customers[n%len(c.customers)], n
}

func (c *crowd) read(path, has string, times int) loadCall {
	return loadCall{rawRequest(http.MethodGet, path, c.admin, "", ""), http.StatusOK, has, times}
}

func (c *crowd) get(random *rand.Rand) loadCall {
	id := c.someone(random).ID.String()
	return c.read("/api/customers/"+id, `"customerId":"`+id+`"`, 1)
}

func (c *crowd) me(random *rand.Rand) loadCall { return c.own[random.IntN(len(c.own))] }

func ownProfile(b *testing.B, customer sample.Customer, now time.Time) loadCall {
	b.Helper()
	token := mint(b, someSecret, auth.Identity{UserID: customer.UserID, Email: customer.Email, Roles: auth.Customer}, now)
	request := rawRequest(http.MethodGet, "/api/customers/me", token, "", "")
	return loadCall{request, http.StatusOK, `"customerId":"` + customer.ID.String() + `"`, 1}
}

func (c *crowd) list(*rand.Rand) loadCall {
	return c.read(fmt.Sprintf("/api/customers?page=1&limit=%d", perPage), `"customerId":`, perPage)
}

// deepList has no number of items to be right: patches of the type meanwhile
// change how many there are.
func (c *crowd) deepList(*rand.Rand) loadCall { return c.read(c.deep, `"customerId":`, 0) }

func (c *crowd) analytics(*rand.Rand) loadCall {
	return c.read("/api/customers/analytics", fmt.Sprintf(`"totalCustomers":%d,`, len(c.customers)), 1)
}

// search is the mix of what people type: the beginning of a name, a whole
// name, a part of a number, an email, and a name with a letter too few.
func (c *crowd) search(random *rand.Rand) loadCall {
	var (
		customer = c.someone(random)
		words    = strings.Fields(customer.FullName)
		word     = []rune(words[random.IntN(len(words))])
		text     string
	)
	switch kind := random.IntN(100); {
	case kind < 15:
		return c.find(customer.Email, customer.ID.String(), 1)
	case kind < 30 && len(customer.ContactNumber) > 8:
		text = customer.ContactNumber[len(customer.ContactNumber)-8:]
	case kind < 45 && len(word) > 4:
		i := 1 + random.IntN(len(word)-1)
		text = string(word[:i]) + string(word[i+1:])
	case kind < 80 && len(word) > 2:
		text = string(word[:2+random.IntN(len(word)-2)])
	default:
		text = customer.FullName
	}
	return c.find(text, `"totalCount":`, 1)
}

func (c *crowd) find(text, has string, times int) loadCall {
	return c.read(fmt.Sprintf("/api/customers/search?q=%s&limit=%d", url.QueryEscape(text), perPage), has, times)
}

// patch makes a Premium customer VIP, or the other way round: each one changes
// something, and lists of Regular ones stay as long as they are.
func (c *crowd) patch(*rand.Rand) loadCall {
	n := int(c.patches.Add(1))
	customer, round := c.raised[n%len(c.raised)], n/len(c.raised)
	next := customer.Type
	if round%2 == 0 {
		next = crm.Premium + crm.VIP - customer.Type
	}
	request := rawRequest(http.MethodPatch, "/api/customers/"+customer.ID.String()+"/type", c.admin,
		"application/json", `{"customerType":"`+next.String()+`"}`)
	return loadCall{request, http.StatusOK, `"customerType":"` + next.String() + `"`, 1}
}

func (c *crowd) note(*rand.Rand) loadCall {
	customer, n := c.turn()
	request := rawRequest(http.MethodPost, "/api/customers/"+customer.ID.String()+"/notes", c.admin,
		"application/json", fmt.Sprintf(`{"content":"Called about order %d, is content now"}`, n))
	return loadCall{request, http.StatusOK, `"noteId":"note-`, 1}
}

// event places an order, another one each time.
func (c *crowd) event(*rand.Rand) loadCall {
	customer, n := c.turn()
	at := crm.FormatTime(time.Now())
	request := rawRequest(http.MethodPost, "/api/events", c.admin, "application/cloudevents+json", fmt.Sprintf(
		`{"specversion":"1.0","id":"load-%d","source":"/orms","type":"orms.order.placed","time":%q,`+
			`"data":{"orderId":"LOAD-%d","userId":%q,"total":129.90,"status":"Placed","placedAt":%q}}`, n, at, n, customer.UserID, at))
	return loadCall{request, http.StatusOK, `"applied":1,`, 1}
}

// mixed is nine reads to one write.
func (c *crowd) mixed(random *rand.Rand) loadCall {
	if writes(random) {
		return []func(*rand.Rand) loadCall{c.patch, c.note, c.event}[random.IntN(3)](random)
	}
	switch kind := random.IntN(90); {
	case kind < 36:
		return c.get(random)
	case kind < 50:
		return c.me(random)
	case kind < 63:
		return c.list(random)
	case kind < 68:
		return c.deepList(random)
	default:
		return c.search(random)
	}
}

// writes is true one time in ten.
func writes(random *rand.Rand) bool { return random.IntN(10) == 0 }
