package store

import (
	"crypto/sha256"

	"crms/store/crm"
	"crms/store/internal/kv"
)

// seenEvents is how many of the latest events are known by their identity, so
// that a repeat is called a duplicate. It is a courtesy to the sender: what a
// repeat of an older event would change, its version keeps it from changing.
const seenEvents = 1 << 16

// forgetTogether is how many events are outside of the window before their rows are
// deleted. Were a row deleted for each that is written, a lone event would write two
// pages more.
const forgetTogether = 1 << 10

// eventHash stands for an event's source and id.
type eventHash [16]byte

func hashOf(e crm.Event) eventHash {
	key := append(append([]byte(e.Source), 0), e.ID...)
	sum := sha256.Sum256(key)
	return eventHash(sum[:16])
}

var seenCodec = codec(
	func(b []byte, hashes []eventHash) []byte {
		b = kv.AppendUint(b, uint64(len(hashes)))
		for _, h := range hashes {
			b = append(b, h[:]...)
		}
		return b
	},
	func(r *kv.RowReader) []eventHash {
		hashes := make([]eventHash, r.Count())
		for i := range hashes {
			for j := range hashes[i] {
				hashes[i][j] = r.Byte()
			}
		}
		return hashes
	},
)

// seenWindow holds the hashes of the latest events, which the bucket seen holds
// too, a row for each transaction: looking one up costs no page, and
// remembering a whole group of them costs one. Only the leader of a group uses it.
type seenWindow struct {
	known map[eventHash]bool
	order []eventHash // oldest first
	rows  []seenRow   // oldest first
	held  int         // events in rows: those in order, and older ones whose rows are not deleted yet
}

// seenRow is a row of the bucket and how many events it has.
type seenRow struct {
	seq    uint64
	events int
}

func loadSeen(tx *kv.Tx, table *kv.Table[uint64, []eventHash]) (*seenWindow, error) {
	w := &seenWindow{known: map[eventHash]bool{}}
	for item := range table.Walk(tx, nil) {
		if item.Err != nil {
			return nil, item.Err
		}
		w.add(seenRow{item.Key, len(item.Row)}, item.Row)
	}
	return w, nil
}

func (w *seenWindow) add(row seenRow, hashes []eventHash) {
	w.rows = append(w.rows, row)
	w.held += row.events
	for _, h := range hashes {
		w.known[h] = true
	}
	w.order = append(w.order, hashes...)
	for ; len(w.order) > seenEvents; w.order = w.order[1:] {
		delete(w.known, w.order[0])
	}
}

// outdated are the oldest rows that lie wholly outside of the window once more
// events have been added, when those are worth it.
func (w *seenWindow) outdated(more int) []seenRow {
	surplus, n := w.held+more-seenEvents, 0
	if surplus < forgetTogether {
		return nil
	}
	for n < len(w.rows) && surplus >= w.rows[n].events {
		surplus -= w.rows[n].events
		n++
	}
	return w.rows[:n]
}

// forget drops the oldest n rows.
func (w *seenWindow) forget(n int) {
	for _, row := range w.rows[:n] {
		w.held -= row.events
	}
	w.rows = w.rows[n:]
}

// hasSeen reports whether the event has been dealt with before.
func (t *tx) hasSeen(e crm.Event) bool {
	h := hashOf(e)
	return t.store.seen.known[h] || t.seenNow[h]
}

// markSeen notes that the event has been dealt with. One that is parked has not:
// should it be dropped, its sender may send it again.
func (t *tx) markSeen(e crm.Event) {
	if t.seenNow == nil {
		t.seenNow = map[eventHash]bool{}
	}
	h := hashOf(e)
	t.seenNow[h] = true
	t.newlySeen = append(t.newlySeen, h)
}

// rememberSeen writes what the transaction has seen, and deletes the rows of which
// the window has no more use.
func (t *tx) rememberSeen() error {
	if len(t.newlySeen) == 0 {
		return nil
	}
	seq, err := t.NextSequence(t.seen.Name)
	if err != nil {
		return err
	}
	if err := t.seen.Put(t.Tx, seq, t.newlySeen); err != nil {
		return err
	}
	outdated := t.store.seen.outdated(len(t.newlySeen))
	for _, row := range outdated {
		if err := t.seen.Delete(t.Tx, row.seq); err != nil {
			return err
		}
	}
	t.seenRow, t.forgotten = seq, len(outdated)
	return nil
}
