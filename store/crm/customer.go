package crm

import (
	"strings"
	"time"
)

// Status says what a customer may do.
type Status uint8

// Type is the customer's tier.
type Type uint8

// The stored values of these constants are part of the schema: append only.
const (
	Active Status = iota
	Inactive
	Suspended
	numStatuses
)

const (
	Regular Type = iota
	Premium
	VIP
	numTypes
)

// NumStatuses and NumTypes are the sizes of tables indexed by them.
const (
	NumStatuses = int(numStatuses)
	NumTypes    = int(numTypes)
)

var (
	statusNames = [...]string{Active: "Active", Inactive: "Inactive", Suspended: "Suspended"}
	typeNames   = [...]string{Regular: "Regular", Premium: "Premium", VIP: "VIP"}
)

func (s Status) String() string { return nameOf(statusNames[:], int(s)) }
func (t Type) String() string   { return nameOf(typeNames[:], int(t)) }

func nameOf(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "unknown"
}

// ParseStatus reads Active, Inactive or Suspended, in exactly this spelling.
func ParseStatus(s string) (Status, error) {
	i, err := parseName(statusNames[:], s)
	return Status(i), err
}

// ParseType reads Regular, Premium or VIP, in exactly this spelling.
func ParseType(s string) (Type, error) {
	i, err := parseName(typeNames[:], s)
	return Type(i), err
}

func parseName(names []string, s string) (int, error) {
	for i, name := range names {
		if s == name {
			return i, nil
		}
	}
	return 0, &choiceError{names}
}

type choiceError struct{ names []string }

func (e *choiceError) Error() string { return "must be one of " + strings.Join(e.names, ", ") }

// CanPlaceOrders and CanCreateComplaints say what ORMS and CMPS may accept
// from the customer: only Active customers do either.
func (s Status) CanPlaceOrders() bool      { return s == Active }
func (s Status) CanCreateComplaints() bool { return s == Active }

// Customer is one customer's profile with the figures of its orders and
// complaints. Notes are kept beside it, see [Profile].
type Customer struct {
	ID            ID
	UserID        string // of ATHS; the identity of the person
	Email         string
	FullName      string
	ContactNumber string // empty when unset
	Status        Status
	Type          Type
	Since         time.Time // registration
	Tags          []string
	Preferences   []byte // a compact JSON object, never empty

	CreatedBy      Actor
	CreatedAt      time.Time
	LastModifiedBy Actor
	LastModifiedAt time.Time

	Figures Figures // Opening plus the ledger
	Opening Figures // what an import brought without its orders and complaints

	// Versions date what ATHS and administrators both may change: the newer
	// change wins, field by field.
	Versions ContactVersions

	// Revision counts the changes of the profile by people and by ATHS;
	// Activity counts those of the figures. Together they are the ETag.
	Revision uint64
	Activity uint64

	// Registrations are the reports of the registration that count; Since is
	// the earliest that they say.
	Registrations []Registration

	// LeavingAt is set for a customer whose user ATHS has deleted, at that
	// time, while orders or complaints were still open: it goes when the last
	// of them closes.
	LeavingAt time.Time
}

// ContactVersions holds, for each contact field, the time of the change that
// set it.
type ContactVersions struct{ Email, FullName, ContactNumber time.Time }

// IsLeaving reports whether the customer goes when its last order and complaint
// close.
func (c *Customer) IsLeaving() bool { return !c.LeavingAt.IsZero() }

// Profile is a customer with everything that the full answer shows.
type Profile struct {
	Customer
	Notes []Note // oldest first
}

// Note is an administrator's remark about a customer.
type Note struct {
	Number  uint32 // from 1, never reused for the same customer
	Content string
	AddedBy Actor
	AddedAt time.Time
}

// ID is the note's name within its customer: note-001.
func (n Note) ID() string { return string(n.AppendID(nil)) }

// AppendID appends the text of [Note.ID] to b.
func (n Note) AppendID(b []byte) []byte { return appendNumbered(append(b, "note-"...), n.Number) }

// EmailKey is the form in which emails are compared: without regard to case.
func EmailKey(email string) string { return strings.ToLower(email) }
