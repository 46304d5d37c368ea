package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"text/tabwriter"
	"time"
)

// holdInfo is a hold as the API shows it.
type holdInfo struct {
	ID         string     `json:"id"`
	All        bool       `json:"all"`
	Tag        *string    `json:"tag"`
	ScheduleID *string    `json:"schedule_id"`
	Reason     string     `json:"reason"`
	By         string     `json:"by"`
	Running    string     `json:"running"`
	Since      *time.Time `json:"since"`
	Until      *time.Time `json:"until"`
	ReleasedAt *time.Time `json:"released_at"`
	ReleasedBy *string    `json:"released_by"`
	InForce    bool       `json:"in_force"`
}

type holdInfos struct {
	Holds []holdInfo `json:"holds"`
}

// holdOrder is what the API is asked for.
type holdOrder struct {
	All        bool       `json:"all,omitempty"`
	Tag        string     `json:"tag,omitempty"`
	ScheduleID string     `json:"schedule_id,omitempty"`
	Reason     string     `json:"reason"`
	Until      *time.Time `json:"until,omitempty"`
	Running    string     `json:"running,omitempty"`
	By         string     `json:"by,omitempty"`
}

// hold keeps schedules from firing, over the API of any host.
func (p *program) hold(ctx context.Context, args []string) error {
	fs := p.flags("hold")
	address := addressFlag(fs)
	var o holdOrder
	fs.BoolVar(&o.All, "all", false, "hold all schedules")
	fs.StringVar(&o.Tag, "tag", "", "hold the schedules with this `tag`")
	fs.StringVar(&o.ScheduleID, "schedule", "", "hold the schedule with this `id`")
	fs.StringVar(&o.Reason, "reason", "", "why nothing is to fire, in words; it is kept with each firing that is held")
	until := fs.String("until", "", "when the hold ends by itself: an `instant` in RFC 3339, or a duration from now such as 2h (default when it is released)")
	drain := fs.Bool("drain", false, "start no run that waits either; those that run go on")
	by := fs.String("by", "", "your `name`, for the ledger")
	if err := parse(fs, args); err != nil {
		return err
	}
	if o.Reason == "" {
		return usageError{"butlerd hold: -reason TEXT is needed: it tells others why nothing fires"}
	}
	var err error
	if o.Until, err = untilOf(*until, time.Now()); err != nil {
		return err
	}
	if o.By = *by; *drain {
		o.Running = "drain"
	}
	r, err := p.remote("hold", *address)
	if err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	var h holdInfo
	if err := r.send(ctx, "POST", "/api/v1/holds", o, &h); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Hold %s is in force: %s, %s.\n", h.ID, h.scope(), h.ends())
	return nil
}

// untilOf reads an instant, or a duration from now; nil for nothing.
func untilOf(text string, now time.Time) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		at := now.Add(d).UTC()
		return &at, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil, usageError{fmt.Sprintf("butlerd hold: -until %q is neither an instant such as 2026-03-01T06:00:00Z nor a duration such as 2h", text)}
	}
	return &at, nil
}

// release ends a hold.
func (p *program) release(ctx context.Context, args []string) error {
	fs := p.flags("release")
	address := addressFlag(fs)
	id := fs.String("hold", "", "the `id` of the hold; butlerd holds lists them")
	if err := parse(fs, args); err != nil {
		return err
	}
	if *id == "" {
		return usageError{"butlerd release: -hold ID is needed; butlerd holds lists them"}
	}
	r, err := p.remote("release", *address)
	if err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	var h holdInfo
	if err := r.send(ctx, "DELETE", "/api/v1/holds/"+url.PathEscape(*id), nil, &h); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Hold %s has ended: %s.\n", h.ID, h.scope())
	return nil
}

// holds lists the holds in force.
func (p *program) holds(ctx context.Context, args []string) error {
	fs := p.flags("holds")
	address := addressFlag(fs)
	asJSON := fs.Bool("json", false, "print JSON")
	if err := parse(fs, args); err != nil {
		return err
	}
	r, err := p.remote("holds", *address)
	if err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	list := holdInfos{Holds: []holdInfo{}}
	if err := r.get(ctx, "/api/v1/holds", &list); err != nil {
		return err
	}
	if *asJSON {
		return p.printJSON(list)
	}
	if len(list.Holds) == 0 {
		fmt.Fprintln(p.stdout, "No hold is in force.")
		return nil
	}
	w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "OF\tSINCE\tENDS\tRUNS\tBY\tREASON\tID")
	for _, h := range list.Holds {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", h.scope(), h.Since.Format(time.RFC3339), h.ends(), h.Running, h.By, h.Reason, h.ID)
	}
	return w.Flush()
}

// scope is what a hold is of, in words.
func (h holdInfo) scope() string {
	switch {
	case h.Tag != nil:
		return fmt.Sprintf("tag %q", *h.Tag)
	case h.ScheduleID != nil:
		return fmt.Sprintf("schedule %q", *h.ScheduleID)
	}
	return "all schedules"
}

// ends is when a hold ends, in words.
func (h holdInfo) ends() string {
	if h.Until == nil {
		return "until it is released"
	}
	return "until " + h.Until.Format(time.RFC3339)
}

// addressFlag is where a host answers.
func addressFlag(fs *flag.FlagSet) *string {
	return fs.String("address", "", "the `URL` of any of the hosts (default "+addressVar+", or "+defaultAddress+")")
}
