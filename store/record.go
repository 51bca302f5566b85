package store

import (
	"errors"
	"fmt"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// record is a customer as it is stored, with the counters that number its
// notes and history entries.
type record struct {
	crm.Customer
	Notes   uint32 // the number of the newest note
	Entries uint32 // the number of the newest history entry
}

// rowFormat begins each row, so that a later format can be told apart. A row of
// another format is damage, not a guess.
const rowFormat = 1

var errFormat = errors.New("unknown row format")

// codec makes a row codec that writes and checks the format byte.
func codec[T any](appendRow func([]byte, T) []byte, parse func(*kv.RowReader) T) kv.Codec[T] {
	return kv.Codec[T]{
		Append: func(b []byte, v T) []byte { return appendRow(append(b, rowFormat), v) },
		Parse: func(b []byte) (T, error) {
			r := kv.ReadRow(b)
			if f := r.Byte(); f != rowFormat {
				var zero T
				return zero, fmt.Errorf("%w %d", errFormat, f)
			}
			v := parse(r)
			return v, r.Err()
		},
	}
}

var (
	recordCodec    = codec(appendRecord, parseRecord)
	noteCodec      = codec(appendNote, parseNote)
	entryCodec     = codec(appendEntry, parseEntry)
	orderCodec     = codec(appendOrder, parseOrder)
	complaintCodec = codec(appendComplaint, parseComplaint)
	tombstoneCodec = codec(appendTombstone, parseTombstone)
	parkedCodec    = codec(appendParked, parseParked)
	outboxCodec    = codec(appendOutboxEntry, parseOutboxEntry)
)

// flagOpening says that the row carries an opening balance.
const flagOpening = 1

func appendRecord(b []byte, r record) []byte {
	hasOpening := !isZero(r.Opening)
	var flags byte
	if hasOpening {
		flags |= flagOpening
	}
	b = append(b, flags, byte(r.Status), byte(r.Type))
	b = append(b, r.ID[:]...)
	b = kv.AppendText(b, r.UserID)
	b = kv.AppendText(b, r.Email)
	b = kv.AppendText(b, r.FullName)
	b = kv.AppendText(b, r.ContactNumber)
	b = kv.AppendTime(b, r.Since)
	b = kv.AppendUint(b, uint64(len(r.Registrations)))
	for _, reg := range r.Registrations {
		b = kv.AppendTime(kv.AppendTime(b, reg.At), reg.Since)
	}
	b = kv.AppendTime(b, r.LeavingAt)
	b = kv.AppendUint(b, uint64(len(r.Tags)))
	for _, tag := range r.Tags {
		b = kv.AppendText(b, tag)
	}
	b = kv.AppendText(b, r.Preferences)
	b = kv.AppendText(b, r.CreatedBy)
	b = kv.AppendTime(b, r.CreatedAt)
	b = kv.AppendText(b, r.LastModifiedBy)
	b = kv.AppendTime(b, r.LastModifiedAt)
	b = kv.AppendTime(b, r.Versions.Email)
	b = kv.AppendTime(b, r.Versions.FullName)
	b = kv.AppendTime(b, r.Versions.ContactNumber)
	b = kv.AppendUint(b, r.Revision)
	b = kv.AppendUint(b, r.Activity)
	b = kv.AppendUint(b, uint64(r.Notes))
	b = kv.AppendUint(b, uint64(r.Entries))
	b = appendFigures(b, r.Figures)
	if hasOpening {
		b = appendFigures(b, r.Opening)
	}
	return b
}

func parseRecord(r *kv.RowReader) record {
	var c record
	flags := r.Byte()
	c.Status, c.Type = crm.Status(r.Byte()), crm.Type(r.Byte())
	for i := range c.ID {
		c.ID[i] = r.Byte()
	}
	c.UserID = r.Text()
	c.Email = r.Text()
	c.FullName = r.Text()
	c.ContactNumber = r.Text()
	c.Since = r.Time()
	c.Registrations = make([]crm.Registration, r.Count())
	for i := range c.Registrations {
		c.Registrations[i] = crm.Registration{At: r.Time(), Since: r.Time()}
	}
	c.LeavingAt = r.Time()
	c.Tags = make([]string, r.Count())
	for i := range c.Tags {
		c.Tags[i] = r.Text()
	}
	c.Preferences = []byte(r.Text())
	c.CreatedBy = crm.Actor(r.Text())
	c.CreatedAt = r.Time()
	c.LastModifiedBy = crm.Actor(r.Text())
	c.LastModifiedAt = r.Time()
	c.Versions = crm.ContactVersions{Email: r.Time(), FullName: r.Time(), ContactNumber: r.Time()}
	c.Revision = r.Uint()
	c.Activity = r.Uint()
	c.Notes = uint32(r.Uint())
	c.Entries = uint32(r.Uint())
	c.Figures = parseFigures(r)
	if flags&flagOpening != 0 {
		c.Opening = parseFigures(r)
	}
	return c
}

func isZero(f crm.Figures) bool {
	return f.TotalOrders == 0 && f.OrderValue == 0 && len(f.OrdersByStatus) == 0 && f.LastOrder.IsZero() &&
		f.TotalComplaints == 0 && f.OpenComplaints == 0 && len(f.ComplaintsByCategory) == 0 && f.LastComplaint.IsZero()
}

func appendFigures(b []byte, f crm.Figures) []byte {
	b = kv.AppendInt(b, f.TotalOrders)
	b = kv.AppendInt(b, int64(f.OrderValue))
	b = appendCounts(b, f.OrdersByStatus)
	b = kv.AppendTime(b, f.LastOrder)
	b = kv.AppendInt(b, f.TotalComplaints)
	b = kv.AppendInt(b, f.OpenComplaints)
	b = appendCounts(b, f.ComplaintsByCategory)
	return kv.AppendTime(b, f.LastComplaint)
}

func parseFigures(r *kv.RowReader) crm.Figures {
	return crm.Figures{
		TotalOrders:          r.Int(),
		OrderValue:           crm.Amount(r.Int()),
		OrdersByStatus:       parseCounts(r),
		LastOrder:            r.Time(),
		TotalComplaints:      r.Int(),
		OpenComplaints:       r.Int(),
		ComplaintsByCategory: parseCounts(r),
		LastComplaint:        r.Time(),
	}
}

func appendCounts(b []byte, counts []crm.Count) []byte {
	b = kv.AppendUint(b, uint64(len(counts)))
	for _, c := range counts {
		b = kv.AppendInt(kv.AppendText(b, c.Name), c.N)
	}
	return b
}

func parseCounts(r *kv.RowReader) []crm.Count {
	n := r.Count()
	if n == 0 {
		return nil
	}
	counts := make([]crm.Count, n)
	for i := range counts {
		counts[i] = crm.Count{Name: r.Text(), N: r.Int()}
	}
	return counts
}

func appendNote(b []byte, n crm.Note) []byte {
	b = kv.AppendUint(b, uint64(n.Number))
	b = kv.AppendText(b, n.Content)
	b = kv.AppendText(b, n.AddedBy)
	return kv.AppendTime(b, n.AddedAt)
}

func parseNote(r *kv.RowReader) crm.Note {
	return crm.Note{Number: uint32(r.Uint()), Content: r.Text(), AddedBy: crm.Actor(r.Text()), AddedAt: r.Time()}
}

func appendEntry(b []byte, e crm.Entry) []byte {
	b = kv.AppendUint(b, uint64(e.Number))
	b = kv.AppendTime(b, e.At)
	b = kv.AppendText(b, e.By)
	b = kv.AppendText(b, e.Action)
	b = kv.AppendText(b, e.Reason)
	b = kv.AppendUint(b, uint64(len(e.Changes)))
	for _, c := range e.Changes {
		b = kv.AppendText(b, c.Field)
		b = kv.AppendText(b, c.From) // JSON is never empty: empty stands for absent
		b = kv.AppendText(b, c.To)
	}
	return b
}

func parseEntry(r *kv.RowReader) crm.Entry {
	e := crm.Entry{Number: uint32(r.Uint()), At: r.Time(), By: crm.Actor(r.Text()), Action: crm.Action(r.Text()), Reason: r.Text()}
	e.Changes = make([]crm.FieldChange, r.Count())
	for i := range e.Changes {
		e.Changes[i] = crm.FieldChange{Field: r.Text(), From: jsonOrNil(r.Text()), To: jsonOrNil(r.Text())}
	}
	return e
}

func jsonOrNil(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}

func appendOrder(b []byte, o crm.Order) []byte {
	b = kv.AppendText(b, o.OrderID)
	b = kv.AppendText(b, o.Status)
	b = kv.AppendInt(b, int64(o.Total))
	return appendReport(b, o.PlacedAt, o.Version, o.Deleted)
}

func parseOrder(r *kv.RowReader) crm.Order {
	o := crm.Order{OrderID: r.Text(), Status: crm.OrderStatus(r.Text()), Total: crm.Amount(r.Int())}
	o.PlacedAt, o.Version, o.Deleted = parseReport(r)
	return o
}

func appendComplaint(b []byte, c crm.Complaint) []byte {
	b = kv.AppendText(b, c.ComplaintID)
	b = kv.AppendText(b, c.Category)
	b = kv.AppendText(b, c.Status)
	return appendReport(b, c.OpenedAt, c.Version, c.Deleted)
}

func parseComplaint(r *kv.RowReader) crm.Complaint {
	c := crm.Complaint{ComplaintID: r.Text(), Category: r.Text(), Status: crm.ComplaintStatus(r.Text())}
	c.OpenedAt, c.Version, c.Deleted = parseReport(r)
	return c
}

// appendReport ends every ledger row: when the thing began, and of when the
// report is that the row comes from.
func appendReport(b []byte, began, version time.Time, deleted bool) []byte {
	b = kv.AppendTime(kv.AppendTime(b, began), version)
	if deleted {
		return append(b, 1)
	}
	return append(b, 0)
}

func parseReport(r *kv.RowReader) (began, version time.Time, deleted bool) {
	return r.Time(), r.Time(), r.Byte() == 1
}

func appendTombstone(b []byte, t tombstone) []byte {
	return kv.AppendTime(append(b, t.ID[:]...), t.DeletedAt)
}

func parseTombstone(r *kv.RowReader) tombstone {
	var t tombstone
	for i := range t.ID {
		t.ID[i] = r.Byte()
	}
	t.DeletedAt = r.Time()
	return t
}
