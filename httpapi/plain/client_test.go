package plain_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestClientsThatGoAway has handlers wait for their request's context.
func TestClientsThatGoAway(t *testing.T) {
	t.Parallel()
	start := func(t *testing.T) (s *served, begun, ended chan struct{}, release chan struct{}) {
		begun, ended, release = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{})
		return serve(t, &http.Server{}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/wait" {
				say(w, r)
				return
			}
			done := r.Context().Done()
			begun <- struct{}{}
			select {
			case <-done:
				assert.ErrorIs(t, r.Context().Err(), context.Canceled)
				ended <- struct{}{}
			case <-release:
				assert.NoError(t, r.Context().Err())
				say(w, r)
			}
		}), begun, ended, release
	}
	t.Run("end the wait", func(t *testing.T) {
		s, begun, ended, _ := start(t)
		c := s.dial(t)
		c.send(t, asks("/wait"))
		<-begun
		require.NoError(t, c.Close())
		<-ended
		s.stop(t)
		assert.Zero(t, s.plain.count())
	})
	t.Run("do not, if they only ask for more", func(t *testing.T) {
		s, begun, _, release := start(t)
		c := s.dial(t)
		c.send(t, asks("/a")+asks("/wait")+asks("/b"))
		<-begun
		c.send(t, asks("/c"))
		release <- struct{}{}
		for _, path := range []string{"/a", "/wait", "/b", "/c"} {
			c.wants(t, path)
		}
		c.send(t, asks("/d"))
		c.wants(t, "/d")
	})
	t.Run("nor if they wait", func(t *testing.T) {
		s, begun, _, release := start(t)
		c := s.dial(t)
		for range 3 {
			c.send(t, asks("/wait"))
			<-begun
			release <- struct{}{}
			c.wants(t, "/wait")
			c.send(t, asks("/next"))
			c.wants(t, "/next")
		}
		assert.Zero(t, s.plain.count())
	})
	t.Run("a context ends with its handler", func(t *testing.T) {
		contexts := make(chan context.Context, 1)
		s := serve(t, &http.Server{}, func(w http.ResponseWriter, r *http.Request) { contexts <- r.Context() })
		c := s.dial(t)
		c.send(t, asks("/"))
		ctx := <-contexts
		c.wants(t, "")
		<-ctx.Done()
		assert.ErrorIs(t, ctx.Err(), context.Canceled)
	})
}
