package butler

import (
	"butlerd/host/finding"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"butlerd/host/schedule"
)

// guid is the form of ids in Qlik Sense, in any case and of any version.
var guid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// timing brings over when the schedule fires and what it starts.
func (c *conversion) timing(d *draft) {
	zone := c.in.ServerTimezone
	d.def.Timezone = zone
	d.def.Cron = strings.Join(strings.Fields(d.Cron), " ")
	d.def.Overlap = schedule.OverlapAllow                                // Butler starts a task whatever became of the last start
	arguments, _ := json.Marshal(map[string]string{"task_id": d.TaskID}) // texts always can
	d.def.Action = schedule.Action{Type: "qlik-sense-reload", Arguments: arguments}
	t, err := translate(d.Cron)
	if err != nil {
		d.never = fmt.Sprintf("Butler refused its cron expression %q (%s)", d.Cron, err)
	} else {
		d.def.Cron = t.expr
		for _, note := range t.notes {
			kind := finding.Changed
			switch {
			case strings.Contains(note, "stays as it is"):
				kind = finding.Note
			case strings.Contains(note, "may be more"), strings.Contains(note, "a month late"):
				kind = finding.Trap
			}
			c.say(d, kind, "%s", note)
		}
		if t.expr != d.Cron {
			d.comments = append(d.comments, "In Butler: "+d.Cron)
		}
	}
	c.zone(d, zone)
	if _, err := schedule.Parse(d.def.Cron, zone); err != nil {
		d.broken = "its cron expression: " + err.Error()
		if d.never == "" && strings.Contains(d.broken, "no such date") {
			d.broken += "; Butler moved such dates to other days"
		}
	} else if noSuchDate(d.def.Cron, zone) {
		c.say(d, finding.Trap, "no month of %q has such a day: Butler moved it to another day of the month, and fired then too; here it fires on the weekdays only", d.def.Cron)
	}
	if !guid.MatchString(d.TaskID) {
		d.broken = fmt.Sprintf("its task id %.100q is no GUID, so it names no task of Qlik Sense", d.TaskID)
	}
}

// noSuchDate says whether only the weekday of an expression ever fits.
func noSuchDate(expr, zone string) bool {
	words := strings.Fields(expr)
	words[len(words)-1] = "*"
	_, err := schedule.Parse(strings.Join(words, " "), zone)
	return err != nil
}

// zone compares the zone of the schedule with that of the machine.
func (c *conversion) zone(d *draft, server string) {
	if d.Timezone == "" || d.Timezone == server {
		return
	}
	if _, err := schedule.LoadZone(d.Timezone); err != nil {
		if d.never == "" {
			d.never = fmt.Sprintf("Butler does not know its time zone %.100q", d.Timezone)
		}
		return
	}
	c.say(d, finding.Trap, "it says %s, but Butler fired it by the clock of its machine; it stays so, in %s. If %s was meant, change timezone here", d.Timezone, server, d.Timezone)
}

// state brings over whether it is started. One that never fired in Butler does not
// begin to here by itself.
func (c *conversion) state(d *draft) {
	switch d.StartupState {
	case "started", "start":
		d.def.Startup = schedule.StartupStarted
	case "stopped", "stop":
		d.def.Startup = schedule.StartupStopped
	default:
		d.def.Startup = schedule.StartupStopped
		c.say(d, finding.Trap, "its startupState %.100q is neither started nor stopped; it is stopped here", d.StartupState)
	}
	if c.in.ForCutover && d.def.Startup == schedule.StartupStarted {
		d.def.Startup = schedule.StartupLast
		d.comments = append(d.comments, "Stopped until butlerd cutover starts it; then it stays as it was last.")
	}
	if d.LastKnownState != "" && d.LastKnownState != d.StartupState {
		d.comments = append(d.comments, "In Butler it was last "+tidy(d.LastKnownState)+".")
	}
	switch {
	case d.broken != "":
		if d.never != "" {
			c.say(d, finding.Trap, "it never fired: %s", d.never)
		}
		c.find(finding.Left, d.Place, d.about, "it is in the file as a comment only: %s", d.broken)
	case d.never != "":
		d.def.Startup = schedule.StartupStopped
		c.say(d, finding.Trap, "it never fired: %s. Here it can, so it is stopped until you start it", d.never)
	case c.off && d.def.Startup != schedule.StartupStopped:
		d.def.Startup = schedule.StartupStopped
		c.say(d, finding.Trap, "Butler's scheduler was off, so it did not fire; it is stopped here")
	}
}
