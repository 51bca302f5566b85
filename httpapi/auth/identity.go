package auth

import (
	"cmp"
	"strings"
	"time"

	"crms/store/crm"
)

// Identity is who calls, as a verified token tells.
type Identity struct {
	UserID  string // of ATHS
	Email   string // empty when the token has none
	Roles   Role   // empty when the token has no role that crms knows
	Expires time.Time
}

// Actor is the name under which the caller's changes are recorded: the email,
// else the user id, else the role in lower case.
func (id Identity) Actor() crm.Actor {
	return crm.Actor(cmp.Or(id.Email, id.UserID, strings.ToLower(id.Roles.String())))
}
