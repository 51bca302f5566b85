package crm

import (
	"strconv"
	"time"
)

// Action names what was done to a customer.
type Action string

const (
	Created       Action = "created"
	Updated       Action = "updated"
	StatusChanged Action = "statusChanged"
	TypeChanged   Action = "typeChanged"
	NoteAdded     Action = "noteAdded"
)

// Entry is one change in a customer's history.
type Entry struct {
	Number  uint32 // from 1 for each customer
	At      time.Time
	By      Actor
	Action  Action
	Changes []FieldChange
	Reason  string // as given with the change; may be empty
}

// FieldChange is one field's change. From and To are JSON; nil stands for a
// field that was, or is now, absent.
type FieldChange struct {
	Field    string
	From, To []byte
}

// ID is the entry's name within its customer: entry-001.
func (e Entry) ID() string { return string(appendNumbered([]byte("entry-"), e.Number)) }

// appendNumbered pads to three digits and grows beyond 999.
func appendNumbered(b []byte, n uint32) []byte {
	for limit := uint32(100); limit > 1 && n < limit; limit /= 10 {
		b = append(b, '0')
	}
	return strconv.AppendUint(b, uint64(n), 10)
}
