package transfer

import (
	"time"

	"crms/store"
	"crms/store/crm"
)

// Reader reads records of one file. It may be used by many goroutines at once.
type Reader struct {
	header []string // nil for NDJSON
	ids    *crm.IDs
	now    time.Time
}

// NewReader returns a reader of NDJSON. The ids are for new customers whose line
// has none; now is when a customer registers whose line does not say it.
func NewReader(ids *crm.IDs, now time.Time) *Reader { return &Reader{ids: ids, now: now} }

// NewCSVReader returns a reader of CSV whose first record names the columns.
func NewCSVReader(header Record, ids *crm.IDs, now time.Time) (*Reader, error) {
	if header.Err != nil {
		return nil, header.Err
	}
	names, err := readHeader(header.Text)
	return &Reader{names, ids, now}, err
}

// Read reads one record. The error names everything that is wrong with it. The
// row shares no memory with the record.
func (d *Reader) Read(r Record) (store.ImportRow, error) {
	if r.Err != nil {
		return store.ImportRow{}, r.Err
	}
	var made row
	var err error
	if d.header == nil {
		err = made.readLine(r.Text)
	} else {
		err = made.readCSV(d.header, r.Text)
	}
	if err != nil {
		return store.ImportRow{}, err
	}
	return made.finish(d.ids, d.now)
}
