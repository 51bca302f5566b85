package cmd

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"crms/search"
)

// benchCustomers is for how many customers crms is measured, unless
// CRMS_BENCH_CUSTOMERS says another number.
const benchCustomers = 20_000

// turns is how often crms and the floor take turns, so that the machine's noise
// meets both.
const turns = 10

// BenchmarkServe measures crms as it is run, from the network to the disk, with
// the access log in a file, with metrics and durable writes, under closed loops
// of 1, 16 and 64 connections. The clients run in the same process. Of each
// operation it reports
//
//   - ops/s, and how long half and 99 % of the calls took at most
//   - of-floor: its ops/s as a part of those of the [floor]
//
// It takes half a minute to fill the store and to index it.
func BenchmarkServe(b *testing.B) {
	v := benchService(b)
	c := gather(b, v.store, customersToMeasure(b))
	require.Eventually(b, func() bool {
		s := v.index.Status()
		return s.State == search.OK && s.Documents == uint64(len(c.customers)) && s.Lag == 0
	}, 20*time.Minute, 10*time.Millisecond, "the index has everybody")
	addr := v.listener.Addr().String()
	ground := startFloor(b, sizeOfAnswer(b, addr, c.get))
	read, durable := floorCall(http.MethodGet, c.admin, ""), floorCall(http.MethodPost, c.admin, "{}")
	ninetyToTen := func(random *rand.Rand) loadCall {
		if writes(random) {
			return durable(random)
		}
		return read(random)
	}
	for _, o := range []struct {
		name        string
		crms, floor func(*rand.Rand) loadCall
	}{
		{"get", c.get, read},
		{"me", c.me, read},
		{"list", c.list, read},
		{"deep", c.deepList, read},
		{"search", c.search, read},
		{"analytics", c.analytics, read},
		{"patch", c.patch, durable},
		{"note", c.note, durable},
		{"event", c.event, durable},
		{"mixed", c.mixed, ninetyToTen},
	} {
		for _, connections := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/%d", o.name, connections), func(b *testing.B) {
				compare(b, contestant{dialLoad(b, addr, connections), o.crms}, contestant{dialLoad(b, ground.addr, connections), o.floor})
			})
		}
	}
}

type contestant struct {
	load
	next func(*rand.Rand) loadCall
}

// compare measures crms, and the floor between its turns.
func compare(b *testing.B, crms, floor contestant) {
	b.StopTimer()
	b.ResetTimer()
	var ours, theirs time.Duration
	for left, share := b.N, (b.N+turns-1)/turns; left > 0; left -= share {
		n := min(share, left)
		b.StartTimer()
		took, err := crms.run(n, crms.next)
		b.StopTimer()
		require.NoError(b, err)
		ours += took
		took, err = floor.run(n, floor.next)
		require.NoError(b, err)
		theirs += took
	}
	took := crms.took()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/ours.Seconds(), "ops/s")
	b.ReportMetric(theirs.Seconds()/ours.Seconds(), "of-floor")
	b.ReportMetric(1000*took[len(took)/2].Seconds(), "p50-ms")
	b.ReportMetric(1000*took[len(took)*99/100].Seconds(), "p99-ms")
}

// benchService is the service with the settings, the collector and the threads of
// crms serve.
func benchService(b *testing.B) *service {
	b.Helper()
	dir := b.TempDir()
	access, err := os.Create(filepath.Join(dir, "access.log"))
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, access.Close()) })
	v := &service{program: &program{stdout: io.Discard, stderr: access, getenv: os.Getenv, now: time.Now}}
	v.program.tuneCollector()
	v.program.tuneScheduler()
	v.startApp(b, "--data", filepath.Join(dir, "data"))
	return v
}

func customersToMeasure(b *testing.B) int {
	text := os.Getenv("CRMS_BENCH_CUSTOMERS")
	if text == "" {
		return benchCustomers
	}
	n, err := strconv.Atoi(text)
	require.NoError(b, err, "CRMS_BENCH_CUSTOMERS")
	return n
}

// sizeOfAnswer is how many bytes the body of an answer has.
func sizeOfAnswer(b *testing.B, addr string, next func(*rand.Rand) loadCall) int {
	b.Helper()
	l := dialLoad(b, addr, 1)
	_, err := l.run(1, next)
	require.NoError(b, err)
	return len(l[0].body)
}
