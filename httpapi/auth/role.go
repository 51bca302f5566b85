package auth

import (
	"fmt"
	"strings"
)

// Role is a set of roles; the zero value holds none.
type Role uint8

const (
	Admin    Role = 1 << iota // people who run the shop
	Customer                  // people who buy there
	Service                   // the sibling services: ATHS, ORMS, CMPS
)

var roleNames = [...]struct {
	role Role
	name string
}{{Admin, "Admin"}, {Customer, "Customer"}, {Service, "Service"}}

// Has reports whether r holds at least one of the roles in wanted.
func (r Role) Has(wanted Role) bool { return r&wanted != 0 }

// String names the roles: Admin, or Admin+Service, or None.
func (r Role) String() string {
	if names := r.names(); len(names) > 0 {
		return strings.Join(names, "+")
	}
	return "None"
}

func (r Role) names() []string {
	var names []string
	for _, known := range roleNames {
		if r.Has(known.role) {
			names = append(names, known.name)
		}
	}
	return names
}

// ParseRole reads Admin, Customer or Service, in any case.
func ParseRole(s string) (Role, error) {
	for _, known := range roleNames {
		// The length keeps out letters that fold to ASCII, such as the long s.
		if len(s) == len(known.name) && strings.EqualFold(s, known.name) {
			return known.role, nil
		}
	}
	return 0, fmt.Errorf("unknown role %q: must be one of %s", s, strings.Join((Admin|Customer|Service).names(), ", "))
}
