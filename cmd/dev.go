package cmd

import (
	"context"
	"fmt"
	"net"
	"time"

	"crms/httpapi"
	"crms/httpapi/auth"
	"crms/search"
	"crms/store"
	"crms/store/crm"
	"crms/store/sample"

	"golang.org/x/sync/errgroup"
)

const (
	sampleCustomers = 600
	sampleSeed      = 1
	devTokenTTL     = 24 * time.Hour
	// devAddr is where crms serve --dev listens when nothing else is said: what
	// has no configuration is not for others on the network.
	devAddr = "localhost:5002"
)

// relaxForDev sets what --dev decides where nothing else is said.
func (s *Settings) relaxForDev() {
	if len(s.CORSOrigins) == 0 {
		s.CORSOrigins = []string{"*"}
	}
	if !s.given["addr"] {
		s.Addr = devAddr
	}
}

// welcome fills an empty store with sample customers and prints what is needed
// to try the API.
func (p *program) welcome(ctx context.Context, a *app) error {
	if err := p.fillSample(ctx, a); err != nil {
		return fmt.Errorf("cannot fill the store with sample customers: %w", err)
	}
	if err := a.awaitIndex(ctx); err != nil {
		return err
	}
	count, err := a.store.CountContacts()
	if err != nil {
		return err
	}
	url := a.url()
	fmt.Fprintf(p.stdout, "\ncrms serves %s with %d customers; data in %s\n", url, count, a.settings.Data)
	if !a.settings.KeySource.CanSign() {
		fmt.Fprintf(p.stdout, "Tokens come from your key's owner: crms has no secret to sign with.\n\n")
		return nil
	}
	return p.printTokens(a, url)
}

// awaitIndex waits until searches are answered, so that the first call that
// somebody tries is.
func (a *app) awaitIndex(ctx context.Context) error {
	for {
		if s := a.index.Status(); s.Answering || s.State == search.Failed {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// fillSample loads the sample into a store without customers.
func (p *program) fillSample(ctx context.Context, a *app) error {
	if count, err := a.store.CountContacts(); err != nil || count > 0 {
		return err
	}
	now := crm.Millis(p.now())
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(64) // writers that wait together share commits
	for c := range sample.Customers(sampleCustomers, sampleSeed, now) {
		g.Go(func() error {
			_, err := store.Do(ctx, a.store, store.Load{
				Change:   store.Change{At: c.CreatedAt, By: c.CreatedBy},
				Customer: c.Customer, Notes: c.Notes, Orders: c.Orders, Complaints: c.Complaints,
			})
			return err
		})
	}
	return g.Wait()
}

// devAdmin is the administrator that --dev makes tokens for.
func devAdmin(id crm.ID) auth.Identity {
	return auth.Identity{UserID: id.String(), Email: "admin@example.com", Roles: auth.Admin}
}

// devToken makes tokens for the console's sign-in with one click; it is nil
// outside of --dev, and where crms has no secret to sign with.
func (a *app) devToken(p *program) func() (httpapi.DevToken, error) {
	if !a.settings.Dev || !a.settings.KeySource.CanSign() {
		return nil
	}
	admin := devAdmin(crm.NewIDs().New(p.now()))
	return func() (httpapi.DevToken, error) {
		minter, err := a.minter()
		if err != nil {
			return httpapi.DevToken{}, err
		}
		now := p.now().Truncate(time.Second) // as tokens count
		token, err := minter.Mint(admin, devTokenTTL, now)
		return httpapi.DevToken{Token: token, UserID: admin.UserID, Expires: now.Add(devTokenTTL)}, err
	}
}

func (p *program) printTokens(a *app, url string) error {
	minter, err := a.minter()
	if err != nil {
		return err
	}
	now, ids := p.now(), crm.NewIDs()
	someone, err := anyCustomer(a.store)
	if err != nil {
		return err
	}
	bearers := []struct {
		name string
		auth.Identity
	}{
		{"admin", devAdmin(ids.New(now))},
		{"service", auth.Identity{UserID: ids.New(now).String(), Email: "orms@example.com", Roles: auth.Service}},
		{"customer", auth.Identity{UserID: someone.UserID, Email: someone.Email, Roles: auth.Customer}},
	}
	tokens := map[string]string{}
	fmt.Fprintf(p.stdout, "\nTokens for the next %.0f hours (the customer is %s):\n\n", devTokenTTL.Hours(), someone.FullName)
	for _, b := range bearers {
		if tokens[b.name], err = minter.Mint(b.Identity, devTokenTTL, now); err != nil {
			return err
		}
		fmt.Fprintf(p.stdout, "  %-8s  %s\n", b.name, tokens[b.name])
	}
	fmt.Fprintf(p.stdout, "\nTry:\n\n")
	for _, call := range [][2]string{
		{"admin", "/api/customers/search?q=john"},
		{"customer", "/api/customers/me/statistics"},
		{"service", "/api/users/" + someone.UserID + "/eligibility"},
	} {
		fmt.Fprintf(p.stdout, "  curl -H 'Authorization: Bearer %s' '%s%s'\n", tokens[call[0]], url, call[1])
	}
	_, err = fmt.Fprintln(p.stdout)
	return err
}

// anyCustomer is the sample's John Doe, or else the newest customer.
func anyCustomer(s *store.Store) (crm.Customer, error) {
	if c, err := s.CustomerByUser(sample.JohnDoe); err == nil {
		return c, nil
	}
	newest, _, err := s.List(store.Filter{}, 0, 1)
	if err != nil || len(newest) == 0 {
		return crm.Customer{}, err
	}
	return newest[0], nil
}

// reachable is the listener's address as a caller on this machine types it.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip != nil && (ip.IsUnspecified() || ip.IsLoopback()) {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}
