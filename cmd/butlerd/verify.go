package main

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"butlerd/host"
	"butlerd/host/audit"
)

// verifyTimeout is how long a host may take: it reads its whole ledger.
const verifyTimeout = 15 * time.Minute

// verify compares a ledger with what should be in it. It fails when something is off.
func (p *program) verify(ctx context.Context, args []string) error {
	fs := p.flags("verify")
	lf := addLedgerFlags(fs)
	from := fs.String("from", "", "check what was due at or after this `time`, a day or RFC 3339 (default all that is kept)")
	to := fs.String("to", "", "check what was due before this `time` (default all that is settled)")
	asJSON := fs.Bool("json", false, "print JSON")
	if err := parse(fs, args); err != nil {
		return err
	}
	var o audit.Options
	var err error
	if o.From, err = bound("from", *from); err != nil {
		return err
	}
	if o.To, err = bound("to", *to); err != nil {
		return err
	}
	if err := lf.check("verify"); err != nil {
		return err
	}
	ctx, stop := p.untilStopped(ctx)
	defer stop()
	report, err := p.verified(ctx, lf, o)
	if err != nil {
		return err
	}
	return p.printReport(report, *asJSON)
}

func (p *program) verified(ctx context.Context, lf *ledgerFlags, o audit.Options) (audit.Report, error) {
	if !lf.offline() {
		return p.verifiedByHost(ctx, lf.address, o)
	}
	st, c, err := p.openLedger(ctx, lf)
	if err != nil {
		return audit.Report{}, err
	}
	defer st.Close() // only read; the error would mean nothing
	return host.Verify(ctx, st, c, o)
}

func (p *program) verifiedByHost(ctx context.Context, address string, o audit.Options) (report audit.Report, err error) {
	r, err := p.remote("verify", address)
	if err != nil {
		return report, err
	}
	values := url.Values{}
	for name, at := range map[string]time.Time{"from": o.From, "to": o.To} {
		if !at.IsZero() {
			values.Set(name, at.UTC().Format(time.RFC3339Nano))
		}
	}
	err = r.query(values, verifyTimeout).get(ctx, "/api/v1/verify", &report)
	return report, err
}

// bound reads a flag that is a day in UTC, or an instant.
func bound(name, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usageError{fmt.Sprintf("butlerd verify: -%s %q is neither a day such as 2026-03-01 nor an instant in RFC 3339, such as 2026-03-01T00:00:00Z", name, text)}
}

func (p *program) printReport(r audit.Report, asJSON bool) error {
	err := p.reportText(r, asJSON)
	if err == nil && !r.OK {
		return errReported
	}
	return err
}

func (p *program) reportText(r audit.Report, asJSON bool) error {
	if asJSON {
		return p.printJSON(r)
	}
	return r.WriteText(p.stdout)
}
