package host

import (
	"context"
	"fmt"
	"strings"

	"butlerd/host/store"
)

// hosts are the hosts of the store as the API sees them.
type hosts struct{ *Host }

// List implements api.Hosts. This host tells of itself as it is now.
func (h hosts) List(ctx context.Context) ([]store.Host, error) {
	list, err := h.store.Hosts(ctx)
	for i := range list {
		if list[i].ID == h.keeper.HostID() {
			list[i].Report = owner(h).Report()
		}
	}
	return list, err
}

// Self implements api.Hosts.
func (h hosts) Self() string { return h.keeper.HostID() }

// Drain implements api.Hosts.
func (h hosts) Drain(ctx context.Context, hostID string, on bool, by string) error {
	h.log.Info("drain asked for", "host", hostID, "on", on, "by", by)
	if hostID == h.keeper.HostID() {
		h.drain(on)
		return nil
	}
	if h.shared == nil {
		return fmt.Errorf("host %q: %w", hostID, store.ErrNotFound)
	}
	kind := store.OrderDrain
	if !on {
		kind = store.OrderResume
	}
	return h.shared.Order(ctx, store.Order{Kind: kind, HostID: hostID})
}

// configWarning says which other hosts have other files; empty when none has.
func (h *Host) configWarning(ctx context.Context) string {
	list, err := hosts{h}.List(ctx)
	if err != nil {
		return ""
	}
	own := h.current().hash
	var names []string
	for _, other := range list {
		if other.EndedAt.IsZero() && other.Report.ConfigHash != own {
			names = append(names, other.Name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("warning: the configuration of %s is another one", strings.Join(names, ", "))
}
