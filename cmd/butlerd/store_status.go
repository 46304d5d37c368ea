package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"butlerd/host"
	"butlerd/host/api"
	"butlerd/host/config"
	"butlerd/host/run"
	"butlerd/host/store"
	"butlerd/host/store/postgres"
)

// storeSummary is what there is to say of a store.
type storeSummary struct {
	Store     storePlace            `json:"store"`
	Server    string                `json:"server,omitempty"` // version of the database
	Schema    int64                 `json:"schema_version"`   // 0: unknown, or there is none yet
	Known     int64                 `json:"known_version"`    // the latest that this program knows
	Schedules *int                  `json:"schedules"`        // nil: this program cannot read the schema as it is
	Firings   map[run.Outcome]int64 `json:"firings"`
	Runs      map[run.State]int64   `json:"runs"`
	Hosts     []storeHost           `json:"hosts"` // also those that ended within the last day
}

// storeHost is a host that writes to a store.
type storeHost struct {
	ID       string     `json:"id"`
	Name     string     `json:"name"`
	State    string     `json:"state"`
	Version  string     `json:"version"`
	JoinedAt time.Time  `json:"joined_at"`
	EndedAt  *time.Time `json:"ended_at"`
}

// storeStatus prints which store a configuration names and what is in it.
func (p *program) storeStatus(ctx context.Context, args []string) error {
	fs := p.flags("store status")
	cf := addConfigFlags(fs)
	asJSON := fs.Bool("json", false, "print JSON")
	if err := parse(fs, args); err != nil {
		return err
	}
	c, err := p.storeConfig(cf.options(p))
	if err != nil {
		return err
	}
	s, err := p.summarize(ctx, c)
	if err != nil {
		return err
	}
	if *asJSON {
		return p.printJSON(s)
	}
	return p.printSummary(s)
}

// summarize looks at a store. One that other hosts may use, with an older butlerd,
// is not migrated by that.
func (p *program) summarize(ctx context.Context, c config.Store) (storeSummary, error) {
	s := storeSummary{Store: newStorePlace(c), Hosts: []storeHost{}}
	if c.Kind == "postgres" {
		state, err := postgres.Status(ctx, host.PostgresOptions(c.Postgres, p.storeLog()))
		s.Schema, s.Known, s.Server = state.Schema.Version, state.Schema.Known, state.Server
		s.add(state.Counts, state.Hosts)
		if err != nil || s.Schema != s.Known {
			return s, err
		}
	}
	st, err := p.openExisting(ctx, c)
	if err != nil {
		return s, err
	}
	defer st.Close()
	return s, s.read(ctx, st)
}

// read reads what an open store holds.
func (s *storeSummary) read(ctx context.Context, st store.Store) error {
	if s.Schema == 0 {
		version, err := schemaVersion(ctx, st)
		if err != nil {
			return err
		}
		s.Schema, s.Known = version, version
	}
	all, err := st.Schedules(ctx)
	if err != nil {
		return err
	}
	counts, err := st.Counts(ctx)
	if err != nil {
		return err
	}
	hosts, err := st.Hosts(ctx)
	if err != nil {
		return err
	}
	n := len(all)
	s.Schedules = &n
	s.add(counts, hosts)
	return nil
}

func (s *storeSummary) add(counts store.Counts, hosts []store.Host) {
	s.Firings, s.Runs, s.Hosts = counts.Firings, counts.Runs, []storeHost{}
	clock := api.StoreClock(hosts)
	for _, h := range hosts {
		s.Hosts = append(s.Hosts, newStoreHost(h, clock))
	}
}

func newStoreHost(h store.Host, clock time.Time) storeHost {
	s := storeHost{ID: h.ID, Name: h.Name, State: api.HostState(h, clock), Version: h.Report.Version, JoinedAt: h.JoinedAt}
	if !h.EndedAt.IsZero() {
		s.EndedAt = &h.EndedAt
	}
	return s
}

func (p *program) printSummary(s storeSummary) error {
	w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "store\t%s\n", s.Store)
	if s.Server != "" {
		fmt.Fprintf(w, "server\t%s\n", s.Server)
	}
	fmt.Fprintf(w, "schema version\t%s\n", s.schemaText())
	if s.Schedules != nil {
		fmt.Fprintf(w, "schedules\t%d\n", *s.Schedules)
	}
	fmt.Fprintf(w, "firings\t%s\n", tally(s.Firings))
	fmt.Fprintf(w, "runs\t%s\n", tally(s.Runs))
	for _, h := range s.Hosts {
		fmt.Fprintf(w, "host %s\t%s, version %s, since %s\n", h.Name, h.State, cmp.Or(h.Version, "unknown"), h.JoinedAt.Format(time.RFC3339))
	}
	return w.Flush()
}

func (s storeSummary) schemaText() string {
	switch {
	case s.Known == 0:
		return "unknown"
	case s.Schema == 0:
		return "none; butlerd store migrate makes it"
	case s.Schema < s.Known:
		return fmt.Sprintf("%d; butlerd store migrate brings it to %d", s.Schema, s.Known)
	case s.Schema > s.Known:
		return fmt.Sprintf("%d; it was written by a newer butlerd, this one knows versions up to %d", s.Schema, s.Known)
	}
	return fmt.Sprint(s.Schema)
}

// tally writes counts in one line, those of zero left out.
func tally[K ~string](counts map[K]int64) string {
	var total int64
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if counts[k] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[k], k))
			total += counts[k]
		}
	}
	if len(parts) == 0 {
		return "none"
	}
	return fmt.Sprintf("%d: %s", total, strings.Join(parts, ", "))
}
