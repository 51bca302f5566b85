package crm

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"
	"time"
)

// ID identifies a customer. It has the layout of a MongoDB ObjectId, so that
// ids of an older system stay valid: 4 bytes of Unix seconds, 5 random bytes,
// 3 bytes of a counter, all big-endian. Sorting ids sorts by the second they
// were made in.
type ID [12]byte

// ParseID reads the 24 hexadecimal digits of an id, in either case.
// Anything else is an [Invalid] error.
func ParseID(s string) (ID, error) {
	var id ID
	if len(s) != hex.EncodedLen(len(id)) {
		return ID{}, errInvalidID()
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return ID{}, errInvalidID()
	}
	return id, nil
}

func errInvalidID() error {
	return &Error{Kind: Invalid, Message: "Invalid customer ID format"}
}

// String returns the id as 24 lower-case hexadecimal digits.
func (id ID) String() string { return hex.EncodeToString(id[:]) }

// AppendTo appends the text of [ID.String] to b.
func (id ID) AppendTo(b []byte) []byte { return hex.AppendEncode(b, id[:]) }

// IsZero reports whether the id is unset.
func (id ID) IsZero() bool { return id == ID{} }

// IDs makes new ids. Two makers never share an id, nor does one maker repeat
// itself within a second for its first 16 million ids.
type IDs struct {
	process [5]byte
	counter atomic.Uint32
}

// NewIDs returns a maker with random process bytes and a random first counter.
func NewIDs() *IDs {
	g := new(IDs)
	var start [4]byte
	rand.Read(g.process[:])
	rand.Read(start[:])
	g.counter.Store(binary.BigEndian.Uint32(start[:]))
	return g
}

// New returns a new id that carries the second of now.
func (g *IDs) New(now time.Time) ID {
	var id ID
	binary.BigEndian.PutUint32(id[:4], uint32(now.Unix()))
	copy(id[4:9], g.process[:])
	n := g.counter.Add(1)
	id[9], id[10], id[11] = byte(n>>16), byte(n>>8), byte(n)
	return id
}
