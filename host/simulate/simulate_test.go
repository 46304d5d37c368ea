package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"butlerd/host/schedule"
)

var (
	monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	minute = time.Minute
)

func spec(t testing.TB, cron, zone string) *schedule.Spec {
	t.Helper()
	s, err := schedule.Parse(cron, zone)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hourly are n schedules that fire each full hour.
func hourly(t testing.TB, n int, change func(*Schedule)) []Schedule {
	list := make([]Schedule, n)
	for i := range list {
		list[i] = Schedule{ID: fmt.Sprintf("s%d", i), Spec: spec(t, "0 * * * *", "UTC"), Overlap: schedule.OverlapSkip, Plugin: "p", Takes: 10 * minute}
		if change != nil {
			change(&list[i])
		}
	}
	return list
}

func play1(t *testing.T, in Input) *Report {
	t.Helper()
	r, err := Run(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// day is an input of one day.
func day(schedules []Schedule) Input {
	return Input{From: monday, To: monday.Add(24 * time.Hour), Schedules: schedules}
}

func TestRun(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		in   func(t *testing.T) Input
		want Outcomes
	}{
		"nothing waits without limits": {
			func(t *testing.T) Input { return day(hourly(t, 6, nil)) },
			Outcomes{Firings: 144, Runs: 144},
		},
		"two of six wait for a pool of four": {
			func(t *testing.T) Input {
				in := day(hourly(t, 6, func(s *Schedule) { s.Pool = "qlik" }))
				in.Pools = map[string]Pool{"qlik": {Slots: 4}}
				return in
			},
			// The runs of the last instant, the end of the day, have not started when it is over.
			Outcomes{Firings: 144, Runs: 142, Waited: 46, MeanWait: 600, MaxWait: 600},
		},
		"a plugin's slots are a limit too": {
			func(t *testing.T) Input {
				in := day(hourly(t, 2, nil))
				in.Slots = map[string]int{"p": 1}
				return in
			},
			Outcomes{Firings: 48, Runs: 47, Waited: 23, MeanWait: 600, MaxWait: 600},
		},
		"what waits too long is given up": {
			func(t *testing.T) Input {
				in := day(hourly(t, 2, func(s *Schedule) { s.Pool, s.Takes = "one", 40*minute }))
				in.Pools = map[string]Pool{"one": {Slots: 1, MaxWait: 30 * minute}}
				return in
			},
			Outcomes{Firings: 48, Runs: 24, GivenUp: 23},
		},
		"overlap skips": {
			func(t *testing.T) Input { return day(hourly(t, 1, func(s *Schedule) { s.Takes = 90 * minute })) },
			Outcomes{Firings: 24, Runs: 12, Skipped: 12},
		},
		"overlap queues one": {
			func(t *testing.T) Input {
				return day(hourly(t, 1, func(s *Schedule) { s.Takes, s.Overlap = 150*minute, schedule.OverlapQueue }))
			},
			Outcomes{Firings: 24, Runs: 10, QueueFull: 13, Waited: 9, MeanWait: 130 * 60, MaxWait: 150 * 60},
		},
		"overlap replaces": {
			func(t *testing.T) Input {
				return day(hourly(t, 1, func(s *Schedule) { s.Takes, s.Overlap = 90*minute, schedule.OverlapReplace }))
			},
			Outcomes{Firings: 24, Runs: 24, Replaced: 23},
		},
		"overlap allows": {
			func(t *testing.T) Input {
				return day(hourly(t, 1, func(s *Schedule) { s.Takes, s.Overlap = 90*minute, schedule.OverlapAllow }))
			},
			Outcomes{Firings: 24, Runs: 24},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := play1(t, tt.in(t)).Totals.Outcomes; got != tt.want {
				t.Errorf("totals: %+v\nwant    %+v", got, tt.want)
			}
		})
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	schedules := append(hourly(t, 3, func(s *Schedule) { s.Pool, s.Priority = "qlik", len(s.ID) }),
		Schedule{ID: "night", Spec: spec(t, "30 2 * * *", "Europe/Stockholm"), Overlap: schedule.OverlapSkip, Plugin: "p", Takes: time.Hour})
	schedules[2].ID, schedules[2].Priority = "important", 10
	in := Input{From: monday, To: monday.AddDate(0, 1, 0), Schedules: schedules, Pools: map[string]Pool{"qlik": {Slots: 2}}, Slots: map[string]int{"p": 10}}
	r := play1(t, in)
	t.Run("the one of the highest priority does not wait", func(t *testing.T) {
		for _, s := range r.Schedules {
			// Firings of one instant are admitted by id: priority is of what waits.
			if s.ID == "s1" && s.Waited == 0 {
				t.Errorf("%+v", s)
			}
		}
	})
	t.Run("the pool's use adds up", func(t *testing.T) {
		if pool := r.Pools[0]; pool.Peak != 2 || pool.Use < 0.249 || pool.Use > 0.251 {
			t.Errorf("%+v: want a use of a quarter, 3 times 10 minutes of 2 slots an hour", pool)
		}
	})
	t.Run("all hours of the week are there, and the busiest is at night", func(t *testing.T) {
		if len(r.Hours) != hoursOfWeek || r.Busiest[0].Hour != 1 && r.Busiest[0].Hour != 2 {
			t.Errorf("%d hours, busiest %+v", len(r.Hours), r.Busiest[0])
		}
	})
	t.Run("the night on which the clock is set forward is listed", func(t *testing.T) {
		if r.ClockChanged != 1 || r.ClockChanges[0].ScheduleID != "night" {
			t.Errorf("%d: %+v", r.ClockChanged, r.ClockChanges)
		}
	})
	t.Run("the most crowded instants are listed, the first one first", func(t *testing.T) {
		if c := r.Collisions; len(c) != maxCollisions || c[0].Firings != 4 || c[1].Firings != 3 || !c[1].At.Equal(monday.Add(time.Hour)) {
			t.Errorf("%+v", c)
		}
	})
	t.Run("the same input gives the same report", func(t *testing.T) {
		a, b := encode(t, r), encode(t, play1(t, in))
		if a != b {
			t.Error("two reports differ")
		}
	})
	t.Run("its text names each schedule, and its picture is XML", func(t *testing.T) {
		var text, svg bytes.Buffer
		if err := errors.Join(r.WriteText(&text), r.WriteSVG(&svg)); err != nil {
			t.Fatal(err)
		}
		for _, s := range r.Schedules {
			if !strings.Contains(text.String(), s.ID) {
				t.Errorf("the text lacks %q:\n%s", s.ID, text.String())
			}
		}
		for d := xml.NewDecoder(&svg); ; {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
	})
}

func encode(t *testing.T, r *Report) string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTooManyFirings(t *testing.T) {
	t.Parallel()
	in := day(hourly(t, 10, nil))
	in.MaxFirings = 100
	r := play1(t, in)
	if r.TruncatedAt == nil || r.Totals.Firings != 100 {
		t.Errorf("%v after %d firings; want an early end", r.TruncatedAt, r.Totals.Firings)
	}
}

func TestStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, day(hourly(t, 1, nil))); !errors.Is(err, context.Canceled) {
		t.Errorf("Run = %v", err)
	}
}

// BenchmarkYear plays a year of a thousand schedules, as a site has them: most run
// daily, some hourly, a few each five minutes.
func BenchmarkYear(b *testing.B) {
	var schedules []Schedule
	for i := range 1000 {
		cron := fmt.Sprintf("%d %d * * *", i%60, i%24)
		switch {
		case i%50 == 0:
			cron = "*/5 * * * *"
		case i%4 == 0:
			cron = fmt.Sprintf("%d * * * *", i%60)
		}
		schedules = append(schedules, Schedule{ID: fmt.Sprint(i), Spec: spec(b, cron, "Europe/Stockholm"), Overlap: schedule.OverlapQueue,
			Plugin: "p", Pool: "qlik", Takes: time.Duration(10+i%50) * time.Second})
	}
	in := Input{From: monday, To: monday.AddDate(1, 0, 0), Schedules: schedules, Pools: map[string]Pool{"qlik": {Slots: 4, MaxWait: 30 * minute}}}
	for b.Loop() {
		r, err := Run(context.Background(), in)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(r.Totals.Firings), "firings")
	}
}
