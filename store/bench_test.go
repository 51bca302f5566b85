package store_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"

	"github.com/stretchr/testify/require"
)

const benchCustomers = 100_000

// BenchmarkStore measures on a store of 100,000 customers with 1.5 orders each
// on average, registered over three years. It is built once.
func BenchmarkStore(b *testing.B) {
	s, ids := benchStore(b)
	random := rand.New(rand.NewPCG(1, 0))
	someone := func() crm.ID { return ids[random.IntN(len(ids))] }

	b.Run("Customer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := s.Customer(someone())
			require.NoError(b, err)
		}
	})
	b.Run("CustomerByUser", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := s.CustomerByUser("user " + someone().String())
			require.NoError(b, err)
		}
	})
	from := crm.DayOf(at(0), time.UTC) - 700
	lists := []struct {
		name   string
		filter store.Filter
		offset int64
	}{
		{"List first page", store.Filter{}, 0},
		{"List deep page", store.Filter{}, benchCustomers - 20},
		{"List deep page of a status and type", store.Filter{Status: to(crm.Suspended), Type: to(crm.VIP)}, benchCustomers/9 - 500},
		{"List deep page of a status since two years", store.Filter{Status: to(crm.Active), From: &from}, benchCustomers / 6},
	}
	for _, list := range lists {
		b.Run(list.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				page, _, err := s.List(list.filter, list.offset, 20)
				require.NoError(b, err)
				require.Len(b, page, 20)
			}
		})
	}
	b.Run("Analytics", func(b *testing.B) {
		for b.Loop() {
			_, err := s.Analytics(at(0))
			require.NoError(b, err)
		}
	})
	b.Run("Registrations of a year", func(b *testing.B) {
		today := crm.DayOf(at(0), time.UTC)
		for b.Loop() {
			_, err := s.Registrations(today-365, today)
			require.NoError(b, err)
		}
	})
	for _, writers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("SetStatus by %d writers", writers), func(b *testing.B) {
			write(b, ids, writers, func(n int, id crm.ID) error { return setAnotherStatus(s, n, id) })
		})
		b.Run(fmt.Sprintf("AddNote by %d writers", writers), func(b *testing.B) {
			write(b, ids, writers, func(n int, id crm.ID) error {
				_, err := store.Do(context.Background(), s, store.AddNote{Change: store.Change{At: at(n), By: admin}, ID: id, Content: "called about the order"})
				return err
			})
		})
	}
	b.Run("Verify", func(b *testing.B) {
		for b.Loop() {
			findings, err := s.Verify()
			require.NoError(b, err)
			require.Empty(b, findings)
		}
	})
}

// write changes b.N random customers, by so many writers.
func write(b *testing.B, ids []crm.ID, writers int, change func(n int, id crm.ID) error) {
	var wait sync.WaitGroup
	work := make(chan int)
	for range writers {
		wait.Go(func() {
			for n := range work {
				if err := change(n, ids[n*7919%len(ids)]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for n := range b.N {
		work <- n
	}
	close(work)
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

func setAnotherStatus(s *store.Store, n int, id crm.ID) error {
	c, err := s.Customer(id)
	if err != nil {
		return err
	}
	_, err = store.Do(context.Background(), s, store.SetStatus{
		Change: store.Change{At: at(n), By: admin}, ID: id, Status: (c.Status + 1) % crm.Status(crm.NumStatuses), Reason: "bench",
	})
	return err
}

func benchStore(b *testing.B) (*store.Store, []crm.ID) {
	b.Helper()
	s, err := store.Open(b.TempDir(), store.Options{Log: slog.New(slog.DiscardHandler)})
	require.NoError(b, err)
	b.Cleanup(func() { require.NoError(b, s.Close()) })
	ids := make([]crm.ID, benchCustomers)
	started := time.Now()
	var loaders sync.WaitGroup
	for l := range 256 {
		loaders.Go(func() {
			for n := l; n < benchCustomers; n += 256 {
				load := benchCustomer(n)
				ids[n] = load.Customer.ID
				if _, err := store.Do(context.Background(), s, load); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	loaders.Wait()
	b.Logf("loaded %d customers in %s", benchCustomers, time.Since(started).Round(time.Millisecond))
	return s, ids
}

func benchCustomer(n int) store.Load {
	since := at(-n % (3 * 365 * 24))
	var id crm.ID
	binary.BigEndian.PutUint32(id[:], uint32(since.Unix()))
	binary.BigEndian.PutUint32(id[8:], uint32(n))
	l := store.Load{Change: store.Change{At: since, By: admin}, Customer: crm.Customer{
		ID: id, UserID: "user " + id.String(), Email: fmt.Sprintf("customer.%d@example.com", n), FullName: fmt.Sprintf("Customer Number %d", n),
		ContactNumber: fmt.Sprintf("+91-98%08d", n), Status: crm.Status(n % 3), Type: crm.Type(n / 3 % 3), Since: since,
		Tags: []string{"bench", "newsletter"}, Preferences: []byte(`{"language":"en","newsletter":true}`),
		CreatedBy: crm.AuthService, CreatedAt: since, LastModifiedBy: crm.AuthService, LastModifiedAt: since,
	}}
	for o := range n % 4 {
		l.Orders = append(l.Orders, crm.Order{
			OrderID: fmt.Sprintf("order-%d-%d", n, o), Status: crm.Delivered, Total: crm.Amount(1000 + n), PlacedAt: since, Version: since,
		})
	}
	return l
}
