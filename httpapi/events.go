package httpapi

import (
	"bytes"
	"cmp"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"crms/store"
	"crms/store/crm"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds of a batch of events.
const (
	maxBatch     = 1000
	maxBatchBody = 8 << 20 // bytes
)

const (
	structuredMedia = "application/cloudevents+json"
	batchMedia      = "application/cloudevents-batch+json"
)

var errEventMediaType = &httpError{
	status: http.StatusUnsupportedMediaType,
	message: "Content-Type must be " + structuredMedia + ", " + batchMedia +
		", or application/json with the event's attributes in ce- headers",
}

// events takes reports of the sibling services as CloudEvents 1.0. EVENTS.md
// tells their developers how.
//
// The reader is our own since the official Go SDK (v2.16) takes duplicate
// names, trailing data and invalid UTF-8, stops at the first problem without
// saying in which event of a batch it is, and quotes the event in its errors.
// The tests send with the SDK, as a sibling would.
func (a *API) events(r *request) (answer, error) {
	now := a.now()
	events, err := readEvents(r)
	if err != nil {
		return answer{}, err
	}
	for i := range events {
		if events[i].Type == crm.UserRegistered {
			// The id carries the second of registration, as all ids do.
			events[i].NewID = a.ids.New(events[i].Since())
		}
	}
	n, err := store.Do(r.Context(), a.store, store.Ingest{At: now, Events: events})
	if err != nil {
		return answer{}, err
	}
	return answer{message: "Events processed successfully", body: jsonValue(n)}, nil
}

// readEvents reads a body in any of the three modes of the HTTP binding. All
// problems of all events are told at once.
func readEvents(r *request) ([]crm.Event, error) {
	var problems crm.Problems
	var events []crm.Event
	var err error
	switch media := mediaType(r); {
	case media == batchMedia:
		events, err = readBatch(r, &problems)
	case media == structuredMedia:
		events, err = readStructured(r, &problems)
	case r.Header.Get("Ce-Specversion") != "" && isJSON(media):
		events, err = readBinary(r, &problems)
	default:
		err = errEventMediaType
	}
	if err == nil {
		err = problems.Err()
	}
	return events, err
}

func readStructured(r *request, problems *crm.Problems) ([]crm.Event, error) {
	v, err := readJSON(r, maxBody)
	if err != nil {
		return nil, err
	}
	return []crm.Event{readEvent(v, "", problems)}, nil
}

func readBatch(r *request, problems *crm.Problems) ([]crm.Event, error) {
	v, err := readJSON(r, maxBatchBody)
	if err != nil {
		return nil, err
	}
	if v.Kind() != '[' {
		return nil, &crm.Error{Kind: crm.Invalid, Message: "Request body must be a JSON array of events"}
	}
	events := []crm.Event{}
	d := jsontext.NewDecoder(bytes.NewReader(v))
	_, _ = d.ReadToken()
	for d.PeekKind() != ']' {
		item, _ := d.ReadValue()
		if len(events) == maxBatch {
			return nil, &crm.Error{Kind: crm.Invalid, Message: fmt.Sprintf("A batch must have at most %d events", maxBatch)}
		}
		events = append(events, readEvent(item, fmt.Sprintf("events[%d].", len(events)), problems))
	}
	return events, nil
}

func readJSON(r *request, limit int64) (jsontext.Value, error) {
	body, err := readAll(r, limit)
	if err != nil {
		return nil, err
	}
	return parseJSON(body)
}

// usedAttributes are those that crms reads; it leaves the others, and the
// extensions, alone.
var usedAttributes = []string{"specversion", "id", "source", "time", "type"}

// readBinary reads an event whose attributes are headers and whose data is the
// body.
func readBinary(r *request, problems *crm.Problems) ([]crm.Event, error) {
	data, err := readJSON(r, maxBody)
	if err != nil {
		return nil, err
	}
	o := &object{members: map[string]jsontext.Value{"data": data}, taken: map[string]bool{}, problems: problems}
	for _, name := range usedAttributes {
		values := r.Header.Values("Ce-" + name)
		if len(values) == 0 {
			continue
		}
		if len(values) > 1 {
			o.add(name, "must be sent once")
		}
		if o.members[name], err = jsontext.AppendQuote(nil, decodeHeader(values[0])); err != nil {
			o.add(name, "must be valid UTF-8")
		}
	}
	return []crm.Event{attributes(o)}, nil
}

var quotedPair = regexp.MustCompile(`\\(.)`)

// decodeHeader reads the value of an attribute's header: in quotes or without,
// with percent-encoding (HTTP binding, 3.1.3.2). A value that is not encoded
// right is taken as it is, since the Go SDK, for one, encodes nothing.
func decodeHeader(value string) string {
	if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
		value = quotedPair.ReplaceAllString(value[1:len(value)-1], "$1")
	}
	if decoded, err := url.PathUnescape(value); err == nil {
		return decoded
	}
	return value
}

// readEvent reads one event of the JSON format.
func readEvent(v jsontext.Value, path string, problems *crm.Problems) crm.Event {
	if v.Kind() != '{' {
		problems.Add(cmp.Or(strings.TrimSuffix(path, "."), "event"), "must be an object")
		return crm.Event{}
	}
	o := membersOf(v, path, problems)
	for name, member := range o.members {
		if member.Kind() == 'n' {
			delete(o.members, name) // null is the same as absent (JSON format, 2.2)
		}
	}
	if media, ok := o.text("datacontenttype"); ok && !isJSON(mediaOf(media)) {
		o.add("datacontenttype", "must be application/json")
	}
	if _, there := o.members["data_base64"]; there {
		o.add("data_base64", "is not taken: send the data as JSON")
	}
	return attributes(o)
}

func mediaOf(contentType string) string {
	media, _, _ := mime.ParseMediaType(contentType)
	return media
}

// isJSON reports whether a media type is JSON (RFC 6839, 3.1).
func isJSON(media string) bool {
	return media == "application/json" || strings.HasSuffix(media, "+json")
}

// attributes reads the attributes that crms uses, and the data. Others, the
// extensions among them, are left alone.
func attributes(o *object) crm.Event {
	var e crm.Event
	if version, ok := o.required("specversion"); ok && version != "1.0" {
		o.add("specversion", "must be 1.0")
	}
	if s, ok := o.required("id"); ok {
		e.ID = crm.CleanExternalID(o.problems, o.path+"id", s)
	}
	if s, ok := o.required("source"); ok {
		e.Source = crm.CleanSource(o.problems, o.path+"source", s)
		if _, err := url.Parse(s); err != nil {
			o.add("source", "must be a URI reference")
		}
	}
	e.Time = o.requiredTime("time")
	e.Type, _ = choice(o, "type", true, crm.ParseEventType)
	if data := o.object("data"); data != nil && e.Type != 0 {
		readData(data, &e)
	}
	return e
}

// readData reads what the event's type says. Members that crms has no use for
// are left alone: the siblings may say more than it needs.
func readData(o *object, e *crm.Event) {
	if s, ok := o.required("userId"); ok {
		e.UserID = crm.CleanExternalID(o.problems, o.path+"userId", s)
	}
	switch e.Type {
	case crm.UserRegistered, crm.UserUpdated:
		e.User = readUser(o, e.Type == crm.UserRegistered)
	case crm.OrderPlaced, crm.OrderUpdated:
		e.Order = readOrder(o, e)
	case crm.OrderDeleted:
		e.Order = crm.Order{OrderID: o.externalID("orderId"), Version: e.Time, Deleted: true}
	case crm.ComplaintOpened, crm.ComplaintUpdated:
		e.Complaint = readComplaint(o, e)
	case crm.ComplaintDeleted:
		e.Complaint = crm.Complaint{ComplaintID: o.externalID("complaintId"), Version: e.Time, Deleted: true}
	}
}

func readUser(o *object, registered bool) (u crm.UserReport) {
	get := o.text
	if registered {
		get = o.required
		u.RegisteredAt = o.time("registeredAt")
	}
	if s, ok := get("email"); ok {
		s = crm.CleanEmail(o.problems, o.path+"email", s)
		u.Email = &s
	}
	if s, ok := get("fullName"); ok {
		s = crm.CleanName(o.problems, o.path+"fullName", s)
		u.FullName = &s
	}
	u.ContactNumber = o.contactNumber()
	if registered && u.ContactNumber != nil && *u.ContactNumber == "" {
		u.ContactNumber = nil // null: there is none to speak of
	}
	return u
}

func readOrder(o *object, e *crm.Event) crm.Order {
	order := crm.Order{OrderID: o.externalID("orderId"), Status: crm.Placed, PlacedAt: o.requiredTime("placedAt"), Version: e.Time}
	if s := o.label("status", e.Type == crm.OrderUpdated); s != "" {
		order.Status = crm.OrderStatus(s)
	}
	if v, ok := o.take("total", '0', "must be a number"); ok {
		total, err := crm.ParseAmount(string(v))
		if err != nil {
			o.add("total", "%v", err)
		}
		order.Total = total
	} else if o.members["total"] == nil {
		o.add("total", "is required")
	}
	return order
}

func readComplaint(o *object, e *crm.Event) crm.Complaint {
	c := crm.Complaint{
		ComplaintID: o.externalID("complaintId"), Category: o.label("category", true), Status: crm.Open,
		OpenedAt: o.requiredTime("openedAt"), Version: e.Time,
	}
	if s := o.label("status", e.Type == crm.ComplaintUpdated); s != "" {
		c.Status = crm.ComplaintStatus(s)
	}
	return c
}

// externalID takes a sibling's id, which must be there.
func (o *object) externalID(name string) string {
	s, ok := o.required(name)
	if !ok {
		return ""
	}
	return crm.CleanExternalID(o.problems, o.path+name, s)
}

// label takes the name of a status or category; empty when it is not there.
func (o *object) label(name string, required bool) string {
	get := o.text
	if required {
		get = o.required
	}
	s, ok := get(name)
	if !ok {
		return ""
	}
	return crm.CleanLabel(o.problems, o.path+name, s)
}

// requiredTime takes a time that must be there.
func (o *object) requiredTime(name string) time.Time {
	t, _ := choice(o, name, true, crm.ParseTime)
	return t
}

// time takes a time; zero when it is not there.
func (o *object) time(name string) time.Time {
	t, _ := choice(o, name, false, crm.ParseTime)
	return t
}

// object takes a member that is an object, which must be there.
func (o *object) object(name string) *object {
	if _, there := o.members[name]; !there {
		o.add(name, "is required")
		return nil
	}
	v, ok := o.take(name, '{', "must be an object")
	if !ok {
		return nil
	}
	return membersOf(v, o.path+name+".", o.problems)
}
