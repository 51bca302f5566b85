package httpapi

import (
	"net/http"

	"crms/store"
	"crms/store/crm"

	"github.com/go-json-experiment/json/jsontext"
)

func (a *API) customer(r *request, id crm.ID) (answer, error) {
	p, err := a.store.Profile(id)
	if err != nil {
		return answer{}, err
	}
	return answer{message: "Customer details retrieved successfully", body: profileJSON(&p), etag: etagOf(&p.Customer)}, nil
}

func (a *API) createCustomer(r *request) (answer, error) {
	c, err := a.readCreate(r)
	if err != nil {
		return answer{}, err
	}
	p, err := store.Do(r.Context(), a.store, c)
	if err != nil {
		return answer{}, err
	}
	return answer{
		status: http.StatusCreated, message: "Customer created successfully", body: profileJSON(&p),
		etag: etagOf(&p.Customer), location: "/api/customers/" + p.ID.String(),
	}, nil
}

func (a *API) readCreate(r *request) (store.Create, error) {
	o, err := readObject(r)
	if err != nil {
		return store.Create{}, err
	}
	p := o.problems
	c := store.Create{Change: a.change(r), Tags: []string{}, Preferences: []byte("{}")}
	c.ID = a.ids.New(c.At)
	c.UserID = a.ids.New(c.At).String()
	if s, ok := o.text("userId"); ok {
		c.UserID = crm.CleanExternalID(p, "userId", s)
	}
	if s, ok := o.required("email"); ok {
		c.Email = crm.CleanEmail(p, "email", s)
	}
	if s, ok := o.required("fullName"); ok {
		c.FullName = crm.CleanName(p, "fullName", s)
	}
	if number := o.contactNumber(); number != nil {
		c.ContactNumber = *number
	}
	if t, ok := choice(o, "customerType", false, crm.ParseType); ok {
		c.Type = t
	}
	if tags := o.tags(); tags != nil {
		c.Tags = *tags
	}
	if preferences := o.preferences(); preferences != nil {
		c.Preferences = *preferences
	}
	return c, o.err("customerId", "customerStatus", "totalOrders", "totalOrderValue", "totalComplaints", "openComplaints",
		"lastOrderDate", "customerSince", "lastComplaintDate", "notes", "metadata")
}

// contactNumber, tags and preferences take fields that both a new and a changed
// customer may have; nil when they are not there.

// contactNumber is empty for null, which clears the number.
func (o *object) contactNumber() *string {
	number := ""
	if o.isNull("contactNumber") {
		return &number
	}
	s, ok := o.text("contactNumber")
	if !ok {
		return nil
	}
	number = crm.CleanContactNumber(o.problems, o.path+"contactNumber", s)
	return &number
}

func (o *object) tags() *[]string {
	list, nameOf, ok := o.texts("tags")
	if !ok {
		return nil
	}
	list = crm.CleanTags(o.problems, "tags", list, nameOf)
	return &list
}

func (o *object) preferences() *[]byte {
	b, ok := o.compact("preferences")
	if !ok {
		return nil
	}
	crm.CleanPreferences(o.problems, "preferences", b)
	return &b
}

func (a *API) updateCustomer(r *request, id crm.ID) (answer, error) {
	u, err := a.readUpdate(r)
	if err != nil {
		return answer{}, err
	}
	u.ID, u.Match = id, ifMatch(r)
	c, err := store.Do(r.Context(), a.store, u)
	if err != nil {
		return answer{}, err
	}
	return answer{message: "Customer updated successfully", body: jsonValue(updatedShape(c)), etag: etagOf(&c)}, nil
}

func (a *API) readUpdate(r *request) (store.Update, error) {
	o, err := readObject(r)
	if err != nil {
		return store.Update{}, err
	}
	u := store.Update{Change: a.change(r)}
	if s, ok := o.text("fullName"); ok {
		s = crm.CleanName(o.problems, "fullName", s)
		u.FullName = &s
	}
	u.ContactNumber = o.contactNumber()
	if t, ok := choice(o, "customerType", false, crm.ParseType); ok {
		u.Type = &t
	}
	u.Tags = o.tags()
	u.Preferences = o.preferences()
	return u, o.err("customerId", "userId", "email", "customerStatus", "totalOrders", "totalOrderValue", "totalComplaints",
		"openComplaints", "lastOrderDate", "customerSince", "lastComplaintDate", "notes", "metadata")
}

// updated is what PUT answers.
type updated struct {
	CustomerID    string         `json:"customerId"`
	FullName      string         `json:"fullName"`
	ContactNumber string         `json:"contactNumber,omitempty"`
	CustomerType  string         `json:"customerType"`
	Tags          []string       `json:"tags"`
	Metadata      lastModifiedBy `json:"metadata"`
}

type lastModifiedBy struct {
	By string `json:"lastModifiedBy"`
	At string `json:"lastModifiedAt"`
}

func updatedShape(c crm.Customer) updated {
	return updated{
		CustomerID: c.ID.String(), FullName: c.FullName, ContactNumber: c.ContactNumber, CustomerType: c.Type.String(),
		Tags: c.Tags, Metadata: lastModifiedBy{string(c.LastModifiedBy), crm.FormatTime(c.LastModifiedAt)},
	}
}

func (a *API) setStatus(r *request, id crm.ID) (answer, error) {
	o, err := readObject(r)
	if err != nil {
		return answer{}, err
	}
	status, _ := choice(o, "status", true, crm.ParseStatus)
	reason := o.reason("reason")
	if err := o.err(); err != nil {
		return answer{}, err
	}
	c, err := store.Do(r.Context(), a.store, store.SetStatus{Change: a.change(r), ID: id, Match: ifMatch(r), Status: status, Reason: reason})
	if err != nil {
		return answer{}, err
	}
	return answer{message: "Customer status updated successfully", etag: etagOf(&c), body: jsonValue(struct {
		CustomerID     string `json:"customerId"`
		CustomerStatus string `json:"customerStatus"`
		UpdatedAt      string `json:"updatedAt"`
	}{c.ID.String(), c.Status.String(), crm.FormatTime(c.LastModifiedAt)})}, nil
}

func (a *API) setType(r *request, id crm.ID) (answer, error) {
	o, err := readObject(r)
	if err != nil {
		return answer{}, err
	}
	tier, _ := choice(o, "customerType", true, crm.ParseType)
	reason := o.reason("notes")
	if err := o.err(); err != nil {
		return answer{}, err
	}
	c, err := store.Do(r.Context(), a.store, store.SetType{Change: a.change(r), ID: id, Match: ifMatch(r), Type: tier, Reason: reason})
	if err != nil {
		return answer{}, err
	}
	return answer{message: "Customer type updated successfully", etag: etagOf(&c), body: jsonValue(struct {
		CustomerID   string `json:"customerId"`
		CustomerType string `json:"customerType"`
		UpdatedAt    string `json:"updatedAt"`
	}{c.ID.String(), c.Type.String(), crm.FormatTime(c.LastModifiedAt)})}, nil
}

// reason takes why something is changed, which is optional.
func (o *object) reason(name string) string {
	s, ok := o.text(name)
	if !ok {
		return ""
	}
	return crm.CleanReason(o.problems, name, s)
}

func (a *API) deleteCustomer(r *request, id crm.ID) (answer, error) {
	if _, err := store.Do(r.Context(), a.store, store.Delete{Change: a.change(r), ID: id, Match: ifMatch(r)}); err != nil {
		return answer{}, err
	}
	return answer{message: "Customer deleted successfully", body: jsonNull}, nil
}

func (a *API) addNote(r *request, id crm.ID) (answer, error) {
	o, err := readObject(r)
	if err != nil {
		return answer{}, err
	}
	content, ok := o.required("content")
	if ok {
		content = crm.CleanNote(o.problems, "content", content)
	}
	if err := o.err(); err != nil {
		return answer{}, err
	}
	n, err := store.Do(r.Context(), a.store, store.AddNote{Change: a.change(r), ID: id, Content: content})
	if err != nil {
		return answer{}, err
	}
	return answer{message: "Note added successfully", body: func(b []byte) []byte { return appendNote(b, &n) }}, nil
}

func (a *API) history(r *request, id crm.ID) (answer, error) {
	q := readQuery(r)
	p := q.page()
	if err := q.problems.Err(); err != nil {
		return answer{}, err
	}
	entries, total, err := a.store.History(id, p.offset(), int(p.size))
	if err != nil {
		return answer{}, err
	}
	return answer{body: listJSON(entries, appendEntry, p, total)}, nil
}

// entryOnWire is a change in a customer's history.
type entryOnWire struct {
	EntryID string       `json:"entryId"`
	At      string       `json:"at"`
	By      string       `json:"by"`
	Action  string       `json:"action"`
	Changes fieldChanges `json:"changes"`
	Reason  string       `json:"reason,omitempty"`
}

func appendEntry(b []byte, e *crm.Entry) []byte {
	return jsonValue(entryOnWire{
		e.ID(), crm.FormatTime(e.At), string(e.By), string(e.Action), e.Changes, e.Reason,
	})(b)
}

// fieldChanges is a JSON object of {from, to} under each field's name.
type fieldChanges []crm.FieldChange

// MarshalJSONTo writes a member for each field; null stands for an absent value.
func (f fieldChanges) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, c := range f {
		if err := e.WriteToken(jsontext.String(c.Field)); err != nil {
			return err
		}
		b := append([]byte(`{"from":`), orNull(c.From)...)
		b = append(append(b, `,"to":`...), orNull(c.To)...)
		if err := e.WriteValue(append(b, '}')); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

func orNull(v []byte) []byte {
	if v == nil {
		return []byte("null")
	}
	return v
}
