package cmd

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"crms/search"
	"crms/store"
)

// TestEveryHistoryAgreesWithThePlainShop plays random histories of everything that
// can be done to a shop, and after each step compares what the API answers with
// the plain shop. A history that fails is cut down to the shortest one that still
// does, and printed with the seed that repeats it.
func TestEveryHistoryAgreesWithThePlainShop(t *testing.T) {
	histories, steps := "8", "15"
	if soaking() {
		histories, steps = "1000", "40"
	}
	require.NoError(t, flag.Set("rapid.checks", histories)) // rapid has no other way to set it
	require.NoError(t, flag.Set("rapid.steps", steps))
	rapid.Check(t, func(r *rapid.T) {
		h := newHistory(t, r)
		defer h.end(r)
		steps := map[string]func(*rapid.T){
			"":               h.compare,
			"create":         h.create,
			"edit":           h.edit,
			"set status":     h.setStatus,
			"set type":       h.setType,
			"add note":       h.addNote,
			"delete":         h.delete,
			"user event":     h.userEvent,
			"order":          h.thingEvent,
			"complaint":      h.thingEvent,
			"thing is gone":  h.thingGone,
			"repeat":         h.repeat,
			"import":         h.importOne,
			"drop parked":    h.dropParked,
			"drop outbox":    h.dropOutbox,
			"acknowledge":    h.acknowledge,
			"restart":        h.restart,
			"reindex beside": h.reindex,
		}
		// Most rounds are short, a few are long: so many of them are long enough.
		for range 5 {
			r.Repeat(steps)
		}
	})
}

// history is a shop under test, and the plain one.
type history struct {
	test    *testing.T
	data    string
	program *program
	clock   *clock
	app     *app
	desk    desk
	plain   *plainShop
	sent    []plainEvent
	n       int
}

func newHistory(t *testing.T, r *rapid.T) *history {
	h := &history{test: t, clock: newClock(noon), plain: &plainShop{users: map[string]*plainUser{}}}
	h.program = &program{stdout: io.Discard, stderr: io.Discard, now: h.clock.now}
	var err error
	h.data, err = os.MkdirTemp(t.TempDir(), "")
	require.NoError(r, err)
	h.open(r)
	return h
}

// open starts the app; ATHS is not reachable, so that what it is to be told waits.
func (h *history) open(r *rapid.T) {
	args := []string{"--data", h.data, "--addr", "127.0.0.1:0", "--ops-addr", "off", "--aths-url", "http://127.0.0.1:1", "--log-level", "error"}
	settings, err := readSettings(h.test, environment{"CRMS_JWT_SECRET": someSecret}, "serve", args, (*Settings).ChooseKeys)
	require.NoError(r, err)
	h.app, err = h.program.start(context.Background(), settings)
	require.NoError(r, err)
	for deadline := time.Now().Add(patience); h.app.index.Status().State != search.OK; time.Sleep(time.Millisecond) {
		require.True(r, time.Now().Before(deadline), "the index is built")
	}
	h.desk = newDesk(h.test, h.app.api, h.clock.now())
}

func (h *history) end(r *rapid.T) {
	findings, err := h.app.store.Verify()
	require.NoError(r, err)
	require.Empty(r, findings)
	require.NoError(r, h.app.close())
	require.NoError(r, os.RemoveAll(h.data))
}

// command runs a command line on the data folder.
func (h *history) command(r *rapid.T, args ...string) {
	var stdout, stderr bytes.Buffer
	p := &program{stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }, now: h.clock.now}
	code := p.run(context.Background(), append(args, "--data", h.data))
	require.Equal(r, exitOK, code, "%v: %s", args, stderr.String())
}

// tick moves the clock on by a second or some, and returns the time.
func (h *history) tick(r *rapid.T) time.Time {
	h.n++
	h.clock.set(h.clock.now().Add(time.Duration(rapid.IntRange(1, 5).Draw(r, "seconds")) * time.Second))
	return h.clock.now()
}

// past is a time at which nothing else has happened, now or before.
func (h *history) past(r *rapid.T, now time.Time) time.Time {
	if rapid.Bool().Draw(r, "late") {
		now = now.Add(-time.Duration(rapid.IntRange(1, 60).Draw(r, "late by")) * time.Second)
	}
	return now.Add(-time.Duration(h.n%1000) * time.Millisecond)
}

func anyUser(r *rapid.T) string { return fmt.Sprintf("USER-%d", rapid.IntRange(0, 4).Draw(r, "user")) }

// live is a user with a profile, and its path. The step is skipped when there is
// none.
func (h *history) live(r *rapid.T) (p *plainProfile, user, path string) {
	users := h.plain.registered(func(*plainProfile) bool { return true })
	if len(users) == 0 {
		r.Skip("nobody is registered")
	}
	user = rapid.SampledFrom(users).Draw(r, "of")
	return h.plain.users[user].profile, user, "/api/customers/" + h.idOf(user)
}

func (h *history) idOf(user string) string {
	got := h.desk.ask(http.MethodGet, "/api/users/"+user+"/eligibility", "")
	return decoded[struct{ Data shownProfile }](got).Data.CustomerID
}

func anyName(r *rapid.T, n int) string {
	return fmt.Sprintf("Kim%d %s", n, rapid.SampledFrom(clans[:5]).Draw(r, "clan"))
}

func (h *history) anyEmail() string { return fmt.Sprintf("someone.%d@example.com", h.n) }

func anyNumber(r *rapid.T) string {
	return rapid.SampledFrom([]string{"+91 98450 00017", "(02) 5550-0199"}).Draw(r, "number")
}

func (h *history) create(r *rapid.T) {
	now, user := h.tick(r), anyUser(r)
	p := &plainProfile{email: h.anyEmail(), name: anyName(r, h.n), tier: "Premium", since: now}
	got := h.desk.ask(http.MethodPost, "/api/customers", object("userId", user, "email", p.email, "fullName", p.name, "customerType", p.tier))
	if h.plain.user(user).profile != nil {
		require.Equal(r, http.StatusConflict, got.code)
		return
	}
	require.Equal(r, http.StatusCreated, got.code, string(got.body))
	h.plain.begin(user, p, now)
	h.plain.deliverWaiting(h.plain.user(user))
}

// edit names the version that it changes, or one before it.
func (h *history) edit(r *rapid.T) {
	now := h.tick(r)
	p, _, path := h.live(r)
	name, number := anyName(r, h.n), anyNumber(r)
	revision := len(p.history) - rapid.IntRange(0, 1).Draw(r, "versions behind")
	got := h.desk.ask(http.MethodPut, path, object("fullName", name, "contactNumber", number), "If-Match", fmt.Sprintf(`"%x-0"`, revision))
	if revision != len(p.history) {
		require.Equal(r, http.StatusPreconditionFailed, got.code)
		return
	}
	require.Equal(r, http.StatusOK, got.code, string(got.body))
	p.say(plainEvent{kind: "edit", at: now, name: name, number: number})
}

func (h *history) setStatus(r *rapid.T) {
	h.tick(r)
	p, user, path := h.live(r)
	status := rapid.SampledFrom([]string{"Active", "Inactive", "Suspended"}).Draw(r, "status")
	got := h.desk.ask(http.MethodPatch, path+"/status", object("status", status))
	if h.plain.users[user].isLeaving() && status != "Inactive" {
		require.Equal(r, http.StatusConflict, got.code)
		return
	}
	require.Equal(r, http.StatusOK, got.code, string(got.body))
	if status != p.status {
		p.status, p.history = status, append(p.history, "statusChanged")
		h.plain.outbox = append(h.plain.outbox, plainTelling{user, "status " + status})
	}
}

func (h *history) setType(r *rapid.T) {
	h.tick(r)
	p, _, path := h.live(r)
	tier := rapid.SampledFrom([]string{"Regular", "Premium", "VIP"}).Draw(r, "type")
	require.Equal(r, http.StatusOK, h.desk.ask(http.MethodPatch, path+"/type", object("customerType", tier)).code)
	if tier != p.tier {
		p.tier, p.history = tier, append(p.history, "typeChanged")
	}
}

func (h *history) addNote(r *rapid.T) {
	h.tick(r)
	p, _, path := h.live(r)
	content := fmt.Sprintf("Remark number %d", h.n)
	require.Equal(r, http.StatusOK, h.desk.ask(http.MethodPost, path+"/notes", object("content", content)).code)
	p.notes, p.history = append(p.notes, content), append(p.history, "noteAdded")
}

func (h *history) delete(r *rapid.T) {
	now := h.tick(r)
	p, user, path := h.live(r)
	got := h.desk.ask(http.MethodDelete, path, "")
	if p.open() > 0 {
		require.Equal(r, http.StatusBadRequest, got.code)
		return
	}
	require.Equal(r, http.StatusOK, got.code, string(got.body))
	u := h.plain.users[user]
	u.profile, u.deletedAt = nil, now
	h.plain.outbox = append(h.plain.outbox, plainTelling{user, "delete"})
}

func (h *history) userEvent(r *rapid.T) {
	now := h.tick(r)
	e := plainEvent{user: anyUser(r), kind: rapid.SampledFrom([]string{"aths.user.registered", "aths.user.updated", "aths.user.deleted"}).Draw(r, "kind")}
	if e.at = now; e.kind != "aths.user.deleted" {
		e.at, e.email, e.name = h.past(r, now), h.anyEmail(), anyName(r, h.n)
		if rapid.Bool().Draw(r, "with number") {
			e.number = anyNumber(r)
		}
	}
	e.began = e.at
	h.send(r, e)
}

func (h *history) thingEvent(r *rapid.T) {
	now := h.tick(r)
	e := plainEvent{user: anyUser(r), at: h.past(r, now)}
	number := rapid.IntRange(0, 2).Draw(r, "number")
	// A thing of a life began at the same time in all of its reports.
	e.began = noon.Add(time.Duration(number+3*(int(e.at.Sub(noon).Seconds())/40))*time.Second + 500*time.Microsecond).Truncate(time.Millisecond)
	if rapid.Bool().Draw(r, "is an order") {
		e.thing, e.kind, e.cents = fmt.Sprintf("order %d of %d", number, e.began.Unix()), "orms.order.updated", rapid.Int64Range(0, 99_999).Draw(r, "cents")
		e.status = rapid.SampledFrom([]string{"Placed", "Shipped", "Delivered", "Delivered", "Cancelled", "Lost"}).Draw(r, "status")
	} else {
		e.thing, e.kind, e.category = fmt.Sprintf("complaint %d of %d", number, e.began.Unix()), "cmps.complaint.updated", "Late"
		e.status = rapid.SampledFrom([]string{"Open", "Resolved", "Closed"}).Draw(r, "status")
	}
	if rapid.IntRange(0, 7).Draw(r, "is gone") == 0 {
		e = e.goneAt(e.at)
	}
	h.send(r, e)
}

// thingGone deletes an order or a complaint that was reported before.
func (h *history) thingGone(r *rapid.T) {
	reported := slices.DeleteFunc(slices.Clone(h.sent), func(e plainEvent) bool { return e.thing == "" || e.gone })
	if len(reported) == 0 {
		r.Skip("nothing was ordered or complained about")
	}
	now := h.tick(r)
	h.send(r, rapid.SampledFrom(reported).Draw(r, "thing").goneAt(h.past(r, now)))
}

// goneAt is the deletion of the event's order or complaint.
func (e plainEvent) goneAt(at time.Time) plainEvent {
	e.id, e.at, e.began, e.gone = "", at, at, true
	e.kind = e.kind[:len(e.kind)-len("updated")] + "deleted"
	return e
}

// repeat sends an event once more, under its id or another.
func (h *history) repeat(r *rapid.T) {
	if len(h.sent) == 0 {
		r.Skip("nothing was sent")
	}
	h.tick(r)
	e := rapid.SampledFrom(h.sent).Draw(r, "event")
	if rapid.Bool().Draw(r, "under another id") {
		e.id = ""
	}
	h.send(r, e)
}

func (h *history) send(r *rapid.T, e plainEvent) {
	if e.id == "" {
		e.id = fmt.Sprintf("event-%d", h.n)
	}
	h.sent = append(h.sent, e)
	got, applied, parked := h.desk.report(e.json())
	require.Equal(r, http.StatusOK, got.code, string(got.body))
	outcome := "duplicate"
	if _, waits := h.plain.user(e.user).waiting[e.id]; !waits {
		outcome = h.plain.deliver(e)
	}
	require.Equal(r, []bool{outcome == "applied", outcome == "parked"}, []bool{applied == 1, parked == 1}, "%s: %s of %+v", got.body, outcome, e)
}

func (e plainEvent) json() string {
	at := func(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z") }
	data := []any{"userId", e.user}
	switch {
	case e.thing == "":
		for name, said := range map[string]string{"email": e.email, "fullName": e.name, "contactNumber": e.number} {
			if said != "" {
				data = append(data, name, said)
			}
		}
	case e.isOrder():
		data = append(data, "orderId", e.thing, "total", float64(e.cents)/100, "status", e.status, "placedAt", at(e.began))
	default:
		data = append(data, "complaintId", e.thing, "category", e.category, "status", e.status, "openedAt", at(e.began))
	}
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":%q,"time":%q,"data":%s}`, e.id, e.kind, at(e.at), object(data...))
}

func (h *history) importOne(r *rapid.T) {
	now := h.tick(r)
	user := fmt.Sprintf("IMPORTED-%d", h.n)
	p := &plainProfile{email: h.anyEmail(), name: anyName(r, h.n), since: now}
	file := filepath.Join(h.data, "import.ndjson")
	line := fmt.Sprintf(`{"userId":%q,"email":%q,"fullName":%q,"orders":[{"orderId":"1","status":"Delivered","total":12.5,"placedAt":"2026-01-25T11:00:00Z"}]}`, user, p.email, p.name)
	require.NoError(r, os.WriteFile(file, []byte(line), 0o600))
	h.command(r, "import", file)
	h.plain.begin(user, p, now)
	p.put(plainEvent{user: user, thing: "order 1", status: "Delivered", cents: 1250, at: now})
}

func (h *history) dropParked(r *rapid.T) {
	h.tick(r)
	users := h.plain.userIDs()
	if len(users) == 0 {
		r.Skip("nobody is known")
	}
	user := rapid.SampledFrom(users).Draw(r, "user")
	want := http.StatusNotFound
	if len(h.plain.users[user].waiting) > 0 {
		want = http.StatusOK
	}
	require.Equal(r, want, h.desk.ask(http.MethodDelete, "/api/operations/parked/"+user, "").code)
	clear(h.plain.users[user].waiting)
}

// entries are the ids of what waits for ATHS.
func (h *history) entries() []uint64 {
	var ids []uint64
	for _, e := range decoded[struct{ Items []struct{ ID uint64 } }](h.desk.ask(http.MethodGet, "/api/operations/outbox?limit=100", "")).Items {
		ids = append(ids, e.ID)
	}
	return ids
}

func (h *history) dropOutbox(r *rapid.T) {
	ids := h.entries()
	if len(ids) == 0 {
		r.Skip("nothing waits")
	}
	i := rapid.IntRange(0, len(ids)-1).Draw(r, "entry")
	require.Equal(r, http.StatusOK, h.desk.ask(http.MethodDelete, "/api/operations/outbox/"+strconv.FormatUint(ids[i], 10), "").code)
	h.plain.outbox = slices.Delete(h.plain.outbox, i, i+1)
}

// acknowledge is what the dispatcher does once ATHS has taken an entry.
func (h *history) acknowledge(r *rapid.T) {
	ids := h.entries()
	if len(ids) == 0 {
		r.Skip("nothing waits")
	}
	_, err := store.Do(context.Background(), h.app.store, store.Delivered{Seq: ids[0]})
	require.NoError(r, err)
	h.plain.outbox = h.plain.outbox[1:]
}

func (h *history) reindex(r *rapid.T) {
	h.tick(r)
	h.command(r, "reindex")
}

// restart closes the shop and opens it again; between the two it may be compacted,
// or put back to what it was a moment ago.
func (h *history) restart(r *rapid.T) {
	h.tick(r)
	between := rapid.SampledFrom([]string{"", "compact", "reindex", "restore"}).Draw(r, "between")
	saved := filepath.Join(h.data, "crms.backup")
	if between == "restore" {
		h.command(r, "backup", saved)
		lost := h.desk.ask(http.MethodPost, "/api/customers", object("email", "lost@example.com", "fullName", "Nobody Afterwards"))
		require.Equal(r, http.StatusCreated, lost.code, string(lost.body))
	}
	require.NoError(r, h.app.close())
	switch between {
	case "restore":
		h.command(r, "restore", saved)
		require.NoError(r, os.Remove(saved))
	case "compact", "reindex":
		h.command(r, between)
	}
	h.open(r)
}
