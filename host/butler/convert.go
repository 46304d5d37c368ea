package butler

import (
	"butlerd/host/finding"
	"errors"
	"fmt"
	"strings"

	"butlerd/host/config/hclfile"
	"butlerd/host/schedule"
)

// Input is what a configuration is made of.
type Input struct {
	Settings  *Settings // nil: only schedules are written
	Schedules []Schedule
	// ServerTimezone is the IANA name of the time zone of the machine that Butler ran
	// on. Butler fired schedules by that clock, whatever their own zone said.
	ServerTimezone string
	// ForCutover has what Butler has started wait, stopped, for `butlerd cutover`.
	ForCutover bool
}

// ErrNoTimezone is given when the time zone of Butler's machine is not said.
var ErrNoTimezone = errors.New("the time zone of the machine that Butler runs on is needed: Butler fired all schedules by the clock of that machine, and did not heed the time zones in its schedule file")

// Convert makes a configuration file.
func Convert(in Input) ([]byte, finding.Report, error) {
	if in.ServerTimezone == "" {
		return nil, nil, ErrNoTimezone
	}
	if _, err := schedule.LoadZone(in.ServerTimezone); err != nil {
		return nil, nil, err
	}
	c := conversion{in: in, file: hclfile.New(), ids: map[string]string{}}
	c.file.Comment("Made of the settings and schedules of Butler by `butlerd import butler`. Look at the\nreport of the import, and check the file with `butlerd validate`.")
	c.file.Space()
	if in.Settings != nil {
		c.settings(in.Settings)
	}
	c.given = make(map[string]bool, len(in.Schedules))
	for _, s := range in.Schedules {
		c.given[hclfile.Normal(s.ID)] = true
	}
	for i, s := range in.Schedules {
		if err := c.schedule(i, s); err != nil {
			return nil, nil, err
		}
	}
	return c.file.Bytes(), c.report, nil
}

// conversion is one making of a file.
type conversion struct {
	in     Input
	file   *hclfile.File
	report finding.Report
	ids    map[string]string // place by id
	given  map[string]bool   // ids in the file, also of those that come later
	off    bool              // Butler's scheduler was off
}

func (c *conversion) find(k finding.Kind, place, about, format string, args ...any) {
	c.report = append(c.report, finding.Finding{Kind: k, Place: place, About: about, Text: fmt.Sprintf(format, args...)})
}

// maxUnknown is how many unknown members are named.
const maxUnknown = 20

// draft is a schedule underway.
type draft struct {
	Schedule
	about    string
	def      schedule.Definition
	comments []string
	never    string // why Butler never fired it
	broken   string // why it cannot be imported
}

// say reports a finding, and puts it into the file too.
func (c *conversion) say(d *draft, k finding.Kind, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.find(k, d.Place, d.about, "%s", text)
	if k != finding.Note {
		d.comments = append(d.comments, sentence(text))
	}
}

func sentence(text string) string { return strings.ToUpper(text[:1]) + text[1:] + "." }

func (c *conversion) schedule(i int, s Schedule) error {
	d := &draft{Schedule: s}
	c.identify(d, i)
	c.texts(d)
	c.timing(d)
	c.state(d)
	if len(s.Unknown) > 0 {
		c.say(d, finding.Left, "members that Butler has no use for: %s", strings.Join(s.Unknown[:min(len(s.Unknown), maxUnknown)], ", "))
	}
	if d.broken == "" {
		c.file.Space()
		return c.file.Schedule(d.def, nil, d.comments...)
	}
	// As a comment it is there to be mended, and cannot fire meanwhile.
	scratch := hclfile.New()
	if err := scratch.Schedule(d.def, nil, d.comments...); err != nil {
		return err
	}
	c.file.Space()
	c.file.Comment("Not imported: " + d.broken + ".\n\n" + string(scratch.Bytes()))
	return nil
}

// identify gives the schedule its id: Butler's, where that can be one.
func (c *conversion) identify(d *draft, i int) {
	// Ids that look the same are the same once the file is read.
	id, reason := hclfile.Normal(d.ID), ""
	composed := id != d.ID
	switch {
	case strings.TrimSpace(id) == "":
		reason = "it has no id"
	case tidy(id) != id:
		reason = "its id cannot be one here (control characters, or more than 200 characters)"
	case c.ids[id] != "":
		reason = fmt.Sprintf("its id %q is that of the schedule at %s too, and Butler started and stopped only one of them", id, c.ids[id])
	}
	if reason != "" {
		id = c.free(id, i)
	}
	c.ids[id] = d.Place
	d.def.ID, d.about = id, fmt.Sprintf("schedule %q", id)
	switch {
	case reason != "":
		c.say(d, finding.Changed, "%s; the id is now %q", reason, id)
	case composed:
		c.say(d, finding.Changed, "its id is in another normal form of Unicode than files have here: it looks the same, but whoever compares its bytes must take %+q", id)
	}
}

// free is an id that no schedule has, made of one that cannot be kept.
func (c *conversion) free(id string, i int) string {
	base := strings.TrimSpace(tidy(id))
	if base == "" {
		base = "butler"
	}
	for n := i + 1; ; n++ {
		if made := fmt.Sprintf("%.180s-%d", base, n); !c.given[made] && c.ids[made] == "" {
			return made
		}
	}
}

// texts brings over what only people read.
func (c *conversion) texts(d *draft) {
	d.def.Name, d.def.Created = tidy(d.Name), d.Created
	if d.def.Name != d.Name {
		c.say(d, finding.Changed, "its name %.200q became %q: names have no control characters, and 200 characters at most", d.Name, d.def.Name)
	}
	if d.Undated != "" {
		c.say(d, finding.Left, "created %.100q: it is no time in RFC 3339 with a year from 1 to 9999", d.Undated)
	}
	for _, tag := range d.Tags {
		kept := tidy(tag)
		if kept != tag {
			c.say(d, finding.Changed, "its tag %.200q became %q, for the same reason", tag, kept)
		}
		d.def.Tags = append(d.def.Tags, kept)
	}
}

// maxText is how many characters ids, names and tags may have.
const maxText = 200

// tidy is a text without what butlerd refuses in one.
func tidy(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	if runes := []rune(text); len(runes) > maxText {
		text = string(runes[:maxText])
	}
	return text
}
