package api

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"butlerd/host/store"
)

// hostList are the hosts that share the store, by name.
type hostList struct {
	Hosts []hostView `json:"hosts"`
}

// hostView is a host as v1 shows it. Its times are by the store's clock, but what
// it reports may be as old as its heartbeat.
type hostView struct {
	ID         string            `json:"id"` // unique to each life
	Name       string            `json:"name"`
	Self       bool              `json:"self"` // it is the one that answers
	State      string            `json:"state"`
	Version    string            `json:"version"`
	Address    *string           `json:"address"` // of its API
	Labels     map[string]string `json:"labels"`
	ConfigHash *string           `json:"config_hash"` // equal for equal configurations
	Draining   bool              `json:"draining"`
	Running    int               `json:"running"`     // attempts being executed
	LeaseUntil *string           `json:"lease_until"` // nil: it does not end
	JoinedAt   *string           `json:"joined_at"`
	EndedAt    *string           `json:"ended_at"`
	Plugins    []hostPluginView  `json:"plugins"`
}

// hostPluginView is what a host tells of one of its plugins.
type hostPluginView struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	State   string `json:"state"`
	Slots   int    `json:"slots"`
	Running int    `json:"running"`
}

func (v v1) hostViews(hosts []store.Host) []hostView {
	views := make([]hostView, len(hosts))
	clock, self := StoreClock(hosts), v.opts.Hosts.Self()
	for i, h := range hosts {
		views[i] = newHostView(h, clock)
		views[i].Self = h.ID == self
	}
	return views
}

func newHostView(h store.Host, clock time.Time) hostView {
	view := hostView{
		ID:         h.ID,
		Name:       h.Name,
		State:      HostState(h, clock),
		Version:    h.Report.Version,
		Address:    orNull(h.Report.Address),
		Labels:     h.Report.Labels,
		ConfigHash: orNull(h.Report.ConfigHash),
		Draining:   h.Report.Draining,
		Running:    h.Report.Running,
		LeaseUntil: instant(h.Lease.Until),
		JoinedAt:   instant(h.JoinedAt),
		EndedAt:    instant(h.EndedAt),
		Plugins:    make([]hostPluginView, len(h.Report.Plugins)),
	}
	if view.Labels == nil {
		view.Labels = map[string]string{}
	}
	for i, p := range h.Report.Plugins {
		view.Plugins[i] = hostPluginView(p)
	}
	return view
}

// StoreClock is the store's clock: the latest that any host was told.
func StoreClock(hosts []store.Host) time.Time {
	var clock time.Time
	for _, h := range hosts {
		if h.Lease.Now.After(clock) {
			clock = h.Lease.Now
		}
	}
	if clock.IsZero() {
		return time.Now()
	}
	return clock
}

// The states of a host.
const (
	HostReady    = "ready"
	HostDraining = "draining"
	HostSilent   = "silent" // its lease ran out, and nobody has taken over yet
	HostEnded    = "ended"
)

// HostState says what to expect of a host, by the store's clock.
func HostState(h store.Host, clock time.Time) string {
	switch {
	case !h.EndedAt.IsZero():
		return HostEnded
	case !h.Lease.Until.IsZero() && !h.Lease.Until.After(clock):
		return HostSilent
	case h.Report.Draining:
		return HostDraining
	}
	return HostReady
}

func (v v1) listHosts(c *fiber.Ctx) error {
	if q := newQuery(c); q.err != nil {
		return q.err
	}
	ctx, cancel := v.ask()
	defer cancel()
	hosts, err := v.opts.Hosts.List(ctx)
	if err != nil {
		return err
	}
	return reply(c, http.StatusOK, hostList{Hosts: v.hostViews(hosts)})
}
