package kv

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// operation is a kind of write that a transaction makes.
type operation byte

const (
	opPut      operation = iota + 1 // key and value
	opDelete                        // key
	opSequence                      // the number, 8 bytes big-endian, as the key
	opCreate                        // the bucket
	opClear                         // the bucket
)

// maxRedo is how many bytes of writes a transaction may make to be logged.
const maxRedo = 4 << 20

// redo records the writes of a transaction, in their order, so that they can be
// made again on the state before it. A nil redo records nothing.
type redo struct {
	record   []byte // room for the header of a record, then the writes
	tooLarge bool   // they were more than maxRedo
}

func (r *redo) reset() {
	r.record = append(r.record[:0], make([]byte, recordHeader)...)
	r.tooLarge = false
}

// writes are those that were recorded.
func (r *redo) writes() []byte { return r.record[recordHeader:] }

func (r *redo) add(o operation, bucket string, key, value []byte) {
	if r == nil || r.tooLarge {
		return
	}
	b := append(r.record, byte(o))
	b = appendField(b, bucket)
	b = appendField(b, key)
	b = appendField(b, value)
	if r.record = b; len(b) > maxRedo {
		r.record, r.tooLarge = nil, true
	}
}

func appendField[T string | []byte](b []byte, field T) []byte {
	return append(binary.AppendUvarint(b, uint64(len(field))), field...)
}

// again makes the writes of a record, whose bytes must stay as they are until
// the transaction ends.
func (tx *Tx) again(writes []byte) error {
	for len(writes) > 0 {
		o := operation(writes[0])
		rest := writes[1:]
		var fields [3][]byte
		for i := range fields {
			n, size := binary.Uvarint(rest)
			if size <= 0 || n > uint64(len(rest)-size) {
				return errors.New("a write is cut short")
			}
			fields[i], rest = rest[size:size+int(n)], rest[size+int(n):]
		}
		if err := tx.write(o, string(fields[0]), fields[1], fields[2]); err != nil {
			return err
		}
		writes = rest
	}
	return nil
}

func (tx *Tx) write(o operation, bucket string, key, value []byte) error {
	if o != opCreate && !tx.HasBucket(bucket) {
		return fmt.Errorf("there is no bucket %s", bucket)
	}
	switch o {
	case opPut:
		return tx.put(bucket, key, value)
	case opDelete:
		return tx.delete(bucket, key)
	case opSequence:
		if len(key) != 8 {
			return errors.New("a sequence is cut short")
		}
		return tx.bucket(bucket).SetSequence(binary.BigEndian.Uint64(key))
	case opCreate:
		return tx.CreateBuckets(bucket)
	case opClear:
		return tx.clear(bucket)
	default:
		return fmt.Errorf("a write of unknown kind %d", o)
	}
}
