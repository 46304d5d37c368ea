package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"butlerd/host/config/hclfile"
	"butlerd/host/schedule"
	"butlerd/host/store"
	"butlerd/sdk/schema"
)

// export writes schedules as a configuration: those that were made over the API, or all.
func (p *program) export(ctx context.Context, args []string) error {
	fs := p.flags("export")
	lf := addLedgerFlags(fs)
	all := fs.Bool("all", false, "write the schedules of files too, as far as the ledger knows them: secrets, and what is known only at an attempt, are not in it")
	out := fs.String("o", "-", "the `file` to write, which must not be there; - is the standard output")
	if err := parse(fs, args); err != nil {
		return err
	}
	if err := lf.check("export"); err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	list, err := p.inForce(ctx, lf)
	if err != nil {
		return err
	}
	if !*all {
		list = slices.DeleteFunc(list, func(s store.Schedule) bool { return s.Source != store.SourceAPI })
	}
	text, notes, err := exported(list)
	if err != nil {
		return err
	}
	if err := p.writeNew(*out, p.stdout, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	for _, note := range notes {
		fmt.Fprintf(p.stderr, "%s\n", note)
	}
	return nil
}

// inForce are the schedules in force, of a store or of a host.
func (p *program) inForce(ctx context.Context, lf *ledgerFlags) ([]store.Schedule, error) {
	if !lf.offline() {
		r, err := p.remote("export", lf.address)
		if err != nil {
			return nil, err
		}
		return r.schedules(ctx)
	}
	st, _, err := p.openLedger(ctx, lf)
	if err != nil {
		return nil, err
	}
	defer st.Close() // only read; the error would mean nothing
	return st.Schedules(ctx)
}

// exported is a configuration of schedules, and what it does not say of them.
func exported(list []store.Schedule) (text []byte, notes []string, err error) {
	f := hclfile.New()
	f.Comment("Made by `butlerd export`. A schedule that was made over the API has to be deleted there\nbefore a file with its id is loaded.")
	need := needs{}
	for _, s := range list {
		f.Space()
		if err := f.Schedule(dated(s), blocksOf(), comments(s)...); err != nil {
			return nil, nil, err
		}
		need.add(s.Definition)
		notes = append(notes, lost(s)...)
	}
	return f.Bytes(), append(notes, need.notes()...), nil
}

// dated is a definition that says when the schedule was made.
func dated(s store.Schedule) schedule.Definition {
	d := s.Definition
	if d.Created == nil && !s.CreatedAt.IsZero() {
		d.Created = &s.CreatedAt
	}
	return d
}

// blocksOf are the arguments that are blocks, of the actions that come with butlerd.
func blocksOf() hclfile.Schemas {
	return hclfile.Schemas{"qlik-sense-reload": {Blocks: []schema.Block{{Name: "custom_property", Nesting: schema.Single}}}}
}

// comments say what the definition does not.
func comments(s store.Schedule) []string {
	var list []string
	if s.Started != (s.Startup != schedule.StartupStopped) {
		list = append(list, map[bool]string{true: "It is started now.", false: "It is stopped now."}[s.Started])
	}
	if s.Origin != "" {
		list = append(list, "From "+s.Origin)
	}
	return list
}

// lost is what a file cannot say of a schedule.
func lost(s store.Schedule) []string {
	var notes []string
	note := func(format string, args ...any) {
		notes = append(notes, fmt.Sprintf("schedule %q: ", s.ID)+fmt.Sprintf(format, args...))
	}
	if len(s.Extra) > 0 {
		note("members that its maker sent and that mean nothing here are left out: %s", strings.Join(slices.Sorted(maps.Keys(s.Extra)), ", "))
	}
	if bytes.Contains(s.Action.Arguments, []byte(`"(secret)"`)) {
		note("secrets in its arguments read \"(secret)\"")
	}
	for _, text := range append([]string{s.ID, s.Name}, s.Tags...) {
		if !hclfile.Same(text) {
			note("%q comes back in Unicode's normal form C", text)
		}
	}
	return notes
}

// needs are the blocks that schedules name, and that have to be declared beside them.
type needs map[string]bool

func (n needs) add(d schedule.Definition) {
	if d.Pool != "" {
		n[fmt.Sprintf("pool %q", d.Pool)] = true
	}
	if d.More != nil {
		for _, c := range slices.Concat(d.More.Calendars, d.More.Exclude) {
			n[fmt.Sprintf("calendar %q", c.Name)] = true
		}
	}
	for _, f := range d.FollowUps {
		if rule, ok := strings.CutPrefix(f.Name, "notify."); ok {
			n[fmt.Sprintf("notify %q", strings.TrimSuffix(rule, "."+string(f.On)))] = true
		}
	}
}

func (n needs) notes() []string {
	if len(n) == 0 {
		return nil
	}
	return []string{"to be declared beside the schedules: " + strings.Join(slices.Sorted(maps.Keys(n)), ", ")}
}

// span is a number of seconds.
func span(seconds *float64) time.Duration {
	if seconds == nil {
		return 0
	}
	return time.Duration(*seconds*1e9 + 0.5)
}
