//go:build linux && (amd64 || arm64)

package cmd

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// soakPlan is how long a soak is and how much it does.
type soakPlan struct {
	rounds      int           // of load, each of which a kill ends
	period      time.Duration // one line of the table
	periods     int           // in a round
	connections int
	customers   int
	backups     int  // that are kept
	trends      bool // is it long enough to tell a trend?
}

// planSoak is that of CRMS_SOAK, such as 30m: a line a minute and a kill every two
// minutes, or both more often so that there are at least ten kills. The short form
// shows that the soak itself works.
func planSoak(t *testing.T) soakPlan {
	t.Helper()
	if !soaking() {
		return soakPlan{rounds: 2, period: time.Second, periods: 1, connections: 4, customers: 160, backups: 2}
	}
	whole, err := time.ParseDuration(os.Getenv("CRMS_SOAK"))
	require.NoError(t, err, "CRMS_SOAK is a duration such as 30m")
	period := min(time.Minute, max(whole/20, time.Second)).Round(time.Second)
	return soakPlan{
		rounds: max(2, int(whole/(2*period))), period: period, periods: 2,
		connections: 64, customers: 20_000, backups: 5, trends: whole >= 2*time.Minute,
	}
}

// TestSoak keeps a server under mixed load, nearly all of it writes, with backups
// by schedule and by hand. It kills the server again and again, and wants after
// each kill what was answered before, a sound store and a sound backup; and over
// the whole no growth but that of the data. It prints what it has measured.
func TestSoak(t *testing.T) {
	t.Parallel()
	s := newSoak(t, planSoak(t))
	s.start(t)
	for range s.plan.rounds {
		for range s.plan.periods {
			s.load(t)
		}
		s.server.kill(t)
		s.prove(t)
		s.start(t)
		each(s.writers, func(w *writer) { w.check(t) })
		require.False(t, t.Failed(), "what was answered before the kill is there")
	}
	s.aths.requireAll(t, s.writers)
	s.server.signal(t, syscall.SIGTERM)
	require.Equal(t, exitOK, s.server.wait(t).code, s.server.stderr.String())
	s.prove(t)
	_, err := fmt.Fprint(t.Output(), s.report())
	require.NoError(t, err)
	s.assertBounded(t)
}

// soak is a server that is run, measured and killed.
type soak struct {
	plan          soakPlan
	binary        string
	data, backups string // folders
	addr          string
	aths          *hearing
	writers       []*writer

	server  *process
	periods []period
	starts  []startup
}

func newSoak(t *testing.T, plan soakPlan) *soak {
	t.Helper()
	dir := t.TempDir()
	s := &soak{
		plan: plan, binary: buildBinary(t), data: filepath.Join(dir, "data"), backups: filepath.Join(dir, "backups"),
		addr: freeAddr(t), aths: newHearing(t), writers: numbered(0, plan.connections),
	}
	for _, w := range s.writers {
		w.keep, w.searches = plan.customers/plan.connections, 20
	}
	return s
}

// freeAddr is one on which nobody listens. Its port is below those that the system
// gives to connections, of which one could have it when the server starts again.
func freeAddr(t *testing.T) string {
	t.Helper()
	for range 1000 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20_000+rand.IntN(10_000)))
		if err == nil {
			require.NoError(t, l.Close())
			return l.Addr().String()
		}
	}
	require.Fail(t, "somebody listens on every port")
	return ""
}

// startup is how long a server takes that meets what a kill has left.
type startup struct{ answers, searches time.Duration }

// start starts the server, measures when it answers and when it searches, and waits
// for a backup, so that there is one after a kill.
// Its log is kept to what is wrong: that of each request would fill the memory of
// the test.
func (s *soak) start(t *testing.T) {
	t.Helper()
	c := victim{s.binary}.command("serve", "--data", s.data, "--addr", s.addr, "--log-level", "warn", "--aths-url", s.aths.URL,
		"--backup-dir", s.backups, "--backup-every", "1m", "--backup-keep", strconv.Itoa(s.plan.backups))
	begin := time.Now()
	s.server = start(t, c)
	token := "Bearer " + mint(t, someSecret, anAdmin, time.Now())
	each(s.writers, func(w *writer) { w.connect("http://"+s.addr, token) })
	await := func(path string) time.Duration {
		require.Eventually(t, func() bool {
			status, _, err := s.writers[0].call("GET", path, "", "")
			return err == nil && status == 200
		}, patience, time.Millisecond, s.server.stderr)
		return time.Since(begin)
	}
	up := startup{answers: await("/api/customers?limit=1")}
	up.searches = await("/api/customers/search?q=kim")
	s.starts = append(s.starts, up)
	require.Eventually(t, func() bool { return s.measure(t).backups > 0 }, patience, time.Millisecond, "the first is made at once")
}

// prove wants a sound store and index, of which it proves a copy, and a newest
// backup that is sound.
func (s *soak) prove(t *testing.T) {
	t.Helper()
	folder := filepath.Join(filepath.Dir(s.data), "copy")
	copyData(t, s.data, folder)
	v := victim{s.binary}
	got := requireDone(t, v.run(t, "verify", "--data", folder))
	require.Contains(t, got.stdout, "is sound")
	require.NotContains(t, got.stdout, "not compared")
	require.NoError(t, os.RemoveAll(folder))
	kept, err := filepath.Glob(filepath.Join(s.backups, "*.backup"))
	require.NoError(t, err)
	require.NotEmpty(t, kept)
	requireDone(t, v.run(t, "verify", kept[len(kept)-1]))
}

// load lets all write for a period, with a backup by hand in the middle, and notes
// what was measured.
func (s *soak) load(t *testing.T) {
	t.Helper()
	each(s.writers, func(w *writer) { w.took = map[string][]time.Duration{} })
	p := period{footprint: s.measure(t)}
	end := time.Now().Add(s.plan.period)
	var beside sync.WaitGroup
	beside.Go(func() {
		time.Sleep(s.plan.period / 2)
		requireBackup(t, victim{s.binary}, s.data, filepath.Join(filepath.Dir(s.data), "by-hand.backup"))
	})
	beside.Go(func() {
		for time.Now().Before(end) {
			time.Sleep(min(time.Second, s.plan.period/4))
			p.footprint = p.footprint.most(s.measure(t))
		}
	})
	each(s.writers, func(w *writer) {
		for time.Now().Before(end) && w.write() {
		}
	})
	beside.Wait()
	each(s.writers, func(w *writer) { assert.NoError(t, w.failure) })
	require.False(t, t.Failed(), "every request is answered as it should be")
	p.took = tookBy(s.writers)
	p.customers, p.fileBytes, p.liveBytes = s.figures(t)
	for _, w := range s.writers {
		p.rows += int64(w.rows())
		w.took = nil
	}
	s.periods = append(s.periods, p)
}

// requireBackup backs up beside the server. It is called by other goroutines, so
// that it must not end the test.
func requireBackup(t *testing.T, v victim, data, path string) {
	got := v.run(t, "backup", "--data", data, path)
	assert.Equal(t, exitOK, got.code, got.stderr)
}
