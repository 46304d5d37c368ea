package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"butlerd/host/run"
	"butlerd/host/schedule"
	"butlerd/host/store"
)

// benchPolicies claims bursts with all policies and bursts with none by turns, in
// ledgers of their own, and reports how much longer the former take. They are
// measured side by side because a machine is not as fast at one time as at another.
func benchPolicies(b *testing.B, newOpener func(t testing.TB) Opener) {
	ledgers := []*bench{newBench(b, newOpener), newBench(b, newOpener)}
	took := make([][]time.Duration, len(ledgers))
	for _, l := range ledgers {
		l.schedules(burst)
	}
	ledgers[1].holdOther()
	for b.Loop() {
		for with, l := range ledgers {
			b.StopTimer()
			c := l.claimAt(burst)
			if with == 1 {
				c = withPolicies(c)
				b.StartTimer()
			}
			began := time.Now()
			l.claim(c)
			took[with] = append(took[with], time.Since(began))
			b.StopTimer()
			if with == 1 {
				l.finish(c)
			} else {
				l.end(c, run.Succeeded)
			}
			b.StartTimer()
		}
	}
	without, with := median(took[0]), median(took[1])
	b.ReportMetric(float64(with)/float64(without), "x-without")
	b.ReportMetric(float64(without.Milliseconds()), "ms-without")
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

// withPolicies is a claim with every policy that there is.
func withPolicies(c store.Claim) store.Claim {
	for i := range c.Due {
		d := &c.Due[i]
		d.Tags = []string{"tag 3", "åäö"}
		d.Policy = store.Policy{
			Overlap: schedule.OverlapQueue, QueueLimit: 3, Pool: fmt.Sprint("pool ", i%5), Priority: i % 3, MaxWait: time.Hour,
			OnLost: store.OnLostRetry, Attempts: 3, LostWait: time.Minute, Follow: true,
		}
	}
	return c
}

// holdOther has a hold in force that is of none of the schedules.
func (b *bench) holdOther() {
	h := store.Hold{ID: "h", Tag: "another", Reason: "to be passed over", Since: minute(0)}
	if _, err := b.st.(store.Holds).Hold(b.ctx, h); err != nil {
		b.Fatal(err)
	}
}

// finish takes and ends what a claim has made, and follows it.
func (b *bench) finish(c store.Claim) {
	for {
		got, err := b.st.Take(b.ctx, store.Take{HostID: host, At: c.At, Plugin: "qlik", Limit: store.MaxPage})
		if b.check(err); len(got) == 0 {
			return
		}
		var ids []string
		part := store.Claim{At: c.At}
		for _, r := range got {
			ids = append(ids, r.ID)
			part.Due = append(part.Due, store.Due{RunID: r.ID})
		}
		b.end(part, run.Succeeded)
		b.check(b.st.(store.Queue).Followed(b.ctx, ids))
	}
}

// takesWithPolicies claims and takes beside the history that is there.
func (b *bench) takesWithPolicies(sub *testing.B) {
	for sub.Loop() {
		c := withPolicies(b.claimAt(100))
		b.claim(c)
		got, err := b.st.Take(b.ctx, store.Take{
			HostID: host, At: minute(b.instant), Plugin: "qlik", Limit: store.MaxPage, Pools: map[string]int{"pool 1": 100},
		})
		if b.check(err); len(got) != 100 {
			b.Fatalf("%d runs were taken", len(got))
		}
		sub.StopTimer()
		b.end(c, run.Succeeded)
		sub.StartTimer()
	}
}
