package control

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"crms/search"
	"crms/store"
	"crms/store/backup"
	"crms/store/crm"

	"github.com/go-json-experiment/json"
)

// headerManifest carries a backup's manifest beside the archive.
const headerManifest = "Crms-Manifest"

// backup streams an archive of a snapshot. The snapshot is a local copy: a slow
// reader holds up nobody.
func (o *operations) backup(w http.ResponseWriter, r *http.Request) {
	recipient, err := backup.ParseRecipient(r.URL.Query().Get("recipient"))
	if err != nil {
		fail(w, err)
		return
	}
	n, err := o.Store.Snapshot(o.Now())
	if err != nil {
		fail(w, err)
		return
	}
	defer func() {
		if err := n.Remove(); err != nil {
			o.Log.Error("cannot remove a snapshot", "error", err)
		}
	}()
	m, err := backup.Describe(n, o.Build)
	if err != nil {
		fail(w, err)
		return
	}
	manifest, err := json.Marshal(m)
	if err != nil {
		fail(w, err)
		return
	}
	w.Header().Set(headerManifest, string(manifest))
	w.Header().Set("Content-Type", "application/octet-stream")
	if err := backup.Write(w, n, m, recipient); err != nil {
		if !errors.Is(err, io.ErrClosedPipe) { // the command that reads it in this process says itself why it has ended
			o.Log.Error("a backup was cut short", "error", err)
		}
		panic(http.ErrAbortHandler) // so that the reader sees that it is not whole
	}
}

// VerifyRequest asks for a proof of the store and the search index.
type VerifyRequest struct {
	// Repair derives again what can be derived, before the proof.
	Repair bool `json:"repair"`
}

// Verified is what a proof has found.
type Verified struct {
	Counts   store.Counts    `json:"counts"`
	Findings []string        `json:"findings"`
	Repaired *store.Repaired `json:"repaired,omitempty"`
	Reindex  bool            `json:"reindex"` // the search index is being rebuilt, and was not compared
}

// verify proves a snapshot while others write, or the store itself when nobody
// else does.
func (o *operations) verify(r *http.Request, in VerifyRequest) (v Verified, err error) {
	if in.Repair {
		repaired, err := store.Do(r.Context(), o.Store, store.Repair{})
		if err != nil {
			return v, err
		}
		v.Repaired = &repaired
	}
	facts, err := o.Store.Facts()
	if err != nil {
		return v, err
	}
	v.Counts = facts.Counts
	findings, err := o.findings()
	if err != nil {
		return v, err
	}
	v.Findings = []string{}
	for _, f := range findings {
		v.Findings = append(v.Findings, string(f))
	}
	index, err := o.Index()
	if err != nil {
		return v, err
	}
	if !index.Status().Answering {
		v.Reindex = true
		return v, nil
	}
	differences, err := index.Verify(r.Context())
	if err != nil {
		return v, err
	}
	if len(differences) > 0 && in.Repair {
		v.Reindex = true
		return v, rebuild(index)
	}
	for _, d := range differences {
		v.Findings = append(v.Findings, "search index: "+d)
	}
	return v, nil
}

func (o *operations) findings() (_ []store.Finding, err error) {
	if o.Alone {
		return o.Store.Verify()
	}
	n, err := o.Store.Snapshot(o.Now())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.Remove()) }()
	return n.Verify()
}

// IndexState is how far the search index has come.
type IndexState struct {
	State     search.State `json:"state"`
	Reason    string       `json:"reason"`
	Documents uint64       `json:"documents"`
	Done      int          `json:"done"`
	Total     int          `json:"total"`
	Lag       uint64       `json:"lag"`
}

func (o *operations) reindex(r *http.Request, _ none) (IndexState, error) {
	index, err := o.Index()
	if err != nil {
		return IndexState{}, err
	}
	if err := rebuild(index); err != nil {
		return IndexState{}, err
	}
	return o.indexState(r, none{})
}

// rebuild begins to build the index anew. A rebuild that is under way already, as
// when there was no index, is as good as another.
func rebuild(index *search.Index) error {
	err := index.Reindex()
	var busy *crm.Error
	if errors.As(err, &busy) && busy.Kind == crm.Conflict {
		return nil
	}
	return err
}

func (o *operations) indexState(*http.Request, none) (IndexState, error) {
	index, err := o.Index()
	if err != nil {
		return IndexState{}, fmt.Errorf("cannot open the search index: %w", err)
	}
	s := index.Status()
	return IndexState{s.State, s.Reason, s.Documents, s.Done, s.Total, s.Lag}, nil
}
