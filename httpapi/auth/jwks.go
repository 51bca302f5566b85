package auth

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// jwksTimeout bounds one fetch, from dialling to the last byte.
	jwksTimeout = 5 * time.Second
	// jwksPause is the least time between two fetches for unknown key ids, and
	// the most between two fetches while they fail.
	jwksPause = 10 * time.Second
	// maxJWKS is the longest JWKS that is read, in bytes.
	maxJWKS = 1 << 20
)

// remoteKeys keeps a keyring in step with a JWKS endpoint.
//
// keyfunc picks the key for a token, but its own client is not used here: it
// does not tell when a fetch succeeds, which [Verifier.Status] must know; lets
// tokens with unknown key ids queue up for its rate limit; and waits a whole
// interval after a failure.
type remoteKeys struct {
	url    string
	client *http.Client
	now    func() time.Time
	log    *slog.Logger
	keys   *atomic.Pointer[keyring] // the verifier's
	err    atomic.Pointer[error]    // of the last fetch

	ctx  context.Context // of all fetches, from the start to close
	stop context.CancelFunc
	done chan struct{} // closed when the watch has ended

	mu     sync.Mutex // held through a fetch: who needs new keys waits for it
	last   []byte     // the JWKS that keys come from; guarded by mu
	forced time.Time  // last fetch for an unknown key id; guarded by mu
}

// watchRemoteKeys fetches the JWKS into keys, now and then every
// c.JWKSRefresh, until ctx ends or close is called.
func watchRemoteKeys(ctx context.Context, endpoint *url.URL, c Config, keys *atomic.Pointer[keyring]) *remoteKeys {
	ctx, stop := context.WithCancel(ctx)
	r := &remoteKeys{
		url:    endpoint.String(),
		client: newJWKSClient(),
		now:    c.Now,
		log:    c.Log.With("jwks", endpoint.Redacted()),
		keys:   keys,
		ctx:    ctx,
		stop:   stop,
		done:   make(chan struct{}),
	}
	r.err.Store(new(error))
	keys.Store(newKeyring(0, findNoKey))
	r.refresh()
	go r.watch(c.JWKSRefresh)
	return r
}

func newJWKSClient() *http.Client {
	return &http.Client{
		Timeout: jwksTimeout,
		Transport: &http.Transport{
			Proxy:           http.ProxyFromEnvironment,
			TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12},
			// One request every few minutes is not worth an open connection.
			DisableKeepAlives: true,
		},
		CheckRedirect: func(next *http.Request, past []*http.Request) error {
			if past[0].URL.Scheme == "https" && next.URL.Scheme != "https" {
				return errors.New("redirected from https to " + next.URL.Scheme)
			}
			// Whoever can redirect, as pages that carry people on somewhere else let
			// strangers do, would say whose tokens are good.
			if past[0].URL.Hostname() != next.URL.Hostname() {
				return errors.New("redirected to another host")
			}
			if len(past) > 5 {
				return errors.New("redirected too often")
			}
			return nil
		},
	}
}

func (r *remoteKeys) watch(every time.Duration) {
	defer close(r.done)
	for {
		wait := every
		if r.status() != nil {
			wait = min(every, jwksPause)
		}
		select {
		case <-r.ctx.Done():
			return
		case <-time.After(wait):
			r.refresh()
		}
	}
}

func (r *remoteKeys) close() {
	r.stop()
	<-r.done
}

func (r *remoteKeys) status() error { return *r.err.Load() }

// refresh fetches the JWKS.
func (r *remoteKeys) refresh() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fetchLocked()
}

// refreshAfter fetches the JWKS because a token has a key id that is not in
// keys, unless other keys have come meanwhile or the last time is too recent.
// It returns the keys that count now.
func (r *remoteKeys) refreshAfter(keys *keyring) *keyring {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	// A time that lies ahead is that of a clock that has been set back.
	if r.keys.Load() == keys && now.Sub(r.forced).Abs() >= jwksPause {
		r.forced = now
		r.fetchLocked()
	}
	return r.keys.Load()
}

// fetchLocked brings keys and err up to date. When the JWKS cannot be had the
// keys stay as they are.
func (r *remoteKeys) fetchLocked() {
	body, err := r.download()
	if r.ctx.Err() != nil {
		return // closed meanwhile: that says nothing about the endpoint
	}
	if err == nil && !bytes.Equal(body, r.last) {
		err = r.replaceLocked(body)
	}
	r.reportLocked(err)
}

func (r *remoteKeys) replaceLocked(body []byte) error {
	set, err := parseKeySet(body)
	if err != nil {
		return err
	}
	for _, problem := range set.problems {
		r.log.Warn("JWKS key is not used", "reason", problem)
	}
	r.keys.Store(newKeyring(set.size, set.find))
	r.last = body
	r.log.Info("JWKS keys have changed", "keys", set.size)
	return nil
}

// reportLocked notes the outcome of a fetch; only a change of it is logged.
func (r *remoteKeys) reportLocked(err error) {
	if err != nil {
		err = fmt.Errorf("cannot fetch the JWKS: %w", err)
	}
	switch none := r.keys.Load().size == 0; {
	case none && err == nil:
		err = fmt.Errorf("%w: the JWKS has none that can be used", ErrNoKey)
	case none:
		err = fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	switch before := r.status(); {
	case before == nil && err != nil:
		r.log.Warn("JWKS gives no new keys", "err", err)
	case before != nil && err == nil:
		r.log.Info("JWKS is in order again")
	}
	r.err.Store(&err) // what can be seen has been told
}

func (r *remoteKeys) download() ([]byte, error) {
	request, err := http.NewRequestWithContext(r.ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, err
	}
	response, err := r.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("answer is %s", response.Status)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxJWKS+1))
	if err != nil {
		return nil, err
	}
	if len(body) > maxJWKS {
		return nil, fmt.Errorf("answer is longer than %d bytes", maxJWKS)
	}
	return body, nil
}
