package kv

import (
	"encoding/binary"
	"errors"
	"strings"
)

// Keys are made of parts, each of which sorts as its value does:
//
//	uint32, uint64   big-endian
//	int64            big-endian with the sign bit flipped
//	fixed bytes      as they are
//	string           its bytes, then 0x00, so that no string's keys begin
//	                 another's; strings must not hold 0x00

// AppendUint32 appends a big-endian part.
func AppendUint32(key []byte, n uint32) []byte { return binary.BigEndian.AppendUint32(key, n) }

// AppendUint64 appends a big-endian part.
func AppendUint64(key []byte, n uint64) []byte { return binary.BigEndian.AppendUint64(key, n) }

// AppendInt64 appends a part in which negative numbers sort first.
func AppendInt64(key []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(key, uint64(n)^1<<63)
}

// AppendString appends a terminated part.
func AppendString(key []byte, s string) []byte { return append(append(key, s...), 0) }

// ValidString reports whether s can be a part of a key.
func ValidString(s string) bool { return strings.IndexByte(s, 0) < 0 }

// After is the smallest key that is greater than every key with the prefix, or
// nil when there is none.
func After(prefix []byte) []byte {
	end := append([]byte(nil), prefix...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}

var errKey = errors.New("malformed key")

// KeyReader takes a key apart again. After the first part that is missing,
// every further one is zero and Err is set.
type KeyReader struct {
	rest []byte
	err  error
}

// ReadKey starts at the first part of the key.
func ReadKey(key []byte) *KeyReader { return &KeyReader{rest: key} }

// Fixed reads a part of n bytes. It shares memory with the key.
func (r *KeyReader) Fixed(n int) []byte {
	if len(r.rest) < n {
		r.err, r.rest = errKey, nil
		return make([]byte, n)
	}
	part := r.rest[:n]
	r.rest = r.rest[n:]
	return part
}

// Uint32 reads a part of [AppendUint32].
func (r *KeyReader) Uint32() uint32 { return binary.BigEndian.Uint32(r.Fixed(4)) }

// Uint64 reads a part of [AppendUint64].
func (r *KeyReader) Uint64() uint64 { return binary.BigEndian.Uint64(r.Fixed(8)) }

// Int64 reads a part of [AppendInt64].
func (r *KeyReader) Int64() int64 { return int64(r.Uint64() ^ 1<<63) }

// String reads a part of [AppendString].
func (r *KeyReader) String() string {
	for i, c := range r.rest {
		if c == 0 {
			s := string(r.rest[:i])
			r.rest = r.rest[i+1:]
			return s
		}
	}
	r.err, r.rest = errKey, nil
	return ""
}

// Rest reads what is left, as the last part of a key. It shares memory with the
// key.
func (r *KeyReader) Rest() []byte {
	rest := r.rest
	r.rest = nil
	return rest
}

// Err reports a part that was missing or bytes that were left over.
func (r *KeyReader) Err() error {
	if r.err == nil && len(r.rest) > 0 {
		return errKey
	}
	return r.err
}
