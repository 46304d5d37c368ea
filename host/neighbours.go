package host

import (
	"context"

	"butlerd/host/dispatch"
	"butlerd/host/lease"
	"butlerd/host/registry"
	"butlerd/host/run"
	"butlerd/host/store"
)

// neighbours are the other hosts of the store, asked under the id of this host.
type neighbours struct {
	shared   store.Shared
	hosts    store.Hosts
	keeper   *lease.Keeper
	registry func() *registry.Registry
	follow   func(store.News)
}

var (
	_ registry.Neighbours = (*neighbours)(nil)
	_ dispatch.Neighbours = (*neighbours)(nil)
)

// Declare implements registry.Neighbours.
func (n *neighbours) Declare(ctx context.Context, ids []string) ([]string, error) {
	return n.shared.Declare(ctx, n.keeper.HostID(), ids)
}

// News implements registry.Neighbours. Orders are carried out by whoever asks: each
// is seen at least once.
func (n *neighbours) News(ctx context.Context, since int64) (store.News, error) {
	news, err := n.shared.News(ctx, n.keeper.HostID(), since)
	if err == nil && len(news.Orders) > 0 {
		go n.follow(store.News{Orders: news.Orders})
		news.Orders = nil
	}
	return news, err
}

// Order implements dispatch.Neighbours.
func (n *neighbours) Order(ctx context.Context, o store.Order) error { return n.shared.Order(ctx, o) }

// Executing implements dispatch.Neighbours.
func (n *neighbours) Executing(ctx context.Context, hostID string) ([]run.Run, error) {
	return n.shared.Executing(ctx, hostID)
}

// Hosts implements dispatch.Neighbours.
func (n *neighbours) Hosts(ctx context.Context) ([]store.Host, error) { return n.hosts.Hosts(ctx) }

// Sync implements dispatch.Neighbours.
func (n *neighbours) Sync(ctx context.Context) error {
	_, err := n.registry().Sync(ctx)
	return err
}
