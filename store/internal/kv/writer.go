package kv

import "os"

// recordWriter brings the records of a segment to the disk. There are two ways,
// which leave the same bytes in the file: [directWriter] and [cachedWriter].
type recordWriter interface {
	// begin begins to make durable what was written. It is called when no other
	// sync is under way.
	begin()
	// await returns when the sync that was begun has ended. After an error it is
	// not known what is durable.
	await() error

	// write takes a record for the offset, behind the one before.
	write(record []byte, at int64) error
	// rewind says that the next record goes to the offset, whatever was written
	// from there on. No sync is under way.
	rewind(to int64) error
	// grown says that the file has got room for more records.
	grown() error
	// close lets go of what the writer has, but not of the file. No sync is under way.
	close() error
}

// newRecordWriter returns the fastest that the system and the file's disk have.
func newRecordWriter(file *os.File) recordWriter {
	w, err := newDirectWriter(file)
	if err != nil {
		return &cachedWriter{file: file, ended: make(chan error, 1), why: err}
	}
	return w
}

// cachedWriter writes as everybody does: the kernel has at once what is written,
// and the disk after a sync, which a goroutine waits for.
type cachedWriter struct {
	file  *os.File
	ended chan error // with room for one
	why   error      // there are no direct writes
}

func newCachedWriter(file *os.File) recordWriter {
	return &cachedWriter{file: file, ended: make(chan error, 1)}
}

func (w *cachedWriter) begin() { go func() { w.ended <- syncData(w.file) }() }

func (w *cachedWriter) await() error { return <-w.ended }

func (w *cachedWriter) write(record []byte, at int64) error {
	_, err := w.file.WriteAt(record, at)
	return err
}

func (w *cachedWriter) rewind(int64) error { return nil }

// grown does nothing: the next sync is for the room too. One beside it could take
// the only word of an error from it.
func (w *cachedWriter) grown() error { return nil }

func (w *cachedWriter) close() error { return nil }
