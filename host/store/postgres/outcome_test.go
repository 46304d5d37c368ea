package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
	"butlerd/host/store/postgres/pgtest"
)

// TestConnectionsThatAreCut triggers while connections are cut again and again: a
// trigger that failed left nothing, and one that did not is there.
func TestConnectionsThatAreCut(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	server := pgtest.Shared(t)
	proxy := pgtest.NewProxy(t, server.Addr())
	url := server.NewDatabase(t)
	db := opened(t, postgres.Options{URL: through(proxy.URL("postgres"), url), Lease: time.Hour})
	if _, err := db.Join(ctx, store.Host{ID: "h"}); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := store.Schedule{Definition: schedule.Definition{ID: "s", Cron: "* * * * *", Timezone: "UTC"}, Started: true}
	if _, err := db.Change(ctx, []store.Change{{Kind: store.Create, Schedule: s, At: at}}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	done := make(chan struct{})
	cut := make(chan struct{})
	go func() {
		defer close(cut)
		for {
			select {
			case <-done:
				return
			case <-time.After(200*time.Millisecond + rand.N(200*time.Millisecond)):
				proxy.Cut()
				proxy.Heal()
			}
		}
	}()
	failed := map[string]bool{}
	for n := 0; ctx.Err() == nil; n++ {
		due := at.Add(time.Duration(n+1) * time.Minute)
		id := fmt.Sprint("r", n)
		_, _, err := db.Trigger(ctx, store.Trigger{HostID: "h", Start: true, Run: run.Run{
			ID: id, ScheduleID: "s", Trigger: run.ByAPI, DueAt: due, CreatedAt: due,
		}})
		if err != nil && !errors.Is(err, store.ErrUnavailable) && ctx.Err() == nil {
			t.Errorf("got the error %v", err)
		}
		failed[id] = err != nil
	}
	close(done)
	<-cut
	direct := opened(t, postgres.Options{URL: url})
	lost := 0
	for id, failed := range failed {
		r, _, err := direct.Run(context.Background(), id)
		if failed {
			lost++
		}
		if there := err == nil && r.State == run.Running; there == failed {
			t.Errorf("the trigger of %s failed is %v, and the run is there is %v (%v)", id, failed, there, err)
		}
	}
	t.Logf("%d of %d triggers failed", lost, len(failed))
}
