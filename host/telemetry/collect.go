package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Schedule is a schedule as it stands when the metrics are read.
type Schedule struct {
	ID      string
	Started bool
	NextAt  time.Time // zero: none
}

// Plugin is a plugin as it stands when the metrics are read.
type Plugin struct {
	Name     string
	Up       bool
	Restarts int
	Running  int
	Waiting  int
}

// Sources are what is asked when the metrics are read.
type Sources struct {
	Schedules func() []Schedule
	Plugins   func() []Plugin
	// Lease says whether the host holds its lease.
	Lease func() bool
}

// Watch adds the sources to the metrics. It is called once.
func (m *Metrics) Watch(s Sources) { m.registry.MustRegister(collector{s}) }

var (
	nextFire  = describe("butlerd_schedule_next_fire_timestamp_seconds", "Due time of the schedule's next firing; none while it is stopped.", "schedule")
	schedules = describe("butlerd_schedules", "Schedules in force.", "state")
	up        = describe("butlerd_plugin_up", "Whether the plugin answers.", "plugin")
	restarts  = describe("butlerd_plugin_restarts_total", "Restarts of the plugin since the host started.", "plugin")
	running   = describe("butlerd_runs_running", "Attempts being executed.", "plugin")
	waiting   = describe("butlerd_runs_waiting", "Runs that wait for a slot of their plugin, on any host of the store.", "plugin")
	leaseHeld = describe("butlerd_lease_held", "Whether the host holds its lease on the store: without it nothing is claimed or executed.")
)

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

type collector struct{ Sources }

// Describe implements prometheus.Collector.
func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{nextFire, schedules, up, restarts, running, waiting, leaseHeld} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (c collector) Collect(out chan<- prometheus.Metric) {
	c.collectSchedules(out)
	out <- gauge(leaseHeld, oneIf(c.Lease()))
	for _, p := range c.Plugins() {
		out <- gauge(up, oneIf(p.Up), p.Name)
		out <- prometheus.MustNewConstMetric(restarts, prometheus.CounterValue, float64(p.Restarts), p.Name)
		out <- gauge(running, float64(p.Running), p.Name)
		out <- gauge(waiting, float64(p.Waiting), p.Name)
	}
}

func (c collector) collectSchedules(out chan<- prometheus.Metric) {
	var started, stopped float64
	for _, s := range c.Schedules() {
		if s.Started {
			started++
		} else {
			stopped++
		}
		if !s.NextAt.IsZero() {
			out <- gauge(nextFire, seconds(s.NextAt), s.ID)
		}
	}
	out <- gauge(schedules, started, "started")
	out <- gauge(schedules, stopped, "stopped")
}

func gauge(d *prometheus.Desc, v float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
}

func oneIf(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
