package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"crms/store/crm"
	"crms/store/internal/kv"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
)

const (
	benchUsers = 20_000
	benchSpan  = time.Minute // between two events
)

var benchStart = time.Date(2026, 1, 25, 0, 0, 0, 0, time.UTC)

// BenchmarkIngest sends one order at a time, of 20,000 customers in turn, and
// compares the rate of durable events with that of bare bbolt, which writes the
// same rows in the same groups.
func BenchmarkIngest(b *testing.B) {
	s := benchShop(b)
	bare := newBareBolt(b, s)
	var last atomic.Int64 // every order is a new one
	next := func() int { return int(last.Add(1)) }
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("crms, %d writers", writers), func(b *testing.B) {
			spread(b, writers, func() error {
				_, err := Do(context.Background(), s, Ingest{At: benchStart, Events: []crm.Event{benchOrder(next())}})
				return err
			})
		})
		b.Run(fmt.Sprintf("bare bbolt, %d writers", writers), func(b *testing.B) { spread(b, writers, func() error { return bare.write(next()) }) })
	}
	b.Run("crms, 1 writer of batches of 1,000", func(b *testing.B) {
		for range b.N {
			batch := make([]crm.Event, 1000)
			for i := range batch {
				batch[i] = benchOrder(next())
			}
			_, err := Do(context.Background(), s, Ingest{At: benchStart, Events: batch})
			require.NoError(b, err)
		}
		b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "events/s")
	})
}

// spread does b.N pieces of work by so many writers.
func spread(b *testing.B, writers int, do func() error) {
	var wait sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(b.N))
	for range writers {
		wait.Go(func() {
			for left.Add(-1) >= 0 {
				if err := do(); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func benchOrder(n int) crm.Event {
	at := benchStart.Add(time.Duration(n) * benchSpan)
	return crm.Event{
		Source: "/orms", ID: fmt.Sprintf("event-%d", n), Time: at, Type: crm.OrderPlaced, UserID: benchUser(n * 7919 % benchUsers),
		Order: crm.Order{OrderID: fmt.Sprintf("ORD-%d", n), Status: crm.Placed, Total: crm.Amount(100 * n), PlacedAt: at, Version: at},
	}
}

func benchUser(n int) string { return fmt.Sprintf("6979a1b1a6db796b4a%06d", n) }

func benchShop(b *testing.B) *Store {
	b.Helper()
	s, err := Open(b.TempDir(), Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	ids := crm.NewIDs()
	for from := 0; from < benchUsers; from += 1000 {
		batch := make([]crm.Event, 1000)
		for i := range batch {
			user := benchUser(from + i)
			email, name := user+"@example.com", "Somebody of Somewhere"
			batch[i] = crm.Event{
				Source: "/aths", ID: user, Time: benchStart, Type: crm.UserRegistered, UserID: user, NewID: ids.New(benchStart),
				User: crm.UserReport{Email: &email, FullName: &name},
			}
		}
		_, err := Do(context.Background(), s, Ingest{At: benchStart, Events: batch})
		require.NoError(b, err)
	}
	return s
}

// bareBolt writes for each order what the store writes, and nothing else: no
// row is read, checked or compared.
type bareBolt struct {
	db    *bolt.DB
	queue chan *bareWrite

	record, order []byte // rows as long as those of the store
}

type bareWrite struct {
	n    int
	done chan error
}

func newBareBolt(b *testing.B, s *Store) *bareBolt {
	b.Helper()
	db, err := bolt.Open(filepath.Join(b.TempDir(), "bare.db"), 0o600, &bolt.Options{NoFreelistSync: true, FreelistType: bolt.FreelistMapType})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, db.Close()) })
	const checksum = 4
	w := &bareBolt{db: db, queue: make(chan *bareWrite, maxGroup), order: make([]byte, checksum+len(orderCodec.Append(nil, benchOrder(1).Order)))}
	require.NoError(b, s.view("a customer", func(tx *kv.Tx) error {
		for item := range s.schema.customers.Walk(tx, nil) {
			w.record = make([]byte, checksum+len(recordCodec.Append(nil, item.Row)))
			break
		}
		return nil
	}))
	require.NoError(b, db.Update(func(tx *bolt.Tx) error {
		for _, name := range []string{"customers", "orders", "top", "totals", "seen"} {
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return err
			}
		}
		for n := range benchUsers {
			if err := tx.Bucket([]byte("customers")).Put(bareKey(n), w.record); err != nil {
				return err
			}
		}
		return nil
	}))
	go w.run()
	b.Cleanup(func() { close(w.queue) })
	return w
}

func bareKey(n int) []byte { return binary.BigEndian.AppendUint32(make([]byte, 8, 12), uint32(n)) }

func (w *bareBolt) write(n int) error {
	r := &bareWrite{n, make(chan error, 1)}
	w.queue <- r
	return <-r.done
}

// run commits what waits together, as the store does.
func (w *bareBolt) run() {
	for first := range w.queue {
		group := []*bareWrite{first}
		for more := true; more && len(group) < maxGroup; {
			select {
			case r, open := <-w.queue:
				if more = open; open {
					group = append(group, r)
				}
			default:
				more = false
			}
		}
		err := w.db.Update(func(tx *bolt.Tx) error { return w.commit(tx, group) })
		for _, r := range group {
			r.done <- err
		}
	}
}

func (w *bareBolt) commit(tx *bolt.Tx, group []*bareWrite) error {
	put := func(bucket string, key, value []byte) error { return tx.Bucket([]byte(bucket)).Put(key, value) }
	for _, r := range group {
		user := bareKey(r.n * 7919 % benchUsers)
		value := binary.BigEndian.AppendUint64(nil, uint64(r.n))
		if err := put("customers", user, w.record); err != nil {
			return err
		}
		if err := put("orders", append(user, fmt.Sprintf("ORD-%d", r.n)...), w.order); err != nil {
			return err
		}
		if err := put("top", append(value, user...), nil); err != nil {
			return err
		}
		if err := put("totals", []byte{0, 0}, make([]byte, 40)); err != nil {
			return err
		}
	}
	return put("seen", binary.BigEndian.AppendUint64(nil, uint64(group[0].n)), make([]byte, 16*len(group)))
}
