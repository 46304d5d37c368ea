package schedule

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// nextWall finds what robfig/cron finds, on any clock.
func TestNextWall(t *testing.T) {
	t.Parallel()
	field := func(t *rapid.T, name string, lo, hi int) string {
		n := rapid.IntRange(lo, hi)
		switch rapid.IntRange(0, 4).Draw(t, name) {
		case 0:
			return fmt.Sprint(n.Draw(t, name))
		case 1:
			return fmt.Sprintf("%d,%d,%d", n.Draw(t, name), n.Draw(t, name), n.Draw(t, name))
		case 2:
			return fmt.Sprintf("*/%d", rapid.IntRange(1, max(hi/2, 2)).Draw(t, name))
		case 3:
			from := n.Draw(t, name)
			return fmt.Sprintf("%d-%d", from, rapid.IntRange(from, hi).Draw(t, name))
		}
		return "*"
	}
	rapid.Check(t, func(t *rapid.T) {
		expr := fmt.Sprintf("%s %s %s %s %s %s", field(t, "second", 0, 59), field(t, "minute", 0, 59), field(t, "hour", 0, 23),
			field(t, "day", 1, 31), field(t, "month", 1, 12), field(t, "weekday", 0, 6))
		s, err := parseExpr(expr)
		if err != nil {
			t.Skip(err) // there is no such date
		}
		wall := rapid.Int64Range(-5_000_000_000, 10_000_000_000).Draw(t, "after")
		for range 20 {
			got, want := s.nextWall(wall), s.nextFar(wall)
			if got != want {
				at := func(wall int64) string { return time.Unix(wall, 0).UTC().Format(time.DateTime) }
				t.Fatalf("%q after %s: %s, want %s", expr, at(wall), at(got), at(want))
			}
			wall = got
		}
	})
}
