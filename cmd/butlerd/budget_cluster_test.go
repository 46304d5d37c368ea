package main

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"butlerd/host"
	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

// benchCluster measures hosts that share a PostgreSQL on the same machine: how long
// a single firing takes, and how ten thousand at one instant spread over one, two
// and three hosts, beside one host with SQLite.
func benchCluster(b *testing.B, rows *budgetTable) {
	server := pgtest.Start(b)
	b.Run("lag", func(b *testing.B) {
		h := clusterHosts(b, server.NewDatabase(b), 1, eachSecond)[0]
		lags := lagsOf(b, h)
		rows.add("on PostgreSQL, due time to handler, one firing, p50", lags[len(lags)/2], 5, "ms")
		rows.add("on PostgreSQL, due time to handler, one firing, p99", lags[len(lags)*99/100], 20, "ms")
	})
	var alone time.Duration
	for n := 1; n <= 3; n++ {
		b.Run(fmt.Sprintf("burst over %d hosts", n), func(b *testing.B) {
			done := benchSharedBurst(b, rows, server.NewDatabase(b), n)
			if n == 1 {
				alone = done
				return
			}
			rows.add(fmt.Sprintf("10,000 over %d hosts, time to that of one host", n), done.Seconds()/alone.Seconds(), 1, "x")
		})
	}
}

func benchSharedBurst(b *testing.B, rows *budgetTable, url string, hosts int) time.Duration {
	const n = 10_000
	st, err := postgres.Open(b.Context(), postgres.Options{URL: url, Lease: 10 * time.Second, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = st.Close() })
	due, cron := nextMinute(b)
	seedInto(b, st, n, cron)
	all := clusterHosts(b, url, hosts, "")
	_ = pause(b.Context(), time.Until(due))
	claimed := waitCount(b, all[0], due, func(c store.Counts) int64 { return c.Firings[run.Ran] }, n)
	done := waitCount(b, all[0], due, func(c store.Counts) int64 { return c.Runs[run.Succeeded] }, n)
	what := fmt.Sprintf("on PostgreSQL, 10,000 at one instant over %d hosts, ", hosts)
	rows.add(what+"claimed", claimed.Seconds()*1000, 300, "ms")
	rows.add(what+"durable", done.Seconds()*1000, 3000, "ms")
	if hosts > 1 {
		rows.add(what+"most of one", unevenness(b, st, n, hosts), 1.2, "x")
	}
	return done
}

// clusterHosts starts hosts in this process, with their plugins in others.
func clusterHosts(b *testing.B, url string, n int, more string) []*host.Host {
	b.Helper()
	var all []*host.Host
	for range n {
		dir := b.TempDir()
		all = append(all, hosted(b, writeStopwatch(b, dir, fmt.Sprintf(`
store "postgres" {
  url             = %q
  max_connections = 10
}
`, url)+more)))
	}
	return all
}

// unevenness is how many times its even share the busiest host has executed.
func unevenness(b *testing.B, st *postgres.DB, n, hosts int) float64 {
	b.Helper()
	executed := map[string]int{}
	q := store.RunQuery{Limit: store.MaxPage}
	for {
		page, err := st.Runs(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range page.Runs {
			_, attempts, err := st.Run(b.Context(), r.ID)
			if err != nil || len(attempts) != 1 {
				b.Fatalf("run %s has %d attempts, %v", r.ID, len(attempts), err)
			}
			executed[attempts[0].HostID]++
		}
		if page.Next == (store.RunCursor{}) {
			break
		}
		q.After = page.Next
	}
	most := 0
	for _, count := range executed {
		most = max(most, count)
	}
	return float64(most) * float64(hosts) / float64(n)
}
