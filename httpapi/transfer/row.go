package transfer

import (
	"errors"
	"math"
	"strconv"
	"time"

	"crms/store"
	"crms/store/crm"

	"github.com/go-json-experiment/json/jsontext"
)

// maxCount bounds a number of orders or complaints in an opening balance.
const maxCount = 1_000_000_000

// row is a customer that is being read, with everything that is wrong with it.
type row struct {
	store.ImportRow
	problems crm.Problems
	oldID    string       // _id, of mongoexport
	totals   crm.Figures  // beside the orders and complaints, or in their place
	opening  *crm.Figures // openingBalance
}

// kindOf is the JSON kind of a field that holds a text or a number, in a line as
// in a column; 0 when there is no such field.
func kindOf(name string) jsontext.Kind {
	switch name {
	case "customerId", "userId", "email", "fullName", "contactNumber", "customerStatus", "customerType", "customerSince",
		"lastOrderDate", "lastComplaintDate":
		return '"'
	case "totalOrders", "totalOrderValue", "totalComplaints", "openComplaints":
		return '0'
	}
	return 0
}

// set takes a field that [kindOf] knows.
func (r *row) set(name, s string) {
	c, p := &r.Customer, &r.problems
	switch name {
	case "customerId":
		c.ID = r.id(name, s)
	case "userId":
		c.UserID = crm.CleanExternalID(p, name, s)
	case "email":
		c.Email = crm.CleanEmail(p, name, s)
		r.Given |= store.GivenEmail
	case "fullName":
		c.FullName = crm.CleanName(p, name, s)
		r.Given |= store.GivenFullName
	case "contactNumber":
		c.ContactNumber = crm.CleanContactNumber(p, name, s)
		r.Given |= store.GivenContactNumber
	case "customerStatus":
		c.Status = parsed(r, name, s, crm.ParseStatus)
		r.Given |= store.GivenStatus
	case "customerType":
		c.Type = parsed(r, name, s, crm.ParseType)
		r.Given |= store.GivenType
	case "customerSince":
		c.Since = parsed(r, name, s, crm.ParseTime)
		r.Given |= store.GivenSince
	default:
		r.Given |= r.total(&r.totals, "", name, s)
	}
}

// total takes a field of an opening balance; 0 when there is no such field.
func (r *row) total(f *crm.Figures, path, name, s string) store.Given {
	switch name {
	case "totalOrders":
		f.TotalOrders = parsed(r, path+name, s, parseCount)
		return store.GivenTotalOrders
	case "totalOrderValue":
		f.OrderValue = parsed(r, path+name, s, parseAmount)
		return store.GivenOrderValue
	case "lastOrderDate":
		f.LastOrder = parsed(r, path+name, s, crm.ParseTime)
		return store.GivenLastOrder
	case "totalComplaints":
		f.TotalComplaints = parsed(r, path+name, s, parseCount)
		return store.GivenTotalComplaints
	case "openComplaints":
		f.OpenComplaints = parsed(r, path+name, s, parseCount)
		return store.GivenOpenComplaints
	case "lastComplaintDate":
		f.LastComplaint = parsed(r, path+name, s, crm.ParseTime)
		return store.GivenLastComplaint
	}
	return 0
}

// parsed reads a value and notes what is wrong with it.
func parsed[T any](r *row, field, s string, parse func(string) (T, error)) T {
	value, err := parse(s)
	if err != nil {
		r.problems.Add(field, "%v", err)
	}
	return value
}

func (r *row) id(field, s string) crm.ID {
	id, err := crm.ParseID(s)
	if err != nil {
		r.problems.Add(field, "must have 24 hexadecimal digits")
	}
	return id
}

// parseCount reads a whole number, as 11 or, from a double of MongoDB, 11.0.
func parseCount(s string) (int64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || f < 0 || f > maxCount {
		return 0, errors.New("must be a whole number from 0 to " + strconv.Itoa(maxCount))
	}
	return int64(f), nil
}

// parseAmount reads an amount. Sums of doubles are often off by a little, as in
// 10201.910000000002: what is within a millionth of an amount is taken for it.
func parseAmount(s string) (crm.Amount, error) {
	amount, err := crm.ParseAmount(s)
	if err == nil {
		return amount, nil
	}
	f, notFloat := strconv.ParseFloat(s, 64)
	near := strconv.FormatFloat(f, 'f', 2, 64)
	if rounded, _ := strconv.ParseFloat(near, 64); notFloat == nil && math.Abs(f-rounded) < 1e-6 {
		return crm.ParseAmount(near)
	}
	return 0, err
}

// finish fills in what follows from the other fields, and returns the row or
// everything that is wrong with it. The id is for a new customer.
func (r *row) finish(ids *crm.IDs, now time.Time) (store.ImportRow, error) {
	c := &r.Customer
	if c.UserID == "" && !r.isAtFault("userId") {
		r.problems.Add("userId", "is required")
	}
	if c.ID.IsZero() && r.oldID != "" && !r.isAtFault("customerId") {
		c.ID = r.id("_id", r.oldID)
	}
	r.settleOpening()
	if len(r.problems) > 0 {
		return store.ImportRow{}, r.problems.Err()
	}
	if c.ID.IsZero() {
		since := c.Since
		if since.IsZero() {
			since = now
		}
		r.NewID = ids.New(since)
	}
	for i := range r.Orders {
		o := &r.Orders[i]
		o.Version = version(o.Version, o.PlacedAt, c.LastModifiedAt)
	}
	for i := range r.Complaints {
		o := &r.Complaints[i]
		o.Version = version(o.Version, o.OpenedAt, c.LastModifiedAt)
	}
	return r.ImportRow, nil
}

// settleOpening leaves one word on the opening balance: the openingBalance, or
// that there is none behind orders and complaints that are given, or else the
// totals.
func (r *row) settleOpening() {
	var opening crm.Figures
	if r.opening != nil {
		opening = *r.opening
		r.Given |= store.GivenOrderOpening | store.GivenComplaintOpening
	}
	if r.Given.Has(store.GivenOrderOpening) {
		r.Given &^= store.GivenOrderTotals
	} else {
		opening.SetOrders(r.totals)
	}
	if r.Given.Has(store.GivenComplaintOpening) {
		r.Given &^= store.GivenComplaintTotals
	} else {
		opening.SetComplaints(r.totals)
	}
	r.Customer.Opening = opening
	const whole = store.GivenTotalOrders | store.GivenOrderOpening
	const wholeComplaints = store.GivenTotalComplaints | store.GivenComplaintOpening
	if r.Given.Has(whole) && r.Given.Has(wholeComplaints) {
		crm.CheckOpening(&r.problems, opening)
	}
}

func (r *row) isAtFault(field string) bool {
	for _, p := range r.problems {
		if p.Field == field {
			return true
		}
	}
	return false
}

// version is as of when a line tells of an order or a complaint: as it says, or
// else as of the line, which cannot be before the thing began.
func version(told, began, modified time.Time) time.Time {
	switch {
	case !told.IsZero():
		return told
	case modified.After(began):
		return modified
	}
	return began
}
