package audit

import (
	"fmt"
	"testing"
	"time"
)

// A million firings of a hundred schedules, in memory: what is measured is the
// recomputing and the comparing.
func BenchmarkVerify(b *testing.B) {
	const schedules, firings = 100, 1_000_000
	l := &ledger{}
	for i := range schedules {
		l.declare(fmt.Sprintf("schedule %02d", i), "*/5 * * * *", nil)
	}
	l.fire(b, start.Add(firings/schedules*5*time.Minute+time.Second), nil)
	s := sealerOf(l, at(l.until))
	if _, err := s.Seal(b.Context()); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r := verify(b, l, Options{Now: at(l.until.Add(time.Hour))})
		if !r.OK || r.Settled != firings {
			b.Fatalf("settled %d, found %v", r.Settled, r.Findings)
		}
	}
	b.ReportMetric(float64(firings)*float64(b.N)/b.Elapsed().Seconds(), "firings/s")
}
