package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds of a [Timing].
const (
	maxCrons  = 64
	maxAt     = 1000
	maxJitter = 24 * time.Hour
	// maxMoved is how often a day a schedule with a shift may fire: each of its
	// instants may have to look at a month of days.
	maxMoved = 24
)

// TimingError says which member of a timing or calendar is wrong.
type TimingError struct {
	Member string // "crons[0]", "at[1]", "calendars[0].dates[2]"
	Err    error  // for cron lines a *ParseError
}

func (e *TimingError) Error() string { return e.Member + ": " + e.Err.Error() }

// Unwrap returns Err.
func (e *TimingError) Unwrap() error { return e.Err }

// within puts the member of an error below another one.
func within(member string, err error) error {
	var te *TimingError
	if errors.As(err, &te) {
		return &TimingError{member + "." + te.Member, te.Err}
	}
	return &TimingError{member, err}
}

// Compile makes a Spec of all that says when a schedule fires. What is wrong with
// the cron line or the time zone is a *[ParseError], as from [Parse]; what is wrong
// with a member of More is a *[TimingError]. The answer does not depend on the
// present: what can fire no more was right once, and is read again from a ledger. Of a
// [Timing.Never] the Spec has no instant.
func Compile(t Timing) (*Spec, error) {
	if t.More == nil && !t.Never() {
		return Parse(t.Cron, t.Timezone)
	}
	return compileIn(t, loadZone)
}

// compileIn is Compile with a way to load zones.
func compileIn(t Timing, zone func(string) (*time.Location, error)) (*Spec, error) {
	if t.Never() {
		return compileNever(t, zone)
	}
	t.Cron = strings.Clone(t.Cron)
	c := &composite{more: t.More, starts: minInstant, ends: maxInstant}
	if err := c.addLines(t); err != nil {
		return nil, err
	}
	loc, err := zone(t.Timezone)
	if err != nil {
		return nil, err
	}
	c.loc = loc
	for _, line := range c.lines {
		line.loc = loc
	}
	for _, step := range []func() error{c.addSingles, c.addBounds, c.addCalendars, c.checkShift, c.checkJitter} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return &Spec{expr: t.Cron, key: t.Key(), loc: loc, more: c}, nil
}

// compileNever makes a Spec without instants.
func compileNever(t Timing, zone func(string) (*time.Location, error)) (*Spec, error) {
	loc, err := zone(t.Timezone)
	if err != nil {
		return nil, err
	}
	return &Spec{key: t.Key(), loc: loc, more: &composite{more: &More{}, loc: loc, starts: minInstant, ends: maxInstant}}, nil
}

func (c *composite) addLines(t Timing) error {
	switch {
	case t.Cron == "" && len(c.more.Crons) == 0 && len(c.more.At) == 0:
		return &ParseError{Reason: "empty expression"}
	case len(c.more.Crons) > maxCrons:
		return &TimingError{"crons", fmt.Errorf("there are %d cron lines; %d is the most", len(c.more.Crons), maxCrons)}
	}
	if t.Cron != "" {
		line, err := parseExpr(t.Cron)
		if err != nil {
			return err
		}
		c.lines = append(c.lines, line)
	}
	for i, expr := range c.more.Crons {
		line, err := parseExpr(expr)
		if err != nil {
			return &TimingError{fmt.Sprintf("crons[%d]", i), err}
		}
		c.lines = append(c.lines, line)
	}
	return nil
}

func (c *composite) addBounds() error {
	from, to := c.more.StartsAt, c.more.EndsAt
	if from != nil {
		c.starts = from.Unix()
		if from.Nanosecond() > 0 {
			c.starts++ // the first whole second that is not before it
		}
	}
	if to != nil {
		c.ends = to.Unix()
	}
	if from != nil && to != nil && to.Before(*from) {
		return &TimingError{"ends_at", errors.New("the end is before the start")}
	}
	return nil
}

func (c *composite) addCalendars() (err error) {
	b := budget{calendars: maxCalendars}
	if c.in, err = b.areas("calendars", c.more.Calendars, 1); err != nil {
		return err
	}
	c.out, err = b.areas("exclude", c.more.Exclude, 1)
	return err
}

func (c *composite) checkShift() error {
	switch c.more.Shift {
	case "", ShiftSkip:
		return nil
	case ShiftNext, ShiftPrevious:
	default:
		return &TimingError{"shift", fmt.Errorf("%q is none of skip, next and previous", c.more.Shift)}
	}
	perDay := 0
	for _, line := range c.lines {
		perDay += line.perDay()
	}
	if perDay > maxMoved {
		return &TimingError{"shift", fmt.Errorf("instants can move in a schedule that fires at most %d times a day, and this one does %d times", maxMoved, perDay)}
	}
	c.moves = len(c.in)+len(c.out) > 0
	return nil
}

func (c *composite) checkJitter() error {
	if j := c.more.Jitter; j < 0 || j > maxJitter || j%time.Second != 0 {
		return &TimingError{"jitter", fmt.Errorf("%s is not a number of whole seconds from 0 to 24h", j)}
	}
	return nil
}

// perDay is how often a cron line fires on a day at most, clock changes aside.
func (s *Spec) perDay() int {
	if s.every > 0 {
		return int((day + s.every - 1) / s.every)
	}
	return len(s.members(fieldSecond)) * len(s.members(fieldMinute)) * len(s.members(fieldHour))
}

// single is one of the At of a timing.
type single struct {
	wall, at int64
	text     string
}

// addSingles reads the single instants, in the order of time.
func (c *composite) addSingles() error {
	if len(c.more.At) > maxAt {
		return &TimingError{"at", fmt.Errorf("there are %d single instants; %d is the most", len(c.more.At), maxAt)}
	}
	for i, text := range c.more.At {
		wall, err := parseWall(text)
		if err != nil {
			return &TimingError{fmt.Sprintf("at[%d]", i), err}
		}
		c.singles = append(c.singles, single{wall: wall, at: instantOf(c.loc, wall), text: text})
	}
	slices.SortFunc(c.singles, func(a, b single) int { return int(min(1, max(-1, a.at-b.at))) })
	return nil
}

// wallLayout is how times on the wall are written.
const wallLayout = "2006-01-02T15:04:05"

// parseWall reads a time on the wall, in seconds as if it were UTC.
func parseWall(text string) (int64, error) {
	at, err := time.Parse(wallLayout, text)
	if err != nil || len(text) != len(wallLayout) || at.Year() < 1 {
		return 0, fmt.Errorf("%.40q is not a time on the wall such as 2026-12-24T18:00:00, without an offset: the schedule's time zone holds", text)
	}
	return at.Unix(), nil
}

// instantOf is the instant at which a clock shows a time: the first after the gap
// when it never does, and the first of two when it does twice.
func instantOf(loc *time.Location, wall int64) int64 {
	const widest = 27 * 60 * 60 // no zone is further ahead of UTC
	for p := periodAt(loc, wall-widest); ; p = periodAt(loc, p.end) {
		if at := max(wall-p.offset, p.start); at < p.end {
			return at
		}
	}
}
