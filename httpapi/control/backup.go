package control

import (
	"errors"
	"io"
	"net/http"

	"crms/store"
	"crms/store/backup"

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
	Reindex  bool            `json:"reindex"` // the search index is not built yet and was not compared, or it differs and is to be repaired
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
		return v, nil
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
