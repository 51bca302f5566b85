package cmd

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/httpapi/auth"
	"crms/store"
	"crms/store/crm"
	"crms/store/sample"
)

// TestScripts plays every script to a service of its own and holds the answers
// to what the script shows. With -update they are written into the script.
func TestScripts(t *testing.T) {
	paths, err := filepath.Glob("testdata/scripts/*.http")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".http"), func(t *testing.T) {
			t.Parallel()
			play(t, path)
		})
	}
}

func play(t *testing.T, path string) {
	s := readScript(t, path)
	st := newStage(t, s.preface)
	for i := range s.exchanges {
		e := &s.exchanges[i]
		t.Run(e.title, func(t *testing.T) {
			answer := st.exchange(t, *e)
			if *update {
				e.expected = answer
				return
			}
			assert.Equal(t, e.expected, answer, "after reading the answer, run: go test ./cmd -run TestScripts -update")
		})
	}
	st.checkLog(t)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(s.String()), 0o644))
		return
	}
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, s.String(), string(content), "the file has the form that -update gives it")
}

// stage is where a script is played: a service, and the values that answers
// have shown. It understands these directives:
//
//	@serve --zone Asia/Kolkata      in the preface: arguments of crms serve
//	@shop                           in the preface: the store holds the shop's customers
//	@waiting                        in the preface: something is in both waiting rooms, see [waitingRooms]
//	@now TIME                       sets the clock
//	@order CUSTOMER ORDER STATUS TOTAL          ORMS tells of an order
//	@complaint CUSTOMER COMPLAINT STATUS        CMPS tells of a complaint
//	@show HEADER                    shows one more header of the answer
//	@keep NAME MEMBER               keeps a value of the answer's data as {{NAME}}
//	@varies MEMBER                  a value of the answer's data that each run has another of
type stage struct {
	*service
	values *strings.Replacer // {{name}} by value
	names  *strings.Replacer // the reverse
	kept   [][2]string       // name, value

	private []string // what no line of the log may hold
}

func newStage(t *testing.T, preface string) *stage {
	t.Helper()
	var args []string
	now, shop := noon, false
	for _, d := range directives(preface) {
		switch d[0] {
		case "serve":
			args = append(args, d[1:]...)
		case "shop":
			shop = true
		case "waiting":
			args = append(args, "--data", waitingRooms(t))
		case "now":
			now = parseTime(t, d[1])
		default:
			t.Fatalf("unknown directive @%s before the first exchange", d[0])
		}
	}
	st := &stage{service: startService(t, now, args...), values: strings.NewReplacer(), names: strings.NewReplacer()}
	if shop {
		openShop(t, st.service)
	}
	return st
}

// exchange sends the request and returns the answer's text.
func (st *stage) exchange(t *testing.T, e exchange) string {
	t.Helper()
	var shown, varying []string
	var keep [][2]string
	for _, d := range e.directives {
		switch d[0] {
		case "now":
			st.clock.set(parseTime(t, d[1]))
		case "order":
			st.reportOrder(t, d[1:])
		case "complaint":
			st.reportComplaint(t, d[1:])
		case "show":
			shown = append(shown, d[1])
		case "varies":
			varying = append(varying, d[1])
		case "keep":
			keep = append(keep, [2]string{d[1], d[2]})
		default:
			t.Fatalf("unknown directive @%s", d[0])
		}
	}
	request := st.request(t, e)
	response, err := http.DefaultTransport.RoundTrip(request)
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	checkCommon(t, request, response, body)
	checkDescribed(t, request, st.values.Replace(e.body), response, body)
	st.notePrivate(e.body + string(body))
	for _, k := range keep {
		st.keep(t, k[0], k[1], body)
	}
	answer := st.names.Replace(answerText(response, body, shown...))
	for _, member := range varying {
		value := regexp.MustCompile(`("` + member + `": "?)[^"\n]*?("?,?\n)`)
		require.Regexp(t, value, answer)
		answer = value.ReplaceAllString(answer, "${1}{{"+member+"}}${2}")
	}
	return answer
}

func (st *stage) request(t *testing.T, e exchange) *http.Request {
	t.Helper()
	body := st.values.Replace(e.body)
	r, err := http.NewRequest(e.method, st.url+st.values.Replace(e.path), strings.NewReader(body))
	require.NoError(t, err)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, h := range e.header {
		name, value := h[0], st.values.Replace(h[1])
		switch {
		case value == "":
			r.Header.Del(name)
		case name == "Authorization":
			r.Header.Set(name, st.authorization(t, value))
		default:
			r.Header.Add(name, value)
			if name == "Content-Type" {
				r.Header.Set(name, value)
			}
		}
	}
	return r
}

// authorization is the header of a script: who sends the request, as a word
// that may be followed by a user id, or else the header itself.
func (st *stage) authorization(t *testing.T, who string) string {
	t.Helper()
	role, userID, _ := strings.Cut(who, " ")
	now, secret := st.clock.now(), someSecret
	var id auth.Identity
	switch role {
	case "admin":
		id = anAdmin
	case "service":
		id = auth.Identity{UserID: "ORMS", Email: "orms@example.com", Roles: auth.Service}
	case "customer":
		id = auth.Identity{UserID: sample.JohnDoe, Email: "john.doe@example.com", Roles: auth.Customer}
	case "no-role":
		id = auth.Identity{UserID: "USER-99"}
	case "expired":
		id, now = anAdmin, now.Add(-time.Hour-time.Minute)
	case "forged":
		id, secret = anAdmin, strings.ToUpper(someSecret)
	default:
		return who
	}
	if userID != "" {
		id.UserID, id.Email = userID, ""
	}
	token := mint(t, secret, id, now)
	st.private = append(st.private, token)
	return "Bearer " + token
}

// keep remembers a member of the answer's data under a name.
func (st *stage) keep(t *testing.T, name, member string, body []byte) {
	t.Helper()
	value := regexp.MustCompile(`"` + member + `":"([^"]+)"`).FindSubmatch(body)
	require.NotNil(t, value, "the answer has a text %s", member)
	st.kept = append(st.kept, [2]string{"{{" + name + "}}", string(value[1])})
	var values, names []string
	for _, k := range st.kept {
		values = append(values, k[0], k[1])
		names = append(names, k[1], k[0])
	}
	st.values, st.names = strings.NewReplacer(values...), strings.NewReplacer(names...)
}

func (st *stage) reportOrder(t *testing.T, words []string) {
	t.Helper()
	require.Len(t, words, 4)
	total, err := crm.ParseAmount(words[3])
	require.NoError(t, err)
	now := st.clock.now()
	_, err = store.Do(t.Context(), st.store, store.PutOrder{
		Change: store.Change{At: now, By: crm.System}, ID: st.customerID(t, words[0]),
		Order: crm.Order{OrderID: words[1], Status: crm.OrderStatus(words[2]), Total: total, PlacedAt: now, Version: now},
	})
	require.NoError(t, err)
}

func (st *stage) reportComplaint(t *testing.T, words []string) {
	t.Helper()
	require.Len(t, words, 3)
	now := st.clock.now()
	_, err := store.Do(t.Context(), st.store, store.PutComplaint{
		Change: store.Change{At: now, By: crm.System}, ID: st.customerID(t, words[0]),
		Complaint: crm.Complaint{
			ComplaintID: words[1], Category: "Delivery Issue", Status: crm.ComplaintStatus(words[2]), OpenedAt: now, Version: now,
		},
	})
	require.NoError(t, err)
}

func (st *stage) customerID(t *testing.T, text string) crm.ID {
	t.Helper()
	id, err := crm.ParseID(st.values.Replace(text))
	require.NoError(t, err)
	return id
}

// checkCommon holds to what is the same for every answer.
func checkCommon(t *testing.T, request *http.Request, response *http.Response, body []byte) {
	t.Helper()
	assert.Regexp(t, `^[\w.-]{8,64}$`, response.Header.Get("X-Request-Id"))
	if response.Header.Get("Content-Type") != "" {
		assert.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
		assert.Equal(t, "private, no-cache", response.Header.Get("Cache-Control"))
		assert.NotEmpty(t, response.Header.Get("Content-Length"))
	}
	if response.StatusCode >= 400 && request.Method != http.MethodHead {
		assert.Regexp(t, `^\{"success":false,"message":"([^"\\]|\\.)+","data":`, string(body))
	}
}

var (
	anEmail  = regexp.MustCompile(`[\w.+-]+@[\w-]+\.[\w.-]+`)
	aNumber  = regexp.MustCompile(`"contactNumber":\s*"([^"]+)"`)
	aName    = regexp.MustCompile(`"fullName":\s*"([^"]+)"`)
	aContent = regexp.MustCompile(`"(?:content|reason|notes)":\s*"([^"]+)"`)
)

// notePrivate gathers the personal data that went over the wire.
func (st *stage) notePrivate(text string) {
	st.private = append(st.private, anEmail.FindAllString(text, -1)...)
	for _, pattern := range []*regexp.Regexp{aNumber, aName, aContent} {
		for _, match := range pattern.FindAllStringSubmatch(text, -1) {
			if len(match[1]) > 3 {
				st.private = append(st.private, match[1])
			}
		}
	}
}

// checkLog holds the log to its promise: no tokens and no personal data.
func (st *stage) checkLog(t *testing.T) {
	t.Helper()
	st.access.Flush()
	log := st.log.String()
	assert.Contains(t, log, "msg=request", "requests are logged")
	assert.NotRegexp(t, anEmail, log)
	for _, secret := range append(st.private, someSecret) {
		assert.NotContains(t, log, secret, fmt.Sprintf("the log holds %q", secret))
	}
}
