package store

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"crms/store/internal/kv"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOnCommitIsToldOfEachCommit(t *testing.T) {
	var commits []Commit // by the committer alone, which answers only afterwards
	s, err := Open(t.TempDir(), Options{Log: slog.New(slog.DiscardHandler), OnCommit: func(c Commit) { commits = append(commits, c) }})
	require.NoError(t, err)
	defer s.Close()
	do := func(c step) error {
		_, err := Do[int](context.Background(), s, c)
		return err
	}
	write := step(func(t *tx) (int, error) { return 0, t.meta.Put(t.Tx, "colour", "blue") })

	require.NoError(t, do(write))
	require.Len(t, commits, 1)
	assert.Equal(t, 1, commits[0].Commands)
	assert.Positive(t, commits[0].Took)
	assert.NoError(t, commits[0].Err)

	require.NoError(t, do(func(*tx) (int, error) { return 0, nil }))
	require.Error(t, do(func(*tx) (int, error) { return 0, errors.New("refused") }))
	assert.Len(t, commits, 1, "what writes nothing is no commit")

	g := newGroup(t, s)
	first := submit(g, context.Background(), someone("a@example.com"))
	second := submit(g, context.Background(), someone("b@example.com"))
	stats, err := s.Stats()
	require.NoError(t, err)
	assert.Equal(t, 2, stats.QueuedCommands)
	g.commit()
	require.NoError(t, *first)
	require.NoError(t, *second)
	require.Len(t, commits, 2)
	assert.Equal(t, 2, commits[1].Commands)
}

func TestStatsFollowTheFile(t *testing.T) {
	s := openSound(t, t.TempDir())
	before, err := s.Stats()
	require.NoError(t, err)
	_, err = Do(context.Background(), s, someone("a@example.com"))
	require.NoError(t, err)
	after, err := s.Stats()
	require.NoError(t, err)
	assert.Positive(t, after.FileBytes)
	assert.Zero(t, after.FileBytes%int64(after.PageBytes))
	assert.Equal(t, before.LastSeq+1, after.LastSeq)
	assert.Greater(t, after.PageWrites, before.PageWrites)
	assert.Greater(t, after.WriteTime, before.WriteTime)
	assert.Zero(t, after.QueuedCommands)
	assert.Zero(t, after.OpenReaders)

	require.NoError(t, s.view("a page", func(*kv.Tx) error {
		during, err := s.Stats()
		assert.Equal(t, 1, during.OpenReaders)
		return err
	}))
}
