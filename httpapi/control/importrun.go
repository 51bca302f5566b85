package control

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"

	"crms/httpapi/transfer"
	"crms/store"
	"crms/store/crm"

	"golang.org/x/sync/errgroup"
)

// The records of a batch are committed together: the more there are, the less
// the import costs, and the longer other writers wait.
const (
	batchBesideOthers = 1000
	batchAlone        = 5000
	batchBytes        = 8 << 20
)

// importRun imports a file: one goroutine splits it into batches, one for each
// processor reads their records, and one has them committed in their order.
type importRun struct {
	store    *store.Store
	template store.Import // without rows
	ids      *crm.IDs
	batch    int // records
	send     func(importMessage) error
	stop     func() // ends the reading of the file
	counts   Imported
}

// batch is some records on their way.
type batch struct {
	records []transfer.Record
	rows    []store.ImportRow // of those records that could be read
	errs    []error           // one for each record; nil when it has a row
	read    int64             // bytes up to the end of the batch
	ready   chan struct{}     // closed when rows and errs are there
}

func (i *importRun) run(ctx context.Context, file io.Reader, format transfer.Format) error {
	records := transfer.NewRecords(file, format)
	reader, err := i.reader(records, format)
	if err != nil {
		return err
	}
	workers := min(runtime.GOMAXPROCS(0), runtime.NumCPU())
	group, ctx := errgroup.WithContext(ctx)
	unread, inOrder := make(chan *batch, workers), make(chan *batch, workers)
	group.Go(func() error {
		defer close(unread)
		defer close(inOrder)
		return i.split(ctx, records, unread, inOrder)
	})
	for range workers {
		group.Go(func() error {
			for b := range unread {
				b.readAll(reader)
			}
			return nil
		})
	}
	group.Go(func() error {
		for b := range inOrder {
			<-b.ready
			if err := i.commit(ctx, b); err != nil {
				i.stop()
				return err
			}
		}
		return nil
	})
	return group.Wait()
}

// reader prepares the reading of records; of a CSV file it takes the header.
func (i *importRun) reader(records *transfer.Records, format transfer.Format) (*transfer.Reader, error) {
	if format == transfer.NDJSON {
		return transfer.NewReader(i.ids, i.template.At), nil
	}
	header, err := records.Next()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: a CSV file begins with a header")
	}
	if err != nil {
		return nil, err
	}
	if err := i.send(importMessage{Header: header.Text}); err != nil {
		return nil, err
	}
	return transfer.NewCSVReader(header, i.ids, i.template.At)
}

// split makes batches of the records, for those who read them and for the one
// who commits them.
func (i *importRun) split(ctx context.Context, records *transfer.Records, unread, inOrder chan<- *batch) error {
	for {
		b, err := nextBatch(records, i.batch)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("the file could not be read: %w", err)
		}
		if len(b.records) > 0 {
			for _, to := range []chan<- *batch{inOrder, unread} {
				select {
				case to <- b:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		}
		if err != nil {
			return nil
		}
	}
}

func nextBatch(records *transfer.Records, most int) (*batch, error) {
	b := &batch{ready: make(chan struct{})}
	for size := 0; len(b.records) < most && size < batchBytes; {
		r, err := records.Next()
		if err != nil {
			return b, err
		}
		r.Text = bytes.Clone(r.Text)
		size += len(r.Text)
		b.records = append(b.records, r)
		b.read = records.Read()
	}
	return b, nil
}

func (b *batch) readAll(reader *transfer.Reader) {
	defer close(b.ready)
	b.errs = make([]error, len(b.records))
	b.rows = make([]store.ImportRow, 0, len(b.records))
	for i, r := range b.records {
		row, err := reader.Read(r)
		if b.errs[i] = err; err == nil {
			b.rows = append(b.rows, row)
		}
	}
}

// commit stores a batch and tells what was not taken of it.
func (i *importRun) commit(ctx context.Context, b *batch) error {
	command := i.template
	command.Rows = b.rows
	results, err := store.Do(ctx, i.store, command)
	if err != nil {
		return err
	}
	i.counts.Read = b.read
	for n, r := range b.records {
		i.counts.Lines++
		reason := ""
		if b.errs[n] != nil {
			i.counts.Failed++
			reason = reasonOf(b.errs[n])
		} else {
			i.counts.add(results[0])
			reason = joined(results[0].Problems)
			results = results[1:]
		}
		if reason == "" {
			continue
		}
		if err := i.send(importMessage{Reject: &Reject{Line: r.Line, Text: r.Text, Reason: reason}}); err != nil {
			return err
		}
	}
	progress := i.counts
	return i.send(importMessage{Progress: &progress})
}

// reasonOf says what is wrong with a record, without "Validation failed".
func reasonOf(err error) string {
	if known, ok := errors.AsType[*crm.Error](err); ok {
		return joined(known.Fields)
	}
	return err.Error()
}

func joined(problems []crm.FieldProblem) string {
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.Field + " " + p.Message
	}
	return strings.Join(texts, "; ")
}
