package store_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"crms/store/crm"
	"crms/store/storetest"

	"github.com/stretchr/testify/require"
)

// Of the process that gets killed while it takes events.
const (
	killedSeed  = 20260126
	killedUsers = 150
	ahead       = 16 // batches are given to it beyond those after whose answers it is killed
)

// ingestUntilKilled is the process that gets killed: eight senders share the
// batches whose numbers come on stdin, and print each that was answered.
func ingestUntilKilled(dir string) {
	s, err := quiet(dir, nil)
	if err != nil {
		fmt.Println("cannot open", err)
		os.Exit(1)
	}
	d, ids := newDelivery(killedSeed, killedUsers), crm.NewIDs()
	var printing sync.Mutex
	numbers := make(chan int)
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for n := range numbers {
				_, err := send(s, ids, d.batches[n])
				printing.Lock()
				fmt.Println(n, err)
				printing.Unlock()
			}
		})
	}
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			os.Exit(1)
		}
		numbers <- n
	}
	close(numbers)
	senders.Wait()
	if err := s.Close(); err != nil {
		os.Exit(1)
	}
	os.Exit(0)
}

// TestEventsOfAKilledProcessComeOutTheSame kills the process that takes the
// events again and again. What was not answered is sent once more, as siblings do.
func TestEventsOfAKilledProcessComeOutTheSame(t *testing.T) {
	t.Parallel()
	d, dir := newDelivery(killedSeed, killedUsers), t.TempDir()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	left, kills := random.Perm(len(d.batches)), 0
	for len(left) > 0 {
		before := len(left)
		left = sendUntilKilled(t, dir, left, 1+random.IntN(before/10+20))
		require.Less(t, len(left), before)
		storetest.Prove(t, dir)
		kills++
	}
	t.Logf("%d batches, killed %d times", len(d.batches), kills-1)
	require.Greater(t, kills, 10)
	s, err := quiet(dir, nil)
	require.NoError(t, err)
	d.compare(t, s)
	require.NoError(t, s.Close())
}

// sendUntilKilled kills the process after so many answers, while it works on
// others, and returns the batches that were not answered.
func sendUntilKilled(t *testing.T, dir string, numbers []int, answers int) (left []int) {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0])
	c.Env = append(os.Environ(), "CRMS_TEST_INGEST="+dir)
	in, err := c.StdinPipe()
	require.NoError(t, err)
	out, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
	given := numbers[:min(len(numbers), answers+ahead)] // or it would be done before it is killed, where this process has to wait
	for _, n := range given {
		_, err := fmt.Fprintln(in, n)
		require.NoError(t, err)
	}
	if len(given) == len(numbers) {
		require.NoError(t, in.Close()) // it ends by itself if it is not killed
	}
	answered := map[int]bool{}
	for reader := bufio.NewReader(out); ; {
		line, err := reader.ReadString('\n')
		if err != nil {
			break // what is behind the last line end was not printed whole
		}
		number, failure, _ := strings.Cut(strings.TrimSpace(line), " ")
		require.Equal(t, "<nil>", failure, line)
		n, err := strconv.Atoi(number)
		require.NoError(t, err, line)
		if answered[n] = true; len(answered) == answers {
			require.NoError(t, c.Process.Kill())
		}
	}
	_ = c.Wait() // killed, or done
	for _, n := range numbers {
		if !answered[n] {
			left = append(left, n)
		}
	}
	return left
}
