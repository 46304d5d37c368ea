package sqlite_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

func cpu() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(0, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func TestExp(t *testing.T) {
	rounds, _ := strconv.Atoi(os.Getenv("EXP"))
	if rounds == 0 {
		t.Skip()
	}
	ctx := context.Background()
	dir := t.TempDir()
	d := open(t, dir+"/x.db")
	n := 10000
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var changes []store.Change
	for i := range n {
		changes = append(changes, store.Change{Kind: store.Create, At: now, Schedule: store.Schedule{
			Definition: schedule.Definition{ID: fmt.Sprintf("%08x-1111-2222-3333-%012d", i*7919, i), Name: "n", Cron: "* * * * *", Timezone: "UTC"}, Started: true, CreatedAt: now}})
	}
	d.Change(ctx, changes)
	for k := range rounds {
		at := now.Add(time.Duration(k+1) * time.Hour)
		c := store.Claim{HostID: "0199a3e4-7c11-7000-0000-000000000000", At: at, Until: at}
		for i := range n {
			c.Due = append(c.Due, store.Due{ScheduleID: changes[i].Schedule.ID, Name: "n", DueAt: at, Overlap: schedule.OverlapSkip, Action: "qlik-sense-reload", Plugin: "qlik-sense", RunID: fmt.Sprintf("0199a3e4-7c11-7%03x-0000-%012x", k, i), Start: true})
		}
		t0, c0 := time.Now(), cpu()
		if _, err := d.Claim(ctx, c); err != nil {
			t.Fatal(err)
		}
		t1, c1 := time.Now(), cpu()
		var g sync.WaitGroup
		for i := range n {
			g.Go(func() {
				ok, err := d.End(ctx, store.AttemptEnd{RunID: c.Due[i].RunID, Number: 1, HostID: c.HostID, At: at, State: run.Succeeded, Summary: "reloaded"})
				if !ok || err != nil {
					t.Error(err)
				}
			})
		}
		g.Wait()
		t2, c2 := time.Now(), cpu()
		if k%10 == 9 || k < 2 {
			st, _ := os.Stat(dir + "/x.db")
			fmt.Println(k, "claim", t1.Sub(t0).Milliseconds(), "cpu", (c1 - c0).Milliseconds(), "end", t2.Sub(t1).Milliseconds(), "cpu", (c2 - c1).Milliseconds(), "MB", st.Size()>>20)
		}
	}
	d.Close()
}
