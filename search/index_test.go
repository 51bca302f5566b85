package search

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"crms/store/crm"
)

func TestSearchByTheBeginningOfEachField(t *testing.T) {
	x := open(t, newMemory(
		contact(1, "John Doe", "john.doe@example.com", "+919876543210"),
		contact(2, "Jane Roe", "jane@other.org", "020 7946 0958"),
	))
	for text, want := range map[string][]crm.ID{
		"jo": ids(1), "john": ids(1), "doe": ids(1), "doe john": ids(1), "jane roe": ids(2), "roe": ids(2),
		"john.d": ids(1), "jane@": ids(2), "example.com": ids(1), "@other": ids(2), "doe@example": ids(1),
		"+9198": ids(1), "98765": ids(1), "020 79": ids(2), "0958": ids(2), "nobody": nil, "john roe": nil,
	} {
		assert.Equal(t, want, find(t, x, text), text)
	}
}

func TestSearchSeesWhatWasCommittedBefore(t *testing.T) {
	src := newMemory()
	x := open(t, src)
	for n := range 20 {
		name := fmt.Sprintf("Person%d", n)
		src.put(contact(n, name, "a@example.com", ""))
		require.Equal(t, ids(n), find(t, x, name), "created")

		src.put(contact(n, "Other"+name, "a@example.com", ""))
		require.Empty(t, find(t, x, name), "renamed")
		require.Equal(t, ids(n), find(t, x, "other"+name), "renamed")

		src.remove(idOf(n))
		require.Empty(t, find(t, x, "other"+name), "removed")
	}
	await(t, func() bool { return src.passedTo() == src.LastSeq() })
}

func TestSearchGivesUpWaitingAfterItsBound(t *testing.T) {
	src := newMemory()
	x, err := Open(src, Options{Dir: t.TempDir(), MaxWait: time.Millisecond, RetryAfter: time.Hour})
	require.NoError(t, err)
	defer func() { require.NoError(t, x.Close()) }()
	awaitOK(t, x)
	src.edit(func() { src.err = assert.AnError })
	src.put(contact(1, "John Doe", "john@example.com", ""))

	_, err = x.Search(t.Context(), Query{Text: "john", Limit: 10})
	assertKind(t, crm.Unavailable, err)
}

func TestSearchEndsWithItsContext(t *testing.T) {
	src := newMemory()
	x := open(t, src)
	src.edit(func() { src.err = assert.AnError })
	src.put(contact(1, "John Doe", "john@example.com", ""))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()

	_, err := x.Search(ctx, Query{Text: "john", Limit: 10})
	assert.ErrorIs(t, err, context.Canceled)
	src.edit(func() { src.err = nil })
}

func TestIndexGoesOnWhereItStopped(t *testing.T) {
	dir := t.TempDir()
	src := newMemory(contact(1, "John Doe", "john@example.com", ""))
	x := openIn(t, src, dir)
	awaitOK(t, x)
	require.NoError(t, x.Close())
	src.put(contact(2, "John Roe", "roe@example.com", ""))

	x, err := Open(src, Options{Dir: dir})
	require.NoError(t, err)
	defer func() { require.NoError(t, x.Close()) }()
	assert.True(t, x.Status().Answering, "at once, without a rebuild")
	assert.Equal(t, ids(2, 1), find(t, x, "john"))
}

func assertKind(t *testing.T, kind crm.Kind, err error) {
	t.Helper()
	var e *crm.Error
	if assert.ErrorAs(t, err, &e) {
		assert.Equal(t, kind, e.Kind, e)
	}
}
