package cmd

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crms/store"
	"crms/store/crm"
	"crms/store/sample"
)

// openShop fills the store with the customers whom the scripts speak of: John
// Doe of the contract's examples and four others.
func openShop(t *testing.T, v *service) {
	t.Helper()
	john := slices.Collect(sample.Customers(1, 1, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)))
	require.Len(t, john, 1)
	require.Equal(t, sample.JohnDoe, john[0].UserID)
	v.load(t, loadOf(john[0]))
	for _, c := range neighbours(t) {
		v.load(t, loadOf(c))
	}
}

func loadOf(c sample.Customer) store.Load {
	return store.Load{
		Change:   store.Change{At: c.CreatedAt, By: c.CreatedBy},
		Customer: c.Customer, Notes: c.Notes, Orders: c.Orders, Complaints: c.Complaints,
	}
}

// neighbours are one customer for each case that John Doe does not show: no
// number and no orders, no complaints, the two other statuses, both other
// types, a name that a search for John finds, and one in another script.
func neighbours(t *testing.T) []sample.Customer {
	t.Helper()
	return []sample.Customer{
		neighbour(t, "01", "Elton Johnson", "elton@example.com", "", crm.Active, crm.Regular, "2026-01-12T08:30:00.000Z"),
		neighbour(t, "02", "Asha Rao", "asha.rao@example.com", "+91 98450 00017", crm.Active, crm.VIP, "2026-01-27T18:45:00.000Z",
			crm.Order{OrderID: "ORD-17", Status: crm.Delivered, Total: 1999900},
			crm.Order{OrderID: "ORD-18", Status: crm.Delivered, Total: 1},
		),
		neighbour(t, "03", "陈美", "mei.chen@example.com", "(02) 5550-0199", crm.Inactive, crm.Regular, "2025-12-30T23:15:00.000Z"),
		neighbour(t, "04", "Omar Haddad", "omar@example.com", "", crm.Suspended, crm.Premium, "2026-01-28T09:00:00.000Z"),
	}
}

// neighbour has the id 6979a1b1a6db796b4a1400NN and the user id USER-NN.
func neighbour(t *testing.T, number, name, email, phone string, s crm.Status, tier crm.Type, since string, orders ...crm.Order) sample.Customer {
	t.Helper()
	id, err := crm.ParseID("6979a1b1a6db796b4a1400" + number)
	require.NoError(t, err)
	at := parseTime(t, since)
	for i := range orders {
		orders[i].PlacedAt, orders[i].Version = at.Add(time.Hour), at.Add(time.Hour)
	}
	return sample.Customer{
		Customer: crm.Customer{
			ID: id, UserID: "USER-" + number, FullName: name, Email: email, ContactNumber: phone, Status: s, Type: tier, Since: at,
			Tags: []string{}, Preferences: []byte("{}"),
			CreatedBy: crm.AuthService, CreatedAt: at, LastModifiedBy: crm.AuthService, LastModifiedAt: at,
			Versions: crm.ContactVersions{Email: at, FullName: at, ContactNumber: at},
		},
		Orders: orders,
	}
}
