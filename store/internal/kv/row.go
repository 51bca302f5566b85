package kv

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"time"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	errChecksum = errors.New("checksum does not match")
	errRow      = errors.New("row is cut short or too long")
)

const sealSize = 4

// seal appends the CRC-32C of the key and the row, so that damage of either,
// and a row under the wrong key, is found.
func seal(key, row []byte) []byte {
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, row)
	return binary.BigEndian.AppendUint32(row, sum)
}

// unseal checks the CRC-32C and returns the row without it.
func unseal(key, sealed []byte) ([]byte, error) {
	n := len(sealed) - sealSize
	if n < 0 {
		return nil, errRow
	}
	sum := crc32.Update(crc32.Checksum(key, castagnoli), castagnoli, sealed[:n])
	if binary.BigEndian.Uint32(sealed[n:]) != sum {
		return nil, errChecksum
	}
	return sealed[:n], nil
}

// Row encodings are sequences of values: integers as varints, strings and
// bytes behind their length, times as milliseconds.

// AppendUint appends an unsigned varint.
func AppendUint(b []byte, n uint64) []byte { return binary.AppendUvarint(b, n) }

// AppendInt appends a signed varint.
func AppendInt(b []byte, n int64) []byte { return binary.AppendVarint(b, n) }

// AppendText appends a string or bytes behind its length.
func AppendText[T ~string | ~[]byte](b []byte, s T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// AppendTime appends a time as milliseconds; the zero time is one byte.
func AppendTime(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return append(b, 0)
	}
	ms := t.UnixMilli()
	return binary.AppendUvarint(b, (uint64(ms)<<1^uint64(ms>>63))+1)
}

// RowReader reads a row's values in the order in which they were appended.
// After the first that is missing, every further one is zero and Err is set.
// Texts share one copy of the row.
type RowReader struct {
	rest string
	err  error
}

// ReadRow copies the row and starts at its first value.
func ReadRow(row []byte) *RowReader { return &RowReader{rest: string(row)} }

// Uint reads a value of [AppendUint].
func (r *RowReader) Uint() uint64 {
	var n uint64
	for i := 0; i < len(r.rest) && i < binary.MaxVarintLen64; i++ {
		c := r.rest[i]
		if i == binary.MaxVarintLen64-1 && c > 1 {
			break // beyond 64 bits
		}
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.rest = r.rest[i+1:]
			return n
		}
	}
	r.err, r.rest = errRow, ""
	return 0
}

// Int reads a value of [AppendInt].
func (r *RowReader) Int() int64 {
	u := r.Uint()
	return int64(u>>1) ^ -int64(u&1)
}

// Byte reads one byte.
func (r *RowReader) Byte() byte {
	if r.rest == "" {
		r.err = errRow
		return 0
	}
	c := r.rest[0]
	r.rest = r.rest[1:]
	return c
}

// Text reads a value of [AppendText].
func (r *RowReader) Text() string {
	n := r.Uint()
	if n > uint64(len(r.rest)) {
		r.err, r.rest = errRow, ""
		return ""
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	return s
}

// Count reads a value of [AppendUint] that says how many follow, each of at
// least one byte, so that a damaged row cannot ask for more memory than it has.
func (r *RowReader) Count() int {
	n := r.Uint()
	if n > uint64(len(r.rest)) {
		r.err, r.rest = errRow, ""
		return 0
	}
	return int(n)
}

// Time reads a value of [AppendTime].
func (r *RowReader) Time() time.Time {
	u := r.Uint()
	if u == 0 {
		return time.Time{}
	}
	u--
	return time.UnixMilli(int64(u>>1) ^ -int64(u&1)).UTC()
}

// Err reports a value that was missing or bytes that were left over.
func (r *RowReader) Err() error {
	if r.err == nil && r.rest != "" {
		return errRow
	}
	return r.err
}
