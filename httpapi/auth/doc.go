// Package auth turns a bearer token into the [Identity] of who calls, and mints
// tokens.
//
// Tokens are signed JWTs of the shop's auth service (ATHS). The key to verify
// them comes from exactly one place, and it alone says which algorithm is
// accepted; what a token claims about its algorithm is only compared with it:
//
//	HMAC secret              HS256
//	PEM or JWKS, RSA         RS256
//	PEM or JWKS, EC P-256    ES256
//	PEM or JWKS, Ed25519     EdDSA
//
// These claims are read, by exactly these names; all others are ignored:
//
//	userId, else sub   the user id; required
//	email              the email
//	role, roles        a name, an array of names; together they are the roles
//	exp                required; iat and nbf are checked when they are there
//	iss, aud           checked when an issuer or an audience is configured
//
// Clocks may differ by 30 s.
package auth
