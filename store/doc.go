// Package store is the system of record of a shop's customers, on bbolt.
//
// Reads are methods of [Store], each in one transaction that sees one committed
// state. Writes are values of the types that satisfy [Command], given to [Do]:
//
//	c, err := store.Do(ctx, s, store.SetStatus{...})
//
// When Do returns without an error the change is on the disk. DESIGN.md beside
// this file shows the buckets as a tree, says who derives what from what, and
// what happens when the process dies at any point.
package store
