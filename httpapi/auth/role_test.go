package auth_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/store/crm"
)

func TestParseRole(t *testing.T) {
	for text, want := range map[string]auth.Role{
		"Admin": auth.Admin, "admin": auth.Admin, "CUSTOMER": auth.Customer, "sErViCe": auth.Service,
	} {
		t.Run(text+" is a role", func(t *testing.T) {
			role, err := auth.ParseRole(text)
			require.NoError(t, err)
			assert.Equal(t, want, role)
		})
	}
	for _, text := range []string{"", "admins", " admin", "None", "Admin+Service", "ſervice"} {
		t.Run(text+" is none", func(t *testing.T) {
			role, err := auth.ParseRole(text)
			assert.ErrorContains(t, err, "must be one of Admin, Customer, Service")
			assert.Zero(t, role)
		})
	}
}

func TestRoleHasAnyOfThoseWanted(t *testing.T) {
	both := auth.Admin | auth.Service
	assert.True(t, both.Has(auth.Admin))
	assert.True(t, both.Has(auth.Service|auth.Customer))
	assert.False(t, both.Has(auth.Customer))
	assert.False(t, both.Has(0))
	assert.False(t, auth.Role(0).Has(auth.Admin|auth.Customer|auth.Service))
}

func TestRoleString(t *testing.T) {
	assert.Equal(t, "None", auth.Role(0).String())
	assert.Equal(t, "Customer", auth.Customer.String())
	assert.Equal(t, "Admin+Service", (auth.Service | auth.Admin).String())
}

func TestActor(t *testing.T) {
	for name, c := range map[string]struct {
		identity auth.Identity
		want     crm.Actor
	}{
		"email first":        {auth.Identity{UserID: "u", Email: "a@b.c", Roles: auth.Admin}, "a@b.c"},
		"user id without it": {auth.Identity{UserID: "u", Roles: auth.Admin}, "u"},
		"role without both":  {auth.Identity{Roles: auth.Service}, "service"},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, c.identity.Actor()) })
	}
}
