package search

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

// longest is how long tests wait for what should come at once.
const longest = time.Minute

// memory is a store of contacts in memory with the log that an index follows.
type memory struct {
	mu         sync.Mutex
	generation string
	contacts   map[crm.ID]crm.Contact
	sorted     []crm.ID // of contacts; nil when they have changed
	changes    []crm.Change
	pruned     uint64 // changes up to here are gone
	seq        uint64
	passed     uint64
	committed  chan struct{}
	err        error         // of every read, when set
	gate       chan struct{} // when set, a walk waits for it to be closed
	read       func()        // when set, is done at each look at the changes
}

func newMemory(contacts ...crm.Contact) *memory {
	m := &memory{generation: "first", contacts: map[crm.ID]crm.Contact{}, committed: make(chan struct{}, 1)}
	for _, c := range contacts {
		m.put(c)
	}
	return m
}

// put stores contacts in one commit.
func (m *memory) put(contacts ...crm.Contact) {
	m.mu.Lock()
	for _, c := range contacts {
		m.contacts[c.ID] = c
		m.log(c.ID)
	}
	m.mu.Unlock()
	m.notify()
}

func (m *memory) remove(id crm.ID) {
	m.mu.Lock()
	delete(m.contacts, id)
	m.log(id)
	m.mu.Unlock()
	m.notify()
}

func (m *memory) log(id crm.ID) {
	m.sorted = nil
	m.seq++
	m.changes = append(m.changes, crm.Change{Seq: m.seq, ID: id})
}

func (m *memory) notify() {
	select {
	case m.committed <- struct{}{}:
	default:
	}
}

// prune drops the log.
func (m *memory) prune() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes, m.pruned = nil, m.seq
}

// edit changes the memory under its lock.
func (m *memory) edit(change func()) {
	m.mu.Lock()
	change()
	m.mu.Unlock()
	m.notify()
}

func (m *memory) Generation() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.generation
}

// hold keeps walks from going on until they are let go.
func (m *memory) hold() (letGo func()) {
	gate := make(chan struct{})
	m.edit(func() { m.gate = gate })
	return func() { close(gate) }
}

func (m *memory) LastSeq() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.seq
}

func (m *memory) Changes(after uint64, limit int) ([]crm.Change, bool, error) {
	m.mu.Lock()
	read := m.read
	m.mu.Unlock()
	if read != nil {
		read()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return nil, false, m.err
	}
	if after < m.pruned {
		return nil, false, nil
	}
	rows := m.changes[min(after-m.pruned, uint64(len(m.changes))):]
	return slices.Clone(rows[:min(limit, len(rows))]), true, nil
}

func (m *memory) Contacts(ids []crm.ID) ([]crm.Contact, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []crm.Contact
	for _, id := range ids {
		if c, ok := m.contacts[id]; ok {
			found = append(found, c)
		}
	}
	return found, m.err
}

func (m *memory) ContactsAfter(after crm.ID, limit int) ([]crm.Contact, error) {
	m.mu.Lock()
	gate := m.gate
	m.mu.Unlock()
	if gate != nil {
		<-gate
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sorted == nil {
		m.sorted = slices.SortedFunc(maps.Keys(m.contacts), compareIDs)
	}
	from, found := slices.BinarySearchFunc(m.sorted, after, compareIDs)
	if found {
		from++
	}
	var chunk []crm.Contact
	for _, id := range m.sorted[from:min(from+limit, len(m.sorted))] {
		chunk = append(chunk, m.contacts[id])
	}
	return chunk, m.err
}

func (m *memory) CountContacts() (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.contacts), m.err
}

func (m *memory) Committed() <-chan struct{} { return m.committed }

func (m *memory) Passed(seq uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.passed = seq
}

// idOf makes ids that sort by their number.
func idOf(n int) crm.ID {
	var id crm.ID
	binary.BigEndian.PutUint32(id[:4], uint32(1_700_000_000+n))
	id[11] = 1
	return id
}

func contact(n int, name, email, number string) crm.Contact {
	return crm.Contact{ID: idOf(n), FullName: name, Email: email, ContactNumber: number}
}

// open opens an index of the source in a temporary folder and waits until it
// answers. It is verified and closed when the test ends.
func open(t testing.TB, src *memory) *Index {
	t.Helper()
	x := openIn(t, src, t.TempDir())
	awaitOK(t, x)
	t.Cleanup(func() {
		findings, err := x.Verify(context.Background())
		require.NoError(t, err)
		require.Empty(t, findings)
	})
	return x
}

// openIn opens an index in the folder, to be closed when the test ends.
func openIn(t testing.TB, src *memory, dir string) *Index {
	t.Helper()
	x, err := Open(src, Options{Dir: dir, RetryAfter: time.Millisecond, MaxWait: longest})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	return x
}

// awaitOK waits until the index follows the source and nothing is rebuilt.
func awaitOK(t testing.TB, x *Index) {
	t.Helper()
	await(t, func() bool { return x.Status().State == OK })
}

// reindex begins a rebuild.
func reindex(t testing.TB, x *Index) *Outcome {
	t.Helper()
	o, err := x.Reindex()
	require.NoError(t, err)
	return o
}

func await(t testing.TB, holds func() bool) {
	t.Helper()
	require.Eventually(t, holds, longest, time.Millisecond)
}

// find returns the ids that a search answers with.
func find(t testing.TB, x *Index, text string) []crm.ID {
	t.Helper()
	r, err := x.Search(t.Context(), Query{Text: text, Limit: 100})
	require.NoError(t, err, text)
	require.Len(t, r.IDs, min(r.Total, 100), text)
	return r.IDs
}

func ids(numbers ...int) []crm.ID {
	var list []crm.ID
	for _, n := range numbers {
		list = append(list, idOf(n))
	}
	return list
}

func (m *memory) passedTo() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.passed
}
