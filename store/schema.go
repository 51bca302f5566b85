package store

import (
	"fmt"
	"iter"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// schemaVersion is the version of the buckets described in DESIGN.md. A change
// of what is stored raises it.
const schemaVersion = 3

// schema declares every bucket. DESIGN.md shows them as a tree; a test holds
// the two together.
type schema struct {
	meta       *kv.Table[string, string]
	customers  *kv.Collection[crm.ID, record]
	users      *kv.Index[crm.ID, record]
	emails     *kv.Index[crm.ID, record]
	since      *kv.Index[crm.ID, record]
	top        *kv.Index[crm.ID, record]
	days       *kv.Sum[record]
	totals     *kv.Sum[record]
	notes      *child[numberedKey, crm.Note]
	history    *child[numberedKey, crm.Entry]
	orders     *child[ledgerKey, crm.Order]
	complaints *child[ledgerKey, crm.Complaint]
	tombstones *kv.Table[string, tombstone]
	log        *kv.Table[uint64, crm.ID]

	parked       *kv.Collection[parkedKey, ParkedEvent]
	parkedTotals *kv.Sum[ParkedEvent]
	seen         *kv.Table[uint64, []eventHash]
	outbox       *kv.Collection[uint64, OutboxEntry]
	outboxTotals *kv.Sum[OutboxEntry]

	// bar is the last key that top may have, nil when it may have any: what the
	// row of meta says. Only the committer, and who holds it off, uses it.
	bar []byte
}

// The rows of meta.
const (
	metaSchema     = "schema"     // the schema version, decimal
	metaGeneration = "generation" // names this store; another one after a restore
	metaZone       = "zone"       // the zone by which days are counted
	metaZoneRules  = "zoneRules"  // the rules of the zone by which they are counted, see rulesOf
	metaCreated    = "created"    // when the store was made
	metaBar        = "bar"        // the last key that top may have, in hex; empty without one
)

// newSchema declares the buckets of a store whose days are those of the zone.
func newSchema(zone *time.Location) *schema {
	s := &schema{
		meta: &kv.Table[string, string]{Name: "meta", Key: textCodec, Row: textCodec},
		users: &kv.Index[crm.ID, record]{
			Name: "users",
			Entry: func(key, value []byte, r record) ([]byte, []byte, bool) {
				return append(key, r.UserID...), append(value, r.ID[:]...), true
			},
			Owner: func(_, value []byte) (crm.ID, error) { return idCodec.Parse(value) },
		},
		emails: &kv.Index[crm.ID, record]{
			Name: "emails",
			Entry: func(key, value []byte, r record) ([]byte, []byte, bool) {
				return append(emailPrefix(key, r.Email), r.ID[:]...), value, true
			},
			Owner: func(key, _ []byte) (crm.ID, error) {
				k := kv.ReadKey(key)
				_ = k.String()
				return idAt(k)
			},
		},
		since: &kv.Index[crm.ID, record]{
			Name: "since",
			Entry: func(key, value []byte, r record) ([]byte, []byte, bool) {
				key = append(kv.AppendInt64(key, r.Since.UnixMilli()), r.ID[:]...)
				return key, append(value, byte(r.Status), byte(r.Type)), true
			},
			Owner: func(key, _ []byte) (crm.ID, error) {
				k := kv.ReadKey(key)
				_ = k.Int64()
				return idAt(k)
			},
			Growing: true,
		},
		days: &kv.Sum[record]{
			Name:  "days",
			Width: crm.NumStatuses * crm.NumTypes,
			Term: func(key []byte, terms []int64, r record) []byte {
				terms[cellOf(r.Status, r.Type)] = 1
				return kv.AppendInt64(key, int64(crm.DayOf(r.Since, zone)))
			},
		},
		totals: &kv.Sum[record]{
			Name:  "totals",
			Width: 5,
			Term: func(key []byte, terms []int64, r record) []byte {
				copy(terms, []int64{1, r.Figures.TotalOrders, int64(r.Figures.OrderValue), r.Figures.TotalComplaints, r.Figures.OpenComplaints})
				return append(key, byte(r.Status), byte(r.Type))
			},
		},
		notes:      childTable("notes", noteTag, numberedCodec(noteTag), noteCodec),
		history:    childTable("history", entryTag, numberedCodec(entryTag), entryCodec),
		orders:     childTable("orders", orderTag, ledgerCodec(orderTag), orderCodec),
		complaints: childTable("complaints", complaintTag, ledgerCodec(complaintTag), complaintCodec),
		tombstones: &kv.Table[string, tombstone]{Name: "tombstones", Key: textCodec, Row: tombstoneCodec},
		log:        &kv.Table[uint64, crm.ID]{Name: "log", Key: sequenceCodec, Row: idCodec, Growing: true},
	}
	s.declareTop()
	s.declareEvents()
	s.customers = &kv.Collection[crm.ID, record]{
		Table:   kv.Table[crm.ID, record]{Name: customersBucket, Holds: isCustomer, Key: idCodec, Row: recordCodec},
		Indexes: []*kv.Index[crm.ID, record]{s.users, s.emails, s.since, s.top},
		Sums:    []*kv.Sum[record]{s.days, s.totals},
	}
	return s
}

// declareEvents declares what keeps the events of the siblings and what is to be
// told to ATHS.
func (s *schema) declareEvents() {
	s.parkedTotals = &kv.Sum[ParkedEvent]{
		Name: "parked_totals", Width: 1,
		Term: func(key []byte, terms []int64, p ParkedEvent) []byte {
			terms[0] = 1
			return append(key, byte(p.Why))
		},
	}
	s.parked = &kv.Collection[parkedKey, ParkedEvent]{
		Table: kv.Table[parkedKey, ParkedEvent]{Name: "parked", Key: parkedKeyCodec, Row: parkedCodec},
		Sums:  []*kv.Sum[ParkedEvent]{s.parkedTotals},
	}
	s.seen = &kv.Table[uint64, []eventHash]{Name: "seen", Key: sequenceCodec, Row: seenCodec, Growing: true}
	s.outboxTotals = &kv.Sum[OutboxEntry]{
		Name: "outbox_totals", Width: 1,
		Term: func(key []byte, terms []int64, e OutboxEntry) []byte {
			terms[0] = 1
			return append(key, byte(e.State))
		},
	}
	s.outbox = &kv.Collection[uint64, OutboxEntry]{
		Table: kv.Table[uint64, OutboxEntry]{Name: "outbox", Key: sequenceCodec, Row: outboxCodec, Growing: true},
		Sums:  []*kv.Sum[OutboxEntry]{s.outboxTotals},
	}
}

// buckets names every bucket of the schema.
func (s *schema) buckets() []string {
	names := []string{
		s.meta.Name, s.customers.Name, s.tombstones.Name, s.log.Name,
		s.parked.Name, s.parkedTotals.Name, s.seen.Name, s.outbox.Name, s.outboxTotals.Name,
	}
	for _, ix := range s.customers.Indexes {
		names = append(names, ix.Name)
	}
	for _, sum := range s.customers.Sums {
		names = append(names, sum.Name)
	}
	return names
}

// cellOf is the place of a status and type in a vector of days.
func cellOf(s crm.Status, t crm.Type) int { return int(s)*crm.NumTypes + int(t) }

// numberedKey is the key of the n-th note or history entry of a customer.
type numberedKey struct {
	ID     crm.ID
	Number uint32
}

// ledgerKey is the key of an order or a complaint of a customer.
type ledgerKey struct {
	ID       crm.ID
	External string // the sibling's id of the order or complaint
}

// tombstone is what stays of a deleted customer, under its user id.
type tombstone struct {
	ID        crm.ID
	DeletedAt time.Time
}

var (
	textCodec = kv.Codec[string]{
		Append: func(b []byte, s string) []byte { return append(b, s...) },
		Parse:  func(b []byte) (string, error) { return string(b), nil },
	}
	idCodec = kv.Codec[crm.ID]{
		Append: func(b []byte, id crm.ID) []byte { return append(b, id[:]...) },
		Parse:  func(b []byte) (crm.ID, error) { return idAt(kv.ReadKey(b)) },
	}
	sequenceCodec = kv.Codec[uint64]{
		Append: kv.AppendUint64,
		Parse: func(b []byte) (uint64, error) {
			k := kv.ReadKey(b)
			return k.Uint64(), k.Err()
		},
	}
)

// The rows of one customer lie together in the bucket customers: its record
// under the id, the others under the id and a tag that says what they are.
const (
	noteTag byte = iota + 1 // first, since they are read with the record
	entryTag
	orderTag
	complaintTag
)

// customersBucket is where they lie.
const customersBucket = "customers"

const idSize = len(crm.ID{})

// isCustomer reports whether the key is that of a record. What is too short to be
// any key is taken for one, so that it is reported as damaged.
func isCustomer(key []byte) bool { return len(key) <= idSize }

// child is a table of rows that belong to customers.
type child[K, V any] struct {
	kv.Table[K, V]
	tag byte
}

func childTable[K, V any](name string, tag byte, key kv.Codec[K], row kv.Codec[V]) *child[K, V] {
	return &child[K, V]{tag: tag, Table: kv.Table[K, V]{
		Name: name, Bucket: customersBucket, Key: key, Row: row,
		Holds: func(key []byte) bool { return len(key) > idSize && key[idSize] == tag },
	}}
}

// prefix begins the keys of a customer's rows.
func (c *child[K, V]) prefix(id crm.ID) []byte { return append(id[:], c.tag) }

// of yields a customer's rows in the order of their keys.
func (c *child[K, V]) of(tx *kv.Tx, id crm.ID) iter.Seq[kv.Item[K, V]] {
	return c.Walk(tx, c.prefix(id))
}

// prover is a table that proves its rows, whatever they are.
type prover interface {
	Prove(key, sealed []byte) error
}

// childOf finds the table that holds the key of a row that belongs to a customer.
func (s *schema) childOf(key []byte) (name string, rows prover, known bool) {
	switch key[idSize] {
	case s.notes.tag:
		return s.notes.Name, s.notes, true
	case s.history.tag:
		return s.history.Name, s.history, true
	case s.orders.tag:
		return s.orders.Name, s.orders, true
	case s.complaints.tag:
		return s.complaints.Name, s.complaints, true
	}
	return "", nil, false
}

// numberedCodec is for rows of a customer that are numbered.
func numberedCodec(tag byte) kv.Codec[numberedKey] {
	return kv.Codec[numberedKey]{
		Append: func(b []byte, k numberedKey) []byte {
			return kv.AppendUint32(append(append(b, k.ID[:]...), tag), k.Number)
		},
		Parse: func(b []byte) (numberedKey, error) {
			k := kv.ReadKey(b)
			key := numberedKey{ID: crm.ID(k.Fixed(idSize))}
			_ = k.Fixed(1)
			key.Number = k.Uint32()
			return key, k.Err()
		},
	}
}

// ledgerCodec is for rows of a customer under the sibling's ids.
func ledgerCodec(tag byte) kv.Codec[ledgerKey] {
	return kv.Codec[ledgerKey]{
		Append: func(b []byte, k ledgerKey) []byte { return append(append(append(b, k.ID[:]...), tag), k.External...) },
		Parse: func(b []byte) (ledgerKey, error) {
			if len(b) <= idSize+1 {
				return ledgerKey{}, fmt.Errorf("ledger key of %d bytes", len(b))
			}
			return ledgerKey{crm.ID(b[:idSize]), string(b[idSize+1:])}, nil
		},
	}
}

// idAt reads the id that ends a key.
func idAt(k *kv.KeyReader) (crm.ID, error) {
	id := crm.ID(k.Fixed(len(crm.ID{})))
	return id, k.Err()
}

// emailPrefix begins the keys of every customer with the email.
func emailPrefix(key []byte, email string) []byte {
	return kv.AppendString(key, crm.EmailKey(email))
}
