package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"crms/store"
	"crms/store/crm"
	"crms/store/storetest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// writeForever is the process that gets killed: eight writers make customers,
// give each a note, an order and another status, delete some, and print a line
// for every answer.
func writeForever(dir string) {
	s, err := store.Open(dir, store.Options{})
	if err != nil {
		fmt.Println("cannot open", err)
		os.Exit(1)
	}
	ids := crm.NewIDs()
	var printing sync.Mutex
	acknowledge := func(format string, args ...any) {
		printing.Lock()
		defer printing.Unlock()
		fmt.Printf(format+"\n", args...)
	}
	var writers sync.WaitGroup
	for range 8 {
		writers.Go(func() {
			for n := 0; ; n++ {
				if err := writeOne(s, ids.New(time.Now()), n%5 == 4, acknowledge); err != nil {
					acknowledge("failed %v", err)
					return
				}
			}
		})
	}
	writers.Wait()
	os.Exit(1)
}

func writeOne(s *store.Store, id crm.ID, deleted bool, acknowledge func(string, ...any)) error {
	ctx := context.Background()
	change := store.Change{At: crm.Millis(time.Now()), By: admin}
	_, err := store.Do(ctx, s, store.Create{
		Change: change, ID: id, UserID: "user " + id.String(), Email: id.String() + "@example.com", FullName: "Somebody",
		Preferences: []byte("{}"),
	})
	if err != nil {
		return err
	}
	acknowledge("created %s", id)
	if _, err := store.Do(ctx, s, store.AddNote{Change: change, ID: id, Content: "A note of some length"}); err != nil {
		return err
	}
	acknowledge("noted %s", id)
	o := crm.Order{OrderID: "first", Status: crm.Delivered, Total: 12345, PlacedAt: change.At, Version: change.At}
	if _, err := store.Do(ctx, s, store.PutOrder{Change: change, ID: id, Order: o}); err != nil {
		return err
	}
	acknowledge("ordered %s", id)
	if _, err := store.Do(ctx, s, store.SetStatus{Change: change, ID: id, Status: crm.Suspended}); err != nil {
		return err
	}
	acknowledge("suspended %s", id)
	if !deleted {
		return nil
	}
	acknowledge("deleting %s", id)
	if _, err := store.Do(ctx, s, store.Delete{Change: change, ID: id}); err != nil {
		return err
	}
	acknowledge("deleted %s", id)
	return nil
}

// progress is how far a customer has come for all that its writer was told.
type progress map[string]bool

func TestKilledProcessLosesNothingThatWasAnswered(t *testing.T) {
	const rounds = 12
	dir := t.TempDir()
	known := map[crm.ID]progress{}
	seed := time.Now().UnixNano()
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	for round := range rounds {
		for _, line := range linesOfAKilledWriter(t, dir, time.Duration(random.IntN(120))*time.Millisecond) {
			verb, text, _ := strings.Cut(line, " ")
			id, err := crm.ParseID(text)
			require.NoError(t, err, line)
			if known[id] == nil {
				known[id] = progress{}
			}
			known[id][verb] = true
		}
		s, err := quiet(dir, nil)
		require.NoError(t, err, "round %d, seed %d", round, seed)
		storetest.Verify(t, s)
		for id, done := range known {
			assertKept(t, s, id, done)
		}
		require.NoError(t, s.Close())
		require.False(t, t.Failed(), "round %d, seed %d", round, seed)
	}
	require.NotEmpty(t, known)
}

// startElsewhere starts this test binary as the process that the variable chooses,
// and returns what it prints.
func startElsewhere(t *testing.T, variable, dir string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), variable+"="+dir)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	return c, bufio.NewReader(out)
}

// linesOfAKilledWriter lets a writer work for a while after its first answer,
// kills it, and returns its whole lines.
func linesOfAKilledWriter(t *testing.T, dir string, while time.Duration) (lines []string) {
	t.Helper()
	c, out := startElsewhere(t, "CRMS_TEST_WRITE", dir)
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			break // what is behind the last line end was not printed whole
		}
		if len(lines) == 0 {
			time.AfterFunc(while, func() { _ = c.Process.Kill() })
		}
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	require.Error(t, c.Wait(), "it was killed")
	require.NotEmpty(t, lines)
	return lines
}

func assertKept(t *testing.T, s *store.Store, id crm.ID, done progress) {
	t.Helper()
	p, err := s.Profile(id)
	if done["deleted"] {
		assert.Equal(t, crm.ErrCustomerNotFound(), err, "%s is deleted", id)
		return
	}
	if done["deleting"] && err != nil {
		assert.Equal(t, crm.ErrCustomerNotFound(), err)
		return // the deletion was done, its answer was not
	}
	if !assert.NoError(t, err, "%s was created", id) {
		return
	}
	assert.True(t, !done["noted"] || len(p.Notes) == 1, "%s has its note", id)
	assert.True(t, !done["ordered"] || p.Figures.OrderValue == 12345, "%s has its order", id)
	assert.True(t, !done["suspended"] || p.Status == crm.Suspended, "%s has its status", id)
}
