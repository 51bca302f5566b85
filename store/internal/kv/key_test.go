package kv

import (
	"bytes"
	"cmp"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestKeyPartsRoundTrip(t *testing.T) {
	for _, n := range []int64{math.MinInt64, -1, 0, 1, math.MaxInt64} {
		key := AppendUint32(nil, uint32(n))
		key = AppendString(key, "ünï")
		key = AppendInt64(key, n)
		key = AppendString(key, "")
		key = AppendUint64(append(key, "fix"...), uint64(n))

		r := ReadKey(key)
		assert.Equal(t, uint32(n), r.Uint32())
		assert.Equal(t, "ünï", r.String())
		assert.Equal(t, n, r.Int64())
		assert.Empty(t, r.String())
		assert.Equal(t, []byte("fix"), r.Fixed(3))
		assert.Equal(t, uint64(n), r.Uint64())
		assert.NoError(t, r.Err())
	}
}

func TestKeyReader(t *testing.T) {
	tests := []struct {
		outcome string
		key     []byte
		read    func(*KeyReader)
	}{
		{"reports a number cut short", []byte{1, 2, 3}, func(r *KeyReader) { r.Uint32() }},
		{"reports a string without an end", []byte("abc"), func(r *KeyReader) { _ = r.String() }},
		{"reports bytes that are left over", []byte{0, 0, 0, 1, 9}, func(r *KeyReader) { r.Uint32() }},
		{"stays in error for the parts behind", []byte{1, 0, 0, 0, 0}, func(r *KeyReader) { r.Uint64(); _ = r.String() }},
	}
	for _, test := range tests {
		t.Run(test.outcome, func(t *testing.T) {
			r := ReadKey(test.key)
			test.read(r)
			assert.ErrorIs(t, r.Err(), errKey)
		})
	}
}

func TestAfterIsBehindThePrefixAndNothingElse(t *testing.T) {
	tests := []struct {
		name        string
		prefix, end []byte
	}{
		{"empty prefix has no end", nil, nil},
		{"last byte goes up", []byte{1, 2}, []byte{1, 3}},
		{"full bytes are carried", []byte{1, 0xff, 0xff}, []byte{2}},
		{"only full bytes have no end", []byte{0xff, 0xff}, nil},
		{"zero bytes count", []byte{0}, []byte{1}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			prefix := bytes.Clone(test.prefix)
			assert.Equal(t, test.end, After(prefix))
			assert.Equal(t, test.prefix, prefix, "the prefix is left as it was")
		})
	}
}

func TestValidStringRefusesTheTerminator(t *testing.T) {
	assert.True(t, ValidString("a b\x01ü"))
	assert.False(t, ValidString("a\x00b"))
}

// keyParts is a key of one part of each kind.
type keyParts struct {
	text   string
	signed int64
	number uint64
	short  uint32
}

func (p keyParts) key() []byte {
	return AppendUint32(AppendUint64(AppendInt64(AppendString(nil, p.text), p.signed), p.number), p.short)
}

func (p keyParts) compare(q keyParts) int {
	return cmp.Or(cmp.Compare(p.text, q.text), cmp.Compare(p.signed, q.signed), cmp.Compare(p.number, q.number), cmp.Compare(p.short, q.short))
}

func FuzzKeyOrder(f *testing.F) {
	f.Add("a", int64(-1), uint64(1), uint32(1), "a", int64(1), uint64(1), uint32(1))
	f.Add("a", int64(0), uint64(256), uint32(0), "ab", int64(0), uint64(255), uint32(0))
	f.Add("", int64(math.MinInt64), uint64(math.MaxUint64), uint32(0), "\x01", int64(math.MaxInt64), uint64(0), uint32(math.MaxUint32))
	f.Fuzz(func(t *testing.T, textA string, signedA int64, numberA uint64, shortA uint32,
		textB string, signedB int64, numberB uint64, shortB uint32,
	) {
		if !ValidString(textA) || !ValidString(textB) {
			t.Skip("no part of a key")
		}
		a, b := keyParts{textA, signedA, numberA, shortA}, keyParts{textB, signedB, numberB, shortB}
		require.Equal(t, a.compare(b), bytes.Compare(a.key(), b.key()), "%+v against %+v", a, b)

		r := ReadKey(a.key())
		require.Equal(t, a, keyParts{r.String(), r.Int64(), r.Uint64(), r.Uint32()})
		require.NoError(t, r.Err())
	})
}

func FuzzAfter(f *testing.F) {
	f.Add([]byte{1, 0xff}, []byte{1, 0xff, 3})
	f.Add([]byte{0xff}, []byte{0xff, 0xff})
	f.Add([]byte("user"), []byte("usf"))
	f.Fuzz(func(t *testing.T, prefix, key []byte) {
		end := After(prefix)
		within := bytes.Compare(key, prefix) >= 0 && (end == nil || bytes.Compare(key, end) < 0)
		require.Equal(t, bytes.HasPrefix(key, prefix), within, "prefix %x end %x key %x", prefix, end, key)
	})
}
