package accesslog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/accesslog"
)

var entry = accesslog.Entry{
	Time: time.Date(2026, 11, 18, 12, 0, 0, 123_456_789, time.FixedZone("", 5*3600+1800)), Request: "3njoeade2ps2i", Method: "GET",
	Route: "/api/customers/:customer_id", Status: 200, Bytes: 709, Took: 26_600 * time.Nanosecond, User: "6700668596bcd5e100007b30",
}

// bySlog is the line that a handler of slog makes of an entry.
func bySlog(t *testing.T, make func(io.Writer) slog.Handler, e accesslog.Entry) string {
	t.Helper()
	var out bytes.Buffer
	r := slog.NewRecord(e.Time, slog.LevelInfo, "request", 0)
	r.AddAttrs(slog.String("request", e.Request), slog.String("method", e.Method), slog.String("route", e.Route),
		slog.Int("status", e.Status), slog.Int("bytes", e.Bytes), slog.Duration("took", e.Took), slog.String("user", e.User))
	require.NoError(t, make(&out).Handle(context.Background(), r))
	return out.String()
}

func TestLinesAreThoseOfSlog(t *testing.T) {
	users := map[string]string{
		"a plain user": entry.User, "nobody": "", "a user with spaces": "A 1", "a user with quotes": `A"1"`, "a user with =": "A=1",
		"a user with line breaks": "A\n1", "a user with a tab": "A\t1", "a user with backslashes": `A\1`,
	}
	for outcome, user := range users {
		e := entry
		e.User = user
		t.Run(outcome+", text", func(t *testing.T) {
			var out bytes.Buffer
			accesslog.New(&out, accesslog.Text).Log(e)
			assert.Equal(t, bySlog(t, func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) }, e), out.String())
		})
		t.Run(outcome+", JSON", func(t *testing.T) {
			var out bytes.Buffer
			accesslog.New(&out, accesslog.JSON).Log(e)
			assert.Equal(t, bySlog(t, func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) }, e), out.String())
		})
	}
}

func TestBytesThatAreNoTextStayOneLine(t *testing.T) {
	e := entry
	e.User = "A\xff\u2028Ü"
	var text, object bytes.Buffer
	accesslog.New(&text, accesslog.Text).Log(e)
	assert.Contains(t, text.String(), ` user="A\xff\u2028Ü"`+"\n")
	accesslog.New(&object, accesslog.JSON).Log(e)
	assert.True(t, json.Valid(object.Bytes()), object.String())
}

// writes gathers each write of its own.
type writes struct {
	mu  sync.Mutex
	all []string
}

func (w *writes) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, string(b))
	return len(b), nil
}

func (w *writes) gathered() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.all...)
}

// at is the entry of a request answered so long after the log's last write.
func at(after time.Duration) accesslog.Entry {
	e := entry
	e.Time = time.Now().Add(after)
	return e
}

func TestFirstLineAfterAPauseIsWrittenAtOnce(t *testing.T) {
	var out writes
	l := accesslog.New(&out, accesslog.Text)
	l.Log(at(0))
	assert.Len(t, out.gathered(), 1)
	l.Log(at(time.Minute))
	assert.Len(t, out.gathered(), 2)
}

func TestLinesThatComeTogetherAreWrittenTogetherAndSoon(t *testing.T) {
	var out writes
	l := accesslog.New(&out, accesslog.Text)
	l.Log(at(0))
	early := at(-time.Hour) // before the write, whatever the machine does meanwhile
	l.Log(early)
	l.Log(early)
	require.Eventually(t, func() bool { return len(out.gathered()) > 1 }, time.Minute, time.Millisecond)
	assert.LessOrEqual(t, len(out.gathered()), 3)
	require.Eventually(t, func() bool { return strings.Count(strings.Join(out.gathered(), ""), "\n") == 3 }, time.Minute, time.Millisecond)
}

func TestNothingWaitsForMoreThanAFullBuffer(t *testing.T) {
	var out writes
	l := accesslog.New(&out, accesslog.Text)
	l.Log(at(0))
	early := at(-time.Hour)
	early.User = strings.Repeat("u", 64<<10)
	l.Log(early)
	assert.Contains(t, strings.Join(out.gathered(), ""), early.User)
}

func TestOtherLinesFollowThoseThatWait(t *testing.T) {
	var out writes
	l := accesslog.New(&out, accesslog.Text)
	log := slog.New(slog.NewTextHandler(l, nil))
	l.Log(at(0))
	early := at(-time.Hour)
	early.Request = "second"
	l.Log(early)
	log.Error("disk full")
	all := strings.Join(out.gathered(), "")
	assert.Regexp(t, `(?s)^[^\n]+\n[^\n]+request=second [^\n]+\n[^\n]+disk full[^\n]*\n$`, all)
}

func TestFlushWritesWhatWaits(t *testing.T) {
	var out writes
	l := accesslog.New(&out, accesslog.Text)
	l.Log(at(0))
	l.Log(at(-time.Hour))
	l.Flush()
	assert.Equal(t, 2, strings.Count(strings.Join(out.gathered(), ""), "\n"))
	before := len(out.gathered())
	l.Flush()
	assert.Len(t, out.gathered(), before, "nothing waited")
}

func TestNoLineIsLostOrTornWhenManyLog(t *testing.T) {
	var out writes
	l := accesslog.New(&out, accesslog.Text)
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 500 {
				e := at(0)
				e.Request = fmt.Sprintf("%d-%d", g, i)
				l.Log(e)
			}
		})
	}
	wait.Wait()
	l.Flush()
	seen := map[string]bool{}
	for line := range strings.Lines(strings.Join(out.gathered(), "")) {
		require.Regexp(t, `^time=\S+ level=INFO msg=request request=\d-\d+ .* user=6700668596bcd5e100007b30\n$`, line)
		_, rest, _ := strings.Cut(line, "request=")
		id, _, _ := strings.Cut(rest, " ")
		seen[id] = true
	}
	assert.Len(t, seen, 8*500)
}

func BenchmarkLog(b *testing.B) {
	for name, f := range map[string]accesslog.Format{"text": accesslog.Text, "JSON": accesslog.JSON} {
		b.Run(name, func(b *testing.B) {
			l := accesslog.New(io.Discard, f)
			b.ReportAllocs()
			for b.Loop() {
				l.Log(at(0))
			}
		})
	}
}
