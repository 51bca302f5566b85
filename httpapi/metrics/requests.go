package metrics

import (
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Requests counts the requests of the API.
type Requests struct {
	answered *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	inFlight prometheus.Gauge

	unsigned  prometheus.Counter
	throttled prometheus.Counter
}

func newRequests(r *prometheus.Registry) *Requests {
	q := &Requests{
		answered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "crms_http_requests_total",
			Help: "Requests that were answered, by the route's method and path and the status; those without a route have the route none.",
		}, []string{"method", "route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "crms_http_request_duration_seconds",
			Help: "Time from a request's header to its written answer, in seconds, by route.",
			// Reads take some 20 microseconds, durable writes some milliseconds.
			Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5},
		}, []string{"method", "route"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "crms_http_requests_in_flight",
			Help: "Requests that are being answered.",
		}),
	}
	q.unsigned = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "crms_auth_unsigned_tokens_total",
		Help: "Tokens that no accepted key has signed; those that have merely expired are not among them.",
	})
	q.throttled = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "crms_auth_throttled_requests_total",
		Help: "Requests whose token was not looked at, since their address has shown too many that nobody signed.",
	})
	r.MustRegister(q.answered, q.seconds, q.inFlight, q.unsigned, q.throttled)
	return q
}

// Unsigned counts a token that no accepted key has signed.
func (q *Requests) Unsigned() { q.unsigned.Inc() }

// Throttled counts a request whose token was not looked at.
func (q *Requests) Throttled() { q.throttled.Inc() }

// Begin counts a request in. It is counted out by [Route.Answered].
func (q *Requests) Begin() { q.inFlight.Inc() }

// Route returns the counts of a route. It is asked for once, before the first
// request, so that counting looks up nothing.
func (q *Requests) Route(method, path string) *Route {
	return &Route{requests: q, method: method, path: path, seconds: q.seconds.WithLabelValues(method, path)}
}

// NoRoute returns the counts of the requests that have no route.
func (q *Requests) NoRoute() *Route { return q.Route("other", "none") }

// Route counts the requests of one route.
type Route struct {
	requests     *Requests
	method, path string
	seconds      prometheus.Observer
	byStatus     [lastStatus + 1]atomic.Pointer[prometheus.Counter] // those that there were
}

// lastStatus is the highest status that HTTP has room for.
const lastStatus = 599

// Answered counts a request that has begun and was answered with the status, in
// so much time. It allocates nothing but with the first of each status.
func (r *Route) Answered(status int, took time.Duration) {
	r.requests.inFlight.Dec()
	r.seconds.Observe(took.Seconds())
	r.counter(status).Inc()
}

func (r *Route) counter(status int) prometheus.Counter {
	if status < 0 || status > lastStatus {
		status = http.StatusInternalServerError
	}
	if c := r.byStatus[status].Load(); c != nil {
		return *c
	}
	c := r.requests.answered.WithLabelValues(r.method, r.path, strconv.Itoa(status))
	r.byStatus[status].Store(&c)
	return c
}
