package schedule

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// oracle is the rule of the package documentation taken literally: it walks all
// instants of a window and looks at the clock on the wall. It shares no code
// with what it checks; its grammar is small.
type oracle struct {
	// fields say for each field which values match.
	fields [6][60]bool
	// anyDay tells that a day field does not restrict; every that the hour does not.
	anyDay, every bool
	// tick is how far the walk goes at a time.
	tick time.Duration
	// margin is how much longer than the window the walk is at both ends, so that
	// it knows which wall times come for the second time or never.
	margin time.Duration
}

// newOracle takes six fields of "*", "*/n" and comma lists of numbers and a-b.
func newOracle(expr string, tick, margin time.Duration) oracle {
	o := oracle{tick: tick, margin: margin}
	lo, hi := [6]int{0, 0, 0, 1, 1, 0}, [6]int{59, 59, 23, 31, 12, 6}
	whole := [6]bool{true, true, true, true, true, true}
	for i, field := range strings.Fields(expr) {
		for n := lo[i]; n <= hi[i]; n++ {
			o.fields[i][n] = matches(field, lo[i], n)
			whole[i] = whole[i] && o.fields[i][n]
		}
	}
	o.every = whole[2]
	o.anyDay = whole[3] || whole[5]
	return o
}

func matches(field string, lo, n int) bool {
	for item := range strings.SplitSeq(field, ",") {
		if step, ok := strings.CutPrefix(item, "*/"); ok {
			if (n-lo)%number(step) == 0 {
				return true
			}
			continue
		}
		a, b, ranged := strings.Cut(item, "-")
		if !ranged {
			b = a
		}
		if item == "*" || number(a) <= n && n <= number(b) {
			return true
		}
	}
	return false
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// firings lists the instants after from and not after to.
func (o oracle) firings(loc *time.Location, from, to time.Time) []time.Time {
	first, last := from.Add(-o.margin), to.Add(o.margin)
	exists := make(map[int64]bool)
	for at := first; at.Before(last); at = at.Add(o.tick) {
		if wall := wallOf(at, loc); o.match(wall) {
			exists[wall] = true
		}
	}
	seen := make(map[int64]bool)
	var list []time.Time
	before := wallOf(first.Add(-o.tick), loc)
	for at := first; !at.After(to); at = at.Add(o.tick) {
		wall, fires := wallOf(at, loc), false
		if o.match(wall) {
			fires = o.every || !seen[wall]
			seen[wall] = true
		}
		for w := before + int64(o.tick/time.Second); w < wall && !o.every; w += int64(o.tick / time.Second) {
			fires = fires || o.match(w) && !exists[w]
		}
		before = wall
		if fires && at.After(from) {
			list = append(list, at)
		}
	}
	return list
}

// wallOf is what the clock shows, as seconds.
func wallOf(at time.Time, loc *time.Location) int64 {
	return at.Unix() + int64(offsetOf(at, loc))
}

// match tells whether the fields match a wall time.
func (o oracle) match(wall int64) bool {
	w := time.Unix(wall, 0).UTC()
	h, m, s := w.Clock()
	if !o.fields[0][s] || !o.fields[1][m] || !o.fields[2][h] || !o.fields[4][w.Month()] {
		return false
	}
	day, weekday := o.fields[3][w.Day()], o.fields[5][w.Weekday()]
	return day && weekday || !o.anyDay && (day || weekday)
}

// zones are the names of all time zones, and their links.
func zones(t testing.TB) []string {
	t.Helper()
	data, err := os.ReadFile("testdata/zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(data))
}

// changes lists the instants in a year at which the zone changes its offset.
func changes(loc *time.Location, year int) []time.Time {
	var list []time.Time
	const stride = 6 * time.Hour
	at := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
	for ; at.Year() == year; at = at.Add(stride) {
		lo, hi := at, at.Add(stride)
		if offsetOf(lo, loc) == offsetOf(hi, loc) {
			continue
		}
		for hi.Sub(lo) > time.Second {
			mid := lo.Add(hi.Sub(lo) / 2).Truncate(time.Second)
			if offsetOf(mid, loc) == offsetOf(lo, loc) {
				lo = mid
			} else {
				hi = mid
			}
		}
		list = append(list, hi)
	}
	return list
}

func offsetOf(at time.Time, loc *time.Location) int {
	_, offset := at.In(loc).Zone()
	return offset
}

// drawField draws a field, more often unrestricted than not.
func drawField(t *rapid.T, name string, lo, hi int) string {
	n := rapid.IntRange(lo, hi)
	switch rapid.IntRange(0, 5).Draw(t, name+" kind") {
	case 0, 1:
		return "*"
	case 2:
		return "*/" + strconv.Itoa(rapid.IntRange(1, hi).Draw(t, name+" step"))
	case 3:
		a, b := n.Draw(t, name), n.Draw(t, name)
		return strconv.Itoa(min(a, b)) + "-" + strconv.Itoa(max(a, b))
	}
	return strings.Join(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
		return strconv.Itoa(n.Draw(t, "value"))
	}), 1, 4).Draw(t, name), ",")
}

// drawExpr draws six fields that are likely to match near a change at noon or
// midnight, with the given second.
func drawExpr(t *rapid.T, second string) string {
	day, weekday, month := "*", "*", "*"
	if rapid.Bool().Draw(t, "restrict the day") {
		day, weekday = drawField(t, "day", 1, 28), drawField(t, "weekday", 0, 6)
	}
	if rapid.IntRange(0, 9).Draw(t, "restrict the month") == 0 {
		month = drawField(t, "month", 1, 12)
	}
	return strings.Join([]string{
		second, drawField(t, "minute", 0, 59), drawField(t, "hour", 0, 23), day, month, weekday,
	}, " ")
}

// firingsOf lists what the Spec has after from and not after to.
func firingsOf(s *Spec, from, to time.Time) []time.Time {
	var list []time.Time
	for at := s.Next(from); !at.IsZero() && !at.After(to); at = s.Next(at) {
		list = append(list, at)
	}
	return list
}

func TestNextAgreesWithOracle(t *testing.T) {
	t.Parallel()
	names := zones(t)

	t.Run("minute by minute around changes", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			compare(t, names, time.Minute, drawExpr(t, "0"), 30*time.Hour, 26*time.Hour)
		})
	})
	t.Run("second by second at changes", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			// Hours and days are left open more often, or hardly anything matches.
			expr := drawField(t, "second", 0, 59) + " " + drawField(t, "minute", 0, 59) + " */2,1,0,23 * * *"
			if rapid.Bool().Draw(t, "every hour") {
				expr = drawField(t, "second", 0, 59) + " " + drawField(t, "minute", 0, 59) + " * * * *"
			}
			compare(t, names, time.Second, expr, 90*time.Minute, 4*time.Hour)
		})
	})
}

// compare draws a zone and a year and checks around one of its changes.
func compare(t *rapid.T, names []string, tick time.Duration, expr string, around, margin time.Duration) {
	zone := rapid.SampledFrom(names).Draw(t, "zone")
	// Before 1973 some zones had offsets of odd seconds.
	year := rapid.IntRange(1973, 2045).Draw(t, "year")
	s, err := Parse(expr, zone)
	if err != nil {
		t.Skip(err) // an impossible date
	}
	// The turn of the year is where golang/go#81583 is.
	list := append(changes(s.Location(), year), time.Date(year, 12, 31, 12, 0, 0, 0, time.UTC))
	at := rapid.SampledFrom(list).Draw(t, "change")
	from, to := at.Add(-around), at.Add(around)
	want := newOracle(expr, tick, margin).firings(s.Location(), from, to)
	got := firingsOf(s, from, to)
	if !slices.EqualFunc(want, got, time.Time.Equal) {
		t.Fatalf("%q in %s, change at %s (-want +got):\n%s", expr, zone, at.In(s.Location()), cmp.Diff(want, got))
	}
}
