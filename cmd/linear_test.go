package cmd

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// account is all that there is to know of a customer, for the model of one.
type account struct {
	exists             bool
	name, status       string
	notes              int
	revision, activity int
}

func (a account) etag() string { return fmt.Sprintf(`"%x-%x"`, a.revision, a.activity) }

// deed is a request about one customer; match is the revision that If-Match
// names, 0 for none.
type deed struct {
	customer int
	kind     string // get, rename, status, note, order, delete
	text     string
	match    int
}

// effect is its answer.
type effect struct {
	code         int
	etag         string
	name, status string
	notes        int // of a note, its number
	applied      int // of an event
}

// step says whether the answer is one that the customer could give if the requests
// came one after the other, and what it is afterwards.
func step(state, input, output any) (bool, any) {
	a, d, e := state.(account), input.(deed), output.(effect)
	next := a
	switch {
	case d.kind == "order":
		if a.exists {
			next.activity++
		}
		return e.code == http.StatusOK && (e.applied == 1) == a.exists, next
	case !a.exists:
		return e.code == http.StatusNotFound, a
	case d.kind == "get":
		return e == effect{code: http.StatusOK, etag: a.etag(), name: a.name, status: a.status, notes: a.notes}, a
	case d.match != 0 && d.match != a.revision:
		return e.code == http.StatusPreconditionFailed, a
	}
	switch d.kind {
	case "rename":
		next.name = d.text
	case "status":
		next.status = d.text
	case "note":
		next.notes++
	case "delete":
		return e.code == http.StatusOK, account{}
	}
	if next != a {
		next.revision++
	}
	if d.kind == "note" {
		return e.code == http.StatusOK && e.notes == next.notes, next
	}
	return e.code == http.StatusOK && e.etag == next.etag(), next
}

// TestRequestsAboutACustomerAreLinearizable records what clients ask and are
// answered about a few customers at the same time, and has porcupine find an order
// of the requests, each between its question and its answer, in which a customer
// who knows nothing of concurrency would have given these answers. It fails where
// two edits with the same tag both win, where somebody reads what is older than an
// answer that has been given, and where a change is lost.
func TestRequestsAboutACustomerAreLinearizable(t *testing.T) {
	t.Parallel()
	rounds, asks := 3, 50
	if soaking() {
		rounds, asks = 200, 120
	}
	v := startService(t, noon, "--log-level", "warn")
	d := newDesk(t, v.api, noon)
	for round := range rounds {
		history := converse(t, d, uint64(round), asks)
		model := porcupine.Model{
			Partition: byCustomer,
			Init:      func() any { return account{exists: true, name: "Somebody", status: "Active", revision: 1} },
			Step:      step,
		}
		require.Equal(t, porcupine.Ok, porcupine.CheckOperationsTimeout(model, history, time.Minute), "round %d", round)
	}
}

func byCustomer(history []porcupine.Operation) [][]porcupine.Operation {
	var parts [][]porcupine.Operation
	for _, op := range history {
		n := op.Input.(deed).customer
		for len(parts) <= n {
			parts = append(parts, nil)
		}
		parts[n] = append(parts[n], op)
	}
	return parts
}

// converse lets six clients talk about three customers.
func converse(t *testing.T, d desk, seed uint64, asks int) []porcupine.Operation {
	t.Helper()
	const clients, customers = 6, 3
	var paths, users []string
	for n := range customers {
		user := fmt.Sprintf("linear-%d-%d", seed, n)
		made := d.ask(http.MethodPost, "/api/customers", object("userId", user, "email", user+"@example.com", "fullName", "Somebody"))
		require.Equal(t, http.StatusCreated, made.code, string(made.body))
		id := decoded[struct{ Data shownProfile }](made).Data.CustomerID
		paths, users = append(paths, "/api/customers/"+id), append(users, user)
	}
	began := time.Now()
	histories := make([][]porcupine.Operation, clients)
	var g sync.WaitGroup
	for c := range clients {
		g.Go(func() {
			random := rand.New(rand.NewPCG(seed, uint64(c)))
			var known [customers]int // revisions
			for n := range asks {
				x := newDeed(random, fmt.Sprintf("%d-%d", c, n), known)
				call := time.Since(began)
				e := d.perform(x, paths[x.customer], users[x.customer], fmt.Sprintf("%d-%d-%d", seed, c, n))
				histories[c] = append(histories[c], porcupine.Operation{
					ClientId: c, Input: x, Output: e, Call: int64(call), Return: int64(time.Since(began)),
				})
				if revision, err := strconv.ParseInt(strings.TrimPrefix(before(e.etag, "-"), `"`), 16, 64); err == nil {
					known[x.customer] = int(revision)
				}
			}
		})
	}
	g.Wait()
	return slices.Concat(histories...)
}

func before(s, separator string) string { s, _, _ = strings.Cut(s, separator); return s }

// newDeed is any request; half of the edits name the version that the client knows.
func newDeed(random *rand.Rand, unique string, known [3]int) deed {
	x := deed{customer: random.IntN(len(known))}
	switch n := random.IntN(200); {
	case n < 60:
		x.kind = "get"
		return x
	case n < 80:
		x.kind, x.text = "note", "A remark of some length"
		return x
	case n < 110:
		x.kind = "order"
		return x
	case n < 160:
		x.kind, x.text = "rename", "Name "+unique
	case n < 199:
		x.kind, x.text = "status", []string{"Active", "Inactive", "Suspended"}[random.IntN(3)]
	default:
		x.kind = "delete"
	}
	if random.IntN(2) == 0 {
		x.match = known[x.customer]
	}
	return x
}

func (d desk) perform(x deed, path, user, unique string) effect {
	var headers []string
	if x.match != 0 {
		headers = []string{"If-Match", fmt.Sprintf(`"%x-0"`, x.match)}
	}
	var r answered
	switch x.kind {
	case "get":
		r = d.ask(http.MethodGet, path, "")
		e := effect{code: r.code, etag: r.etag}
		if p := decoded[struct{ Data shownProfile }](r).Data; r.code == http.StatusOK {
			e.name, e.status, e.notes = p.FullName, p.CustomerStatus, len(p.Notes)
		}
		return e
	case "rename":
		r = d.ask(http.MethodPut, path, object("fullName", x.text), headers...)
	case "status":
		r = d.ask(http.MethodPatch, path+"/status", object("status", x.text), headers...)
	case "delete":
		r = d.ask(http.MethodDelete, path, "", headers...)
	case "note":
		r = d.ask(http.MethodPost, path+"/notes", object("content", x.text))
		number, _ := strconv.Atoi(strings.TrimPrefix(decoded[struct{ Data struct{ NoteID string } }](r).Data.NoteID, "note-"))
		return effect{code: r.code, notes: number}
	case "order":
		r, applied, _ := d.report(fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/orms","type":"orms.order.updated","time":"2026-01-25T12:00:00.001Z",
			"data":{"orderId":%q,"userId":%q,"total":1,"status":"Delivered","placedAt":"2026-01-25T12:00:00.001Z"}}`, unique, unique, user))
		return effect{code: r.code, applied: applied}
	}
	return effect{code: r.code, etag: r.etag}
}

func TestOfEditsWithTheSameTagOneWins(t *testing.T) {
	t.Parallel()
	v := startService(t, noon, "--log-level", "warn")
	d := newDesk(t, v.api, noon)
	made := d.ask(http.MethodPost, "/api/customers", object("email", "ana@example.com", "fullName", "Ana"))
	path := "/api/customers/" + decoded[struct{ Data shownProfile }](made).Data.CustomerID
	for round := range 20 {
		tag := d.ask(http.MethodGet, path, "").etag
		codes := make([]int, 8)
		var g sync.WaitGroup
		for i := range codes {
			g.Go(func() {
				codes[i] = d.ask(http.MethodPut, path, object("fullName", fmt.Sprintf("Ana %d of %d", i, round)), "If-Match", tag).code
			})
		}
		g.Wait()
		winner := slices.Index(codes, http.StatusOK)
		require.GreaterOrEqual(t, winner, 0, codes)
		shown := decoded[struct{ Data shownProfile }](d.ask(http.MethodGet, path, "")).Data
		assert.Equal(t, fmt.Sprintf("Ana %d of %d", winner, round), shown.FullName)
		for i, code := range codes {
			assert.Equal(t, i != winner, code == http.StatusPreconditionFailed, codes)
		}
	}
}
