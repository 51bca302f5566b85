package store

import "time"

// Commit is what one transaction of the committer was.
type Commit struct {
	Commands int           // of the group, also those that were refused
	Took     time.Duration // to apply them and make them durable
	Err      error         // nothing was changed: a full disk, say
}

// Stats are figures of an open store for who operates it. The counts begin when
// it is opened.
type Stats struct {
	QueuedCommands int           // that wait for the committer
	LastSeq        uint64        // of the log
	FileBytes      int64         // of the database
	PageBytes      int           // of each of its pages
	FreePages      int           // will be used again
	PendingPages   int           // free, but a read transaction may still see them
	OpenReaders    int           // read transactions under way
	PageWrites     int64         // runs of pages that were written
	WriteTime      time.Duration // spent on writing them and making them durable
}

// Stats returns the present figures.
func (s *Store) Stats() (Stats, error) {
	file, err := s.db.Stats()
	if err != nil {
		return Stats{}, err
	}
	return Stats{
		QueuedCommands: s.committer.queued(), LastSeq: s.LastSeq(),
		FileBytes: file.FileBytes, PageBytes: file.PageBytes,
		FreePages: file.FreePages, PendingPages: file.PendingPages, OpenReaders: file.OpenReaders,
		PageWrites: file.PageWrites, WriteTime: file.WriteTime,
	}, nil
}
