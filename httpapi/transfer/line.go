package transfer

import (
	"fmt"
	"time"

	"crms/store"
	"crms/store/crm"

	"github.com/go-json-experiment/json/jsontext"
)

// readLine reads a line of NDJSON. Null is the same as absent, but for the
// contactNumber, which it clears.
func (r *row) readLine(line []byte) error {
	object, err := parseObject(line)
	if err != nil {
		return err
	}
	members(object, func(name string, v jsontext.Value) {
		if v.Kind() == 'n' {
			if name == "contactNumber" {
				r.Given |= store.GivenContactNumber
			}
			return
		}
		r.member(name, v)
	})
	return nil
}

func (r *row) member(name string, v jsontext.Value) {
	switch name {
	case "notes":
		r.objects(name, v, r.note)
	case "tags":
		r.tags(v)
	case "preferences":
		r.preferences(v)
	case "metadata":
		if r.isA(name, v, '{', "an object") {
			members(v, r.metadata)
		}
	case "orders":
		r.Given |= store.GivenOrderOpening
		r.objects(name, v, r.order)
		r.distinct(name, len(r.Orders), func(i int) string { return r.Orders[i].OrderID })
	case "complaints":
		r.Given |= store.GivenComplaintOpening
		r.objects(name, v, r.complaint)
		r.distinct(name, len(r.Complaints), func(i int) string { return r.Complaints[i].ComplaintID })
	case "ordersByStatus":
		r.totals.OrdersByStatus = r.counts(name, v, crm.OrderCounts)
		r.Given |= store.GivenOrdersByStatus
	case "complaintsByCategory":
		r.totals.ComplaintsByCategory = r.counts(name, v, crm.ComplaintCounts)
		r.Given |= store.GivenComplaintsByCategory
	case "openingBalance":
		r.openingBalance(v)
	case "_id":
		if v = scalar(v); v.Kind() == '"' {
			r.oldID = unquote(v)
		}
	case "createdAt", "updatedAt": // as Mongoose keeps them
		r.metadata(map[string]string{"createdAt": "createdAt", "updatedAt": "lastModifiedAt"}[name], v)
	case "__v", "_class": // of object mappers
	default:
		if s, ok := r.textOrNumber("", name, v); ok {
			r.set(name, s)
		}
	}
}

// textOrNumber returns the text of a field, or the digits of its number.
func (r *row) textOrNumber(path, name string, v jsontext.Value) (string, bool) {
	v = scalar(v)
	switch kind := kindOf(name); {
	case kind == 0:
		r.problems.Add(path+name, "is not a known field")
	case kind == '0' && r.isA(path+name, v, kind, "a number"):
		return string(v), true
	case kind == '"' && r.isA(path+name, v, kind, "a string"):
		return unquote(v), true
	}
	return "", false
}

func (r *row) isA(field string, v jsontext.Value, kind jsontext.Kind, what string) bool {
	if v.Kind() != kind {
		r.problems.Add(field, "must be %s", what)
	}
	return v.Kind() == kind
}

// objects reads an array of objects, each with the path of its members.
func (r *row) objects(field string, v jsontext.Value, read func(path string, o fields)) {
	if !r.isA(field, v, '[', "an array of objects") {
		return
	}
	elements(v, func(i int, element jsontext.Value) {
		path := fmt.Sprintf("%s[%d]", field, i)
		if r.isA(path, element, '{', "an object") {
			read(path+".", r.fields(path+".", element))
		}
	})
}

// fields are the members of an object within a line that hold a text or a number.
type fields struct {
	*row
	path   string
	values map[string]jsontext.Value
}

func (r *row) fields(path string, object jsontext.Value) fields {
	f := fields{r, path, map[string]jsontext.Value{}}
	members(object, func(name string, v jsontext.Value) {
		if v.Kind() != 'n' {
			f.values[name] = scalar(v).Clone()
		}
	})
	delete(f.values, "_id") // Mongoose gives one to everything
	return f
}

// take returns a member and takes it out.
func (f fields) take(name string, required bool, kind jsontext.Kind, must string) (string, bool) {
	v, there := f.values[name]
	delete(f.values, name)
	switch {
	case !there && required:
		f.problems.Add(f.path+name, "is required")
		return "", false
	case !there:
		return "", false
	case v.Kind() != kind:
		f.problems.Add(f.path+name, "%s", must)
		return "", false
	case kind == '"':
		return unquote(v), true
	}
	return string(v), true
}

func (f fields) text(name string, required bool) (string, bool) {
	return f.take(name, required, '"', "must be a string")
}

func (f fields) externalID(name string) string {
	s, ok := f.text(name, true)
	if !ok {
		return ""
	}
	return crm.CleanExternalID(&f.problems, f.path+name, s)
}

func (f fields) label(name string) string {
	s, ok := f.text(name, true)
	if !ok {
		return ""
	}
	return crm.CleanLabel(&f.problems, f.path+name, s)
}

func (f fields) time(name string, required bool) time.Time {
	s, ok := f.text(name, required)
	if !ok {
		return time.Time{}
	}
	return parsed(f.row, f.path+name, s, crm.ParseTime)
}

// nothingElse notes the members that nobody took.
func (f fields) nothingElse() {
	for name := range f.values {
		f.problems.Add(f.path+name, "is not a known field")
	}
}

func (r *row) note(path string, f fields) {
	n := crm.Note{AddedBy: crm.Importer, AddedAt: f.time("addedAt", true)}
	if s, ok := f.text("content", true); ok {
		n.Content = crm.CleanNote(&r.problems, path+"content", s)
	}
	if s, ok := f.text("addedBy", false); ok {
		n.AddedBy = crm.CleanActor(&r.problems, path+"addedBy", s)
	}
	_, _ = f.text("noteId", false) // notes are numbered in their order
	f.nothingElse()
	r.Notes = append(r.Notes, n)
}

func (r *row) order(path string, f fields) {
	o := crm.Order{
		OrderID: f.externalID("orderId"), Status: crm.OrderStatus(f.label("status")),
		PlacedAt: f.time("placedAt", true), Version: f.time("version", false),
	}
	if s, ok := f.take("total", true, '0', "must be a number"); ok {
		o.Total = parsed(r, path+"total", s, parseAmount)
	}
	f.nothingElse()
	r.Orders = append(r.Orders, o)
}

func (r *row) complaint(_ string, f fields) {
	c := crm.Complaint{
		ComplaintID: f.externalID("complaintId"), Category: f.label("category"), Status: crm.ComplaintStatus(f.label("status")),
		OpenedAt: f.time("openedAt", true), Version: f.time("version", false),
	}
	f.nothingElse()
	r.Complaints = append(r.Complaints, c)
}

// distinct notes ids that come twice.
func (r *row) distinct(field string, n int, id func(i int) string) {
	if n < 2 {
		return
	}
	seen := make(map[string]bool, n)
	for i := range n {
		if s := id(i); s != "" && seen[s] {
			r.problems.Add(field, "must not hold an id twice")
			return
		}
		seen[id(i)] = true
	}
}

func (r *row) tags(v jsontext.Value) {
	if !r.isA("tags", v, '[', "an array of strings") {
		return
	}
	tags := []string{}
	var names []int
	elements(v, func(i int, element jsontext.Value) {
		if r.isA(fmt.Sprintf("tags[%d]", i), element, '"', "a string") {
			tags, names = append(tags, unquote(element)), append(names, i)
		}
	})
	r.Customer.Tags = crm.CleanTags(&r.problems, "tags", tags, func(i int) string { return fmt.Sprintf("tags[%d]", names[i]) })
	r.Given |= store.GivenTags
}

func (r *row) preferences(v jsontext.Value) {
	if !r.isA("preferences", v, '{', "an object") {
		return
	}
	object := plain(v).Clone()
	_ = object.Compact() // it is valid
	crm.CleanPreferences(&r.problems, "preferences", object)
	r.Customer.Preferences = object
	r.Given |= store.GivenPreferences
}

func (r *row) metadata(name string, v jsontext.Value) {
	field, c := "metadata."+name, &r.Customer
	s := ""
	switch v = scalar(v); {
	case v.Kind() == 'n':
		return
	case v.Kind() == '"':
		s = unquote(v)
	default:
		r.problems.Add(field, "must be a string")
		return
	}
	switch name {
	case "createdBy":
		c.CreatedBy = crm.CleanActor(&r.problems, field, s)
		r.Given |= store.GivenCreatedBy
	case "createdAt":
		c.CreatedAt = parsed(r, field, s, crm.ParseTime)
		r.Given |= store.GivenCreatedAt
	case "lastModifiedBy":
		c.LastModifiedBy = crm.CleanActor(&r.problems, field, s)
	case "lastModifiedAt":
		c.LastModifiedAt = parsed(r, field, s, crm.ParseTime)
	default:
		r.problems.Add(field, "is not a known field")
	}
}

// counts reads an object of numbers, such as ordersByStatus, and puts them in
// their order.
func (r *row) counts(field string, v jsontext.Value, inOrder func(map[string]int64) []crm.Count) []crm.Count {
	if !r.isA(field, v, '{', "an object of numbers") {
		return nil
	}
	counts := map[string]int64{}
	members(v, func(name string, n jsontext.Value) {
		n = scalar(n)
		if r.isA(field+"."+name, n, '0', "a number") {
			name = crm.CleanLabel(&r.problems, field+"."+name, name)
			counts[name] += parsed(r, field+"."+name, string(n), parseCount)
		}
	})
	return inOrder(counts)
}

// openingBalance reads what lies behind the ledger. The totals beside it are
// sums, which crms makes itself.
func (r *row) openingBalance(v jsontext.Value) {
	const path = "openingBalance."
	if !r.isA("openingBalance", v, '{', "an object") {
		return
	}
	var f crm.Figures
	members(v, func(name string, member jsontext.Value) {
		switch name {
		case "ordersByStatus":
			f.OrdersByStatus = r.counts(path+name, member, crm.OrderCounts)
		case "complaintsByCategory":
			f.ComplaintsByCategory = r.counts(path+name, member, crm.ComplaintCounts)
		default:
			s, ok := r.textOrNumber(path, name, member)
			if ok && r.total(&f, path, name, s) == 0 {
				r.problems.Add(path+name, "is not a known field")
			}
		}
	})
	r.opening = &f
}
