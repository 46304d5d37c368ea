package schedule

import (
	"errors"
	"fmt"
	"sync"
	"testing"
)

// get gets what must be accepted.
func get(t *testing.T, c *Cache, expr, zone string) *Spec {
	t.Helper()
	s, err := c.Get(Timing{Cron: expr, Timezone: zone})
	if err != nil {
		t.Fatalf("Get(%q, %q): %v", expr, zone, err)
	}
	return s
}

func TestCache(t *testing.T) {
	t.Parallel()

	t.Run("gives the same spec for the same text", func(t *testing.T) {
		t.Parallel()
		c := NewCache()
		first := get(t, c, "0 9 * * *", "UTC")
		if again := get(t, c, "0 9 * * *", "UTC"); again != first {
			t.Error("two specs")
		}
	})

	t.Run("tells expressions and zones apart", func(t *testing.T) {
		t.Parallel()
		c := NewCache()
		a, b, d := get(t, c, "0 9 * * *", "UTC"), get(t, c, "0 8 * * *", "UTC"), get(t, c, "0 9 * * *", "Asia/Kolkata")
		if a.Expr() == b.Expr() || a.Zone() == d.Zone() {
			t.Errorf("got %q in %s, %q in %s, %q in %s", a.Expr(), a.Zone(), b.Expr(), b.Zone(), d.Expr(), d.Zone())
		}
		if b.Location() != a.Location() {
			t.Error("the zone was loaded twice")
		}
	})

	t.Run("refuses as Parse does, and keeps nothing of it", func(t *testing.T) {
		t.Parallel()
		c := NewCache()
		for _, pair := range [][2]string{{"61 * * * *", "UTC"}, {"@daily", "Mars/Phobos"}} {
			_, want := Parse(pair[0], pair[1])
			var pe *ParseError
			if _, err := c.Get(Timing{Cron: pair[0], Timezone: pair[1]}); !errors.As(err, &pe) || err.Error() != want.Error() {
				t.Errorf("Get(%q) = %v, want %v", pair, err, want)
			}
		}
		if len(c.specs)+len(c.asked) != 0 || len(c.zones) != 0 {
			t.Errorf("kept %d specs and %d zones", len(c.specs)+len(c.asked), len(c.zones))
		}
	})

	t.Run("is bounded", func(t *testing.T) {
		t.Parallel()
		c := NewCache()
		for i := range maxCachedSpecs + 10 {
			get(t, c, fmt.Sprintf("%d %d %d * * *", i%60, i/60%60, i/3600), "UTC")
		}
		if len(c.asked) != maxCachedSpecs {
			t.Errorf("%d specs, want %d", len(c.asked), maxCachedSpecs)
		}
	})

	t.Run("is shared by goroutines", func(t *testing.T) {
		t.Parallel()
		c := NewCache()
		specs := make([]*Spec, 8)
		var wg sync.WaitGroup
		for i := range specs {
			wg.Go(func() { specs[i], _ = c.Get(Timing{Cron: "0 9 * * *", Timezone: "Europe/London"}) })
		}
		wg.Wait()
		for _, s := range specs {
			if s == nil || s != specs[0] {
				t.Fatalf("specs = %v, want one", specs)
			}
		}
	})
}
