package search

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var (
	// customers is the size of the generated set that benchmarks search in.
	customers = flag.Int("customers", 2_000, "size of the generated set")
	// keptIndex saves the time to build the index again for each run.
	keptIndex = flag.String("index", "", "folder to keep the generated set's index in")
)

func BenchmarkRebuild(b *testing.B) {
	src := population{seed: 1, customers: *customers}.memory()
	for b.Loop() {
		dir := b.TempDir()
		x, err := Open(src, Options{Dir: dir})
		require.NoError(b, err)
		awaitBuilt(b, x)
		require.NoError(b, x.Close())
		b.ReportMetric(float64(sizeOf(b, dir))/float64(*customers), "B/customer")
	}
	b.ReportMetric(float64(*customers)*float64(b.N)/b.Elapsed().Seconds(), "customers/s")
}

// BenchmarkFollow measures how long a single change takes to be found.
func BenchmarkFollow(b *testing.B) {
	p := population{seed: 1, customers: *customers}
	src := p.memory()
	x := open(b, src)
	for n := 0; b.Loop(); n++ {
		c := p.contact(n % p.customers)
		c.ContactNumber = "+91 90000 00000"
		src.put(c)
		if _, err := x.Search(b.Context(), Query{Text: c.Email, Limit: 1}); err != nil {
			b.Fatal(err)
		}
	}
}

func sizeOf(b testing.TB, dir string) int64 {
	var size int64
	require.NoError(b, filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			size += info.Size()
		}
		return nil
	}))
	return size
}

func BenchmarkSearch(b *testing.B) {
	p := population{seed: 1, customers: *customers}
	x := benchIndex(b, p)
	for _, class := range classes {
		b.Run(class.name, func(b *testing.B) {
			b.ReportAllocs()
			var took []time.Duration
			for n := 0; b.Loop(); n++ {
				text := ""
				for r := p.random(n, 2); text == ""; {
					text = class.text(r, p.contact(r.IntN(p.customers)))
				}
				start := time.Now()
				if _, err := x.Search(b.Context(), Query{Text: text, Limit: page}); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

func benchIndex(b testing.TB, p population) *Index {
	dir := *keptIndex
	if dir == "" {
		dir = b.TempDir()
	}
	x, err := Open(p.memory(), Options{Dir: dir})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, x.Close()) })
	awaitBuilt(b, x)
	return x
}

// awaitBuilt waits as long as a large set may take.
func awaitBuilt(b testing.TB, x *Index) {
	require.Eventually(b, func() bool { return x.Status().State == OK }, 20*time.Minute, 10*time.Millisecond)
}
