package hclfile

import (
	"fmt"
	"strings"
	"time"

	"butlerd/host/schedule"
	"butlerd/sdk/schema"

	"github.com/zclconf/go-cty/cty"
)

// Schemas are the arguments of actions by type, to tell blocks in them from attributes.
// Of an action that is not among them all members are written as attributes.
type Schemas map[string]schema.Body

// Schedule adds a schedule, with comments as the first lines of its block. Calendars,
// pools, notify rules and other schedules it only names. Members that a definition has
// for the API alone (Extra) are left out.
func (f *File) Schedule(d schedule.Definition, schemas Schemas, comments ...string) error {
	label := d.ID
	plain := !strings.ContainsAny(label, "$%") // templates may not stand in a label
	if !plain {
		label = strings.NewReplacer("$", "-", "%", "-").Replace(label)
	}
	b := f.Block("schedule", label)
	for _, c := range comments {
		b.Comment(wrapped(c))
	}
	if !plain {
		b.Text("id", d.ID)
	}
	b.texts(d)
	b.timing(d)
	b.policies(d)
	b.nested(d)
	err := b.followUps(d.FollowUps, schemas)
	if err == nil {
		err = b.action(d.Action, schemas)
	}
	if err != nil {
		return fmt.Errorf("writing schedule %q: %w", d.ID, err)
	}
	return nil
}

func (b Body) texts(d schedule.Definition) {
	if d.Name != d.ID {
		b.Text("name", d.Name)
	}
	b.some("description", d.Description)
	b.instant("created", d.Created)
	if len(d.Tags) > 0 {
		b.Texts("tags", d.Tags)
	}
}

func (b Body) timing(d schedule.Definition) {
	var m schedule.More
	if d.More != nil {
		m = *d.More
	}
	if d.Cron != "" {
		b.oneOrMore("cron", append([]string{d.Cron}, m.Crons...))
	}
	b.oneOrMore("at", m.At)
	b.some("timezone", d.Timezone)
	b.instant("starts_at", m.StartsAt)
	b.instant("ends_at", m.EndsAt)
	b.duration("jitter", m.Jitter)
	b.oneOrMore("calendar", names(m.Calendars))
	b.oneOrMore("exclude", names(m.Exclude))
	b.some("shift", string(m.Shift))
}

func names(calendars []schedule.Calendar) []string {
	list := make([]string, len(calendars))
	for i, c := range calendars {
		list[i] = c.Name
	}
	return list
}

// policies adds what is not the default. That a lost attempt is repeated the retry
// block says.
func (b Body) policies(d schedule.Definition) {
	if d.Startup != schedule.StartupStarted {
		b.Text("startup_state", string(d.Startup))
	}
	if d.Overlap != schedule.OverlapSkip {
		b.Text("overlap", string(d.Overlap))
	}
	if d.QueueLimit != 0 {
		b.Number("queue_limit", d.QueueLimit)
	}
	b.duration("timeout", d.Timeout)
	b.duration("expected_duration", d.Expected)
	b.some("pool", d.Pool)
	if d.Priority != 0 {
		b.Number("priority", d.Priority)
	}
	b.oneOrMore("notify", rules(d.FollowUps))
}

func (b Body) nested(d schedule.Definition) {
	if p := d.Placement; p != nil {
		k := b.Block("placement")
		k.Table("labels", p.Labels)
		k.Text("wait", p.Wait.String())
	}
	if c := d.CatchUp; c != nil {
		k := b.Block("catch_up")
		k.Text("mode", string(c.Mode))
		k.Text("within", c.Within.String())
		k.Number("limit", c.Limit)
	}
	if r := d.Retry; r != nil {
		k := b.Block("retry")
		k.Number("attempts", r.Attempts)
		k.Text("backoff", r.Backoff.String())
		k.Text("max_backoff", r.MaxBackoff.String())
		on := make([]string, len(r.On))
		for i, end := range r.On {
			on[i] = string(end)
		}
		k.Texts("on", on)
	}
}

// some adds a text that is not empty.
func (b Body) some(name, value string) {
	if value != "" {
		b.Text(name, value)
	}
}

// oneOrMore adds texts, one alone without brackets.
func (b Body) oneOrMore(name string, values []string) {
	switch len(values) {
	case 0:
	case 1:
		b.Text(name, values[0])
	default:
		b.Texts(name, values)
	}
}

func (b Body) instant(name string, t *time.Time) {
	if t != nil {
		b.Text(name, t.UTC().Format(time.RFC3339Nano))
	}
}

func (b Body) duration(name string, d time.Duration) {
	if d != 0 {
		b.Text(name, d.String())
	}
}

func (b Body) action(a schedule.Action, schemas Schemas) error {
	return b.Block("action", a.Type).Arguments(a.Arguments, schemas[a.Type])
}

// Same says whether text comes back as it is from a file.
func Same(text string) bool { return Normal(text) == text }

// Normal is the text as it comes back from a file: HCL brings all texts into Unicode's
// normal form C.
func Normal(text string) string { return cty.StringVal(text).AsString() }
