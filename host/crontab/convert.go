package crontab

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"strings"
	"time"

	"butlerd/host/config/hclfile"
	"butlerd/host/finding"
	"butlerd/host/schedule"
)

// Input is what a configuration is made of.
type Input struct {
	File string // its name, for the report
	Text string
	// Timezone is the IANA name of the time zone of the machine that cron runs on. It is
	// that of all lines that CRON_TZ does not say otherwise for.
	Timezone string
	System   bool // each line names the user that runs the command
}

// ErrNoTimezone is given when neither the input nor CRON_TZ says the time zone.
var ErrNoTimezone = errors.New("the time zone of the machine that cron runs on is needed")

// Convert makes a configuration file.
func Convert(in Input) ([]byte, finding.Report, error) {
	t, err := read(in.Text, in.System)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", in.File, err)
	}
	c := conversion{in: in, file: hclfile.New(), ids: map[string]bool{}}
	c.file.Comment("Made of " + path.Base(in.File) + " by `butlerd import crontab`. Look at the report of the\nimport, and check the file with `butlerd validate`.")
	c.file.Space()
	c.file.Block("plugin", "exec")
	for _, m := range t.mistakes {
		c.find(finding.Left, m.line, "%.100q: %s", m.text, m.reason)
	}
	for _, e := range t.entries {
		if err := c.entry(e); err != nil {
			return nil, nil, err
		}
	}
	c.whole(t)
	return c.file.Bytes(), c.report, nil
}

// conversion is one making of a file.
type conversion struct {
	in     Input
	file   *hclfile.File
	report finding.Report
	ids    map[string]bool
}

func (c *conversion) find(k finding.Kind, line int, format string, args ...any) {
	place := c.in.File
	if line > 0 {
		place = fmt.Sprintf("%s:%d", place, line)
	}
	c.report = append(c.report, finding.Finding{Kind: k, Place: place, Text: fmt.Sprintf(format, args...)})
}

func (c *conversion) entry(e entry) error {
	zone := c.in.Timezone
	if z := e.env["CRON_TZ"]; z != "" {
		zone = z
	}
	if zone == "" {
		return fmt.Errorf("%s:%d: %w", c.in.File, e.line, ErrNoTimezone)
	}
	if _, err := schedule.LoadZone(zone); err != nil {
		return fmt.Errorf("%s:%d: %w", c.in.File, e.line, err)
	}
	d := schedule.Definition{
		ID: c.id(e), Name: short(e.command), Description: e.comment, Cron: e.when, Timezone: zone, Tags: []string{"crontab"},
		Startup: schedule.StartupStarted, Overlap: schedule.OverlapAllow, // as cron does
		Action: schedule.Action{Type: "exec", Arguments: arguments(e)},
	}
	comments := []string{fmt.Sprintf("Line %d: %s", e.line, e.when)}
	if e.user != "" {
		d.Tags = append(d.Tags, tidy(e.user))
		comments = append(comments, "cron ran it as "+e.user+".")
		c.find(finding.Trap, e.line, "cron ran it as the user %s; here it runs as the user of butlerd", e.user)
	}
	if reason := c.broken(e, zone); reason != "" {
		return c.leave(d, e, reason, comments)
	}
	if daily(e.when) {
		words := strings.Fields(e.when)
		words[2], words[4] = "*", "*"
		d.Cron = strings.Join(words, " ")
		c.find(finding.Changed, e.line, "%q became %q: cron takes a day field for one without a limit only where it starts with a star, so that one of all days beside another makes it run daily", e.when, d.Cron)
	}
	c.traps(e)
	c.file.Space()
	return c.file.Schedule(d, nil, comments...)
}

// broken says why a line cannot be a schedule, or nothing.
func (c *conversion) broken(e entry, zone string) string {
	if e.when == "@reboot" {
		return "@reboot is not a time: start the command with the machine, by its service manager"
	}
	if e.command == "" {
		return "there is no command"
	}
	if strings.Contains(e.when, "~") {
		return "a random time (~): write a time, and set jitter"
	}
	if _, err := schedule.Parse(e.when, zone); err != nil {
		return err.Error()
	}
	return ""
}

// leave writes the schedule as a comment, where it is there to be mended.
func (c *conversion) leave(d schedule.Definition, e entry, reason string, comments []string) error {
	c.find(finding.Left, e.line, "it is in the file as a comment only: %s", reason)
	scratch := hclfile.New()
	if err := scratch.Schedule(d, nil, comments...); err != nil {
		return err
	}
	c.file.Space()
	c.file.Comment("Not imported: " + reason + ".\n\n" + string(scratch.Bytes()))
	return nil
}

// daily says whether one of two day fields that do not start with a star has all days.
// Vixie cron asks that one of the two fits, which is so every day; here such a field
// does not count, so that the other would decide.
func daily(when string) bool {
	f := strings.Fields(when)
	if len(f) != 5 || strings.HasPrefix(f[2], "*") || strings.HasPrefix(f[4], "*") {
		return false
	}
	return everyDay(f[2], "*") || everyDay("*", f[4])
}

// everyDay says whether day fields restrict nothing: January and February 2027 have
// all days there are.
func everyDay(day, weekday string) bool {
	spec, err := schedule.Parse("0 0 "+day+" * "+weekday, "UTC")
	if err != nil {
		return false
	}
	at := time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC)
	for range 59 {
		next := spec.Next(at)
		if next.Sub(at) != 24*time.Hour {
			return false
		}
		at = next
	}
	return true
}

// traps are what cron does in another way.
func (c *conversion) traps(e entry) {
	if f := strings.Fields(e.when); len(f) == 5 {
		day, weekday := f[2], f[4]
		stars := strings.HasPrefix(day, "*") || strings.HasPrefix(weekday, "*")
		if stars && day != "*" && weekday != "*" {
			c.find(finding.Trap, e.line, "%q: cron asks that both day fields fit when one starts with a star; here one is enough", e.when)
		}
	}
	if e.stdin != nil {
		c.find(finding.Changed, e.line, "what follows the percent sign is the standard input of the command, in stdin")
	}
	if e.env["TZ"] != "" && e.env["CRON_TZ"] == "" {
		c.find(finding.Trap, e.line, "TZ=%s is set for the command; cron fires by the clock of the machine nevertheless, and so does the schedule", e.env["TZ"])
	}
}

// whole are the traps of the whole file.
func (c *conversion) whole(t table) {
	seen := map[string]int{}
	for _, e := range t.entries {
		for name := range e.env {
			if seen[name] == 0 {
				seen[name] = e.line
			}
		}
	}
	for _, name := range []string{"MAILTO", "MAILFROM", "RANDOM_DELAY", "HOME"} {
		line := seen[name]
		switch {
		case line == 0:
		case name == "HOME":
			c.find(finding.Note, line, "HOME is the directory that the commands run in")
		case name == "RANDOM_DELAY":
			c.find(finding.Left, line, "RANDOM_DELAY: set jitter in the schedules")
		default:
			c.find(finding.Left, line, "%s: nothing is sent by mail; the output is kept with the run, and a notify block can tell of failures", name)
		}
	}
	if len(t.entries) > 0 && seen["PATH"] == 0 {
		c.find(finding.Note, 0, "cron sets PATH=/usr/bin:/bin; here the commands have the PATH of butlerd, unless env says otherwise")
	}
	if len(t.entries) > 0 && seen["HOME"] == 0 {
		c.find(finding.Note, 0, "cron runs commands in the home directory of the user; here dir says where, and without it they run where butlerd was started")
	}
}

// own are the settings that cron itself heeds, which are no business of the command.
func own() []string {
	return []string{"MAILTO", "MAILFROM", "CRON_TZ", "RANDOM_DELAY", "SHELL", "CONTENT_TYPE", "CONTENT_TRANSFER_ENCODING"}
}

// arguments are those of the action.
func arguments(e entry) json.RawMessage {
	shell := e.env["SHELL"]
	if shell == "" {
		shell = "/bin/sh"
	}
	all := map[string]any{"command": []string{shell, "-c", e.command}}
	env := maps.Clone(e.env)
	for _, name := range own() {
		delete(env, name)
	}
	if home := env["HOME"]; home != "" {
		all["dir"] = home
	}
	if len(env) > 0 {
		all["env"] = env
	}
	if e.stdin != nil {
		all["stdin"] = *e.stdin
	}
	doc, _ := json.Marshal(all) // texts always can
	return doc
}

var unfit = regexp.MustCompile(`[^A-Za-z0-9._-]+`)

// id names the schedule after the program that it runs. Lines of the same program are
// counted, so that the ids stay when lines are added elsewhere.
func (c *conversion) id(e entry) string {
	base := "cron"
	if words := strings.Fields(e.command); len(words) > 0 {
		if name := strings.Trim(unfit.ReplaceAllString(path.Base(words[0]), "-"), "-"); name != "" {
			base = fmt.Sprintf("%.60s", name)
		}
	}
	id := base
	for n := 2; c.ids[id]; n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	c.ids[id] = true
	return id
}

// short is a command as a name.
func short(command string) string {
	runes := []rune(tidy(command))
	if len(runes) > 80 {
		return string(runes[:79]) + "…"
	}
	return string(runes)
}

// tidy is a text without control characters.
func tidy(text string) string {
	runes := []rune(text)
	for i := range runes {
		if runes[i] < ' ' || runes[i] >= 0x7f && runes[i] < 0xa0 {
			runes[i] = ' '
		}
	}
	return string(runes[:min(len(runes), 200)])
}
