package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"butlerd/host"
	"butlerd/host/explain"
	"butlerd/host/store"
)

// explain says why a schedule did or did not run at a time, or whether it will.
func (p *program) explain(ctx context.Context, args []string) error {
	fs := p.flags("explain")
	lf := addLedgerFlags(fs)
	asJSON := fs.Bool("json", false, "print JSON")
	given, err := parseArgs(fs, args, 3) // a day and a time may be two arguments
	if err != nil {
		return err
	}
	if len(given) == 0 || given[0] == "" {
		return usageError{"butlerd explain: SCHEDULE is needed, and may be followed by a time: an instant in RFC 3339, \"2026-12-24 18:00\" in the schedule's zone, last or next"}
	}
	if err := lf.check("explain"); err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	e, err := p.explained(ctx, lf, given[0], strings.Join(given[1:], " "))
	switch {
	case errors.Is(err, store.ErrNotFound):
		return fmt.Errorf("there never was a schedule %q", given[0])
	case err != nil:
		return err
	case *asJSON:
		return p.printJSON(e)
	}
	return e.WriteText(p.stdout)
}

func (p *program) explained(ctx context.Context, lf *ledgerFlags, id, at string) (e explain.Explanation, err error) {
	if lf.offline() {
		st, _, err := p.openLedger(ctx, lf)
		if err != nil {
			return e, err
		}
		defer st.Close() // only read; the error would mean nothing
		return host.Explain(ctx, st, explain.Query{ScheduleID: id, At: at})
	}
	r, err := p.remote("explain", lf.address)
	if err != nil {
		return e, err
	}
	values := url.Values{}
	if at != "" {
		values.Set("at", at)
	}
	err = r.query(values, remoteTimeout).get(ctx, "/api/v1/schedules/"+url.PathEscape(id)+"/explain", &e)
	return e, err
}
