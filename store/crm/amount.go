package crm

import (
	"errors"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Amount is money in minor units: 2456750 is 24567.50.
type Amount int64

// MaxAmount is the largest total that one order may have: 9,999,999,999.99.
// Nine million such orders still add up without overflow.
const MaxAmount Amount = 999_999_999_999

var (
	errAmountSyntax   = errors.New("must be a number")
	errAmountDecimals = errors.New("must have at most two decimals")
	errAmountRange    = errors.New("must be between 0 and 9999999999.99")
)

// ParseAmount reads a JSON number such as 24567.5, 100 or 1.5e2. The error
// says what is wrong in words that fit behind a field's name: not a number,
// written with more than two decimals (1.000 too), negative or above
// [MaxAmount].
func ParseAmount(s string) (Amount, error) {
	mantissa, exponent, err := cutExponent(s)
	if err != nil {
		return 0, err
	}
	negative := strings.HasPrefix(mantissa, "-")
	whole, fraction, dotted := strings.Cut(strings.TrimPrefix(mantissa, "-"), ".")
	if !isDigits(whole) || len(whole) > 1 && whole[0] == '0' || dotted && !isDigits(fraction) {
		return 0, errAmountSyntax
	}
	// The value is digits times 10 to the power of shift, in minor units.
	shift := exponent - len(fraction) + 2
	if shift < 0 {
		return 0, errAmountDecimals
	}
	digits := strings.TrimLeft(whole+fraction, "0")
	switch {
	case digits == "":
		return 0, nil
	case negative || shift > len("999999999999")-len(digits):
		return 0, errAmountRange
	}
	n, err := strconv.ParseInt(digits+strings.Repeat("0", shift), 10, 64)
	if err != nil {
		return 0, errAmountSyntax
	}
	return Amount(n), nil
}

// cutExponent splits 1.5e2 into 1.5 and 2; without an exponent it is 0.
func cutExponent(s string) (mantissa string, exponent int, err error) {
	i := strings.IndexAny(s, "eE")
	if i < 0 {
		return s, 0, nil
	}
	text := s[i+1:]
	unsigned := text
	if text != "" && (text[0] == '+' || text[0] == '-') {
		unsigned = text[1:]
	}
	if !isDigits(unsigned) {
		return "", 0, errAmountSyntax
	}
	exponent, _ = strconv.Atoi(text) // beyond an int it is the nearest one
	// Far beyond any amount the exact exponent no longer matters; within the
	// bounds it can be added to a length without overflow.
	const bound = 1 << 30
	return s[:i], min(max(exponent, -bound), bound), nil
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// AppendTo appends the amount as a JSON number with two decimals.
func (a Amount) AppendTo(b []byte) []byte {
	u := uint64(a)
	if a < 0 {
		b, u = append(b, '-'), -u
	}
	b = strconv.AppendUint(b, u/100, 10)
	return append(b, '.', byte('0'+u/10%10), byte('0'+u%10))
}

// String returns the amount with two decimals, such as 24567.50.
func (a Amount) String() string { return string(a.AppendTo(nil)) }

// Quotient is a/b rounded half up to two decimals, as an [Amount] of
// hundredths; 0 when b is 0. Both are whole numbers from 0 and the result is
// exact, as nothing passes through floating point. A quotient too large for an
// Amount is the largest Amount.
func Quotient(a, b int64) Amount {
	if a <= 0 || b <= 0 {
		return 0
	}
	// (a*100 + b/2) / b in 128 bits, since a*100 may not fit in 64. The half
	// is taken of 2b so that an odd b rounds right too.
	hi, lo := bits.Mul64(uint64(a), 200)
	lo, carry := bits.Add64(lo, uint64(b), 0)
	hi += carry
	d := 2 * uint64(b)
	if hi >= d {
		return math.MaxInt64
	}
	q, _ := bits.Div64(hi, lo, d)
	return Amount(min(q, math.MaxInt64))
}

// Mean is the average of total over n, rounded half up to a minor unit; 0 when
// n is 0.
func (a Amount) Mean(n int64) Amount {
	if a <= 0 || n <= 0 {
		return 0
	}
	q, r := int64(a)/n, int64(a)%n
	if r >= n-r {
		q++
	}
	return Amount(q)
}
