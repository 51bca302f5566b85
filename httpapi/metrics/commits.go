package metrics

import (
	"crms/store"

	"github.com/prometheus/client_golang/prometheus"
)

// Commits counts the transactions of the store.
type Commits struct {
	done, failed prometheus.Counter
	seconds      prometheus.Histogram
	commands     prometheus.Histogram
}

func newCommits(r *prometheus.Registry) *Commits {
	c := &Commits{
		done: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "crms_store_commits_total",
			Help: "Transactions that were made durable.",
		}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "crms_store_commit_failures_total",
			Help: "Transactions that could not be made durable, as on a full disk; their requests were refused.",
		}),
		seconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "crms_store_commit_duration_seconds",
			Help:    "Time to apply a group of commands and make it durable, in seconds.",
			Buckets: []float64{.00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 5},
		}),
		commands: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "crms_store_commit_group_commands",
			Help:    "Commands that shared a transaction.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 10),
		}),
	}
	r.MustRegister(c.done, c.failed, c.seconds, c.commands)
	return c
}

// Count is for [store.Options.OnCommit].
func (c *Commits) Count(commit store.Commit) {
	if commit.Err != nil {
		c.failed.Inc()
		return
	}
	c.done.Inc()
	c.seconds.Observe(commit.Took.Seconds())
	c.commands.Observe(float64(commit.Commands))
}
