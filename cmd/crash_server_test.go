//go:build linux && (amd64 || arm64)

package cmd

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/storetest/crashpoint"
)

// TestCrashOfAServer kills a server at each kind of durable step that it takes
// from its first start over writes, checkpoints, the building and following of the
// index and a scheduled backup to its stop. Each time everything that was answered
// must be there, and ATHS must hear of it.
func TestCrashOfAServer(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	whole := newServed(t, v)
	steps := whole.live(t, nil)
	whole.requireKept(t)
	for _, p := range pointsOf(steps) {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			s := newServed(t, v)
			s.live(t, p.reached())
			s.requireKept(t)
		})
	}
	t.Run("when ATHS has heard, before it answers", func(t *testing.T) {
		t.Parallel()
		s := newServed(t, v)
		s.killedByATHS = true
		s.live(t, nil)
		s.requireKept(t)
		assert.Positive(t, s.aths.repeats, "it hears of it again")
	})
}

// point is where a server is killed: before or after it takes a step of the kind
// for the nth time.
type point struct {
	kind crashpoint.Step
	nth  int
	done bool
}

func (p point) String() string {
	when := "before"
	if p.done {
		when = "after"
	}
	return fmt.Sprintf("%s %s, time %d", when, p.kind, p.nth)
}

func (p point) reached() func(crashpoint.Moment) bool {
	met := 0
	return func(m crashpoint.Moment) bool {
		if m.Kind() != p.kind || m.Done != p.done {
			return false
		}
		met++
		return met == p.nth
	}
}

// pointsOf chooses points of each kind of step: one early on, after those steps
// behind which others see something else and before all others, and in the long
// form both, from the first time to the last.
func pointsOf(steps []crashpoint.Step) (points []point) {
	times := map[crashpoint.Step]int{}
	var kinds []crashpoint.Step
	for _, s := range steps {
		kind := s.Kind()
		if times[kind]++; times[kind] == 1 {
			kinds = append(kinds, kind)
		}
	}
	for _, kind := range kinds {
		all := times[kind]
		if !soaking() {
			points = append(points, point{kind, min((all+1)/2, 20), kind.Decides()})
			continue
		}
		for nth := range map[int]bool{1: true, 2: true, all / 4: true, all / 2: true, all * 3 / 4: true, all: true} {
			points = append(points, point{kind, max(1, nth), false}, point{kind, max(1, nth), true})
		}
	}
	return points
}

// served is a folder in which a server works, and those who write to it.
type served struct {
	victim
	dir     string
	aths    *hearing
	writers []*writer

	killedByATHS bool
}

func newServed(t *testing.T, v victim) served {
	t.Helper()
	return served{victim: v, dir: scratch(t), aths: newHearing(t), writers: numbered(0, 3)}
}

func (s served) data() string    { return filepath.Join(s.dir, "data") }
func (s served) backups() string { return filepath.Join(s.dir, "backups") }

func (s served) line() []string {
	return []string{"serve", "--data", s.data(), "--addr", "127.0.0.1:0", "--aths-url", s.aths.URL, "--backup-dir", s.backups()}
}

// lifetime is how many requests are answered before the server is told to stop:
// so many that the redo log has begun another segment.
const lifetime = 1200

// live lets a new server work until it is killed, or else until it has stopped,
// and returns the steps that it took.
func (s served) live(t *testing.T, kill func(crashpoint.Moment) bool) []crashpoint.Step {
	t.Helper()
	p, trace := s.watched(t, s.dir, kill, s.line()...)
	if s.killedByATHS {
		s.aths.beforeAnswer(3, func() { _ = p.child.Kill() })
	}
	s.connect(t, p)
	var answered atomic.Int64
	each(s.writers, func(w *writer) {
		for !p.hasExited() && w.write() {
			if answered.Add(1) == lifetime && !s.killedByATHS {
				p.signal(t, syscall.SIGTERM)
			}
		}
	})
	got := p.wait(t)
	if got.code != killed {
		requireDone(t, got)
	}
	each(s.writers, func(w *writer) { require.NoError(t, w.failure) })
	return trace.Steps()
}

// connect waits until the server listens, or is killed before it does.
func (s served) connect(t *testing.T, p *process) {
	t.Helper()
	const serving = "msg=serving addr="
	require.Eventually(t, func() bool { return p.hasExited() || strings.Contains(p.stderr.String(), serving) }, patience, time.Millisecond)
	_, addr, _ := strings.Cut(p.stderr.String(), serving)
	addr, _, _ = strings.Cut(addr, " ")
	token := "Bearer " + mint(t, someSecret, anAdmin, time.Now())
	each(s.writers, func(w *writer) { w.connect("http://"+addr, token) })
}

// requireKept starts another server, wants everything of it that was answered by
// the one before, stops it in order, and wants nothing that is left behind.
func (s served) requireKept(t *testing.T) {
	t.Helper()
	p := start(t, s.command(s.line()...))
	s.connect(t, p)
	each(s.writers, func(w *writer) { w.check(t) })
	s.writers[0].search(t, "kim") // when it is answered the index is built
	require.False(t, t.Failed(), "what was answered before the kill is there")
	s.aths.requireAll(t, s.writers)
	p.signal(t, syscall.SIGTERM)
	requireDone(t, p.wait(t))

	assert.NotContains(t, s.requireSound(t, s.dir), "not compared", "the index is there")
	assert.ElementsMatch(t, []string{"crms.db", "search"}, entries(t, s.data()))
	indexes, err := filepath.Glob(filepath.Join(s.data(), "search/index-*"))
	require.NoError(t, err)
	assert.Len(t, indexes, 1)
	for _, name := range entries(t, s.backups()) {
		assert.True(t, strings.HasSuffix(name, ".backup"), name)
		requireDone(t, s.run(t, "verify", filepath.Join(s.backups(), name)))
	}
}
