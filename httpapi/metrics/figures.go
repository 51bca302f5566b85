package metrics

import (
	"time"

	"crms/httpapi/connections"
	"crms/search"
	"crms/store"

	"github.com/prometheus/client_golang/prometheus"
)

// collector yields figures that are read when they are asked for.
func collector(read func(yield func(prometheus.Metric))) prometheus.Collector {
	return prometheus.CollectorFunc(func(ch chan<- prometheus.Metric) {
		read(func(m prometheus.Metric) { ch <- m })
	})
}

// figure is a metric whose value is kept elsewhere.
type figure struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func gauge(name, help string, labels ...string) figure {
	return figure{prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue}
}

func counter(name, help string, labels ...string) figure {
	return figure{prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue}
}

func (f figure) is(value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(f.desc, f.kind, value, labels...)
}

// unreadable makes the scrape tell an error in the place of the figure.
func (f figure) unreadable(err error) prometheus.Metric {
	return prometheus.NewInvalidMetric(f.desc, err)
}

func storeFigures(s *store.Store) prometheus.Collector {
	var (
		customers    = gauge("crms_customers", "Customers that there are.")
		queued       = gauge("crms_store_queued_commands", "Commands that wait to be committed.")
		sequence     = gauge("crms_store_log_sequence", "Number of the newest change in the store's log.")
		fileBytes    = gauge("crms_store_file_bytes", "Size of the database file in bytes.")
		pageBytes    = gauge("crms_store_page_bytes", "Size of each page of the database in bytes.")
		freePages    = gauge("crms_store_free_pages", "Pages of the database that will be used again.")
		pendingPages = gauge("crms_store_pending_pages", "Free pages that an open read transaction may still see.")
		readers      = gauge("crms_store_open_read_transactions", "Read transactions under way.")
		pageWrites   = counter("crms_store_page_writes_total", "Runs of pages written to the database.")
		writeSeconds = counter("crms_store_page_write_seconds_total", "Time spent on writing pages and making them durable, in seconds.")
	)
	return collector(func(yield func(prometheus.Metric)) {
		count, err := s.CountContacts()
		if err != nil {
			yield(customers.unreadable(err))
		} else {
			yield(customers.is(float64(count)))
		}
		stats, err := s.Stats()
		if err != nil {
			yield(fileBytes.unreadable(err))
			return
		}
		yield(queued.is(float64(stats.QueuedCommands)))
		yield(sequence.is(float64(stats.LastSeq)))
		yield(fileBytes.is(float64(stats.FileBytes)))
		yield(pageBytes.is(float64(stats.PageBytes)))
		yield(freePages.is(float64(stats.FreePages)))
		yield(pendingPages.is(float64(stats.PendingPages)))
		yield(readers.is(float64(stats.OpenReaders)))
		yield(pageWrites.is(float64(stats.PageWrites)))
		yield(writeSeconds.is(stats.WriteTime.Seconds()))
	})
}

func events(s *store.Store) prometheus.Collector {
	total := counter("crms_events_total", "Events received since the start, by what became of them.", "outcome")
	return collector(func(yield func(prometheus.Metric)) {
		for outcome, n := range s.EventCounts() {
			yield(total.is(float64(n), outcome))
		}
	})
}

func waitingRooms(s *store.Store) prometheus.Collector {
	var (
		outbox = gauge("crms_outbox_entries", "Changes queued for ATHS, by state: pending are sent again and again, dead wait for an operator.", "state")
		oldest = gauge("crms_outbox_oldest_pending_timestamp_seconds", "When the oldest pending change was queued, in seconds since 1970; absent when none is.")
		parked = gauge("crms_parked_events", "Events that wait for their user, by why.", "why")
	)
	return collector(func(yield func(prometheus.Metric)) {
		b, err := s.Backlog()
		if err != nil {
			yield(outbox.unreadable(err))
			return
		}
		yield(outbox.is(float64(b.Pending), store.Pending.String()))
		yield(outbox.is(float64(b.Dead), store.Dead.String()))
		if !b.OldestPending.IsZero() {
			yield(oldest.is(seconds(b.OldestPending)))
		}
		yield(parked.is(float64(b.UnknownUsers), store.UnknownUser.String()))
		yield(parked.is(float64(b.DeletedUsers), store.DeletedUser.String()))
	})
}

func indexFigures(x *search.Index) prometheus.Collector {
	var (
		state     = gauge("crms_search_state", "1 for what the search index is doing, 0 for the other states.", "state")
		answering = gauge("crms_search_answering", "1 while searches are answered, else 0.")
		position  = gauge("crms_search_position", "Number of the newest change of the store's log that searches see.")
		lag       = gauge("crms_search_lag_changes", "Changes of the store that searches do not see yet.")
		documents = gauge("crms_search_documents", "Customers that can be found.")
		rebuilt   = gauge("crms_search_rebuild_ratio", "How far a rebuild of the search index has come, from 0 to 1; 1 when there is none.")
		waiting   = gauge("crms_search_waiting", "Searches that wait for others to end.")
		refused   = counter("crms_search_refused_total", "Searches that were refused since too many waited, or waited for too long.")
	)
	return collector(func(yield func(prometheus.Metric)) {
		s := x.Status()
		for _, possible := range []search.State{search.OK, search.Rebuilding, search.Failed} {
			yield(state.is(truth(s.State == possible), string(possible)))
		}
		yield(answering.is(truth(s.Answering)))
		yield(position.is(float64(s.Position)))
		yield(lag.is(float64(s.Lag)))
		yield(documents.is(float64(s.Documents)))
		yield(rebuilt.is(rebuiltRatio(s)))
		yield(waiting.is(float64(s.Waiting)))
		yield(refused.is(float64(s.Refused)))
	})
}

func rebuiltRatio(s search.Status) float64 {
	if s.Total == 0 {
		return truth(s.State != search.Rebuilding) // one that has only begun has no total yet
	}
	return float64(s.Done) / float64(s.Total)
}

func connectionFigures(l *connections.Limit) prometheus.Collector {
	var (
		open    = gauge("crms_http_connections", "Connections that are open.")
		most    = gauge("crms_http_connections_max", "How many connections may be open.")
		dropped = counter("crms_http_connections_dropped_total", "Connections that were closed while they waited for a request, to make room for others.")
	)
	return collector(func(yield func(prometheus.Metric)) {
		yield(open.is(float64(l.Open())))
		yield(most.is(float64(l.Most())))
		yield(dropped.is(float64(l.Dropped())))
	})
}

func backups(last func() (time.Time, error)) prometheus.Collector {
	var (
		at     = gauge("crms_backup_last_success_timestamp_seconds", "When the newest good backup of the schedule was made, in seconds since 1970; absent before the first.")
		failed = gauge("crms_backup_failed", "1 when the latest backup of the schedule failed, else 0.")
	)
	return collector(func(yield func(prometheus.Metric)) {
		when, err := last()
		if !when.IsZero() {
			yield(at.is(seconds(when)))
		}
		yield(failed.is(truth(err != nil)))
	})
}

func certificate(expiry func() time.Time) prometheus.Collector {
	expires := gauge("crms_tls_certificate_expiry_timestamp_seconds", "When the TLS certificate in use expires, in seconds since 1970; absent without TLS.")
	return collector(func(yield func(prometheus.Metric)) { yield(expires.is(seconds(expiry()))) })
}

func seconds(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
