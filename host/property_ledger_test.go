package host_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"butlerd/host/run"
	"butlerd/host/store"
)

// account is a whole ledger, read for the checks.
type account struct {
	versions []store.Version
	holds    []store.Hold
	firings  []run.Firing
	runs     map[string]run.Run
	order    []run.Run // by CreatedAt
	attempts map[string][]run.Attempt
}

func readAccount(l *life) (account, error) {
	ctx := context.Background()
	a := account{runs: map[string]run.Run{}, attempts: map[string][]run.Attempt{}}
	var err error
	if a.versions, err = l.ledger.Versions(ctx, time.Time{}); err != nil {
		return a, err
	}
	if a.holds, err = l.ledger.Holds(ctx, time.Time{}); err != nil {
		return a, err
	}
	q := store.SettlementQuery{Limit: store.MaxPage}
	for {
		page, err := l.ledger.Settlements(ctx, q)
		if err != nil {
			return a, err
		}
		a.firings = append(a.firings, page...)
		if len(page) < store.MaxPage {
			break
		}
		last := page[len(page)-1]
		q.After = store.SettlementKey{ScheduleID: last.ScheduleID, DueAt: last.DueAt}
	}
	return a, a.readRuns(ctx, l.ledger)
}

func (a *account) readRuns(ctx context.Context, ledger store.Store) error {
	q := store.RunQuery{Limit: store.MaxPage}
	for {
		page, err := ledger.Runs(ctx, q)
		if err != nil {
			return err
		}
		for _, r := range page.Runs {
			_, attempts, err := ledger.Run(ctx, r.ID)
			if err != nil {
				return err
			}
			a.runs[r.ID], a.attempts[r.ID] = r, attempts
			a.order = append(a.order, r)
		}
		if q.After = page.Next; q.After == (store.RunCursor{}) {
			slices.Reverse(a.order)
			return nil
		}
	}
}

// version is the one that was in force at an instant.
func (a *account) version(id string, at time.Time) (store.Version, bool) {
	for _, v := range a.versions {
		if v.ID == id && at.After(v.Since) && (v.Until.IsZero() || !at.After(v.Until)) {
			return v, true
		}
	}
	return store.Version{}, false
}

var uuids = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// told is the whole ledger as an export has it, in lines without ids, which are new in
// each life: a run is called by what it is of, a host by its turn.
func told(l *life, a account) ([]string, error) {
	names := map[string]string{}
	for i, id := range l.hosts {
		names[id] = fmt.Sprintf("host-%d", i)
	}
	for i, h := range a.holds {
		names[h.ID] = fmt.Sprintf("hold-%d", i)
	}
	for id := range a.runs {
		names[id] = a.name(id)
	}
	var lines []string
	err := l.ledger.Export(context.Background(), func(r store.Record) error {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(r.Data, &members); err != nil {
			return err
		}
		if r.Kind == store.RecordSeal {
			return nil // over the ids too
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%s", r.Kind)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			fmt.Fprintf(&b, " %s=%s", name, members[name])
		}
		lines = append(lines, uuids.ReplaceAllStringFunc(b.String(), func(id string) string {
			if name, ok := names[id]; ok {
				return name
			}
			return "id"
		}))
		return nil
	})
	slices.Sort(lines)
	return lines, err
}

func (a *account) name(id string) string {
	r, ok := a.runs[id]
	if !ok {
		return "none"
	}
	parent := ""
	if r.ParentID != "" {
		parent = " after " + a.name(r.ParentID)
	}
	return fmt.Sprintf("(%s %s %s %s%s)", r.ScheduleID, r.Trigger, r.DueAt.Format(time.RFC3339Nano), r.Step, parent)
}
