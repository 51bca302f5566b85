// Package kv gives bbolt types. It turns buckets of bytes into declared
// values:
//
//   - a [Table] holds rows under typed keys; each row carries a CRC-32C, since
//     bbolt's pages have no checksum of their own; tables can share a bucket,
//     so that what is changed together lies together;
//   - an [Index] is derived from a table: at most one entry for each row;
//   - a [Sum] is derived from a table: vectors of counts that all rows add to;
//   - a [Collection] is a table with its indexes and sums, which change
//     together and can be recounted.
//
// Every write goes through a [Tx], which therefore knows whether a command has
// written yet, and can keep what it wrote in a redo log: that, and not bbolt's
// own commit, is what makes a transaction durable. Damage is an error that names
// the bucket and the key.
package kv
