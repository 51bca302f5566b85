package sample_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store"
	"crms/store/crm"
	"crms/store/sample"
	"crms/store/storetest"
)

const johnDoeID = "6979a1b1a6db796b4a1447e9"

var now = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC) // a Wednesday

func customers(n int) []sample.Customer { return slices.Collect(sample.Customers(n, 1, now)) }

func TestCustomersAreTheSameEveryTime(t *testing.T) {
	t.Run("the same seed gives the same customers", func(t *testing.T) {
		assert.Equal(t, customers(300), customers(300))
	})
	t.Run("another seed gives others", func(t *testing.T) {
		a, b := customers(300), slices.Collect(sample.Customers(300, 2, now))
		for i := range a {
			if a[i].ID.String() != johnDoeID && b[i].ID.String() != johnDoeID {
				require.NotEqual(t, a[i].ID, b[i].ID)
			}
		}
	})
	t.Run("a reader may stop early", func(t *testing.T) {
		var got []sample.Customer
		for c := range sample.Customers(300, 1, now) {
			if got = append(got, c); len(got) == 250 {
				break
			}
		}
		assert.Equal(t, customers(300)[:250], got)
	})
	t.Run("as many come as are asked for", func(t *testing.T) {
		for _, n := range []int{-1, 0, 1, 2, 487} {
			assert.Len(t, customers(n), max(0, n))
			assert.Len(t, slices.Collect(sample.Customers(n, 1, now.AddDate(-2, 0, 0))), max(0, n), "without John Doe")
		}
	})
}

func TestCustomersAreValid(t *testing.T) {
	for _, c := range customers(5000) {
		var p crm.Problems
		assert.Equal(t, c.Email, crm.CleanEmail(&p, "email", c.Email))
		assert.Equal(t, c.FullName, crm.CleanName(&p, "fullName", c.FullName))
		assert.Equal(t, c.UserID, crm.CleanExternalID(&p, "userId", c.UserID))
		if c.ContactNumber != "" {
			assert.Equal(t, c.ContactNumber, crm.CleanContactNumber(&p, "contactNumber", c.ContactNumber))
		}
		assert.Equal(t, c.Tags, crm.CleanTags(&p, "tags", c.Tags, func(int) string { return "tags" }))
		crm.CleanPreferences(&p, "preferences", c.Preferences)
		for _, n := range c.Notes {
			assert.Equal(t, n.Content, crm.CleanNote(&p, "content", n.Content))
		}
		for _, o := range c.Orders {
			assert.Equal(t, o.OrderID, crm.CleanExternalID(&p, "orderId", o.OrderID))
			total, err := crm.ParseAmount(o.Total.String())
			assert.NoError(t, err)
			assert.Positive(t, total)
		}
		for _, o := range c.Complaints {
			assert.Equal(t, o.ComplaintID, crm.CleanExternalID(&p, "complaintId", o.ComplaintID))
			assert.Equal(t, o.Category, crm.CleanLabel(&p, "category", o.Category))
		}
		require.Empty(t, p, "%s %s %s", c.FullName, c.Email, c.ContactNumber)

		var object map[string]any
		require.NoError(t, json.Unmarshal(c.Preferences, &object))
		var compact bytes.Buffer
		require.NoError(t, json.Compact(&compact, c.Preferences))
		require.Equal(t, compact.String(), string(c.Preferences))
	}
}

func TestCustomersAreNobody(t *testing.T) {
	t.Run("emails are at the domains for examples and differ", func(t *testing.T) {
		address := regexp.MustCompile(`^[a-z0-9._]{3,}@example\.(com|org|net)$`)
		seen := map[string]bool{}
		for _, c := range customers(5000) {
			require.Regexp(t, address, c.Email)
			require.False(t, seen[crm.EmailKey(c.Email)], c.Email)
			seen[crm.EmailKey(c.Email)] = true
		}
	})
	t.Run("numbers are fictional or not in use", func(t *testing.T) {
		fictional := regexp.MustCompile(strings.Join([]string{
			`0000?`,                    // the subscriber's part begins with zeros
			`55501\d\d$`, `5550\d{4}$`, // NANPA, ACMA
			`2079460\d{3}$`, `7700900\d{3}$`, `1[346]14960\d{3}$`, // Ofcom
			`2091[012]\d{4}$`,            // ComReg
			`19900\d{4}$`, `63998\d{4}$`, // ARCEP
			`3023125\d{3}$`, `6990009\d{3}$`, `8999998\d{3}$`, `4066969\d{3}$`, // Bundesnetzagentur
			`08465004\d\d$`, `03139006\d\d$`, `04062804\d\d$`, // PTS
		}, "|"))
		notADigit := regexp.MustCompile(`\D`)
		for _, c := range customers(5000) {
			if c.ContactNumber != "" && c.ID.String() != johnDoeID {
				require.Regexp(t, fictional, notADigit.ReplaceAllString(c.ContactNumber, ""), c.ContactNumber)
			}
		}
	})
}

func TestCustomersComeInOrder(t *testing.T) {
	all := customers(5000)
	t.Run("oldest first, within the two years before now", func(t *testing.T) {
		require.True(t, slices.IsSortedFunc(all, func(a, b sample.Customer) int { return a.Since.Compare(b.Since) }))
		assert.False(t, all[0].Since.Before(now.AddDate(-2, 0, -1)))
		assert.False(t, all[len(all)-1].Since.After(now))
	})
	t.Run("ids carry the second of registration and sort like it", func(t *testing.T) {
		before := ""
		for _, c := range all {
			if c.ID.String() == johnDoeID {
				continue // his id and his registration are the contract's
			}
			user, err := crm.ParseID(c.UserID)
			require.NoError(t, err)
			require.EqualValues(t, c.Since.Unix(), binary.BigEndian.Uint32(c.ID[:4]))
			require.Less(t, before, user.String())
			require.Less(t, user.String(), c.ID.String())
			before = c.ID.String()
		}
	})
	t.Run("each period has new customers", func(t *testing.T) {
		today := crm.DayOf(now, time.UTC)
		var day, week, month int
		for _, c := range customers(500) {
			switch d := crm.DayOf(c.Since, time.UTC); {
			case d == today:
				day++
				fallthrough
			case d >= today.Week():
				week++
				fallthrough
			case d >= today.Month():
				month++
			}
		}
		assert.GreaterOrEqual(t, day, 3)
		assert.Greater(t, week, day)
		assert.Greater(t, month, week)
	})
}

func TestCustomersHaveLives(t *testing.T) {
	all := customers(5000)
	t.Run("in which nothing happens before its cause or after now", func(t *testing.T) {
		for _, c := range all {
			inOrder(t, c.Since, c.LastModifiedAt, now)
			for i, n := range c.Notes {
				inOrder(t, c.Since, n.AddedAt, c.LastModifiedAt)
				require.EqualValues(t, i+1, n.Number)
			}
			for _, o := range c.Orders {
				inOrder(t, c.Since, o.PlacedAt, o.Version, c.LastModifiedAt)
			}
			for _, o := range c.Complaints {
				inOrder(t, c.Orders[0].PlacedAt, o.OpenedAt, o.Version, c.LastModifiedAt)
			}
		}
	})
	t.Run("in which old orders and complaints are settled and recent ones are not all", func(t *testing.T) {
		var underWay int
		for _, c := range all {
			for _, o := range c.Orders {
				if now.Sub(o.PlacedAt) > 21*24*time.Hour && c.ID.String() != johnDoeID {
					require.False(t, o.Status.IsActive(), o.OrderID)
				}
				if o.Status.IsActive() {
					underWay++
				}
			}
			for _, o := range c.Complaints {
				if now.Sub(o.OpenedAt) > 60*24*time.Hour {
					require.False(t, o.Status.IsOpen(), o.ComplaintID)
				}
			}
		}
		assert.Greater(t, underWay, 500)
	})
	t.Run("that administrators remark on", func(t *testing.T) {
		for _, c := range all {
			if c.Status != crm.Active {
				require.NotEmpty(t, c.Notes, "the reason is noted")
			}
			for _, n := range c.Notes {
				require.Contains(t, string(n.AddedBy), "@example.com")
			}
		}
	})
	t.Run("with orders and complaints of different ids", func(t *testing.T) {
		seen := map[string]bool{}
		for _, c := range all {
			for _, o := range c.Orders {
				require.False(t, seen[o.OrderID], o.OrderID)
				seen[o.OrderID] = true
			}
			for _, o := range c.Complaints {
				require.False(t, seen[o.ComplaintID], o.ComplaintID)
				seen[o.ComplaintID] = true
			}
		}
	})
}

func inOrder(t *testing.T, times ...time.Time) {
	t.Helper()
	for i, at := range times[1:] {
		require.False(t, at.Before(times[i]), "%s before %s", at, times[i])
		require.Equal(t, crm.Millis(at), at)
	}
}

func TestCustomersAreVaried(t *testing.T) {
	all := customers(5000)
	var byStatus [crm.NumStatuses]int
	var byType, ordersOf [crm.NumTypes]int
	var withoutNumber, withoutOrders, complaints, openComplaints, orders int
	totals, categories, orderStatuses := map[crm.Amount]bool{}, map[string]int{}, map[crm.OrderStatus]int{}
	for _, c := range all {
		byStatus[c.Status]++
		byType[c.Type]++
		ordersOf[c.Type] += len(c.Orders)
		orders += len(c.Orders)
		if c.ContactNumber == "" {
			withoutNumber++
		}
		if len(c.Orders) == 0 {
			withoutOrders++
		}
		for _, o := range c.Orders {
			totals[o.Total] = true
			orderStatuses[o.Status]++
		}
		for _, o := range c.Complaints {
			complaints++
			categories[o.Category]++
			if o.Status.IsOpen() {
				openComplaints++
			}
		}
	}

	t.Run("statuses have the shares of the contract's example", func(t *testing.T) {
		assert.InDelta(t, 4600, byStatus[crm.Active], 100)
		assert.InDelta(t, 350, byStatus[crm.Inactive], 75)
		assert.InDelta(t, 50, byStatus[crm.Suspended], 25)
	})
	t.Run("types have the shares of the contract's example", func(t *testing.T) {
		assert.InDelta(t, 4300, byType[crm.Regular], 100)
		assert.InDelta(t, 600, byType[crm.Premium], 100)
		assert.InDelta(t, 100, byType[crm.VIP], 40)
	})
	t.Run("higher types buy more", func(t *testing.T) {
		assert.Greater(t, ordersOf[crm.Premium]/byType[crm.Premium], 2*ordersOf[crm.Regular]/byType[crm.Regular])
		assert.Greater(t, ordersOf[crm.VIP]/byType[crm.VIP], 2*ordersOf[crm.Premium]/byType[crm.Premium])
	})
	t.Run("some have no number, some no orders", func(t *testing.T) {
		assert.Greater(t, withoutNumber, 100)
		assert.Greater(t, withoutOrders, 500)
	})
	t.Run("orders differ in total and stand in every status", func(t *testing.T) {
		assert.Greater(t, len(totals), 1000)
		assert.Len(t, orderStatuses, 5)
	})
	t.Run("complaints are a few per 100 orders, of several categories, some open", func(t *testing.T) {
		assert.InDelta(t, 6, 100*float64(complaints)/float64(orders), 2)
		assert.GreaterOrEqual(t, len(categories), 5)
		assert.Greater(t, openComplaints, 10)
		assert.Less(t, openComplaints, complaints/2)
	})
	t.Run("names come in many scripts", func(t *testing.T) {
		scripts := map[string]bool{}
		for _, c := range all {
			for script, letters := range unicode.Scripts {
				if script != "Common" && script != "Inherited" && strings.ContainsFunc(c.FullName, func(r rune) bool { return unicode.Is(letters, r) }) {
					scripts[script] = true
				}
			}
		}
		for _, script := range []string{
			"Arabic", "Bengali", "Cyrillic", "Devanagari", "Ethiopic", "Greek", "Han", "Hangul", "Hebrew", "Hiragana", "Latin", "Tamil", "Thai",
		} {
			assert.True(t, scripts[script], script)
		}
	})
}

func TestJohnDoe(t *testing.T) {
	find := func(all []sample.Customer) int {
		return slices.IndexFunc(all, func(c sample.Customer) bool { return c.ID.String() == johnDoeID })
	}

	t.Run("is left out while his life lies in the future", func(t *testing.T) {
		early := time.Date(2026, 1, 31, 23, 59, 59, 0, time.UTC)
		assert.Negative(t, find(slices.Collect(sample.Customers(50, 1, early))))
	})
	t.Run("is there from February 2026", func(t *testing.T) {
		february := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
		assert.GreaterOrEqual(t, find(slices.Collect(sample.Customers(50, 1, february))), 0)
	})
	t.Run("is there when only one is asked for, and decades later", func(t *testing.T) {
		assert.Zero(t, find(customers(1)))
		assert.Zero(t, find(slices.Collect(sample.Customers(50, 1, now.AddDate(30, 0, 0)))))
	})
	t.Run("has his email and name to himself", func(t *testing.T) {
		for _, c := range customers(5000) {
			if c.ID.String() != johnDoeID {
				require.NotEqual(t, "john.doe@example.com", c.Email)
			}
		}
	})
	t.Run("is the customer of the contract", func(t *testing.T) {
		all := customers(20)
		c := all[find(all)]
		assert.Equal(t, "6979a1b1a6db796b4a1447e8", c.UserID)
		assert.Equal(t, "John Doe", c.FullName)
		assert.Equal(t, "+919876543210", c.ContactNumber)
		assert.Equal(t, crm.Active, c.Status)
		assert.Equal(t, crm.Premium, c.Type)
		assert.Equal(t, []string{"premium", "frequent-buyer"}, c.Tags)
		assert.JSONEq(t, `{"newsletter":true,"smsNotifications":false}`, string(c.Preferences))
		assert.Equal(t, "2026-01-01T10:00:00.000Z", crm.FormatTime(c.Since))
		assert.Equal(t, crm.AuthService, c.CreatedBy)
		assert.Equal(t, crm.System, c.LastModifiedBy)
		assert.Equal(t, "2026-01-25T14:30:00.000Z", crm.FormatTime(c.LastModifiedAt))

		require.Len(t, c.Notes, 1)
		assert.Equal(t, "note-001", c.Notes[0].ID())
		assert.Equal(t, "Preferred customer, always pays on time", c.Notes[0].Content)
		assert.Equal(t, crm.Actor("admin@example.com"), c.Notes[0].AddedBy)
	})
}

func TestSampleInAStore(t *testing.T) {
	s := storetest.Open(t, store.Options{})
	for c := range sample.Customers(150, 1, now) {
		_, err := store.Do(t.Context(), s, store.Load{
			Change:   store.Change{At: c.CreatedAt, By: c.CreatedBy},
			Customer: c.Customer, Notes: c.Notes, Orders: c.Orders, Complaints: c.Complaints,
		})
		require.NoError(t, err)
	}

	t.Run("analytics show something everywhere", func(t *testing.T) {
		a, err := s.Analytics(now)
		require.NoError(t, err)
		assert.EqualValues(t, 150, a.All.Customers)
		assert.Positive(t, a.NewToday)
		assert.Positive(t, a.All.OpenComplaints)
		assert.Len(t, a.Top, 10)
	})
	t.Run("John Doe has the contract's figures", func(t *testing.T) {
		id, err := crm.ParseID(johnDoeID)
		require.NoError(t, err)
		john, err := s.Profile(id)
		require.NoError(t, err)
		f := john.Figures
		assert.EqualValues(t, 15, f.TotalOrders)
		assert.Equal(t, "24567.50", f.OrderValue.String())
		assert.Equal(t, "1637.83", f.AverageOrderValue().String())
		assert.Equal(t, []crm.Count{
			{Name: "Placed", N: 2}, {Name: "Processing", N: 1}, {Name: "Shipped", N: 3},
			{Name: "Delivered", N: 8}, {Name: "Cancelled", N: 1},
		}, f.OrdersByStatus)
		assert.Equal(t, "2026-01-25T14:30:00.000Z", crm.FormatTime(f.LastOrder))
		assert.EqualValues(t, 2, f.TotalComplaints)
		assert.Zero(t, f.OpenComplaints)
		assert.Equal(t, []crm.Count{{Name: "Delivery Issue", N: 1}, {Name: "Product Quality", N: 1}}, f.ComplaintsByCategory)
		assert.Equal(t, "2026-01-20T09:15:00.000Z", crm.FormatTime(f.LastComplaint))
		assert.Len(t, john.Notes, 1)
	})
}
