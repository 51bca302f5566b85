package auth

import (
	"cmp"
	"errors"
	"math"
	"time"

	"crms/store/crm"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"
)

// claims are the claims that crms reads. A claim that is null counts as absent.
type claims struct {
	UserID    string           `json:"userId"`
	Subject   string           `json:"sub"`
	Email     string           `json:"email"`
	Role      string           `json:"role"`
	Roles     []string         `json:"roles"`
	Issuer    string           `json:"iss"`
	Audience  jwt.ClaimStrings `json:"aud"`
	ExpiresAt *unixSeconds     `json:"exp"`
	NotBefore *unixSeconds     `json:"nbf"`
	IssuedAt  *unixSeconds     `json:"iat"`
}

// UnmarshalJSON decodes strictly: names count in their exact spelling, and a
// name that appears twice, a wrong type or invalid UTF-8 is an error. With
// encoding/json a signed ROLE would override role.
func (c *claims) UnmarshalJSON(b []byte) error {
	type plain claims
	err := json.Unmarshal(b, (*plain)(c))
	if err == nil {
		return nil
	}
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return refusal("a claim appears twice")
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		// The pointer, such as /exp, is no text of the token: only known names
		// are decoded. It is empty when the claims are no object.
		return refusal("wrong JSON type of " + cmp.Or(string(e.JSONPointer), "the claims"))
	}
	return refusal("claims are not valid JSON")
}

// identity is what verified claims say about the caller.
func (c *claims) identity() (Identity, error) {
	id := Identity{UserID: cmp.Or(c.UserID, c.Subject), Email: c.Email}
	if id.UserID == "" {
		return Identity{}, refusal("no user id: neither claim userId nor sub")
	}
	// Both are stored and shown as who made a change.
	var problems crm.Problems
	crm.CleanExternalID(&problems, "the user id", id.UserID)
	if id.Email != "" {
		crm.CleanActor(&problems, "claim email", id.Email)
	}
	if len(problems) > 0 {
		return Identity{}, refusal(problems[0].Field + " " + problems[0].Message)
	}
	for _, name := range append(c.Roles, c.Role) {
		// A role that is not ours gives no rights here, and is no error.
		if role, err := ParseRole(name); err == nil {
			id.Roles |= role
		}
	}
	expires, err := c.GetExpirationTime()
	if err != nil {
		return Identity{}, err
	}
	id.Expires = expires.Time
	return id, nil
}

// The methods that [jwt.Claims] asks for, so that the library checks the rest.

func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.ExpiresAt.date() }
func (c *claims) GetNotBefore() (*jwt.NumericDate, error)      { return c.NotBefore.date() }
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error)       { return c.IssuedAt.date() }
func (c *claims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *claims) GetSubject() (string, error)                  { return c.Subject, nil }
func (c *claims) GetAudience() (jwt.ClaimStrings, error)       { return c.Audience, nil }

// unixSeconds is a JWT NumericDate: seconds since 1970, with or without a
// fraction. jwt.NumericDate itself would take strings, and numbers that
// overflow an int64.
type unixSeconds float64

// maxUnixSeconds is the end of the year 9999.
const maxUnixSeconds = 253402300799

func (s *unixSeconds) date() (*jwt.NumericDate, error) {
	if s == nil {
		return nil, nil
	}
	if *s < 0 || *s > maxUnixSeconds {
		return nil, refusal("a time is outside the years 1970 to 9999")
	}
	whole, fraction := math.Modf(float64(*s))
	return &jwt.NumericDate{Time: time.Unix(int64(whole), int64(fraction*1e9)).UTC()}, nil
}
