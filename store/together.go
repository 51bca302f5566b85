package store

import (
	"fmt"
	"slices"

	"crms/store/internal/kv"
)

// together is the move to schema version 2. Before, notes, history, orders and
// complaints had a bucket each, with keys that began with the customer's id and
// had no tag behind it.
func together() *kv.Move {
	s := newSchema(nil)
	return &kv.Move{Into: s.customers.Name, From: []kv.Source{
		{Bucket: s.customers.Name},
		{Bucket: s.notes.Name, Key: tagged(s.notes.tag)},
		{Bucket: s.history.Name, Key: tagged(s.history.tag)},
		{Bucket: s.orders.Name, Key: tagged(s.orders.tag)},
		{Bucket: s.complaints.Name, Key: tagged(s.complaints.tag)},
	}}
}

// tagged puts a tag behind the id with which a key begins.
func tagged(tag byte) func(key []byte) ([]byte, error) {
	return func(key []byte) ([]byte, error) {
		if len(key) <= idSize {
			return nil, fmt.Errorf("a key of %d bytes", len(key))
		}
		return slices.Insert(slices.Clone(key), idSize, tag), nil
	}
}
