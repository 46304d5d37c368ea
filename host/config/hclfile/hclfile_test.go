package hclfile_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"butlerd/host/config"
	"butlerd/host/config/hclfile"
	"butlerd/host/schedule"
	"butlerd/sdk/schema"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// read loads a file with the blocks that schedules may name.
func read(t interface {
	Fatalf(string, ...any)
	Helper()
}, dir string, file []byte) []*config.Schedule {
	t.Helper()
	path := filepath.Join(dir, "config.hcl")
	if err := os.WriteFile(path, append([]byte(named), file...), 0o600); err != nil {
		t.Fatalf("%v", err)
	}
	c, diags := config.Load(config.Options{Paths: []string{path}, Hostname: "machine"})
	if err := diags.Err(); err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	list, diags := c.Schedules(map[string]config.Action{"act": {Plugin: "p", Arguments: arguments()}})
	if err := diags.Err(); err != nil {
		t.Fatalf("%v\n%s", err, file)
	}
	return list
}

// named are blocks that schedules name, and one schedule that others start.
const named = `
pool "p" {
  slots = 1
}
calendar "work days" {
  weekdays = ["MON-FRI"]
}
calendar "midsummer" {
  dates = ["06-24"]
}
notify "ops" {
  after_failures = 3
  on_missed      = true

  action "act" {
    text = "x"
  }
}
schedule "other" {
  cron     = "@daily"
  timezone = "UTC"

  action "act" {
    text = "x"
  }
}
`

func arguments() schema.Body {
	return schema.Body{
		Attributes: []schema.Attribute{
			{Name: "text", Type: schema.String}, {Name: "list", Type: schema.ListOf(schema.String)},
			{Name: "table", Type: schema.MapOf(schema.String)}, {Name: "number", Type: schema.Number}, {Name: "flag", Type: schema.Bool},
		},
		Blocks: []schema.Block{
			{Name: "one", Nesting: schema.Single, Body: schema.Body{Attributes: []schema.Attribute{{Name: "text", Type: schema.String}}}},
			{Name: "many", Nesting: schema.List, Body: schema.Body{Attributes: []schema.Attribute{{Name: "text", Type: schema.String}}}},
		},
	}
}

func schemas() hclfile.Schemas { return hclfile.Schemas{"act": arguments()} }

// parts are what HCL could take for something else.
func parts() []string {
	return []string{"${", "$${", "%{", "%%{", "}", `"`, `\`, `\n`, "$", "%", "#", "//", "/*", "EOT", "<<", "å", "🎉", "日本", " ", "a", "'", "~", "null", "=", "{", "\u2028", "\u00a0", "\ufeff"}
}

func text() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(parts()), 0, 6).Draw(t, "parts"), "")
	}).Filter(hclfile.Same)
}

func anyText() *rapid.Generator[string] {
	return rapid.OneOf(text(), rapid.String().Filter(func(s string) bool { return hclfile.Same(s) && !strings.ContainsRune(s, '\uFFFD') }),
		rapid.SampledFrom([]string{"a\nb", "\t\r\n", "\x00", "\x1b[0m", "\u0085"}))
}

func id() *rapid.Generator[string] {
	return text().Filter(func(s string) bool { return strings.TrimSpace(s) != "" && s != "other" })
}

func action() *rapid.Generator[schedule.Action] {
	return rapid.Custom(func(t *rapid.T) schedule.Action {
		all := map[string]any{"text": anyText().Draw(t, "text")}
		inner := map[string]any{"text": anyText().Draw(t, "inner")}
		for name, v := range map[string]any{
			"list": rapid.SliceOf(anyText()).Draw(t, "list"), "table": rapid.MapOf(anyText(), anyText()).Draw(t, "table"),
			"number": float64(rapid.IntRange(-1e9, 1e9).Draw(t, "number")) / 1000, "flag": rapid.Bool().Draw(t, "flag"),
			"one": inner, "many": []any{inner, inner},
		} {
			if rapid.Bool().Draw(t, "has "+name) {
				all[name] = v
			}
		}
		doc, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return schedule.Action{Type: "act", Arguments: doc}
	})
}

func optional[V any](t *rapid.T, name string, g *rapid.Generator[V]) *V {
	if !rapid.Bool().Draw(t, "has "+name) {
		return nil
	}
	v := g.Draw(t, name)
	return &v
}

func seconds(from, to int) *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.IntRange(from, to), func(n int) time.Duration { return time.Duration(n) * time.Second })
}

func instants() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.Int64Range(0, 4e9), func(n int64) time.Time { return time.Unix(n, n%1e9).UTC() })
}

func definition() *rapid.Generator[schedule.Definition] {
	return rapid.Custom(func(t *rapid.T) schedule.Definition {
		d := schedule.Definition{
			ID: id().Draw(t, "id"), Name: text().Draw(t, "name"), Description: anyText().Draw(t, "description"),
			Created:  optional(t, "created", instants()),
			Cron:     rapid.SampledFrom([]string{"0 5 * * *", "*/5 * * * * *", "@daily", "@every 90s"}).Draw(t, "cron"),
			Timezone: rapid.SampledFrom([]string{"Europe/Stockholm", "UTC"}).Draw(t, "zone"),
			Tags:     rapid.SliceOfN(text(), 0, 3).Draw(t, "tags"),
			Startup:  rapid.SampledFrom([]schedule.Startup{"started", "stopped", "last"}).Draw(t, "startup"),
			Overlap:  rapid.SampledFrom([]schedule.Overlap{"skip", "queue", "replace", "allow"}).Draw(t, "overlap"),
			Timeout:  seconds(0, 1e6).Draw(t, "timeout"), Expected: seconds(0, 1e6).Draw(t, "expected"),
			Pool:     rapid.SampledFrom([]string{"", "p"}).Draw(t, "pool"),
			Priority: rapid.IntRange(-1000, 1000).Draw(t, "priority"),
			Placement: optional(t, "placement", rapid.Map(seconds(1, 86400), func(d time.Duration) schedule.Placement {
				return schedule.Placement{Labels: map[string]string{"a b": "${x}"}, Wait: d}
			})),
			CatchUp:   optional(t, "catch_up", rapid.Map(seconds(1, 1e5), func(d time.Duration) schedule.CatchUp { return schedule.CatchUp{Mode: "all", Within: d, Limit: 7} })),
			Retry:     optional(t, "retry", rapid.SampledFrom(retries())),
			Action:    action().Draw(t, "action"),
			FollowUps: followUps(t),
		}
		if d.Overlap == schedule.OverlapQueue {
			d.QueueLimit = rapid.IntRange(1, 1000).Draw(t, "queue_limit")
		}
		if d.Retry != nil && d.Retry.Covers(schedule.RetryLost) {
			d.OnLost = schedule.OnLostRetry
		}
		if d.More = optional(t, "more", rapid.SampledFrom(mores())); d.More != nil {
			d.Cron = "0 5 * * *" // what fires more often cannot move
		}
		return d
	})
}

func retries() []schedule.Retry {
	return []schedule.Retry{
		{Attempts: 2, Backoff: time.Millisecond, MaxBackoff: time.Hour, On: []schedule.RetryOn{"failed"}},
		{Attempts: 100, Backoff: 90 * time.Second, MaxBackoff: 31 * 24 * time.Hour, On: []schedule.RetryOn{"failed", "timed_out", "lost"}},
	}
}

func mores() []schedule.More {
	start, end := time.Unix(1e9, 5).UTC(), time.Unix(8e9, 0).UTC()
	days := schedule.Calendar{Name: "work days", Weekdays: []string{"MON", "TUE", "WED", "THU", "FRI"}}
	return []schedule.More{
		{Crons: []string{"30 6 * * *"}, At: []string{"2090-12-24T18:00:00"}},
		{StartsAt: &start, EndsAt: &end, Jitter: 45 * time.Second},
		{Calendars: []schedule.Calendar{days}, Exclude: []schedule.Calendar{{Name: "midsummer", Dates: []string{"06-24"}}}, Shift: schedule.ShiftNext},
		{At: []string{"2090-12-24T18:00:00", "2091-12-24T18:00:00"}},
	}
}

// followUps are those of the schedule's own, then those of the notify rule, as package
// config orders them.
func followUps(t *rapid.T) []schedule.FollowUp {
	var list []schedule.FollowUp
	if rapid.Bool().Draw(t, "follows") {
		first, second := action().Draw(t, "first"), action().Draw(t, "second")
		list = append(list,
			schedule.FollowUp{Name: "on_success", On: "success", Start: []string{"other"}},
			schedule.FollowUp{Name: "on_end", On: "end", Action: &first},
			schedule.FollowUp{Name: "on_success.2", On: "success", Action: &second})
	}
	if rapid.Bool().Draw(t, "notifies") {
		list = append(list,
			schedule.FollowUp{Name: "notify.ops.failures", On: "failures", After: 3, Action: &schedule.Action{Type: "act", Arguments: []byte(`{"text":"x"}`)}},
			schedule.FollowUp{Name: "notify.ops.missed", On: "missed", Action: &schedule.Action{Type: "act", Arguments: []byte(`{"text":"x"}`)}})
	}
	return list
}

// TestRoundTrip writes any definition and reads the same again.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		want := definition().Draw(t, "definition")
		f := hclfile.New()
		f.Comment(anyText().Draw(t, "comment"))
		if err := f.Schedule(want, schemas(), anyText().Draw(t, "inner comment")); err != nil {
			t.Fatal(err)
		}
		list := read(t, dir, f.Bytes())
		if len(list) != 2 {
			t.Fatalf("%d schedules", len(list))
		}
		if diff := cmp.Diff(plain(t, want), plain(t, list[1].Definition)); diff != "" {
			t.Fatalf("(-want +got)\n%s\n%s", diff, f.Bytes())
		}
	})
}

// plain is a definition as data. Null members and empty lists say the same as absent
// ones.
func plain(t *rapid.T, d schedule.Definition) any {
	doc, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatal(err)
	}
	return said(v)
}

func said(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, e := range v {
			if v[name] = said(e); v[name] == nil {
				delete(v, name)
			}
		}
		if len(v) == 0 {
			return nil
		}
	case []any:
		for i := range v {
			v[i] = said(v[i])
		}
		if len(v) == 0 {
			return nil
		}
	}
	return v
}
