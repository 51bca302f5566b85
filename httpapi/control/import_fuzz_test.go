package control

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/transfer"
	"crms/store"
	"crms/store/storetest"
)

// noon is when files are imported.
var noon = time.Date(2026, 11, 18, 12, 0, 0, 0, time.UTC)

// shop is a store with the operations of the command line, which imports fill.
// When it has grown it is made anew.
type shop struct {
	*Client
	store   *store.Store
	commits int
}

// maxImports is how many imports change one shop.
const maxImports = 50

func (s *shop) open(t testing.TB) {
	t.Helper()
	dir, err := os.MkdirTemp("", "shop")
	require.NoError(t, err)
	log := slog.New(slog.DiscardHandler)
	s.commits = 0
	s.store, err = store.Open(dir, store.Options{Log: log, OnCommit: func(store.Commit) { s.commits++ }})
	require.NoError(t, err)
	s.Client = InProcess(Handler(Service{Store: s.store, Now: func() time.Time { return noon }, Log: log, Alone: true}), s.store.Close)
	s.OnClose(func() error { return os.RemoveAll(dir) })
}

func (s *shop) renew(t testing.TB) {
	t.Helper()
	if s.commits > maxImports {
		require.NoError(t, s.Close())
		s.open(t)
	}
}

// imported is what an import tells.
type imported struct {
	counts  Imported
	rejects []Reject
	err     error
}

func (s *shop) take(t testing.TB, file string, o ImportOptions) (told imported) {
	t.Helper()
	told.counts, told.err = Import(context.Background(), s.Client, o, strings.NewReader(file), ImportListener{
		Header:   func([]byte) error { return nil },
		Reject:   func(r Reject) error { told.rejects = append(told.rejects, r); return nil },
		Progress: func(Imported) {},
	})
	return told
}

// FuzzImport: whatever is in a file, each of its records is taken or told with
// its line and a reason, the store is sound, and what it then exports is what it
// holds. The same file changes nothing the second time.
func FuzzImport(f *testing.F) {
	const full = `{"customerId":"6979a1b1a6db796b4a1447e9","userId":"u-1","email":"ana@example.com","fullName":"Ana Lima","contactNumber":"+91 98450 00017",` +
		`"customerStatus":"Suspended","customerType":"VIP","customerSince":"2026-01-01T10:00:00.000Z","notes":[{"content":"Called back twice","addedBy":"a@example.com","addedAt":"2026-01-02T10:00:00Z"}],` +
		`"tags":["a"],"preferences":{"b":1.50},"orders":[{"orderId":"O-1","status":"Placed","total":19.50,"placedAt":"2026-01-03T10:00:00Z"}],` +
		`"complaints":[{"complaintId":"C-1","category":"Late","status":"Open","openedAt":"2026-01-04T10:00:00Z"}]}`
	const mongo = `{"_id":{"$oid":"6979a1b1a6db796b4a1447e8"},"userId":"u-2","email":"b@example.com","fullName":"Bo Li","totalOrders":{"$numberInt":"3"},` +
		`"totalOrderValue":{"$numberDouble":"30.5"},"customerSince":{"$date":{"$numberLong":"1767261600000"}},"lastOrderDate":{"$date":"2026-01-03T10:00:00Z"},"__v":0}`
	const bare = `{"userId":"u-3","email":"c@example.com","fullName":"Cy Roe"}`
	for _, file := range []string{
		full, mongo, bare, full + "\n" + mongo + "\r\n\n" + bare + "\n", "hello\n" + bare + "\n{}\n[]\n" + `{"userId":7}`, "\ufeff" + bare, bare + "\x00", bare + "\xff\n",
		`{"userId":"u-4","email":"d@example.com","fullName":"Di Roe","openingBalance":{"totalOrders":2,"totalOrderValue":1e1,"ordersByStatus":{"Placed":2}}}`,
		bare + bare, bare + "\n" + bare, strings.Repeat("[", 1000), `{"userId":"\ud800"}`, "",
	} {
		f.Add(uint8(0), file)
	}
	for _, file := range []string{
		"userId,email,fullName,tags\nu-5,e@example.com,Ed Poe,a;b\n", "userId,email,fullName\n\"u-6\",\"f@\nexample.com\",\"Flo \"\"F\"\" Poe\"\n",
		"userId\nu-7,extra\n\"open\n", "userId,userId\na,b\n", "fullName,userId,email\n=1+1,'u-8,'+g@example.com\n", "\ufeffuserId;email\n1;2\n", ",,\n",
	} {
		f.Add(uint8(1), file)
	}
	s := new(shop)
	s.open(f)
	f.Cleanup(func() { require.NoError(f, s.Close()) })
	f.Fuzz(func(t *testing.T, way uint8, file string) {
		o := optionsOf(way)
		before := s.commits
		told := s.take(t, file, o)
		checkTold(t, file, told)
		if s.commits == before {
			return
		}
		storetest.Verify(t, s.store)
		if told.err == nil && told.counts.Created == told.counts.Lines {
			again := s.take(t, file, ImportOptions{Format: o.Format, OnConflict: "update"})
			assert.NoError(t, again.err)
			assert.Equal(t, told.counts.Lines, again.counts.Unchanged, "the same file again: %+v %s", again.counts, again.rejects)
		}
		s.checkExport(t)
		s.renew(t)
	})
}

// optionsOf makes the options of a number.
func optionsOf(way uint8) ImportOptions {
	formats, conflicts := []transfer.Format{transfer.NDJSON, transfer.CSV}, []string{"update", "skip", "fail"}
	return ImportOptions{Format: formats[way%2], OnConflict: conflicts[way/2%3], Restore: way/6%2 == 1}
}

// innards is what only the program's own people understand.
var innards = regexp.MustCompile(`goroutine \d|\.go:\d|runtime error|0xc0[0-9a-f]{4}|%!|<nil>|interface \{|crms/|\b(json|jsontext|strconv|store|crm|kv|transfer)[.:]`)

// checkTold wants each record counted under one outcome, and a line of the file
// and a reason for each that was not taken.
func checkTold(t *testing.T, file string, told imported) {
	t.Helper()
	n := told.counts
	assert.Equal(t, n.Lines, n.Created+n.Updated+n.Unchanged+n.Skipped+n.Failed)
	assert.Len(t, told.rejects, int(n.Failed))
	last := 0
	for _, r := range told.rejects {
		assert.Greater(t, r.Line, last)
		last = r.Line
		assert.NotEmpty(t, r.Reason)
		checkDiscreet(t, file, r.Reason)
	}
	assert.LessOrEqual(t, last, 1+strings.Count(file, "\n"))
	if told.err == nil {
		assert.EqualValues(t, n.Lines > 0, n.Read > 0)
	} else {
		checkDiscreet(t, file, told.err.Error())
	}
}

// checkDiscreet wants a text to tell nothing of how the program is made. What it
// has from the file, where names can be spelled in escapes too, may be anything.
func checkDiscreet(t *testing.T, file, text string) {
	t.Helper()
	if found := innards.FindString(text); !strings.Contains(file, found) && !strings.Contains(file, `\u`) {
		assert.Empty(t, found, text)
	}
}

// checkExport wants an export to say of each customer what is stored of it.
func (s *shop) checkExport(t *testing.T) {
	t.Helper()
	var file bytes.Buffer
	n, err := Export(context.Background(), s.Client, transfer.NDJSON, &file)
	require.NoError(t, err)
	told := s.take(t, file.String(), ImportOptions{Format: transfer.NDJSON, OnConflict: "update"})
	require.NoError(t, told.err)
	assert.Equal(t, n, told.counts.Unchanged, "the export comes back: %+v %s\n%s", told.counts, told.rejects, file.String())
}
