package kv

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSealFindsEveryFlippedBit(t *testing.T) {
	key := []byte("key of a row")
	sealed := seal(key, []byte("what the row holds"))
	row, err := unseal(key, sealed)
	require.NoError(t, err)
	require.Equal(t, "what the row holds", string(row))

	for bit := range 8 * len(key) {
		flipped := bytes.Clone(key)
		flipped[bit/8] ^= 1 << (bit % 8)
		_, err := unseal(flipped, sealed)
		assert.ErrorIs(t, err, errChecksum, "bit %d of the key", bit)
	}
	for bit := range 8 * len(sealed) {
		flipped := bytes.Clone(sealed)
		flipped[bit/8] ^= 1 << (bit % 8)
		_, err := unseal(key, flipped)
		assert.ErrorIs(t, err, errChecksum, "bit %d of the row", bit)
	}
}

func TestUnsealRefusesRowsCutShort(t *testing.T) {
	key := []byte("key")
	sealed := seal(key, []byte("row"))
	for n := range len(sealed) {
		_, err := unseal(key, sealed[:n])
		assert.Error(t, err, "%d bytes", n)
	}
}

func TestRowValuesRoundTrip(t *testing.T) {
	moments := []time.Time{
		{}, time.UnixMilli(0).UTC(), time.UnixMilli(-1).UTC(),
		time.Date(1, 1, 1, 0, 0, 0, 1e6, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC),
	}
	var b []byte
	for _, m := range moments {
		b = AppendTime(b, m)
	}
	for _, n := range []int64{0, -1, 1, math.MinInt64, math.MaxInt64} {
		b = AppendUint(AppendInt(b, n), uint64(n))
	}
	b = AppendText(AppendText(b, "text\x00ü"), []byte{})

	r := ReadRow(b)
	for _, m := range moments {
		assert.Equal(t, m, r.Time())
	}
	for _, n := range []int64{0, -1, 1, math.MinInt64, math.MaxInt64} {
		assert.Equal(t, n, r.Int())
		assert.Equal(t, uint64(n), r.Uint())
	}
	assert.Equal(t, "text\x00ü", r.Text())
	assert.Empty(t, r.Text())
	assert.NoError(t, r.Err())
}

func TestRowReader(t *testing.T) {
	tests := []struct {
		outcome string
		row     []byte
		read    func(*RowReader)
	}{
		{"reports a missing byte", nil, func(r *RowReader) { r.Byte() }},
		{"reports a number without an end", []byte{0x80, 0x80}, func(r *RowReader) { r.Uint() }},
		{"reports a number of too many bytes", bytes.Repeat([]byte{0x80}, 11), func(r *RowReader) { r.Uint() }},
		{"reports a number beyond 64 bits", append(bytes.Repeat([]byte{0xff}, 9), 2), func(r *RowReader) { r.Uint() }},
		{"reports a text longer than the row", []byte{5, 'a'}, func(r *RowReader) { _ = r.Text() }},
		{"reports more values than the row can hold", AppendUint(nil, 1<<40), func(r *RowReader) { r.Count() }},
		{"reports what is left over", []byte{1, 2}, func(r *RowReader) { r.Byte() }},
		{"stays in error for the values behind", []byte{9, 1}, func(r *RowReader) { _ = r.Text(); r.Byte() }},
	}
	for _, test := range tests {
		t.Run(test.outcome, func(t *testing.T) {
			r := ReadRow(test.row)
			test.read(r)
			assert.ErrorIs(t, r.Err(), errRow)
		})
	}
}

// FuzzRowReader reads junk as a sequence of values that the junk itself names.
func FuzzRowReader(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3, 4, 5}, AppendTime(AppendText(AppendInt(nil, -5), "text"), time.UnixMilli(77)))
	f.Add([]byte{3, 3, 3}, bytes.Repeat([]byte{0xff}, 40))
	f.Fuzz(func(t *testing.T, kinds, row []byte) {
		r := ReadRow(row)
		again := []byte{}
		for _, kind := range kinds {
			switch kind % 6 {
			case 0:
				again = AppendUint(again, r.Uint())
			case 1:
				again = AppendInt(again, r.Int())
			case 2:
				again = append(again, r.Byte())
			case 3:
				again = AppendText(again, r.Text())
			case 4:
				n := r.Count()
				require.LessOrEqual(t, n, len(row))
				again = AppendUint(again, uint64(n))
			case 5:
				again = AppendTime(again, r.Time())
			}
		}
		if r.Err() != nil {
			return
		}
		// Only numbers written in more bytes than they need come out shorter;
		// everything else is written again as it was read.
		require.LessOrEqual(t, len(again), len(row))
		if len(again) == len(row) {
			require.Equal(t, row, again)
		}
	})
}
