package schedule

import (
	"fmt"
	"runtime"
	"strconv"
	"testing"
	"time"
)

func BenchmarkParse(b *testing.B) {
	for name, expr := range map[string]string{"plain": "0 2 * * *", "rich": "*/10 0-30/5,45 8-18/2 1,15 JAN-JUN MON-SUN"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(expr, "Europe/Stockholm"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		c := NewCache()
		for b.Loop() {
			if _, err := c.Get(Timing{Cron: "0 2 * * *", Timezone: "Europe/Stockholm"}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkNext(b *testing.B) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for name, expr := range map[string]string{
		"second": "* * * * * *", "minute": "* * * * *", "daily": "0 2 * * *", "yearly": "0 0 1 1 *", "elapsed": "@every 90s",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			s := parse(b, expr, "Europe/Stockholm")
			at := start
			for b.Loop() {
				if at = s.Next(at); at.Year() > 2060 {
					at = start
				}
			}
		})
	}
	b.Run("asked again", func(b *testing.B) {
		b.ReportAllocs()
		s := parse(b, "0 2 * * *", "Europe/Stockholm")
		for b.Loop() {
			s.Next(start)
		}
	})
}

// fill adds n schedules: half daily, a quarter weekly and a quarter every few
// minutes, spread over the seconds.
func fill(b *testing.B, e *Engine, n int, after time.Time) {
	b.Helper()
	c := NewCache()
	for i := range n {
		expr := fmt.Sprintf("%d %d %d * * *", i%60, i/60%60, i%24)
		switch i % 4 {
		case 1:
			expr = fmt.Sprintf("%d %d %d * * %d", i%60, i/60%60, i%24, i%7)
		case 3:
			expr = fmt.Sprintf("%d */%d * * * *", i%60, 5+i%11)
		}
		s, err := c.Get(Timing{Cron: expr, Timezone: "Europe/Stockholm"})
		if err != nil {
			b.Fatal(err)
		}
		e.Set(strconv.Itoa(i), s, after)
	}
}

// BenchmarkEngineTick is one wake-up of the loop at the next due second.
func BenchmarkEngineTick(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			handled := 0
			e := NewEngine(Options{Handle: func(due []Due) { handled += len(due) }})
			now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
			e.now = func() time.Time { return now }
			fill(b, e, n, now)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				now = time.Unix(e.queue[0].at, 0)
				e.tick()
			}
			b.ReportMetric(float64(handled)/float64(b.N), "due/op")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(handled), "ns/due")
		})
	}
}

// BenchmarkEngineTopOfHour is the load that counts: all schedules at once.
func BenchmarkEngineTopOfHour(b *testing.B) {
	const n = 10_000
	e := NewEngine(Options{Handle: func([]Due) {}})
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	e.now = func() time.Time { return now }
	s := parse(b, "0 * * * *", "Europe/Stockholm")
	for i := range n {
		e.Set(strconv.Itoa(i), s, now)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		now = time.Unix(e.queue[0].at, 0)
		e.tick()
	}
}

// BenchmarkEngineSet adds 100,000 schedules that share 1,440 expressions, and
// tells what one costs while it waits, its id included.
func BenchmarkEngineSet(b *testing.B) {
	const n = 100_000
	now := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	var before, after runtime.MemStats
	for range b.N {
		runtime.GC()
		runtime.ReadMemStats(&before)
		e, c := NewEngine(Options{}), NewCache()
		for i := range n {
			s, err := c.Get(Timing{Cron: fmt.Sprintf("%d %d * * *", i%60, i/60%24), Timezone: "Europe/Stockholm"})
			if err != nil {
				b.Fatal(err)
			}
			e.Set(strconv.Itoa(i), s, now)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(e)
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/n, "B/entry")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
}
