// Package transfer reads and writes files of customers: NDJSON, which holds
// everything but the history, and CSV, which holds one row a customer for
// spreadsheets. The README tells their users what is in them.
//
// A file is split into records first ([Records]), one a customer, which can
// then be read by several goroutines at once ([Reader]).
package transfer
