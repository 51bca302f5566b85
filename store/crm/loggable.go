package crm

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// LoggableID is a user id as logs show it: the id itself, or a hash where it may
// be an email or a phone number, which some shops use as ids. Equal ids stay
// equal.
func LoggableID(userID string) string {
	if !strings.Contains(userID, "@") && !isPhoneLike(userID) {
		return userID
	}
	sum := sha256.Sum256([]byte(userID))
	return "sha256:" + hex.EncodeToString(sum[:6])
}

// isPhoneLike reports whether a text of at most the length of a contact number
// is made of its characters alone.
func isPhoneLike(s string) bool {
	digits := len(s) - len(strings.Map(notDigit, s))
	return digits >= MinPhoneDigits && len(s) <= MaxContactNumber && strings.Trim(s, contactNumberChars) == ""
}
