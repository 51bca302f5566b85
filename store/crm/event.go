package crm

import (
	"slices"
	"time"
)

// EventType says what an event reports. The values are part of the schema:
// append only.
type EventType uint8

const (
	UserRegistered EventType = iota + 1
	UserUpdated
	UserDeleted
	OrderPlaced
	OrderUpdated
	OrderDeleted
	ComplaintOpened
	ComplaintUpdated
	ComplaintDeleted
)

var eventTypeNames = [...]string{
	UserRegistered:   "aths.user.registered",
	UserUpdated:      "aths.user.updated",
	UserDeleted:      "aths.user.deleted",
	OrderPlaced:      "orms.order.placed",
	OrderUpdated:     "orms.order.updated",
	OrderDeleted:     "orms.order.deleted",
	ComplaintOpened:  "cmps.complaint.opened",
	ComplaintUpdated: "cmps.complaint.updated",
	ComplaintDeleted: "cmps.complaint.deleted",
}

func (t EventType) String() string { return nameOf(eventTypeNames[:], int(t)) }

// ParseEventType reads a type such as orms.order.placed.
func ParseEventType(s string) (EventType, error) {
	known := eventTypeNames[UserRegistered:]
	i := slices.Index(known, s)
	if i < 0 {
		return 0, &choiceError{known}
	}
	return UserRegistered + EventType(i), nil
}

// IsOfThing reports whether an event of the type is about an order or a
// complaint, and not about the user itself.
func (t EventType) IsOfThing() bool { return t >= OrderPlaced }

// IsThingDeleted reports whether an event of the type deletes an order or a
// complaint.
func (t EventType) IsThingDeleted() bool { return t == OrderDeleted || t == ComplaintDeleted }

// Event is what a sibling service reports: the state of something that belongs
// to a user, as of a time.
type Event struct {
	Source, ID string    // of the event; together they are its identity
	Time       time.Time // the version of the thing that it speaks of
	Type       EventType
	UserID     string

	User      UserReport // of UserRegistered and UserUpdated
	Order     Order      // of the order events; Version is Time
	Complaint Complaint  // of the complaint events; Version is Time

	// NewID becomes the customer's id, should the event make one.
	NewID ID
}

// UserReport is what ATHS says of a user. What is nil, it does not speak of.
type UserReport struct {
	Email         *string
	FullName      *string
	ContactNumber *string   // empty clears the number
	RegisteredAt  time.Time // of UserRegistered
}

// Began is when the thing that the event speaks of began. It decides to which
// life of a user the event belongs: that before a deletion or that after it. An
// order belongs where it was placed, however late something is said of it.
func (e Event) Began() time.Time {
	switch e.Type {
	case OrderPlaced, OrderUpdated:
		return e.Order.PlacedAt
	case ComplaintOpened, ComplaintUpdated:
		return e.Complaint.OpenedAt
	}
	return e.Time
}

// Since is when the user registered, as far as a UserRegistered says.
func (e Event) Since() time.Time {
	if e.User.RegisteredAt.IsZero() {
		return e.Time
	}
	return e.User.RegisteredAt
}

// Registration is one time that ATHS, or an administrator, has said that a user
// is registered.
type Registration struct {
	At    time.Time // of the report
	Since time.Time // when the user registered, by that report
}
