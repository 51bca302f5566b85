package store_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"
	"crms/store/storetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const admin crm.Actor = "admin@example.com"

// shop is a store with a clock that each command moves on by a second.
type shop struct {
	*store.Store
	t     testing.TB
	dir   string
	tells bool // ATHS of its changes
	now   time.Time
	ids   *crm.IDs
	n     int
}

// newShop is verified and closed when the test ends.
func newShop(t testing.TB) *shop {
	t.Helper()
	return startShop(t, time.Date(2026, 1, 25, 14, 30, 0, 0, time.UTC), false)
}

// newTellingShop is one whose changes are told to ATHS.
func newTellingShop(t testing.TB) *shop {
	t.Helper()
	return startShop(t, at(0), true)
}

func startShop(t testing.TB, now time.Time, tells bool) *shop {
	t.Helper()
	s := &shop{t: t, dir: t.TempDir(), tells: tells, now: now, ids: crm.NewIDs()}
	s.open()
	t.Cleanup(func() {
		storetest.Verify(t, s.Store)
		assert.NoError(t, s.Close())
	})
	return s
}

func (s *shop) open() {
	s.t.Helper()
	opened, err := store.Open(s.dir, store.Options{TellATHS: s.tells, Log: slog.New(slog.DiscardHandler)})
	require.NoError(s.t, err)
	s.Store = opened
}

// change is now and by the administrator.
func (s *shop) change() store.Change {
	s.now = s.now.Add(time.Second)
	return store.Change{At: s.now, By: admin}
}

// newcomer is a customer whom nobody has seen before.
func (s *shop) newcomer() store.Create {
	s.n++
	c := s.change()
	return store.Create{
		Change: c, ID: s.ids.New(c.At), UserID: fmt.Sprintf("user-%d", s.n), Email: fmt.Sprintf("Someone.%d@Example.com", s.n),
		FullName: fmt.Sprintf("Someone %d", s.n), ContactNumber: "+91-9876543210",
		Tags: []string{"new"}, Preferences: []byte(`{"newsletter":true}`),
	}
}

// add makes a newcomer a customer.
func (s *shop) add() crm.Customer {
	s.t.Helper()
	return do(s, s.newcomer()).Customer
}

// profile reads a customer that exists.
func (s *shop) profile(id crm.ID) crm.Profile {
	s.t.Helper()
	p, err := s.Profile(id)
	require.NoError(s.t, err)
	return p
}

// history reads the whole history of a customer, newest first.
func (s *shop) history(id crm.ID) []crm.Entry {
	s.t.Helper()
	entries, total, err := s.History(id, 0, 1000)
	require.NoError(s.t, err)
	require.Len(s.t, entries, int(total))
	return entries
}

// do runs a command that must succeed.
func do[R any](s *shop, c store.Command[R]) R {
	s.t.Helper()
	result, err := store.Do(context.Background(), s.Store, c)
	require.NoError(s.t, err)
	return result
}

// refused runs a command that must fail with an error for the caller.
func refused[R any](s *shop, c store.Command[R]) *crm.Error {
	s.t.Helper()
	_, err := store.Do(context.Background(), s.Store, c)
	var known *crm.Error
	require.ErrorAs(s.t, err, &known)
	return known
}

// outcome runs a command that may fail.
func outcome[R any](s *shop, c store.Command[R]) error {
	_, err := store.Do(context.Background(), s.Store, c)
	return err
}

// assertRefused runs a command that must fail in this way.
func assertRefused[R any](s *shop, kind crm.Kind, message string, c store.Command[R]) {
	s.t.Helper()
	err := refused(s, c)
	assert.Equal(s.t, kind, err.Kind)
	assert.Equal(s.t, message, err.Message)
}

func to[T any](v T) *T { return &v }
