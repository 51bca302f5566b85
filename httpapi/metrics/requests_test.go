package metrics

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
)

func TestRequestsAreCountedByRouteAndStatus(t *testing.T) {
	r := prometheus.NewRegistry()
	q := newRequests(r)
	list, none := q.Route("GET", "/api/customers"), q.NoRoute()
	q.Begin()
	q.Begin()
	assert.Equal(t, map[string]float64{"": 2}, values(t, r, "crms_http_requests_in_flight"))
	list.Answered(200, time.Millisecond)
	none.Answered(404, time.Millisecond)
	q.Begin()
	list.Answered(200, time.Millisecond)

	assert.Equal(t, map[string]float64{"": 0}, values(t, r, "crms_http_requests_in_flight"))
	assert.Equal(t, map[string]float64{"200 GET /api/customers": 2, "404 other none": 1}, values(t, r, "crms_http_requests_total"))
	assert.Equal(t, map[string]float64{"GET /api/customers": 2, "other none": 1}, values(t, r, "crms_http_request_duration_seconds"))
}

func TestStatusesThatAreNoneAreFaults(t *testing.T) {
	r := prometheus.NewRegistry()
	q := newRequests(r)
	route := q.Route("GET", "/")
	for _, status := range []int{-1, 600, 99999} {
		q.Begin()
		route.Answered(status, 0)
	}
	assert.Equal(t, map[string]float64{"500 GET /": 3}, values(t, r, "crms_http_requests_total"))
}

func TestCountingAllocatesNothing(t *testing.T) {
	q := newRequests(prometheus.NewRegistry())
	route := q.Route("GET", "/")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		q.Begin()
		route.Answered(200, time.Millisecond)
	}))
}

func BenchmarkAnswered(b *testing.B) {
	q := newRequests(prometheus.NewRegistry())
	route := q.Route("GET", "/")
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			q.Begin()
			route.Answered(200, time.Millisecond)
		}
	})
}
