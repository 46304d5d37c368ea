package shadow

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"butlerd/host/schedule"
)

func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, test)
	})
}

// TestParityIsFound: whatever the schedules are, how late Butler is and how long
// reloads take, and however often the observer is ended, what Butler starts by the
// same schedules is parity.
func TestParityIsFound(t *testing.T) {
	t.Parallel()
	crons := []string{"* * * * *", "*/5 * * * *", "7 * * * *", "0 */2 * * *", "30 6 * * *", "0 6,18 * * 1-5", "*/20 * * * * *", "15 3 * * *"}
	zones := []string{"UTC", "Europe/Stockholm", "America/New_York", "Asia/Kolkata"}
	for seed := range uint64(8) {
		inBubble(t, fmt.Sprint("seed ", seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 0))
			var has []schedule.Definition
			for i := range 1 + r.IntN(6) {
				has = append(has, reload(fmt.Sprint("schedule ", i), crons[r.IntN(len(crons))], zones[r.IntN(len(zones))], r.IntN(4)))
			}
			hourly := reload("hourly", "0 * * * *", "UTC", 9) // so that something is due
			has = append(has, hourly)
			b := newBench(t, &site{perPage: 1 + r.IntN(50)}, has...)
			b.site.starts = butler{lag: upTo(r, 4*time.Second), last: upTo(r, 3*time.Minute)}.play(t, has, 60*time.Hour)
			for range 5 {
				b.watch(time.Duration(2+r.IntN(8)) * time.Hour)
				time.Sleep(time.Duration(r.IntN(120)) * time.Minute) // nobody looks
			}
			report := b.judge(Question{})
			if !report.Parity || len(report.Extra) > 0 || len(report.Gaps) > 0 || b.troubles > 0 {
				t.Errorf("%s", text(t, report))
			}
			seen := map[string]bool{}
			for _, f := range b.found {
				if f.State != Matched && f.State != Merged {
					t.Errorf("found: %s", f)
				}
				key := fmt.Sprint(f.ScheduleID, f.DueAt)
				if seen[key] {
					t.Errorf("found twice: %s", f)
				}
				seen[key] = true
			}
		})
	}
}

func text(t *testing.T, r *Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wantExplained wants no parity, and a reason for the schedule.
func wantExplained(t *testing.T, r *Report, want ...string) {
	t.Helper()
	if r.Parity {
		t.Errorf("parity")
	}
	for _, w := range want {
		if !strings.Contains(r.Schedules[0].Explanation, w) {
			t.Errorf("the explanation has no %q:\n%s", w, text(t, r))
		}
	}
}

func TestMistakesAreExplained(t *testing.T) {
	t.Parallel()
	inBubble(t, "the wrong time zone", func(t *testing.T) {
		b := newBench(t, &site{}, reload("a", "30 6 * * *", "Europe/London", 1))
		b.site.starts = prompt().play(t, []schedule.Definition{reload("a", "30 6 * * *", "Asia/Tokyo", 1)}, 96*time.Hour)
		b.watch(72 * time.Hour)
		wantExplained(t, b.judge(Question{}), "Europe/London is probably wrong", "Asia/Tokyo", "UTC+09:00")
		b.plan = NewPlan([]schedule.Definition{reload("a", "30 6 * * *", "Asia/Tokyo", 1)}, nil)
		if r := b.judge(Question{}); !r.Parity {
			t.Errorf("the same observations do not show that the mended one is right:\n%s", text(t, r))
		}
	})
	inBubble(t, "the zone of the server before others", func(t *testing.T) {
		b := newBench(t, &site{}, reload("a", "30 6 * * *", "UTC", 1))
		b.site.starts = prompt().play(t, []schedule.Definition{reload("a", "30 6 * * *", "Europe/Madrid", 1)}, 96*time.Hour)
		b.watch(72 * time.Hour)
		wantExplained(t, b.judge(Question{Zones: []string{"Europe/Madrid"}}), "fit Europe/Madrid")
	})
	inBubble(t, "an offset that no zone has", func(t *testing.T) {
		b := newBench(t, &site{}, reload("a", "30 6 * * *", "UTC", 1))
		b.site.starts = prompt().play(t, []schedule.Definition{reload("a", "45 6 * * *", "UTC", 1)}, 96*time.Hour)
		b.watch(72 * time.Hour)
		wantExplained(t, b.judge(Question{}), "15m0s later")
	})
	inBubble(t, "clocks that differ by more than the tolerance", func(t *testing.T) {
		has := []schedule.Definition{reload("a", "30 * * * *", "UTC", 1)}
		b := newBench(t, &site{}, has...)
		b.site.starts = butler{lag: constant(200 * time.Second), last: constant(time.Minute)}.play(t, has, 60*time.Hour)
		b.watch(48 * time.Hour)
		wantExplained(t, b.judge(Question{}), "3m20s later", "clocks")
	})
	inBubble(t, "month numbers of Butler", func(t *testing.T) {
		time.Sleep(35 * day) // it is February
		b := newBench(t, &site{}, reload("a", "30 6 * 1 *", "UTC", 1))
		b.site.starts = prompt().play(t, []schedule.Definition{reload("a", "30 6 * 2 *", "UTC", 1)}, 96*time.Hour)
		b.watch(72 * time.Hour)
		wantExplained(t, b.judge(Question{}), `the cron line "30 6 * 2 *"`, "off by one")
	})
	inBubble(t, "one that is stopped in Butler", func(t *testing.T) {
		b := newBench(t, &site{}, reload("a", "30 6 * * *", "UTC", 1))
		b.watch(72 * time.Hour)
		wantExplained(t, b.judge(Question{}), "started none of its tasks")
	})
}

func TestExtraStarts(t *testing.T) {
	t.Parallel()
	at := func(hour float64) Start {
		when := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(hour * float64(time.Hour)))
		end := when.Add(time.Minute)
		return Start{ID: fmt.Sprint("by hand ", hour), TaskID: taskID(1), At: when, EndedAt: &end}
	}
	tests := map[string]struct {
		extra  []Start
		allow  []string
		parity bool
	}{
		"of people":                 {[]Start{at(8.5), at(10.25), at(30.1)}, nil, true},
		"at the same time each day": {[]Start{at(8.5), at(32.5)}, nil, false},
		"at the same distance":      {[]Start{at(8.5), at(9.75), at(11)}, nil, false},
		"that are allowed":          {[]Start{at(8.5), at(32.5)}, []string{taskID(1)}, true},
	}
	for name, tt := range tests {
		inBubble(t, name, func(t *testing.T) {
			has := []schedule.Definition{reload("a", "0 */3 * * *", "UTC", 1)}
			b := newBench(t, &site{}, has...)
			b.site.starts = append(prompt().play(t, has, 60*time.Hour), tt.extra...)
			slices.SortFunc(b.site.starts, func(a, b Start) int { return a.At.Compare(b.At) })
			b.watch(48 * time.Hour)
			r := b.judge(Question{AllowExtra: tt.allow})
			if r.Parity != tt.parity || len(r.Extra) != 1 || r.Extra[0].Starts != len(tt.extra) {
				t.Errorf("%s", text(t, r))
			}
		})
	}
}

func TestTroubleAndGaps(t *testing.T) {
	t.Parallel()
	has := []schedule.Definition{reload("a", "*/10 * * * *", "UTC", 1)}
	inBubble(t, "what was started while Qlik Sense did not answer is asked afterwards", func(t *testing.T) {
		b := newBench(t, &site{}, has...)
		b.site.starts = prompt().play(t, has, 24*time.Hour)
		b.watch(time.Hour)
		b.site.down = true
		b.watch(3 * time.Hour)
		b.site.down = false
		b.watch(time.Hour)
		if r := b.judge(Question{}); !r.Parity || b.troubles == 0 || r.Schedules[0].Expected < 28 || len(r.Gaps) > 0 {
			t.Errorf("%d troubles\n%s", b.troubles, text(t, r))
		}
	})
	inBubble(t, "what Qlik Sense has deleted meanwhile is left out, and said", func(t *testing.T) {
		b := newBench(t, &site{}, has...)
		b.site.starts = prompt().play(t, has, 24*time.Hour)
		b.watch(time.Hour)
		time.Sleep(5 * time.Hour)
		b.site.forgets = time.Now().Add(-time.Hour)
		b.watch(time.Hour)
		r := b.judge(Question{})
		if !r.Parity || len(r.Gaps) != 1 || r.Schedules[0].Unseen < 20 || r.Schedules[0].Expected < 16 {
			t.Errorf("%s", text(t, r))
		}
	})
	inBubble(t, "one start for two schedules, and one for two instants", func(t *testing.T) {
		has := []schedule.Definition{reload("a", "0 * * * *", "UTC", 1), reload("b", "0 */2 * * *", "UTC", 1), reload("c", "0,10 * * * *", "UTC", 2)}
		b := newBench(t, &site{}, has...)
		b.site.starts = butler{lag: constant(time.Second), last: constant(15 * time.Minute)}.play(t, has, 24*time.Hour)
		b.watch(10 * time.Hour)
		r := b.judge(Question{})
		if !r.Parity || r.Schedules[1].Merged != 5 || r.Schedules[2].Merged < 9 {
			t.Errorf("%s", text(t, r))
		}
		if said := text(t, r); !strings.Contains(said, "Parity: yes, over 9h5") {
			t.Errorf("%s", said)
		}
	})
	inBubble(t, "clocks that differ by less than the tolerance", func(t *testing.T) {
		b := newBench(t, &site{}, has...)
		b.site.starts = butler{lag: constant(-20 * time.Second), last: constant(time.Minute)}.play(t, has, 24*time.Hour)
		b.watch(10 * time.Hour)
		if r := b.judge(Question{}); !r.Parity || *r.Schedules[0].LagP50Seconds != -20 || !strings.Contains(text(t, r), "behind that of this host, by 20s or more") {
			t.Errorf("%s", text(t, r))
		}
	})
}
