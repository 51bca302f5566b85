package sample

import (
	"fmt"
	"time"

	"crms/store/crm"
)

// JohnDoe is the user id of the customer of the contract's examples.
const JohnDoe = "6979a1b1a6db796b4a1447e8"

const johnDoeEmail = "john.doe@example.com"

// johnDoeFrom is the time from which the contract's John Doe is in the sample.
var johnDoeFrom = time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)

// johnDoe is the customer of the contract's examples, as the administrator's
// detail view shows him. His totals add up to the 24567.50 that it gives.
func johnDoe() Customer {
	c := Customer{Customer: crm.Customer{
		ID:            crm.ID{0x69, 0x79, 0xa1, 0xb1, 0xa6, 0xdb, 0x79, 0x6b, 0x4a, 0x14, 0x47, 0xe9},
		UserID:        JohnDoe,
		Email:         johnDoeEmail,
		FullName:      "John Doe",
		ContactNumber: "+919876543210",
		Status:        crm.Active,
		Type:          crm.Premium,
		Since:         january(1, 10, 0),
		Tags:          []string{"premium", "frequent-buyer"},
		Preferences:   []byte(`{"newsletter":true,"smsNotifications":false}`),
		CreatedBy:     crm.AuthService,
		CreatedAt:     january(1, 10, 0),
		Versions: crm.ContactVersions{
			Email: january(1, 10, 0), FullName: january(1, 10, 0), ContactNumber: january(1, 10, 0),
		},
	}}
	c.Notes = []crm.Note{{
		Number: 1, Content: "Preferred customer, always pays on time",
		AddedBy: "admin@example.com", AddedAt: january(15, 10, 0),
	}}
	for i, o := range []struct {
		status crm.OrderStatus
		total  crm.Amount
		placed time.Time
	}{
		{crm.Delivered, 129900, january(1, 10, 30)},
		{crm.Delivered, 49950, january(3, 18, 5)},
		{crm.Delivered, 389900, january(5, 9, 40)},
		{crm.Cancelled, 89900, january(6, 21, 15)},
		{crm.Delivered, 249900, january(7, 12, 0)},
		{crm.Delivered, 19900, january(9, 8, 25)},
		{crm.Delivered, 159900, january(11, 16, 45)},
		{crm.Delivered, 329900, january(13, 19, 10)},
		{crm.Delivered, 74950, january(15, 7, 55)},
		{crm.Shipped, 219900, january(18, 13, 20)},
		{crm.Shipped, 99900, january(19, 20, 35)},
		{crm.Shipped, 279900, january(21, 11, 50)},
		{crm.Processing, 149900, january(23, 17, 30)},
		{crm.Placed, 179900, january(24, 22, 5)},
		{crm.Placed, 122950, january(25, 14, 30)},
	} {
		c.Orders = append(c.Orders, crm.Order{
			OrderID: fmt.Sprintf("ORD-000000-%02d", i+1), Status: o.status, Total: o.total,
			PlacedAt: o.placed, Version: o.placed,
		})
	}
	c.Complaints = []crm.Complaint{
		{
			ComplaintID: "CMP-000000-01", Category: "Product Quality", Status: crm.Resolved,
			OpenedAt: january(12, 9, 30), Version: january(14, 15, 0),
		},
		{
			ComplaintID: "CMP-000000-02", Category: "Delivery Issue", Status: crm.Resolved,
			OpenedAt: january(20, 9, 15), Version: january(22, 10, 45),
		},
	}
	c.LastModifiedBy, c.LastModifiedAt = lastChange(c)
	return c
}

// january is a minute of January 2026.
func january(date, hour, minute int) time.Time {
	return time.Date(2026, time.January, date, hour, minute, 0, 0, time.UTC)
}
