package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"butlerd/host"
	"butlerd/host/cutover"
	"butlerd/host/schedule"
	"butlerd/host/shadow"
)

// cutoverFlags are those of cutover.
type cutoverFlags struct {
	*planFlags
	butler, address    *string
	dryRun, yes, force *bool
}

// taking is one take-over with all it needs.
type taking struct {
	*program
	flags        cutoverFlags
	dir          string // of the note
	butler, here *cutover.Client
	host         *remote // here too, for what Butler's API has not
	sides        cutover.Sides
	note         *cutover.Note
	specs        map[string]*schedule.Spec // of what is taken over
}

// cutover stops the schedules of Butler and starts them in the butlerd that runs.
func (p *program) cutover(ctx context.Context, args []string) error {
	fs := p.flags("cutover")
	f := cutoverFlags{
		planFlags: addPlanFlags(fs),
		butler:    fs.String("butler", "", "the `URL` of Butler, such as http://127.0.0.1:8080"),
		address:   addressFlag(fs),
		dryRun:    fs.Bool("dry-run", false, "print what would be done, and do nothing"),
		yes:       fs.Bool("yes", false, "do not ask before it begins"),
		force:     fs.Bool("force", false, "take over without parity, and although schedules differ"),
	}
	if err := parse(fs, args); err != nil {
		return err
	}
	if err := f.check("cutover"); err != nil {
		return err
	}
	t := &taking{program: p, flags: f}
	if err := t.connect(); err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	inquiry, err := p.inquire(ctx, f.planFlags)
	if err != nil {
		return err
	}
	defer inquiry.Close()
	return t.run(ctx, inquiry)
}

// connect makes the clients of both sides.
func (t *taking) connect() error {
	if *t.flags.butler == "" {
		return usageError{"butlerd cutover: -butler URL is needed"}
	}
	r, err := t.remote("cutover", *t.flags.address)
	if err != nil {
		return err
	}
	t.host = r
	if t.here, err = cutover.NewClient("butlerd", r.base.String()); err != nil {
		return usageError{"butlerd cutover: " + err.Error()}
	}
	if t.butler, err = cutover.NewClient("Butler", *t.flags.butler); err != nil {
		return usageError{"butlerd cutover: " + err.Error()}
	}
	if t.butler.Address() == t.here.Address() {
		return usageError{"butlerd cutover: -butler and -address are the same"}
	}
	return nil
}

// run checks, and takes over.
func (t *taking) run(ctx context.Context, inquiry *host.Inquiry) error {
	blocked := t.parity(inquiry)
	t.dir = filepath.Join(inquiry.Config.Host.DataDir, shadow.Dir)
	t.sides.Declared = definitions(inquiry.Schedules)
	var err error
	if t.sides.Butler, err = t.butler.List(ctx); err != nil {
		return err
	}
	if t.sides.Here, err = t.here.List(ctx); err != nil {
		return err
	}
	for _, d := range t.sides.Differences() {
		mark := "note"
		if d.Blocking {
			mark, blocked = "DIFFERS", true
		}
		fmt.Fprintf(t.stdout, "%s: schedule %q: %s.\n", mark, d.ScheduleID, d.Text)
	}
	if err := t.tellHolds(ctx); err != nil {
		return err
	}
	if err := t.choose(); err != nil {
		return err
	}
	switch {
	case len(t.note.Schedules) == 0:
		fmt.Fprintln(t.stdout, "Nothing to take over: Butler has started no schedule that is here too.")
		return nil
	case blocked && !*t.flags.force:
		return errors.New("not taken over, nothing was changed; -force does it nevertheless")
	}
	return t.begin(ctx)
}

// tellHolds says what would keep schedules from firing here though they are started.
func (t *taking) tellHolds(ctx context.Context) error {
	var list holdInfos
	if err := t.host.get(ctx, "/api/v1/holds", &list); err != nil {
		return err
	}
	for _, h := range list.Holds {
		fmt.Fprintf(t.stdout, "note: butlerd holds %s (%s): nothing of it fires until hold %s is released.\n", h.scope(), h.Reason, h.ID)
	}
	return nil
}

// parity says whether what was observed speaks against taking over.
func (t *taking) parity(inquiry *host.Inquiry) (blocked bool) {
	report, err := judged(inquiry, t.flags.planFlags)
	switch {
	case err != nil:
		fmt.Fprintf(t.stdout, "No parity: %s.\n", err)
	case report.Parity:
		fmt.Fprintf(t.stdout, "Parity: yes, observed from %s to %s.\n", report.From.Format(time.RFC3339), report.To.Format(time.RFC3339))
		return false
	default:
		fmt.Fprintf(t.stdout, "No parity:\n  - %s\n", strings.Join(report.Why, "\n  - "))
	}
	return true
}

// choose finds the schedules to take over: those that Butler has started, and those of a
// take-over that was interrupted.
func (t *taking) choose() error {
	old, err := cutover.ReadNote(t.dir)
	if err != nil {
		return err
	}
	t.note = &cutover.Note{Butler: t.butler.Address(), BeganAt: time.Now()}
	wanted := map[string]bool{}
	for _, b := range t.sides.Butler {
		wanted[b.ID] = b.Started
	}
	if old != nil && old.EndedAt == nil && old.Butler == t.note.Butler {
		fmt.Fprintf(t.stdout, "A take-over of %d schedules that began at %s was interrupted; it is gone on with.\n", len(old.Schedules), old.BeganAt.Format(time.RFC3339))
		t.note.BeganAt = old.BeganAt
		for _, id := range old.Schedules {
			wanted[id] = true
		}
	}
	t.specs = map[string]*schedule.Spec{}
	for _, id := range t.sides.Common() {
		if wanted[id] {
			t.note.Schedules = append(t.note.Schedules, id)
		}
	}
	for _, d := range t.sides.Declared {
		if spec, err := schedule.Compile(d.Timing()); err == nil && slices.Contains(t.note.Schedules, d.ID) {
			t.specs[d.ID] = spec
		}
	}
	return nil
}
