package httpapi

import (
	"strconv"

	"crms/store/crm"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// The contract fixes the fields of each answer and their order. Customers, of
// which every list shows up to a hundred, are written by hand, which takes a
// fifth of the time and no allocation, and so are their notes; everything else
// is a struct whose fields stand in the contract's order.

// appendEnvelope appends the answer around data.
func appendEnvelope(b []byte, success bool, message string, data encoder) []byte {
	b = append(b, `{"success":`...)
	b = strconv.AppendBool(b, success)
	b = append(b, `,"message":`...)
	b = appendText(b, message)
	b = append(b, `,"data":`...)
	b = data(b)
	return append(b, '}')
}

// jsonNull is the data of an answer without any.
func jsonNull(b []byte) []byte { return append(b, "null"...) }

// jsonValue encodes a struct of this package. Its types have no values that
// JSON lacks, so that it cannot fail.
func jsonValue(v any) encoder {
	return func(b []byte) []byte {
		encoded, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return append(b, encoded...)
	}
}

// appendText appends a JSON string. Text that is not valid UTF-8 cannot be in
// the store; should it be, it is shown with replacement characters.
func appendText(b []byte, s string) []byte {
	b, _ = jsontext.AppendQuote(b, s)
	return b
}

// appendShort appends the short form, which lists show, without its closing
// brace: the long form goes on with more fields.
func appendShort(b []byte, c *crm.Customer) []byte {
	b = append(b, `{"customerId":"`...)
	b = c.ID.AppendTo(b)
	b = append(b, `","userId":`...)
	b = appendText(b, c.UserID)
	b = append(b, `,"email":`...)
	b = appendText(b, c.Email)
	b = append(b, `,"fullName":`...)
	b = appendText(b, c.FullName)
	if c.ContactNumber != "" {
		b = append(b, `,"contactNumber":`...)
		b = appendText(b, c.ContactNumber)
	}
	b = append(b, `,"customerStatus":"`...)
	b = append(b, c.Status.String()...)
	b = append(b, `","customerType":"`...)
	b = append(b, c.Type.String()...)
	b = append(b, `","totalOrders":`...)
	b = strconv.AppendInt(b, c.Figures.TotalOrders, 10)
	b = append(b, `,"totalOrderValue":`...)
	b = c.Figures.OrderValue.AppendTo(b)
	b = append(b, `,"totalComplaints":`...)
	b = strconv.AppendInt(b, c.Figures.TotalComplaints, 10)
	b = append(b, `,"openComplaints":`...)
	b = strconv.AppendInt(b, c.Figures.OpenComplaints, 10)
	if !c.Figures.LastOrder.IsZero() {
		b = append(b, `,"lastOrderDate":"`...)
		b = append(crm.AppendTime(b, c.Figures.LastOrder), '"')
	}
	b = append(b, `,"customerSince":"`...)
	return append(crm.AppendTime(b, c.Since), '"')
}

// profileJSON encodes the long form: a customer with its notes.
func profileJSON(p *crm.Profile) encoder {
	return func(b []byte) []byte { return append(AppendCustomer(b, p), '}') }
}

// AppendCustomer appends the contract's Customer object without its closing
// brace: the lines of an export go on with more fields.
func AppendCustomer(b []byte, p *crm.Profile) []byte {
	b = appendShort(b, &p.Customer)
	if !p.Figures.LastComplaint.IsZero() {
		b = append(b, `,"lastComplaintDate":"`...)
		b = append(crm.AppendTime(b, p.Figures.LastComplaint), '"')
	}
	b = append(b, `,"notes":[`...)
	for i := range p.Notes {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNote(b, &p.Notes[i])
	}
	b = append(b, `],"tags":`...)
	b = appendTexts(b, p.Tags)
	b = append(b, `,"preferences":`...)
	b = append(b, p.Preferences...)
	b = append(b, `,"metadata":{"createdBy":`...)
	b = appendText(b, string(p.CreatedBy))
	b = append(b, `,"createdAt":"`...)
	b = crm.AppendTime(b, p.CreatedAt)
	b = append(b, `","lastModifiedBy":`...)
	b = appendText(b, string(p.LastModifiedBy))
	b = append(b, `,"lastModifiedAt":"`...)
	b = crm.AppendTime(b, p.LastModifiedAt)
	return append(b, `"}`...)
}

// appendNote appends the contract's Note object.
func appendNote(b []byte, n *crm.Note) []byte {
	b = append(b, `{"noteId":"`...)
	b = n.AppendID(b)
	b = append(b, `","content":`...)
	b = appendText(b, n.Content)
	b = append(b, `,"addedBy":`...)
	b = appendText(b, string(n.AddedBy))
	b = append(b, `,"addedAt":"`...)
	b = crm.AppendTime(b, n.AddedAt)
	return append(b, `"}`...)
}

func appendTexts(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, s := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendText(b, s)
	}
	return append(b, ']')
}

// listJSON encodes a page of anything with the contract's pagination.
func listJSON[T any](items []T, item func(b []byte, v *T) []byte, p page, total int64) encoder {
	return func(b []byte) []byte {
		b = append(b, `{"items":[`...)
		for i := range items {
			if i > 0 {
				b = append(b, ',')
			}
			b = item(b, &items[i])
		}
		b = append(b, `],"pagination":`...)
		b = appendPagination(b, p, total)
		return append(b, '}')
	}
}

// appendPagination says where in the list the page stands. There are no pages
// when there is nothing.
func appendPagination(b []byte, p page, total int64) []byte {
	pages := (total + p.size - 1) / p.size
	b = append(b, `{"page":`...)
	b = strconv.AppendInt(b, p.number, 10)
	b = append(b, `,"pageSize":`...)
	b = strconv.AppendInt(b, p.size, 10)
	b = append(b, `,"totalPages":`...)
	b = strconv.AppendInt(b, pages, 10)
	b = append(b, `,"totalCount":`...)
	b = strconv.AppendInt(b, total, 10)
	b = append(b, `,"hasNext":`...)
	b = strconv.AppendBool(b, p.number < pages)
	b = append(b, `,"hasPrevious":`...)
	b = strconv.AppendBool(b, p.number > 1 && total > 0)
	return append(b, '}')
}

// shortItem is the item of customer lists.
func shortItem(b []byte, c *crm.Customer) []byte { return append(appendShort(b, c), '}') }

// money is an amount, or a quotient with two decimals, on the wire.
type money crm.Amount

// MarshalJSONTo writes a number with two decimals.
func (m money) MarshalJSONTo(e *jsontext.Encoder) error {
	return e.WriteValue(crm.Amount(m).AppendTo(nil))
}

// counts is a list of counts as a JSON object, in its order.
type counts []crm.Count

// MarshalJSONTo writes a member for each count.
func (c counts) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, count := range c {
		if err := e.WriteToken(jsontext.String(count.Name)); err != nil {
			return err
		}
		if err := e.WriteToken(jsontext.Int(count.N)); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}
