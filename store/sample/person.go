package sample

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// person is a name of the culture with an email that nobody else has.
func (v *inventor) person(r *rand.Rand, home culture) (fullName, email string) {
	given, family := pick(r, home.men), pick(r, home.families)
	if chance(r, 50) {
		given = pick(r, home.women)
		if home.familiesOfWomen != nil {
			family = pick(r, home.familiesOfWomen)
		}
	}
	return home.fullName(given, family), v.email(r, given.latin, family.latin)
}

// email is an address at one of the domains that RFC 2606 keeps for examples.
func (v *inventor) email(r *rand.Rand, given, family string) string {
	local := pick(r, []string{
		given + "." + family, given + "." + family, given + family, given[:1] + "." + family,
		given + "_" + family, family + "." + given, given + "." + family[:1],
	})
	domain := pick(r, []string{"@example.com", "@example.com", "@example.org", "@example.net"})
	email := local + domain
	for number := 2; v.emails[email]; number++ {
		email = local + strconv.Itoa(number) + domain
	}
	v.emails[email] = true
	return email
}

// phone is a number of where the culture is at home; some customers have none.
func phone(r *rand.Rand, home culture) string {
	if chance(r, 8) {
		return ""
	}
	return strings.Map(func(c rune) rune {
		if c == '#' {
			return '0' + r.Int32N(10)
		}
		return c
	}, pick(r, home.phones))
}
