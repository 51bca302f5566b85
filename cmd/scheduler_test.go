package cmd

import (
	"fmt"
	"net/http"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestThreadsOfTheServer(t *testing.T) {
	t.Parallel()
	if runtime.GOMAXPROCS(0) < runtime.NumCPU() {
		t.Skip("a quota limits this process")
	}
	for _, c := range []struct {
		outcome string
		env     []string
		want    int
	}{
		{"two for each CPU run Go code", nil, 2 * runtime.NumCPU()},
		{"as many as the environment says", []string{"GOMAXPROCS=3"}, 3},
	} {
		t.Run(c.outcome, func(t *testing.T) {
			p := startProcess(t, append(c.env, "CRMS_JWT_SECRET="+someSecret), "serve", "--data", t.TempDir(), "--addr", "127.0.0.1:0")
			r, err := http.NewRequest(http.MethodGet, "http://"+p.find(t, p.stderr, `msg=serving .*ops=(\S+)`)+"/metrics", nil)
			require.NoError(t, err)
			status, answer := send(t, r)
			require.Equal(t, http.StatusOK, status, answer)
			assert.Contains(t, answer, fmt.Sprintf("\ngo_sched_gomaxprocs_threads %d\n", c.want))
		})
	}
}
