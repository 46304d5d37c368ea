package main

import (
	"cmp"
	"container/heap"
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"butlerd/host/config"
	"butlerd/host/schedule"
	"butlerd/plugins"
)

// coming is an instant of a schedule, as next prints it.
type coming struct {
	Schedule string `json:"schedule"`
	UTC      string `json:"utc"`
	Local    string `json:"local"`
	Timezone string `json:"timezone"`
	Jitter   int64  `json:"jitter_seconds,omitempty"` // how much later it starts
	Mark     string `json:"mark,omitempty"`           // what a clock change does to it
}

// nextOfConfig prints the instants of schedules of a configuration, in the order of
// time. Plugins are not started.
func (p *program) nextOfConfig(f nextFlags, names []string, from, until time.Time) error {
	options := f.config.options(p)
	options.Bundled = slices.Sorted(maps.Keys(plugins.Bundled()))
	c, diags := config.Load(options)
	if diags.HasErrors() {
		diags.WriteText(p.stderr, isTerminal(p.stderr), 0)
		return errReported
	}
	list, err := chosen(c.Definitions(), names)
	if err != nil {
		return err
	}
	instants, err := merge(list, from, until, cmp.Or(*f.count, nextOfAll))
	if err != nil {
		return err
	}
	if *f.asJSON {
		return p.printJSON(instants)
	}
	w := tabwriter.NewWriter(p.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "LOCAL\tTIME ZONE\tUTC\tSCHEDULE\tREMARKS")
	for _, i := range instants {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", i.Local, i.Timezone, i.UTC, i.Schedule, i.remarks())
	}
	return w.Flush()
}

// remarks are for people.
func (c coming) remarks() string {
	switch {
	case c.Jitter == 0:
		return c.Mark
	case c.Mark == "":
		return fmt.Sprintf("starts %s later (jitter)", time.Duration(c.Jitter)*time.Second)
	}
	return fmt.Sprintf("%s; starts %s later (jitter)", c.Mark, time.Duration(c.Jitter)*time.Second)
}

// chosen are the definitions with these ids; all when there are none.
func chosen(all []schedule.Definition, names []string) ([]schedule.Definition, error) {
	if len(names) == 0 {
		return all, nil
	}
	byID := map[string]schedule.Definition{}
	for _, d := range all {
		byID[d.ID] = d
	}
	var list []schedule.Definition
	for _, name := range names {
		d, ok := byID[name]
		if !ok {
			return nil, fmt.Errorf("the configuration has no schedule %q", name)
		}
		list = append(list, d)
		delete(byID, name) // twice would be printed twice
	}
	return list, nil
}

// merge lists the first instants of all definitions together.
func merge(list []schedule.Definition, from, until time.Time, count int) ([]coming, error) {
	specs := schedule.NewCache()
	var ahead upcoming
	for _, d := range list {
		spec, err := specs.Get(d.Timing())
		if err != nil {
			return nil, fmt.Errorf("schedule %q: %w", d.ID, err)
		}
		if at := spec.Next(from); !at.IsZero() {
			ahead = append(ahead, &upNext{d.ID, spec, at})
		}
	}
	heap.Init(&ahead)
	instants := []coming{}
	for len(ahead) > 0 && len(instants) < count {
		u := ahead[0]
		if !until.IsZero() && u.at.After(until) {
			break
		}
		instants = append(instants, u.coming())
		if u.at = u.spec.Next(u.at); u.at.IsZero() {
			heap.Pop(&ahead)
			continue
		}
		heap.Fix(&ahead, 0)
	}
	return instants, nil
}

// upNext is the next instant of a schedule.
type upNext struct {
	id   string
	spec *schedule.Spec
	at   time.Time
}

func (u *upNext) coming() coming {
	return coming{
		Schedule: u.id, UTC: u.at.UTC().Format(time.RFC3339), Local: u.at.Format(time.RFC3339), Timezone: u.spec.Zone(),
		Jitter: int64(u.spec.Delay(u.id, u.at) / time.Second), Mark: u.spec.Mark(u.at),
	}
}

// upcoming is a heap by instant and then by id.
type upcoming []*upNext

func (u upcoming) Len() int { return len(u) }
func (u upcoming) Less(i, j int) bool {
	return cmp.Or(u[i].at.Compare(u[j].at), cmp.Compare(u[i].id, u[j].id)) < 0
}
func (u upcoming) Swap(i, j int) { u[i], u[j] = u[j], u[i] }
func (u *upcoming) Push(x any)   { *u = append(*u, x.(*upNext)) }
func (u *upcoming) Pop() any {
	last := len(*u) - 1
	x := (*u)[last]
	*u = (*u)[:last]
	return x
}
