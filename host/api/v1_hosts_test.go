package api

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"butlerd/host/store"
)

// fakeHosts are hosts that nobody runs.
type fakeHosts struct {
	mu    sync.Mutex
	hosts []store.Host
	err   error // returned by all when set
	asked []string
}

func (f *fakeHosts) List(context.Context) ([]store.Host, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hosts, f.err
}

func (*fakeHosts) Self() string { return "host-1" }

func (f *fakeHosts) Drain(_ context.Context, id string, on bool, by string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, fmt.Sprint(id, " ", on, " ", by))
	i := slices.IndexFunc(f.hosts, func(h store.Host) bool { return h.ID == id && h.EndedAt.IsZero() })
	switch {
	case f.err != nil:
		return f.err
	case i < 0:
		return fmt.Errorf("host %q: %w", id, store.ErrNotFound)
	}
	f.hosts[i].Report.Draining = on
	return nil
}

// fourHosts are one in each state, at noon.
func fourHosts() []store.Host {
	lease := func(until time.Duration) store.Lease {
		return store.Lease{For: 10 * time.Second, Now: noon, Until: noon.Add(until)}
	}
	return []store.Host{
		{ID: "host-1", Name: "anna", Lease: lease(8 * time.Second), JoinedAt: noon.Add(-time.Hour), Report: store.Report{
			Version: "1.2.3", Address: "10.0.0.1:8080", Labels: map[string]string{"zone": "north"}, ConfigHash: "abc", Running: 3,
			Plugins: []store.PluginReport{{Name: "greeter", Version: "2.0.0", State: "ready", Slots: 4, Running: 3}},
		}},
		{ID: "host/2", Name: "bert", Lease: lease(9 * time.Second), JoinedAt: noon, Report: store.Report{Draining: true}},
		{ID: "host-3", Name: "carl", Lease: lease(0), JoinedAt: noon},
		{ID: "host-4", Name: "dora", Lease: lease(-time.Minute), JoinedAt: noon, EndedAt: noon.Add(-time.Second)},
	}
}

func TestHostsAreListed(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.hosts.hosts = fourHosts()
	b.play(t, []scenario{{name: "with all members", method: "GET", path: "/api/v1/hosts", status: 200, says: []string{
		`{"hosts":[{"id":"host-1","name":"anna","self":true,"state":"ready","version":"1.2.3","address":"10.0.0.1:8080","labels":{"zone":"north"},"config_hash":"abc",` +
			`"draining":false,"running":3,"lease_until":"2026-03-29T12:00:08Z","joined_at":"2026-03-29T11:00:00Z","ended_at":null,` +
			`"plugins":[{"name":"greeter","version":"2.0.0","state":"ready","slots":4,"running":3}]}`,
		`{"id":"host/2","name":"bert","self":false,"state":"draining","version":"","address":null,"labels":{},"config_hash":null,"draining":true`,
		`"name":"carl","self":false,"state":"silent"`,
		`"name":"dora","self":false,"state":"ended"`, `"ended_at":"2026-03-29T11:59:59Z","plugins":[]}]}`,
	}}})
	b.hosts.hosts = []store.Host{{ID: "host-1", Name: "only", JoinedAt: noon}}
	b.play(t, []scenario{{name: "as ready when its lease does not end", method: "GET", path: "/api/v1/hosts", status: 200, says: []string{`"state":"ready"`, `"lease_until":null`}}})
	b.hosts.err = store.ErrUnavailable
	b.play(t, []scenario{{name: "not while the store is away", method: "GET", path: "/api/v1/hosts", status: 503, says: []string{"urn:butlerd:problem:store-unavailable"}}})
}

func TestClockIsTheLatestThatAHostWasTold(t *testing.T) {
	t.Parallel()
	hosts := fourHosts()
	hosts[1].Lease.Now = noon.Add(8 * time.Second) // it was renewed later than the first
	if got := newHostView(hosts[0], StoreClock(hosts)).State; got != "silent" {
		t.Errorf("the first is %s", got)
	}
}

func TestDrain(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.hosts.hosts = fourHosts()
	b.play(t, []scenario{
		{name: "is asked of the host that answers", method: "POST", path: "/api/v1/hosts/self/drain", status: 202, says: []string{`"id":"host-1"`, `"state":"draining"`}},
		{name: "is taken back", method: "POST", path: "/api/v1/hosts/self/resume", body: "{}", header: []string{asJSON}, status: 202, says: []string{`"id":"host-1"`, `"state":"ready"`}},
		{name: "is asked of another host", method: "POST", path: "/api/v1/hosts/host%2F2/resume", status: 202, says: []string{`"id":"host/2"`, `"draining":false`}},
		{name: "of a host that is gone is refused", method: "POST", path: "/api/v1/hosts/host-4/drain", status: 404, says: []string{"urn:butlerd:problem:not-found", "holds a lease"}},
		{name: "of a host that never was is refused", method: "POST", path: "/api/v1/hosts/nobody/drain", status: 404},
		{name: "of no host is refused", method: "POST", path: "/api/v1/hosts/%00/drain", status: 404},
		{name: "takes no members", method: "POST", path: "/api/v1/hosts/self/drain", body: `{"force":true}`, header: []string{asJSON}, status: 400},
		{name: "is no GET", method: "GET", path: "/api/v1/hosts/self/drain", status: 405},
		{name: "is not for pages of other origins", method: "POST", path: "/api/v1/hosts/self/drain", header: []string{"Sec-Fetch-Site: cross-site"}, status: 403},
	})
	want := []string{"host-1 true api", "host-1 false api", "host/2 false api", "host-4 true api", "nobody true api"}
	if !slices.Equal(b.hosts.asked, want) {
		t.Errorf("asked for %q, not %q", b.hosts.asked, want)
	}
	b.hosts.err = store.ErrFenced
	b.play(t, []scenario{{name: "by a host without a lease is refused for now", method: "POST", path: "/api/v1/hosts/host-3/drain", status: 503, has: []string{"Retry-After: 5"}, says: []string{"urn:butlerd:problem:host-fenced"}}})
}
