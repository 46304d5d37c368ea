package cutover

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"butlerd/host/schedule"
	"butlerd/host/shadow"
)

// Difference is something that is not the same on both sides.
type Difference struct {
	ScheduleID string
	Text       string
	// Blocking says that taking over would change what is started.
	Blocking bool
}

// Sides are what is compared.
type Sides struct {
	Butler   []Schedule
	Here     []Schedule            // of the butlerd that runs
	Declared []schedule.Definition // of the configuration
}

// Common are the ids that all have, in Butler's order.
func (s Sides) Common() []string {
	here, declared := byID(s.Here), s.declared()
	var ids []string
	for _, b := range s.Butler {
		_, known := here[b.ID]
		if _, ok := declared[b.ID]; ok && known && !slices.Contains(ids, b.ID) {
			ids = append(ids, b.ID)
		}
	}
	return ids
}

func byID(list []Schedule) map[string]Schedule {
	m := make(map[string]Schedule, len(list))
	for _, s := range list {
		m[s.ID] = s
	}
	return m
}

func (s Sides) declared() map[string]schedule.Definition {
	m := make(map[string]schedule.Definition, len(s.Declared))
	for _, d := range s.Declared {
		m[d.ID] = d
	}
	return m
}

// Differences lists what is not the same, in Butler's order and then in that of the
// configuration.
func (s Sides) Differences() []Difference {
	var list []Difference
	add := func(id string, blocking bool, format string, args ...any) {
		list = append(list, Difference{id, fmt.Sprintf(format, args...), blocking})
	}
	butler, here, declared := byID(s.Butler), byID(s.Here), s.declared()
	seen := map[string]bool{}
	for _, b := range s.Butler {
		d, ok := declared[b.ID]
		h, known := here[b.ID]
		switch {
		case seen[b.ID]:
			add(b.ID, true, "Butler has the id twice: which one is started or stopped is not known")
		case !ok:
			add(b.ID, b.Started, "Butler has it (%s), the configuration has not", stateWord(b.Started))
		case !known:
			add(b.ID, true, "the butlerd that runs does not have it: has it loaded this configuration?")
		default:
			list = append(list, pair(b, h, d)...)
		}
		seen[b.ID] = true
	}
	for _, d := range s.Declared {
		if _, ok := butler[d.ID]; !ok {
			add(d.ID, false, "only the configuration has it; it is left as it is")
		}
	}
	return list
}

// pair compares one schedule that all have.
func pair(b, h Schedule, d schedule.Definition) (list []Difference) {
	add := func(blocking bool, format string, args ...any) {
		list = append(list, Difference{b.ID, fmt.Sprintf(format, args...), blocking})
	}
	if !sameInstants(shadow.FromButler(b.Cron), d) {
		add(true, "Butler's cron %q would be %q here, the configuration has %q", b.Cron, shadow.FromButler(b.Cron), d.Cron)
	}
	if strings.Join(strings.Fields(h.Cron), " ") != strings.Join(strings.Fields(d.Cron), " ") {
		add(true, "the butlerd that runs has the cron %q, the configuration %q: has it loaded it?", h.Cron, d.Cron)
	}
	if !strings.EqualFold(b.TaskID, h.TaskID) {
		add(true, "Butler starts the task %s, butlerd %q", b.TaskID, h.TaskID)
	}
	switch {
	case b.Started && h.Started:
		add(false, "it is started on both sides now: its task is started twice")
	case !b.Started && h.Started:
		add(false, "it is stopped in Butler and started here already")
	}
	if b.Started && d.Startup == schedule.StartupStopped {
		add(false, "its startup_state is stopped: butlerd will stop it when it starts the next time")
	}
	return list
}

// enough instants that are the same make two expressions the same.
const enough = 400

// sameInstants says whether an expression fires as a definition does, in its time zone.
func sameInstants(expr string, d schedule.Definition) bool {
	if d.More == nil && strings.Join(strings.Fields(d.Cron), " ") == expr {
		return true
	}
	one, err := schedule.Compile(schedule.Timing{Cron: expr, Timezone: d.Timezone})
	if err != nil {
		return false
	}
	other, err := schedule.Compile(d.Timing())
	if err != nil {
		return false
	}
	a, b := time.Now(), time.Now()
	for range enough {
		if a, b = one.Next(a), other.Next(b); !a.Equal(b) {
			return false
		}
		if a.IsZero() {
			return true
		}
	}
	return true
}

func stateWord(started bool) string {
	if started {
		return "started"
	}
	return "stopped"
}
