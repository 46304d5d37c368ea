package postgres_test

import (
	"testing"
	"time"

	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/storetest"
)

func TestContract(t *testing.T) {
	t.Parallel()
	storetest.Run(t, single(fast(t)))
}

func TestContractOfSeveralHosts(t *testing.T) {
	t.Parallel()
	server := fast(t)
	storetest.RunShared(t, func(t testing.TB) storetest.SharedOpener {
		o := postgres.Options{URL: server.NewDatabase(t), Lease: 4 * time.Second}
		return func(t testing.TB) store.Store { return open(t, o) }
	})
}

func TestContractBehindAPooler(t *testing.T) {
	t.Parallel()
	server := fast(t)
	pooler := server.Bouncer(t, "postgres")
	storetest.Run(t, func(t testing.TB) storetest.Opener {
		o := postgres.Options{URL: through(pooler, server.NewDatabase(t)), Lease: time.Hour, Pooler: true}
		return func(t testing.TB) store.Store { return open(t, o) }
	})
}
