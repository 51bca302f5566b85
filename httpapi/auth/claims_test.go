package auth_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
)

func TestVerifyReadsIdentity(t *testing.T) {
	s := newSecret()
	v := newVerifier(t, s.config(t))
	for name, c := range map[string]struct {
		claims string
		userID string
		email  string
		roles  auth.Role
	}{
		"userId":                         {`"userId":"u"`, "u", "", 0},
		"sub without userId":             {`"sub":"s"`, "s", "", 0},
		"userId before sub":              {`"sub":"s","userId":"u"`, "u", "", 0},
		"sub when userId is empty":       {`"sub":"s","userId":""`, "s", "", 0},
		"sub when userId is null":        {`"sub":"s","userId":null`, "s", "", 0},
		"email":                          {`"sub":"s","email":"a@b.c"`, "s", "a@b.c", 0},
		"EMAIL is not email":             {`"sub":"s","EMAIL":"a@b.c"`, "s", "", 0},
		"role":                           {`"sub":"s","role":"Admin"`, "s", "", auth.Admin},
		"role in any case":               {`"sub":"s","role":"aDMIN"`, "s", "", auth.Admin},
		"roles":                          {`"sub":"s","roles":["Customer","SERVICE"]`, "s", "", auth.Customer | auth.Service},
		"union of role and roles":        {`"sub":"s","role":"customer","roles":["admin"]`, "s", "", auth.Customer | auth.Admin},
		"unknown roles give none":        {`"sub":"s","role":"owner","roles":["auditor",""]`, "s", "", 0},
		"unknown among known roles":      {`"sub":"s","roles":["auditor","service"]`, "s", "", auth.Service},
		"no roles":                       {`"sub":"s","roles":[]`, "s", "", 0},
		"null roles":                     {`"sub":"s","role":null,"roles":null`, "s", "", 0},
		"ROLE is not role":               {`"sub":"s","role":"customer","ROLE":"admin"`, "s", "", auth.Customer},
		"Roles is not roles":             {`"sub":"s","Roles":["admin"]`, "s", "", 0},
		"role of a look-alike letter":    {`"sub":"s","role":"cuſtomer"`, "s", "", 0},
		"role with spaces is unknown":    {`"sub":"s","role":" admin "`, "s", "", 0},
		"others are ignored":             {`"sub":"s","scope":{"role":"admin"},"admin":true`, "s", "", 0},
		"escaped name is the same name":  {`"sub":"s","\u0072ole":"admin"`, "s", "", auth.Admin},
		"roles may repeat":               {`"sub":"s","role":"admin","roles":["Admin","ADMIN"]`, "s", "", auth.Admin},
		"email of another alphabet":      {`"sub":"s","email":"अ@उदाहरण.भारत"`, "s", "अ@उदाहरण.भारत", 0},
		"user id is taken as it is":      {`"sub":" S "`, " S ", "", 0},
		"userid is not userId":           {`"sub":"s","userid":"u"`, "s", "", 0},
		"duplicates differing in case":   {`"sub":"s","role":"service","Role":"admin","rOle":"admin"`, "s", "", auth.Service},
		"claim names end where they end": {`"sub":"s","role ":"admin","role\u0000":"admin"`, "s", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			id, err := v.Verify(withClaims(t, s, c.claims))
			require.NoError(t, err)
			assert.Equal(t, auth.Identity{UserID: c.userID, Email: c.email, Roles: c.roles, Expires: id.Expires}, id)
		})
	}
}

func TestVerifyRefusesMalformedClaims(t *testing.T) {
	s := newSecret()
	v := newVerifier(t, s.config(t))
	for name, claims := range map[string]string{
		"email with a line break":  `"sub":"s","email":"a\nb@c.d"`,
		"email of 5,000 letters":   `"sub":"s","email":"` + strings.Repeat("a", 5000) + `@b.c"`,
		"user id with a tab":       `"sub":"a\tb"`,
		"user id of 129 letters":   `"sub":"` + strings.Repeat("a", 129) + `"`,
		"no user id":               `"email":"a@b.c"`,
		"empty user id":            `"userId":"","sub":""`,
		"userId of wrong type":     `"sub":"s","userId":7`,
		"sub of wrong type":        `"userId":"u","sub":["s"]`,
		"email of wrong type":      `"sub":"s","email":{}`,
		"role as an array":         `"sub":"s","role":["admin"]`,
		"roles as a string":        `"sub":"s","roles":"admin"`,
		"roles with a number":      `"sub":"s","roles":["admin",1]`,
		"role twice":               `"sub":"s","role":"customer","role":"admin"`,
		"role twice, once escaped": `"sub":"s","role":"customer","\u0072ole":"admin"`,
		"other claim twice":        `"sub":"s","x":1,"x":2`,
		"twice in a nested object": `"sub":"s","x":{"y":1,"y":2}`,
		"invalid UTF-8":            "\"sub\":\"s\",\"email\":\"\xff\"",
		"invalid UTF-8, unread":    "\"sub\":\"s\",\"x\":\"\xff\"",
		"comment":                  `"sub":"s"/**/`,
		"trailing comma":           `"sub":"s",`,
		"two objects":              `"sub":"s"},{"sub":"s"`,
		"half of a surrogate pair": `"sub":"\ud800"`,
		"exp beyond the year 9999": `"sub":"s","exp":253402300800`,
		"exp twice":                `"sub":"s","exp":1999999999`,
	} {
		t.Run(name, func(t *testing.T) { assertRefused(t, v, withClaims(t, s, claims)) })
	}
	for name, payload := range map[string]string{
		"no claims": "", "null": "null", "an array": "[]", "a string": `"sub"`, "an empty object": "{}", "not JSON": "sub=s",
	} {
		t.Run(name, func(t *testing.T) {
			assertRefused(t, v, signText(t, s, `{"alg":"HS256"}`, payload))
		})
	}
}

// withClaims signs a payload of these members and an expiry.
func withClaims(t testing.TB, s signer, members string) string {
	t.Helper()
	exp := strconv.FormatInt(noon.Unix()+3600, 10)
	return signText(t, s, `{"alg":"HS256","typ":"JWT"}`, `{"exp":`+exp+`,`+members+`}`)
}
