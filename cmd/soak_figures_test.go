//go:build linux && (amd64 || arm64)

package cmd

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// period is what was measured in a minute of load.
type period struct {
	took map[string][]time.Duration // by operation, sorted
	footprint
	customers, rows, fileBytes, liveBytes int64 // at its end
}

// footprint is what a server takes up at a moment, in bytes.
type footprint struct {
	memory     int64 // resident, without mapped files
	redo       int64 // both segments of the redo log
	index      int64 // folder of the search index
	backups    int   // files in their folder
	leftBehind []string
}

// most is the greater of each.
func (s footprint) most(other footprint) footprint {
	return footprint{
		max(s.memory, other.memory), max(s.redo, other.redo), max(s.index, other.index), max(s.backups, other.backups),
		slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.leftBehind, other.leftBehind)))),
	}
}

// measure looks at the server from outside.
func (s *soak) measure(t *testing.T) (now footprint) {
	now.memory = anonymousMemory(t, s.server.child.Pid)
	now.index = sizeBelow(filepath.Join(s.data, "search"))
	entries, err := os.ReadDir(s.data)
	assert.NoError(t, err)
	for _, e := range entries {
		info, err := e.Info()
		switch name := e.Name(); {
		case err != nil: // it is gone
		case strings.HasPrefix(name, "crms.db-redo"):
			now.redo += info.Size()
		case name != "crms.db" && name != "crms.sock" && name != "search" && !strings.HasPrefix(name, "snapshot-"):
			now.leftBehind = append(now.leftBehind, name)
		}
	}
	kept, err := filepath.Glob(filepath.Join(s.backups, "*.backup"))
	assert.NoError(t, err)
	now.backups = len(kept)
	return now
}

// anonymousMemory is the memory of a process that no file stands for, in bytes.
func anonymousMemory(t *testing.T, pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	assert.NoError(t, err)
	for line := range strings.Lines(string(status)) {
		if value, is := strings.CutPrefix(line, "RssAnon:"); is {
			kib, err := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
			assert.NoError(t, err)
			return kib << 10
		}
	}
	return 0
}

// sizeBelow is the size of all files below a folder from which files may go
// meanwhile.
func sizeBelow(dir string) (size int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil {
			if info, err := e.Info(); err == nil && !e.IsDir() {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}

// figures are what the server says of its customers and its database.
func (s *soak) figures(t *testing.T) (customers, fileBytes, liveBytes int64) {
	t.Helper()
	status, answer, err := s.writers[0].call(http.MethodGet, "/api/operations", "", "")
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status, string(answer))
	var envelope struct {
		Data struct {
			Store struct{ Customers, FileBytes, FreeBytes int64 }
		}
	}
	require.NoError(t, json.Unmarshal(answer, &envelope))
	f := envelope.Data.Store
	return f.Customers, f.FileBytes, f.FileBytes - f.FreeBytes
}

func tookBy(writers []*writer) map[string][]time.Duration {
	all := map[string][]time.Duration{}
	for _, w := range writers {
		for operation, took := range w.took {
			all[operation] = append(all[operation], took...)
		}
	}
	for _, took := range all {
		slices.Sort(took)
	}
	return all
}

// What the data does not explain is growth without cause.
const (
	// flat is how much higher than the first half of a soak the second may be:
	// a leak of a soak's length doubles it at the least.
	flat = 1.3
	// aBase is what memory and index may take up besides, so that small figures
	// are not compared.
	aBase = 16 << 20
	// ofLive is how many times the size of its live pages the database may have,
	// and betweenCheckpoints what 512 groups of up to 64 writes change meanwhile:
	// all that is free pages afterwards, and used again.
	ofLive             = 3
	betweenCheckpoints = 192 << 20
	// bothSegments is the most that the redo log may have: two segments of 32 MiB,
	// each with a last record of 4 MiB.
	bothSegments = 2 * 36 << 20
)

// assertBounded fails the test for growth that the data does not explain.
func (s *soak) assertBounded(t *testing.T) {
	t.Helper()
	for i, p := range s.periods {
		assert.LessOrEqual(t, p.redo, int64(bothSegments), "redo log in period %d", i)
		// A kill between a backup and the removal of the oldest leaves one too many,
		// which goes with the next: nothing is removed before a new one is proved.
		assert.LessOrEqual(t, p.backups, s.plan.backups+2, "backups in period %d", i)
		assert.LessOrEqual(t, p.fileBytes, ofLive*p.liveBytes+betweenCheckpoints, "database in period %d", i)
		assert.Empty(t, p.leftBehind, "in period %d", i)
	}
	if !s.plan.trends {
		return
	}
	half := len(s.periods) / 2
	for name, of := range map[string]func(period) int64{
		"memory":                         func(p period) int64 { return p.memory },
		"index":                          func(p period) int64 { return p.index },
		"live pages for a thousand rows": func(p period) int64 { return 1000 * p.liveBytes / p.rows },
	} {
		first, second := highest(s.periods[:half], of), highest(s.periods[half:], of)
		assert.LessOrEqual(t, float64(second), flat*float64(first)+aBase, "%s in the second half", name)
	}
}

func highest(periods []period, of func(period) int64) (most int64) {
	for _, p := range periods {
		most = max(most, of(p))
	}
	return most
}

// report is what was measured, as tables in Markdown.
func (s *soak) report() string {
	var b strings.Builder
	total := 0
	for _, p := range s.periods {
		for _, took := range p.took {
			total += len(took)
		}
	}
	fmt.Fprintf(&b, "%d connections, %d kills, %d requests answered, ATHS heard %d changes again\n\n", s.plan.connections, s.plan.rounds, total, s.aths.repeats)
	fmt.Fprintf(&b, "| %s | requests/s | customers | rows | memory | crms.db | of it live | redo log | index | backups |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n", s.plan.period)
	for i, p := range s.periods {
		answered := 0
		for _, took := range p.took {
			answered += len(took)
		}
		fmt.Fprintf(&b, "| %d | %.0f | %d | %d | %d MiB | %d MiB | %d MiB | %d MiB | %d MiB | %d |\n", i+1, float64(answered)/s.plan.period.Seconds(),
			p.customers, p.rows, p.memory>>20, p.fileBytes>>20, p.liveBytes>>20, p.redo>>20, p.index>>20, p.backups)
	}
	s.reportTimes(&b)
	b.WriteString("\n| start after kill | answers after | searches after |\n|--:|--:|--:|\n")
	for i, up := range s.starts {
		fmt.Fprintf(&b, "| %d | %d ms | %d ms |\n", i, up.answers.Milliseconds(), up.searches.Milliseconds())
	}
	return b.String()
}

// reportTimes tells how long half and 99 % of the requests took at most, in
// milliseconds.
func (s *soak) reportTimes(b *strings.Builder) {
	names := []string{"get", "list", "search", "analytics", "create", "put", "note", "patch status", "patch type", "order event", "complaint event", "delete", "refused"}
	fmt.Fprintf(b, "\n| p50 / p99 in ms | %s |\n|--:|%s\n", strings.Join(names, " | "), strings.Repeat("--:|", len(names)))
	for i, p := range s.periods {
		fmt.Fprintf(b, "| %d |", i+1)
		for _, name := range names {
			took := p.took[name]
			if len(took) == 0 {
				b.WriteString(" – |")
				continue
			}
			fmt.Fprintf(b, " %.1f / %.1f |", 1000*took[len(took)/2].Seconds(), 1000*took[len(took)*99/100].Seconds())
		}
		b.WriteString("\n")
	}
}
