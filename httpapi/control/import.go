package control

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"crms/httpapi/transfer"
	"crms/store"
	"crms/store/crm"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ImportOptions say how a file is imported.
type ImportOptions struct {
	Format     transfer.Format
	OnConflict string // update, skip or fail
	DryRun     bool   // import into a copy of the store, which is thrown away
	Restore    bool   // users who were deleted too
}

func (o ImportOptions) query() string {
	return url.Values{
		"format": {string(o.Format)}, "onConflict": {o.OnConflict},
		"dryRun": {strconv.FormatBool(o.DryRun)}, "restore": {strconv.FormatBool(o.Restore)},
	}.Encode()
}

func readImportOptions(q url.Values) (o ImportOptions, onConflict store.OnConflict, err error) {
	var knownFormat, knownConflict bool
	o.Format, knownFormat = transfer.ParseFormat(q.Get("format"))
	onConflict, knownConflict = store.ParseOnConflict(q.Get("onConflict"))
	var badDryRun, badRestore error
	o.DryRun, badDryRun = strconv.ParseBool(q.Get("dryRun"))
	o.Restore, badRestore = strconv.ParseBool(q.Get("restore"))
	if !knownFormat || !knownConflict || badDryRun != nil || badRestore != nil {
		err = &crm.Error{Kind: crm.Invalid, Message: "the server does not know what this import asks for: is it of another version?"}
	}
	return o, onConflict, err
}

// Imported counts what an import has done so far.
type Imported struct {
	Read      int64 `json:"read"`  // bytes
	Lines     int64 `json:"lines"` // records, without blank lines and a CSV file's header
	Created   int64 `json:"created"`
	Updated   int64 `json:"updated"`
	Unchanged int64 `json:"unchanged"`
	Skipped   int64 `json:"skipped"`
	Failed    int64 `json:"failed"`
}

func (n *Imported) add(r store.RowResult) {
	switch r.Outcome {
	case store.RowCreated:
		n.Created++
	case store.RowUpdated:
		n.Updated++
	case store.RowUnchanged:
		n.Unchanged++
	case store.RowSkipped:
		n.Skipped++
	case store.RowFailed:
		n.Failed++
	}
}

// Reject is a record that was not imported, and why.
type Reject struct {
	Line   int    `json:"line"` // of the file, from 1
	Text   []byte `json:"text"` // as it is in the file; empty when it is too long
	Reason string `json:"reason"`
}

// importMessage is a line of the answer to an import, one of these.
type importMessage struct {
	Header   []byte    `json:"header,omitempty"` // of a CSV file
	Reject   *Reject   `json:"reject,omitempty"`
	Progress *Imported `json:"progress,omitempty"`
	Done     *Imported `json:"done,omitempty"`
	Failure  string    `json:"failure,omitempty"` // ended it before the end of the file
}

// importFile imports the request's body while it arrives, and tells how it goes
// on meanwhile.
func (o *operations) importFile(w http.ResponseWriter, r *http.Request) {
	options, onConflict, err := readImportOptions(r.URL.Query())
	if err != nil {
		fail(w, err)
		return
	}
	into, release, err := o.importTarget(options.DryRun)
	if err != nil {
		fail(w, err)
		return
	}
	defer release()
	answer := http.NewResponseController(w)
	if err := answer.EnableFullDuplex(); err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	send := func(m importMessage) error {
		if err := json.MarshalWrite(w, m); err != nil {
			return err
		}
		_, err := io.WriteString(w, "\n")
		return errors.Join(err, answer.Flush())
	}
	now := crm.Millis(o.Now())
	run := importRun{
		store: into, send: send, ids: crm.NewIDs(), batch: batchBesideOthers,
		stop:     func() { _ = answer.SetReadDeadline(time.Unix(1, 0)) },
		template: store.Import{Change: store.Change{At: now, By: crm.Importer}, OnConflict: onConflict, Restore: options.Restore},
	}
	if o.Alone || options.DryRun {
		run.batch = batchAlone
	}
	err = run.run(r.Context(), r.Body, options.Format)
	release() // nothing is left behind a command that has ended
	if err != nil {
		_ = send(importMessage{Failure: err.Error()}) // unless the command has gone
		return
	}
	_ = send(importMessage{Done: &run.counts})
}

// importTarget is the store that a file is imported into: for a dry run a copy.
func (o *operations) importTarget(dryRun bool) (_ *store.Store, release func(), err error) {
	if !dryRun {
		return o.Store, func() {}, nil
	}
	return o.copyOfStore()
}

// copyOfStore opens a copy of the store as it is now. Releasing it removes it;
// once is enough.
func (o *operations) copyOfStore() (_ *store.Store, release func(), err error) {
	n, err := o.Store.Snapshot(o.Now())
	if err != nil {
		return nil, nil, err
	}
	opened, err := store.Open(n.Dir, store.Options{Existing: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, errors.Join(err, n.Remove())
	}
	return opened, sync.OnceFunc(func() {
		if err := errors.Join(opened.Close(), n.Remove()); err != nil {
			o.Log.Error("cannot remove a copy of the store", "error", err)
		}
	}), nil
}

// Import imports a file and gives each record that was not taken, and now and
// then how far it has come, to the functions. The error of an import that was
// cut short comes with what it has done until then.
func Import(ctx context.Context, c *Client, o ImportOptions, file io.Reader, tell ImportListener) (n Imported, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://crms/import?"+o.query(), file)
	if err != nil {
		return n, err
	}
	response, err := c.do(r)
	if err != nil {
		return n, err
	}
	defer response.Body.Close()
	d := jsontext.NewDecoder(response.Body)
	for {
		var m importMessage
		if err := json.UnmarshalDecode(d, &m); err != nil {
			if ctx.Err() != nil {
				return n, context.Cause(ctx)
			}
			return n, fmt.Errorf("the server broke off: %w", err)
		}
		switch {
		case m.Header != nil:
			err = tell.Header(m.Header)
		case m.Reject != nil:
			err = tell.Reject(*m.Reject)
		case m.Progress != nil:
			n = *m.Progress
			tell.Progress(n)
		case m.Done != nil:
			return *m.Done, nil
		default:
			return n, errors.New(m.Failure)
		}
		if err != nil {
			return n, err
		}
	}
}

// ImportListener hears of an import while it runs.
type ImportListener struct {
	Header   func([]byte) error // of a CSV file, before anything else
	Reject   func(Reject) error
	Progress func(Imported)
}
