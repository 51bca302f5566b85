package kv

import "time"

// Stats are figures of an open file. The counts begin when it is opened.
type Stats struct {
	FileBytes    int64
	PageBytes    int
	FreePages    int           // will be used again
	PendingPages int           // free, but a reader may still see them
	OpenReaders  int           // read transactions under way
	PageWrites   int64         // runs of pages that were written
	WriteTime    time.Duration // spent on writing them and making them durable
}

// Stats returns the present figures.
func (db *DB) Stats() (Stats, error) {
	size, err := db.Size()
	if err != nil {
		return Stats{}, err
	}
	s := db.bolt.Stats()
	readers := s.OpenTxN - int(db.redo.pins.Load()) - db.readers.waiting() // counted one after the other
	return Stats{
		FileBytes: size, PageBytes: db.pageBytes,
		FreePages: s.FreePageN, PendingPages: s.PendingPageN, OpenReaders: max(0, readers),
		PageWrites: s.TxStats.GetWrite(), WriteTime: s.TxStats.GetWriteTime(),
	}, nil
}
