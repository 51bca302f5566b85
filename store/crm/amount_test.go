package crm_test

import (
	"encoding/json"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

const (
	notANumber  = "must be a number"
	twoDecimals = "must have at most two decimals"
	outOfRange  = "must be between 0 and 9999999999.99"
)

func TestParseAmountReads(t *testing.T) {
	amounts := map[string]crm.Amount{
		"0": 0, "-0": 0, "0.00": 0, "0e9": 0, "0e99999999999999999999": 0,
		"1": 100, "0.01": 1, "0.1": 10, "24567.5": 2456750, "24567.50": 2456750,
		"1.5e2": 15000, "1.5E2": 15000, "1.5e+2": 15000, "1e0": 100, "1.2345e2": 12345,
		"5e-2": 5, "150e-2": 150, "1e9": 100_000_000_000,
		"9999999999.99": crm.MaxAmount, "999999999999e-2": crm.MaxAmount,
	}
	for s, want := range amounts {
		t.Run(s, func(t *testing.T) {
			got, err := crm.ParseAmount(s)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestParseAmountRefuses(t *testing.T) {
	cases := []struct{ outcome, s, message string }{
		{"nothing", "", notANumber},
		{"a word", "free", notANumber},
		{"not-a-number", "NaN", notANumber},
		{"infinity", "Infinity", notANumber},
		{"a lone sign", "-", notANumber},
		{"a plus sign", "+1", notANumber},
		{"two signs", "--1", notANumber},
		{"a point without digits before it", ".5", notANumber},
		{"a point without digits behind it", "5.", notANumber},
		{"two points", "1.2.3", notANumber},
		{"a decimal comma", "1,50", notANumber},
		{"digit separators", "1_000", notANumber},
		{"a leading zero", "01.00", notANumber},
		{"hexadecimal digits", "0x10", notANumber},
		{"digits of another script", "١٢٣", notANumber},
		{"blanks", " 1", notANumber},
		{"an exponent without digits", "1e", notANumber},
		{"an exponent with a fraction", "1e1.5", notANumber},
		{"a large exponent that ends in a letter", "0E100000000000000000000A", notANumber},
		{"an exponent with two signs", "1e+-2", notANumber},
		{"two exponents", "1e2e3", notANumber},
		{"three decimals", "1.234", twoDecimals},
		{"three decimals that are zero", "1.000", twoDecimals},
		{"three decimals of nothing", "0.000", twoDecimals},
		{"three decimals by exponent", "1e-3", twoDecimals},
		{"an exponent below every int", "1e-99999999999999999999", twoDecimals},
		{"a negative number", "-0.01", outOfRange},
		{"a cent above the maximum", "10000000000.00", outOfRange},
		{"a number of many digits", strings.Repeat("9", 400), outOfRange},
		{"a large exponent", "1e10", outOfRange},
		{"an exponent that overflows with the digits", "1234567890e9223372036854775800", outOfRange},
		{"an exponent that overflows with the decimals", "1e9223372036854775807", outOfRange},
		{"an exponent above every int", "1e99999999999999999999", outOfRange},
	}
	for _, c := range cases {
		t.Run(c.outcome, func(t *testing.T) {
			got, err := crm.ParseAmount(c.s)
			require.EqualError(t, err, c.message)
			assert.Zero(t, got)
		})
	}
}

func TestAmountString(t *testing.T) {
	texts := map[crm.Amount]string{
		0: "0.00", 1: "0.01", 10: "0.10", 99: "0.99", 100: "1.00", 2456750: "24567.50",
		-1: "-0.01", -12345: "-123.45",
		crm.MaxAmount: "9999999999.99", math.MaxInt64: "92233720368547758.07", math.MinInt64: "-92233720368547758.08",
	}
	for amount, want := range texts {
		t.Run(want, func(t *testing.T) {
			assert.Equal(t, want, amount.String())
			assert.Equal(t, "total "+want, string(amount.AppendTo([]byte("total "))))
		})
	}
}

func TestQuotient(t *testing.T) {
	cases := []struct {
		outcome string
		a, b    int64
		want    string
	}{
		{"complaints per 100 orders of the contract", 100 * 234, 3456, "6.77"},
		{"complaints per customer of the contract", 234, 487, "0.48"},
		{"nothing to divide by is 0", 7, 0, "0.00"},
		{"nothing to divide is 0", 0, 7, "0.00"},
		{"a whole quotient stays whole", 21, 7, "3.00"},
		{"a third rounds down", 1, 3, "0.33"},
		{"two thirds round up", 2, 3, "0.67"},
		{"half a hundredth rounds up", 1, 200, "0.01"},
		{"a half above an odd hundredth rounds up", 3, 200, "0.02"},
		{"just below half a hundredth rounds down", 1, 201, "0.00"},
		{"half of an odd divisor is not cut short", 5, 999, "0.01"},
		{"the largest numbers stay exact", math.MaxInt64, math.MaxInt64, "1.00"},
		{"a product beyond 64 bits stays exact", math.MaxInt64, 100, "92233720368547758.07"},
		{"a quotient beyond 63 bits is the largest amount", math.MaxInt64, 60, "92233720368547758.07"},
		{"a quotient beyond 64 bits is the largest amount", math.MaxInt64, 1, "92233720368547758.07"},
	}
	for _, c := range cases {
		t.Run(c.outcome, func(t *testing.T) {
			assert.Equal(t, c.want, crm.Quotient(c.a, c.b).String())
		})
	}

	t.Run("any numbers round half up as exact arithmetic does", func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 20_000 {
			a, b := anySize(r), anySize(r)+1
			want := halfUp(new(big.Int).Mul(big.NewInt(a), big.NewInt(100)), b)
			if !want.IsInt64() {
				want.SetInt64(math.MaxInt64)
			}
			require.Equal(t, want.Int64(), int64(crm.Quotient(a, b)), "%d/%d", a, b)
		}
	})
}

func TestMean(t *testing.T) {
	cases := []struct {
		outcome string
		total   crm.Amount
		n       int64
		want    string
	}{
		{"the average order of the contract", 2456750, 15, "1637.83"},
		{"over nothing is 0", 100, 0, "0.00"},
		{"of nothing is 0", 0, 3, "0.00"},
		{"half a cent rounds up", 1, 2, "0.01"},
		{"less than half a cent rounds down", 100, 3, "0.33"},
		{"more than half a cent rounds up", 200, 3, "0.67"},
		{"half of an odd number is not cut short", 7, 15, "0.00"},
		{"the largest total over one is itself", math.MaxInt64, 1, "92233720368547758.07"},
		{"the largest numbers do not overflow", math.MaxInt64, math.MaxInt64, "0.01"},
	}
	for _, c := range cases {
		t.Run(c.outcome, func(t *testing.T) {
			assert.Equal(t, c.want, c.total.Mean(c.n).String())
		})
	}

	t.Run("any numbers round half up as exact arithmetic does", func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 4))
		for range 20_000 {
			total, n := anySize(r), anySize(r)+1
			require.Equal(t, halfUp(big.NewInt(total), n).Int64(), int64(crm.Amount(total).Mean(n)), "%d/%d", total, n)
		}
	})
}

// anySize is a number from 0 that is as likely to be small as to be large.
func anySize(r *rand.Rand) int64 { return r.Int64N(math.MaxInt64) >> r.IntN(63) }

// halfUp is the floor of a/b + 1/2.
func halfUp(a *big.Int, b int64) *big.Int {
	twice := new(big.Int).Lsh(a, 1)
	twice.Add(twice, big.NewInt(b))
	return twice.Div(twice, new(big.Int).Lsh(big.NewInt(b), 1))
}

func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"0", "-0", "24567.50", "1.5e2", "1e-2", "9999999999.99", "1.000", "1e10", "x", "01"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		amount, err := crm.ParseAmount(s)
		if err != nil {
			assert.Zero(t, amount)
			return
		}
		require.True(t, json.Valid([]byte(s)), "accepted what is not a JSON number")
		require.GreaterOrEqual(t, amount, crm.Amount(0))
		require.LessOrEqual(t, amount, crm.MaxAmount)

		again, err := crm.ParseAmount(amount.String())
		require.NoError(t, err)
		assert.Equal(t, amount, again)
		// math/big would spell out a zero of any exponent digit by digit.
		if value, ok := new(big.Rat).SetString(s); ok && amount != 0 {
			assert.Zero(t, value.Cmp(big.NewRat(int64(amount), 100)), "%s read as %s", s, amount)
		}
	})
}
