package auth

import (
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

var (
	// ErrInvalidToken is the answer to every token that is not accepted. The
	// error that wraps it also says why, in fixed words for the debug log.
	ErrInvalidToken = errors.New("invalid token")

	// ErrUnsigned is ErrInvalidToken for a token that no accepted key has signed:
	// ATHS never gave it to anybody. One that has merely expired is not of these.
	ErrUnsigned = fmt.Errorf("%w, none of ours", ErrInvalidToken)

	// ErrNoKey says that there is no key to verify tokens with, because the
	// JWKS endpoint has not given one yet: not the fault of the token.
	ErrNoKey = errors.New("no key to verify tokens with")
)

// refusal is a reason not to accept a token. It holds nothing of the token.
type refusal string

func (r refusal) Error() string { return string(r) }

const (
	errTooLong    refusal = "token is too long"
	errUnknownKey refusal = "key id is unknown"
	errCritical   refusal = "critical header extensions are not supported"
)

// reasonOf reduces an error of the JWT library to one that is free of token
// text: the library's own quote key ids, and numbers of any length.
func reasonOf(err error) error {
	if r, ok := errors.AsType[refusal](err); ok {
		return r
	}
	for _, reason := range [...]error{
		ErrNoKey,
		jwt.ErrTokenExpired, jwt.ErrTokenNotValidYet, jwt.ErrTokenUsedBeforeIssued,
		jwt.ErrTokenInvalidIssuer, jwt.ErrTokenInvalidAudience, jwt.ErrTokenRequiredClaimMissing,
		jwt.ErrTokenSignatureInvalid, jwt.ErrTokenMalformed,
	} {
		if errors.Is(err, reason) {
			return reason
		}
	}
	return jwt.ErrTokenUnverifiable
}
