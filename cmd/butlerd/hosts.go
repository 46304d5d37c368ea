package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// hostInfo is a host as the API shows it, as far as it is printed.
type hostInfo struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Self       bool              `json:"self"`
	State      string            `json:"state"`
	Version    string            `json:"version"`
	Address    *string           `json:"address"`
	Labels     map[string]string `json:"labels"`
	ConfigHash *string           `json:"config_hash"`
	Draining   bool              `json:"draining"`
	Running    int               `json:"running"`
	LeaseUntil *time.Time        `json:"lease_until"`
	JoinedAt   *time.Time        `json:"joined_at"`
	EndedAt    *time.Time        `json:"ended_at"`
	Plugins    []hostPlugin      `json:"plugins"`
}

type hostPlugin struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	State   string `json:"state"`
	Slots   int    `json:"slots"`
	Running int    `json:"running"`
}

type hostInfos struct {
	Hosts []hostInfo `json:"hosts"`
}

// hosts lists the hosts that share a store, over the API of one of them.
func (p *program) hosts(ctx context.Context, args []string) error {
	fs := p.flags("hosts")
	address := addressFlag(fs)
	asJSON := fs.Bool("json", false, "print JSON")
	if err := parse(fs, args); err != nil {
		return err
	}
	r, err := p.remote("hosts", *address)
	if err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	list, err := r.hosts(ctx)
	if err != nil {
		return err
	}
	if *asJSON {
		return p.printJSON(hostInfos{Hosts: list})
	}
	return p.printHosts(list)
}

func (r *remote) hosts(ctx context.Context) ([]hostInfo, error) {
	list := hostInfos{Hosts: []hostInfo{}}
	err := r.get(ctx, "/api/v1/hosts", &list)
	return list.Hosts, err
}

// printHosts prints a table. The host that answered is marked.
func (p *program) printHosts(list []hostInfo) error {
	w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tSTATE\tVERSION\tRUNNING\tLEASE UNTIL\tLABELS\tCONFIG\tID")
	for _, h := range list {
		name := h.Name
		if h.Self {
			name += " *"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d/%d\t%s\t%s\t%s\t%s\n", name, h.State, cmp.Or(h.Version, "-"),
			h.Running, h.slots(), h.lease(), labelsText(h.Labels), h.config(), h.ID)
	}
	return w.Flush()
}

// slots is how many attempts a host can execute at a time.
func (h hostInfo) slots() int {
	n := 0
	for _, p := range h.Plugins {
		n += p.Slots
	}
	return n
}

// lease is until when the lease is given, by the store's clock.
func (h hostInfo) lease() string {
	switch {
	case h.EndedAt != nil:
		return "-"
	case h.LeaseUntil == nil:
		return "always"
	}
	return h.LeaseUntil.Format("15:04:05Z")
}

// config is enough of the hash to tell configurations apart.
func (h hostInfo) config() string {
	if h.ConfigHash == nil {
		return "-"
	}
	return (*h.ConfigHash)[:min(len(*h.ConfigHash), 12)]
}

func labelsText(labels map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		parts = append(parts, name+"="+labels[name])
	}
	return cmp.Or(strings.Join(parts, ","), "-")
}
