package host_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"butlerd/host/schedule"
)

// world is all that a host lives through: what is declared, what its plugin does, and
// what happens. It is drawn before any of it happens, so that it can be shrunk, and
// lived through twice.
type world struct {
	Seed      uint64 // of what actions do
	Begin     time.Time
	Slots     int // of the pool
	MaxWait   time.Duration
	Parallel  int // of the plugin
	Grace     time.Duration
	Schedules []plan
	Script    []step
}

// plan is one schedule as a file declares it.
type plan struct {
	ID       string
	Zone     string
	Crons    []cron
	At       []string
	StartsAt string
	EndsAt   string
	Calendar string
	Exclude  string
	Shift    schedule.Shift
	Jitter   time.Duration
	Tag      string
	Overlap  schedule.Overlap
	Limit    int // of the queue
	Timeout  time.Duration
	CatchUp  *schedule.CatchUp
	Retry    *schedule.Retry
	Startup  schedule.Startup
	Pool     bool
	Priority int
	Resumes  bool
	Starts   string // which schedule a success starts; empty: none
	Steps    bool   // actions follow
	Notify   bool
}

// cron is a line of which the oracle knows the meaning too.
type cron struct {
	Second, Minute []int
	Hour           []int // nil: all
	Weekday        []int // nil: all
}

// step is one thing that happens.
type step struct {
	Do   deed
	Of   int           // which schedule
	For  time.Duration // how long it lasts, or is slept
	Plan *plan         // of edit
	Hold heldScope
}

type deed string

const (
	doSleep   deed = "sleep"
	doRestart deed = "restart"
	doKill    deed = "kill"
	doStop    deed = "stop"
	doStart   deed = "start"
	doEdit    deed = "edit"
	doRemove  deed = "remove"
	doCreate  deed = "create"
	doDelete  deed = "delete"
	doHold    deed = "hold"
	doRelease deed = "release"
	doRun     deed = "run"
	doCancel  deed = "cancel"
	doJump    deed = "jump"
	doAway    deed = "away"
)

// heldScope says what a hold is of.
type heldScope struct {
	Scope string // all, tag or one
	Until bool
	Drain bool
}

// begins are shortly before clocks change, in one of the zones.
var begins = []time.Time{
	time.Date(2000, 3, 25, 20, 0, 0, 0, time.UTC),  // Stockholm, Lord Howe
	time.Date(2000, 4, 1, 22, 0, 0, 0, time.UTC),   // New York, Havana
	time.Date(2000, 10, 28, 20, 0, 0, 0, time.UTC), // Stockholm, New York, Havana
	time.Date(2000, 8, 26, 9, 0, 0, 0, time.UTC),   // Lord Howe
	time.Date(2000, 6, 2, 14, 0, 0, 0, time.UTC),   // none; a weekend
}

func drawWorld(t *rapid.T) world {
	w := world{
		Seed:     rapid.Uint64Range(1, 1<<40).Draw(t, "seed"),
		Begin:    rapid.SampledFrom(begins).Draw(t, "begin"),
		Slots:    rapid.IntRange(1, 3).Draw(t, "slots"),
		MaxWait:  rapid.SampledFrom([]time.Duration{0, 1801173 * time.Millisecond, 90311 * time.Millisecond}).Draw(t, "max wait"),
		Parallel: rapid.SampledFrom([]int{100, 100, 2, 1}).Draw(t, "parallel"),
		Grace:    rapid.SampledFrom([]time.Duration{0, 1, 20}).Draw(t, "grace") * 1013 * time.Millisecond,
	}
	n := rapid.IntRange(1, 6).Draw(t, "schedules")
	for i := range n {
		w.Schedules = append(w.Schedules, drawPlan(t, w.Begin, i, n))
	}
	for range rapid.IntRange(1, 22).Draw(t, "steps") {
		w.Script = append(w.Script, drawStep(t, w))
	}
	return w
}

func drawPlan(t *rapid.T, begin time.Time, i, n int) plan {
	p := plan{
		ID:       fmt.Sprintf("s%d", i),
		Zone:     rapid.SampledFrom(append([]string{"UTC"}, zones...)).Draw(t, "zone"),
		Tag:      rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "tag"),
		Overlap:  rapid.SampledFrom([]schedule.Overlap{"skip", "queue", "replace", "allow"}).Draw(t, "overlap"),
		Startup:  rapid.SampledFrom([]schedule.Startup{"started", "started", "last", "stopped"}).Draw(t, "startup"),
		Pool:     rapid.Bool().Draw(t, "pool"),
		Resumes:  rapid.IntRange(0, 3).Draw(t, "resumes") == 3,
		Priority: n - i, // no two are the same, or it would be left to chance which runs first
		Steps:    rapid.IntRange(0, 2).Draw(t, "follow-ups") == 2,
		Notify:   rapid.IntRange(0, 2).Draw(t, "notify") == 2,
	}
	for range rapid.IntRange(1, 3).Draw(t, "crons") {
		p.Crons = append(p.Crons, drawCron(t))
	}
	drawBounds(t, begin, &p)
	if p.Overlap == schedule.OverlapQueue {
		p.Limit = rapid.IntRange(1, 3).Draw(t, "queue limit")
	}
	if rapid.Bool().Draw(t, "timeout") {
		p.Timeout = time.Duration(rapid.IntRange(5, 900).Draw(t, "timeout"))*time.Second + time.Duration(137+11*i)*time.Millisecond
	}
	if rapid.Bool().Draw(t, "catch up") {
		p.CatchUp = &schedule.CatchUp{
			Mode:   rapid.SampledFrom([]schedule.CatchUpMode{schedule.CatchUpLast, schedule.CatchUpAll}).Draw(t, "mode"),
			Within: time.Duration(rapid.IntRange(1, 300).Draw(t, "within")) * time.Minute,
			Limit:  rapid.IntRange(1, 5).Draw(t, "limit"),
		}
	}
	if rapid.Bool().Draw(t, "retry") {
		p.Retry = drawRetry(t)
	}
	if i+1 < n && rapid.IntRange(0, 2).Draw(t, "starts") == 2 {
		p.Starts = fmt.Sprintf("s%d", rapid.IntRange(i+1, n-1).Draw(t, "which"))
	}
	return p
}

func drawCron(t *rapid.T) cron {
	minute := rapid.IntRange(0, 59).Draw(t, "minute")
	c := cron{Second: []int{0}, Minute: []int{minute}}
	switch rapid.IntRange(0, 4).Draw(t, "cron") {
	case 0: // each hour
	case 1:
		c.Minute = []int{minute % 30, minute%30 + 30}
	case 2: // often, for a while
		c.Hour, c.Minute = []int{rapid.IntRange(0, 23).Draw(t, "hour")}, nil
		for m := 0; m < 60; m += 5 {
			c.Minute = append(c.Minute, m)
		}
	case 3:
		c.Second = []int{0, 15, 30, 45}
		c.Hour = []int{1, 2, 3, 12, 20}
	case 4:
		c.Hour = []int{0, 2, rapid.IntRange(3, 23).Draw(t, "hour")}
		c.Weekday = []int{0, 6}
	}
	return c
}

func drawBounds(t *rapid.T, begin time.Time, p *plan) {
	wall := func(label string) string {
		at := begin.Add(time.Duration(rapid.IntRange(-10, 120).Draw(t, label)) * 15 * time.Minute)
		return at.Format("2006-01-02T15:04:05")
	}
	if rapid.IntRange(0, 3).Draw(t, "at") == 3 {
		p.At = []string{wall("at")}
	}
	if rapid.IntRange(0, 5).Draw(t, "starts at") == 5 {
		p.StartsAt = wall("starts at") + "Z"
	}
	if rapid.IntRange(0, 5).Draw(t, "ends at") == 5 {
		p.EndsAt = wall("ends at") + "Z"
	}
	if p.StartsAt != "" && p.EndsAt != "" && p.StartsAt >= p.EndsAt {
		p.EndsAt = ""
	}
	if rapid.IntRange(0, 3).Draw(t, "jitter") == 3 {
		p.Jitter = time.Duration(rapid.IntRange(1, 600).Draw(t, "jitter")) * time.Second
	}
	switch rapid.IntRange(0, 6).Draw(t, "calendar") {
	case 4:
		p.Calendar = "office"
	case 5:
		p.Exclude = "weekend"
	case 6:
		p.Exclude = "office"
	}
}

func drawRetry(t *rapid.T) *schedule.Retry {
	on := []schedule.RetryOn{}
	for _, end := range []schedule.RetryOn{schedule.RetryFailed, schedule.RetryTimedOut, schedule.RetryLost} {
		if rapid.IntRange(0, 2).Draw(t, string(end)) > 0 {
			on = append(on, end)
		}
	}
	if len(on) == 0 {
		on = append(on, schedule.RetryFailed)
	}
	backoff := time.Duration(rapid.IntRange(1, 300).Draw(t, "backoff")) * time.Second
	return &schedule.Retry{Attempts: rapid.IntRange(2, 4).Draw(t, "attempts"), Backoff: backoff, MaxBackoff: 3 * backoff / 2, On: on}
}

func drawStep(t *rapid.T, w world) step {
	deeds := []deed{
		doSleep, doSleep, doSleep, doRestart, doKill, doKill, doStop, doStart, doEdit, doRemove, doCreate, doDelete,
		doHold, doHold, doRelease, doRun, doRun, doCancel, doJump, doAway,
	}
	s := step{
		Do: rapid.SampledFrom(deeds).Draw(t, "do"),
		Of: rapid.IntRange(0, len(w.Schedules)-1).Draw(t, "of"),
	}
	// Some steps follow at once, and some last for hours.
	most := rapid.SampledFrom([]int{1, 200, 7000, 20000}).Draw(t, "most")
	s.For = time.Duration(rapid.IntRange(1, most).Draw(t, "for")) * time.Second
	switch s.Do {
	case doEdit:
		p := drawPlan(t, w.Begin, s.Of, len(w.Schedules))
		s.Plan = &p
	case doHold:
		s.Hold = heldScope{
			Scope: rapid.SampledFrom([]string{"all", "tag", "one"}).Draw(t, "scope"),
			Until: rapid.Bool().Draw(t, "until"), Drain: rapid.Bool().Draw(t, "drain"),
		}
	}
	return s
}

// script is a world as a person reads it, for the report of a failure.
func (w world) script() string {
	var b strings.Builder
	fmt.Fprintf(&b, "begins %s, seed %d\n%s", w.Begin.Format(time.RFC3339), w.Seed, w.config(w.Schedules))
	for i, s := range w.Script {
		fmt.Fprintf(&b, "%2d: %s s%d, %s", i, s.Do, s.Of, s.For)
		if s.Do == doHold {
			fmt.Fprintf(&b, " %+v", s.Hold)
		}
		if s.Plan != nil {
			fmt.Fprintf(&b, "\n%s", s.Plan.block())
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (w world) config(plans []plan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "host {\n  shutdown_grace = %q\n}\n", w.Grace)
	fmt.Fprintf(&b, "history {\n  keep = \"3650d\"\n}\n")
	fmt.Fprintf(&b, "plugin \"actor\" {\n  max_concurrent = %d\n  stop_grace = \"7.3s\"\n}\n", w.Parallel)
	fmt.Fprintf(&b, "pool \"narrow\" {\n  slots = %d\n", w.Slots)
	if w.MaxWait > 0 {
		fmt.Fprintf(&b, "  max_wait = %q\n", w.MaxWait)
	}
	b.WriteString("}\ncalendar \"office\" {\n  weekdays = [\"MON-SAT\"]\n  windows = [\"06:00-20:30\"]\n}\n")
	b.WriteString("calendar \"weekend\" {\n  weekdays = [\"SUN\"]\n}\n")
	b.WriteString("notify \"ops\" {\n  after_failures = 2\n  on_recovery = true\n  on_missed = true\n  action \"note\" {\n    name = \"ops\"\n  }\n}\n")
	for _, p := range plans {
		b.WriteString(p.block())
	}
	return b.String()
}

func (p plan) block() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "  "+format+"\n", args...) }
	text := func(name, value string) {
		if value != "" {
			line("%s = %q", name, value)
		}
	}
	fmt.Fprintf(&b, "schedule %q {\n", p.ID)
	line("timezone = %q", p.Zone)
	lines := make([]string, len(p.Crons))
	for i, c := range p.Crons {
		lines[i] = fmt.Sprintf("%q", c)
	}
	slices.Sort(lines)
	line("cron = [%s]", strings.Join(slices.Compact(lines), ", "))
	if len(p.At) > 0 {
		line("at = %q", p.At[0])
	}
	text("starts_at", p.StartsAt)
	text("ends_at", p.EndsAt)
	text("calendar", p.Calendar)
	text("exclude", p.Exclude)
	text("startup_state", string(p.Startup))
	text("overlap", string(p.Overlap))
	if p.Jitter > 0 {
		line("jitter = %q", p.Jitter)
	}
	line("tags = [%q]", p.Tag)
	line("priority = %d", p.Priority)
	if p.Overlap == schedule.OverlapQueue {
		line("queue_limit = %d", p.Limit)
	}
	if p.Timeout > 0 {
		line("timeout = %q", p.Timeout)
	}
	if p.Pool {
		line("pool = \"narrow\"")
	}
	if p.Notify {
		line("notify = \"ops\"")
	}
	p.policies(line)
	b.WriteString("}\n")
	return b.String()
}

func (p plan) policies(line func(format string, args ...any)) {
	if c := p.CatchUp; c != nil {
		line("catch_up {\n    mode = %q\n    within = %q\n    limit = %d\n  }", c.Mode, c.Within, c.Limit)
	}
	if r := p.Retry; r != nil {
		on := make([]string, len(r.On))
		for i, end := range r.On {
			on[i] = fmt.Sprintf("%q", end)
		}
		line("retry {\n    attempts = %d\n    backoff = %q\n    max_backoff = %q\n    on = [%s]\n  }", r.Attempts, r.Backoff, r.MaxBackoff, strings.Join(on, ", "))
	}
	if p.Starts != "" {
		line("on_success {\n    start = [%q]\n  }", p.Starts)
	}
	if p.Steps {
		line("on_failure {\n    action \"note\" {\n      name = \"failure\"\n    }\n  }")
		line("on_end {\n    action \"note\" {\n      name = \"end\"\n    }\n  }")
	}
	action := "work"
	if p.Resumes {
		action = "seek"
	}
	line("action %q {\n  }", action)
}

// String is the line as it is declared.
func (c cron) String() string {
	field := func(list []int) string {
		if list == nil {
			return "*"
		}
		texts := make([]string, 0, len(list))
		for _, n := range slices.Compact(slices.Sorted(slices.Values(list))) {
			texts = append(texts, fmt.Sprint(n))
		}
		return strings.Join(texts, ",")
	}
	return fmt.Sprintf("%s %s %s * * %s", field(c.Second), field(c.Minute), field(c.Hour), field(c.Weekday))
}
