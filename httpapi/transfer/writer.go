package transfer

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"crms/httpapi"
	"crms/store"
	"crms/store/crm"

	"github.com/go-json-experiment/json/jsontext"
)

// Writer writes customers to a file.
type Writer struct {
	w      io.Writer
	buffer []byte
	csv    *csv.Writer // nil for NDJSON
}

// NewWriter begins a file.
func NewWriter(w io.Writer, f Format) (*Writer, error) {
	if f == NDJSON {
		return &Writer{w: w}, nil
	}
	c := csv.NewWriter(w)
	return &Writer{csv: c}, c.Write(columns)
}

// Write adds a customer.
func (w *Writer) Write(r *store.ExportRow) error {
	if w.csv != nil {
		return w.csv.Write(cellsOf(&r.Customer))
	}
	w.buffer = append(appendLine(w.buffer[:0], r), '\n')
	_, err := w.w.Write(w.buffer)
	return err
}

// Flush writes what is left.
func (w *Writer) Flush() error {
	if w.csv == nil {
		return nil
	}
	w.csv.Flush()
	return w.csv.Error()
}

// appendLine appends the contract's Customer object with orders, complaints and,
// if there is one, the openingBalance behind them.
func appendLine(b []byte, r *store.ExportRow) []byte {
	b = httpapi.AppendCustomer(b, &r.Profile)
	b = append(b, `,"orders":[`...)
	for i, o := range r.Orders {
		b = appendText(separated(b, i), `{"orderId":`, o.OrderID)
		b = appendText(b, `,"status":`, string(o.Status))
		b = o.Total.AppendTo(append(b, `,"total":`...))
		b = appendReport(b, `,"placedAt":`, o.PlacedAt, o.Version)
	}
	b = append(b, `],"complaints":[`...)
	for i, c := range r.Complaints {
		b = appendText(separated(b, i), `{"complaintId":`, c.ComplaintID)
		b = appendText(b, `,"category":`, c.Category)
		b = appendText(b, `,"status":`, string(c.Status))
		b = appendReport(b, `,"openedAt":`, c.OpenedAt, c.Version)
	}
	b = append(b, ']')
	if hasOpening(r.Opening) {
		b = appendOpening(b, r.Opening)
	}
	return append(b, '}')
}

func hasOpening(f crm.Figures) bool {
	return f.TotalOrders != 0 || f.OrderValue != 0 || !f.LastOrder.IsZero() || f.TotalComplaints != 0 || !f.LastComplaint.IsZero()
}

func appendOpening(b []byte, f crm.Figures) []byte {
	b = strconv.AppendInt(append(b, `,"openingBalance":{"totalOrders":`...), f.TotalOrders, 10)
	b = f.OrderValue.AppendTo(append(b, `,"totalOrderValue":`...))
	b = appendCounts(append(b, `,"ordersByStatus":`...), f.OrdersByStatus)
	if !f.LastOrder.IsZero() {
		b = appendTime(b, `,"lastOrderDate":`, f.LastOrder)
	}
	b = strconv.AppendInt(append(b, `,"totalComplaints":`...), f.TotalComplaints, 10)
	b = strconv.AppendInt(append(b, `,"openComplaints":`...), f.OpenComplaints, 10)
	b = appendCounts(append(b, `,"complaintsByCategory":`...), f.ComplaintsByCategory)
	if !f.LastComplaint.IsZero() {
		b = appendTime(b, `,"lastComplaintDate":`, f.LastComplaint)
	}
	return append(b, '}')
}

func appendCounts(b []byte, counts []crm.Count) []byte {
	b = append(b, '{')
	for i, c := range counts {
		b = appendText(separated(b, i), "", c.Name)
		b = strconv.AppendInt(append(b, ':'), c.N, 10)
	}
	return append(b, '}')
}

// appendReport ends an order or a complaint. With its version an import knows
// what events have reported since.
func appendReport(b []byte, name string, began, version time.Time) []byte {
	return append(appendTime(appendTime(b, name, began), `,"version":`, version), '}')
}

func separated(b []byte, i int) []byte {
	if i > 0 {
		return append(b, ',')
	}
	return b
}

func appendText(b []byte, name, s string) []byte {
	b, _ = jsontext.AppendQuote(append(b, name...), s)
	return b
}

func appendTime(b []byte, name string, t time.Time) []byte {
	return append(crm.AppendTime(append(append(b, name...), '"'), t), '"')
}

// cellsOf is the row of [columns].
func cellsOf(c *crm.Customer) []string {
	f := &c.Figures
	cells := []string{
		c.ID.String(), c.UserID, c.Email, c.FullName, c.ContactNumber, c.Status.String(), c.Type.String(), crm.FormatTime(c.Since),
		strconv.FormatInt(f.TotalOrders, 10), f.OrderValue.String(), timeText(f.LastOrder),
		strconv.FormatInt(f.TotalComplaints, 10), strconv.FormatInt(f.OpenComplaints, 10), timeText(f.LastComplaint),
		tagsText(c.Tags), string(c.Preferences),
	}
	for i, cell := range cells {
		cells[i] = escapeCell(cell)
	}
	return cells
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return crm.FormatTime(t)
}
