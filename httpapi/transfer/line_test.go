package transfer

import (
	"strings"
	"testing"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const fullLine = `{
	"customerId":"6979a1b1a6db796b4a1447e9","userId":"6979a1b1a6db796b4a1447e8","email":"john.doe@example.com","fullName":"John Doe",
	"contactNumber":"+919876543210","customerStatus":"Suspended","customerType":"Premium","totalOrders":2,"totalOrderValue":24567.50,
	"totalComplaints":1,"openComplaints":1,"lastOrderDate":"2026-01-25T14:30:00.000Z","customerSince":"2026-01-01T10:00:00.000Z",
	"lastComplaintDate":"2026-01-20T09:15:00.000Z",
	"notes":[{"noteId":"note-001","content":"Preferred customer","addedBy":"admin@example.com","addedAt":"2026-01-15T10:00:00.000Z"}],
	"tags":["premium","frequent-buyer"],"preferences":{ "newsletter": true },
	"metadata":{"createdBy":"auth-service","createdAt":"2026-01-01T10:00:00.000Z","lastModifiedBy":"system","lastModifiedAt":"2026-01-25T14:30:00.000Z"},
	"orders":[{"orderId":"ORD-1","status":"Placed","total":24567.5,"placedAt":"2026-01-25T14:30:00.000Z","version":"2026-01-26T00:00:00.000Z"},
	          {"orderId":"ORD-2","status":"Delivered","total":1,"placedAt":"2026-01-02T00:00:00.000Z"},
	          {"orderId":"ORD-3","status":"Delivered","total":1,"placedAt":"2026-01-27T00:00:00.000Z"}],
	"complaints":[{"complaintId":"CMP-1","category":"Other","status":"Open","openedAt":"2026-01-20T09:15:00.000Z"}]}`

func TestReadLine(t *testing.T) {
	row := mustRead(t, strings.ReplaceAll(fullLine, "\n", ""))
	c := row.Customer
	t.Run("takes the profile", func(t *testing.T) {
		assert.Equal(t, "6979a1b1a6db796b4a1447e9", c.ID.String())
		assert.Equal(t, "6979a1b1a6db796b4a1447e8", c.UserID)
		assert.Equal(t, "john.doe@example.com", c.Email)
		assert.Equal(t, "John Doe", c.FullName)
		assert.Equal(t, "+919876543210", c.ContactNumber)
		assert.Equal(t, crm.Suspended, c.Status)
		assert.Equal(t, crm.Premium, c.Type)
		assert.Equal(t, parseTime(t, "2026-01-01T10:00:00.000Z"), c.Since)
		assert.Equal(t, []string{"premium", "frequent-buyer"}, c.Tags)
		assert.Equal(t, `{"newsletter":true}`, string(c.Preferences))
		assert.Equal(t, crm.AuthService, c.CreatedBy)
		assert.Equal(t, crm.System, c.LastModifiedBy)
		assert.Equal(t, parseTime(t, "2026-01-25T14:30:00.000Z"), c.LastModifiedAt)
	})
	t.Run("takes the notes", func(t *testing.T) {
		want := crm.Note{Content: "Preferred customer", AddedBy: "admin@example.com", AddedAt: parseTime(t, "2026-01-15T10:00:00.000Z")}
		assert.Equal(t, []crm.Note{want}, row.Notes)
	})
	t.Run("takes orders as of their version, or else of the line, or else of their beginning", func(t *testing.T) {
		require.Len(t, row.Orders, 3)
		assert.Equal(t, crm.Amount(2456750), row.Orders[0].Total)
		assert.Equal(t, parseTime(t, "2026-01-26T00:00:00.000Z"), row.Orders[0].Version)
		assert.Equal(t, c.LastModifiedAt, row.Orders[1].Version)
		assert.Equal(t, row.Orders[2].PlacedAt, row.Orders[2].Version)
	})
	t.Run("takes complaints", func(t *testing.T) {
		require.Len(t, row.Complaints, 1)
		assert.Equal(t, crm.Open, row.Complaints[0].Status)
	})
	t.Run("leaves the totals to the orders and complaints that are there", func(t *testing.T) {
		assert.False(t, row.Given.Has(store.GivenOrderTotals|store.GivenComplaintTotals))
		assert.True(t, row.Given.Has(store.GivenOrderOpening))
		assert.Zero(t, c.Opening)
	})
	t.Run("takes the totals when there are no arrays", func(t *testing.T) {
		row := mustRead(t, `{"userId":"u","totalOrders":15,"totalOrderValue":24567.50,"ordersByStatus":{"Cancelled":1,"Placed":14,"Lost":0},"openComplaints":0}`)
		assert.Equal(t, store.GivenTotalOrders|store.GivenOrderValue|store.GivenOrdersByStatus|store.GivenOpenComplaints, row.Given)
		assert.Equal(t, []crm.Count{{Name: "Placed", N: 14}, {Name: "Cancelled", N: 1}}, row.Customer.Opening.OrdersByStatus)
	})
	t.Run("takes the openingBalance before the totals", func(t *testing.T) {
		row := mustRead(t, `{"userId":"u","totalOrders":15,"openingBalance":{"totalOrders":3,"totalOrderValue":5}}`)
		assert.EqualValues(t, 3, row.Customer.Opening.TotalOrders)
		assert.True(t, row.Given.Has(store.GivenOrderOpening))
	})
	t.Run("takes null for absent, but for the number, which it clears", func(t *testing.T) {
		row := mustRead(t, `{"userId":"u","fullName":null,"contactNumber":null,"notes":null,"lastOrderDate":null}`)
		assert.Equal(t, store.GivenContactNumber, row.Given)
		assert.Empty(t, row.Customer.ContactNumber)
	})
	t.Run("makes an id of the registration when there is none", func(t *testing.T) {
		row := mustRead(t, `{"userId":"u","customerSince":"2026-01-01T10:00:00.000Z"}`)
		assert.True(t, row.Customer.ID.IsZero())
		assert.Equal(t, "695645a0", row.NewID.String()[:8])
	})
}

func TestReadLineOfMongoexport(t *testing.T) {
	row := mustRead(t, `{"_id":{"$oid":"6979a1b1a6db796b4a1447e9"},"__v":3,"_class":"Customer","userId":{"$oid":"6979a1b1a6db796b4a1447e8"},
		"email":"a@example.com","fullName":"Some Body","customerSince":{"$date":"2026-01-01T10:00:00Z"},
		"totalOrders":{"$numberInt":"15"},"totalOrderValue":{"$numberDouble":"10201.910000000002"},
		"totalComplaints":{"$numberLong":"2"},"openComplaints":{"$numberDouble":"1.0"},"lastOrderDate":{"$date":{"$numberLong":"1769351400000"}},
		"notes":[{"_id":{"$oid":"6979a1b1a6db796b4a144700"},"noteId":"note-001","content":"Preferred customer","addedBy":"a","addedAt":{"$date":"2026-01-15T10:00:00.000Z"}}],
		"preferences":{"visits":{"$numberInt":"5"},"last":{"$date":{"$numberLong":"0"}},"all":[{"$numberDecimal":"1.5"},{"$regex":"x"}]},
		"createdAt":{"$date":"2026-01-01T10:00:00.001Z"},"updatedAt":{"$date":"2026-01-02T10:00:00.000Z"}}`)
	c := row.Customer
	assert.Equal(t, "6979a1b1a6db796b4a1447e9", c.ID.String())
	assert.Equal(t, "6979a1b1a6db796b4a1447e8", c.UserID)
	assert.Equal(t, parseTime(t, "2026-01-01T10:00:00.000Z"), c.Since)
	assert.Equal(t, parseTime(t, "2026-01-25T14:30:00.000Z"), c.Opening.LastOrder)
	assert.EqualValues(t, 15, c.Opening.TotalOrders)
	assert.Equal(t, crm.Amount(1020191), c.Opening.OrderValue)
	assert.EqualValues(t, 1, c.Opening.OpenComplaints)
	assert.Equal(t, `{"visits":5,"last":"1970-01-01T00:00:00.000Z","all":[1.5,{"$regex":"x"}]}`, string(c.Preferences))
	assert.Equal(t, parseTime(t, "2026-01-01T10:00:00.001Z"), c.CreatedAt)
	assert.Equal(t, parseTime(t, "2026-01-02T10:00:00.000Z"), c.LastModifiedAt)
	assert.Equal(t, parseTime(t, "2026-01-15T10:00:00.000Z"), row.Notes[0].AddedAt)
}

func TestReadLineTellsWhatIsWrong(t *testing.T) {
	tests := []struct {
		name string
		line string
		want string
	}{
		{"no JSON", `hello`, "is malformed JSON at column 1: invalid character 'h' at start of value"},
		{"half an object", `{"userId":"u"`, "is malformed JSON at column 14: unexpected end of data"},
		{"two objects", `{"userId":"u"} {}`, "has unexpected data behind the object, at column 16"},
		{"an array", `[]`, "must be a JSON object"},
		{"a name twice", `{"userId":"u","userId":"u"}`, `is malformed JSON at column 15: duplicate name "userId"`},
		{"no userId", `{}`, "userId is required"},
		{"an empty userId", `{"userId":" "}`, "userId must not be empty"},
		{"an unknown field", `{"userId":"u","nickname":"x"}`, "nickname is not a known field"},
		{"an unknown field of another kind", `{"userId":"u","nickname":["x"]}`, "nickname is not a known field"},
		{"a number for a string", `{"userId":7}`, "userId must be a string"},
		{"a string for a number", `{"userId":"u","totalOrders":"7"}`, "totalOrders must be a number"},
		{"a fraction of an order", `{"userId":"u","totalOrders":1.5}`, "totalOrders must be a whole number from 0 to 1000000000"},
		{"a tenth of a cent", `{"userId":"u","totalOrderValue":1.001}`, "totalOrderValue must have at most two decimals"},
		{"a bad id", `{"userId":"u","customerId":"7"}`, "customerId must have 24 hexadecimal digits"},
		{"a bad _id without a customerId", `{"userId":"u","_id":"7"}`, "_id must have 24 hexadecimal digits"},
		{"a bad email", `{"userId":"u","email":"nobody"}`, "email must be an email address"},
		{"an unknown status", `{"userId":"u","customerStatus":"Gone"}`, "customerStatus must be one of Active, Inactive, Suspended"},
		{"a bad time", `{"userId":"u","customerSince":"yesterday"}`, "customerSince must be an RFC 3339 time such as 2026-01-25T14:30:00.000Z"},
		{"a tag that is none", `{"userId":"u","tags":["a",7]}`, "tags[1] must be a string"},
		{"preferences that are none", `{"userId":"u","preferences":[]}`, "preferences must be an object"},
		{"an order without anything", `{"userId":"u","orders":[{}]}`,
			"orders[0].orderId is required; orders[0].status is required; orders[0].placedAt is required; orders[0].total is required"},
		{"an order with something else", `{"userId":"u","orders":[{"orderId":"1","status":"Placed","total":1,"placedAt":"2026-01-25T14:30:00Z","colour":"red"}]}`,
			"orders[0].colour is not a known field"},
		{"an order twice", `{"userId":"u","orders":[{"orderId":"1","status":"Placed","total":1,"placedAt":"2026-01-25T14:30:00Z"},{"orderId":"1","status":"Placed","total":1,"placedAt":"2026-01-25T14:30:00Z"}]}`,
			"orders must not hold an id twice"},
		{"a complaint that is none", `{"userId":"u","complaints":[7]}`, "complaints[0] must be an object"},
		{"a note that is too short", `{"userId":"u","notes":[{"content":"short","addedAt":"2026-01-25T14:30:00Z"}]}`,
			"notes[0].content must have at least 10 characters"},
		{"metadata of nobody", `{"userId":"u","metadata":{"createdBy":"","madeBy":"x"}}`,
			"metadata.createdBy must not be empty; metadata.madeBy is not a known field"},
		{"an unknown part of the opening balance", `{"userId":"u","openingBalance":{"email":"a@example.com"}}`, "openingBalance.email is not a known field"},
		{"counts that do not add up", `{"userId":"u","openingBalance":{"totalOrders":3,"ordersByStatus":{"Placed":2}}}`, "ordersByStatus must add up to totalOrders"},
		{"everything at once", `{"fullName":"J","email":"nobody","totalOrders":-1}`,
			"fullName must have at least 2 characters; email must be an email address; totalOrders must be a whole number from 0 to 1000000000; userId is required"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readLine(tt.line)
			require.Error(t, err)
			assert.Equal(t, tt.want, strings.TrimPrefix(err.Error(), "Validation failed: "))
		})
	}
}

// FuzzReadLine proves that no line breaks the reader, and that what it takes
// comes back the same from an export.
func FuzzReadLine(f *testing.F) {
	f.Add(strings.ReplaceAll(fullLine, "\n", ""))
	f.Add(`{"_id":{"$oid":"6979a1b1a6db796b4a1447e9"},"userId":"u","totalOrders":{"$numberInt":"1"},"preferences":{"a":{"$date":{"$numberLong":"1"}}}}`)
	f.Add(`{"userId":"u","tags":["\u0061"],"contactNumber":null,"openingBalance":{"totalOrders":1,"ordersByStatus":{"Placed":1}}}`)
	f.Fuzz(func(t *testing.T, line string) {
		row, err := readLine(line)
		if err != nil {
			require.NotEmpty(t, err.Error())
			return
		}
		again, err := readLine(exportedLine(row))
		require.NoError(t, err, exportedLine(row))
		require.Equal(t, exportedLine(row), exportedLine(again))
	})
}

// exportedLine is the line of a customer who was just made of a row.
func exportedLine(row store.ImportRow) string {
	r := store.ExportRow{Profile: crm.Profile{Customer: row.Customer, Notes: row.Notes}, Orders: row.Orders, Complaints: row.Complaints}
	r.Email, r.FullName = "a@example.com", "Some Body"
	if r.Since.IsZero() {
		r.Since = noon
	}
	if r.CreatedAt.IsZero() {
		r.CreatedAt = noon
	}
	if r.LastModifiedAt.IsZero() {
		r.LastModifiedAt = noon
	}
	if r.CreatedBy == "" {
		r.CreatedBy = crm.Importer
	}
	if r.LastModifiedBy == "" {
		r.LastModifiedBy = crm.Importer
	}
	if len(r.Preferences) == 0 {
		r.Preferences = []byte("{}")
	}
	return string(appendLine(nil, &r))
}
