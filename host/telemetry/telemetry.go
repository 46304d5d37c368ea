// Package telemetry counts what the host does and shows it to Prometheus.
//
// It keeps numbers, no history: what happened to a firing or a run is in the
// ledger.
package telemetry

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"butlerd/host/run"
)

// Metrics are the numbers of one host. They implement dispatch.Observer.
type Metrics struct {
	registry *prometheus.Registry

	firings     *prometheus.CounterVec
	delay       prometheus.Histogram
	runs        *prometheus.CounterVec
	duration    *prometheus.HistogramVec
	lastFire    *prometheus.GaugeVec
	lastSuccess *prometheus.GaugeVec
	reloaded    prometheus.Gauge
	reloadedAt  prometheus.Gauge
}

// Buckets of the histograms, in seconds.
var (
	delayBuckets    = []float64{.001, .002, .005, .01, .02, .05, .1, .25, 1, 5, 30, 60}
	durationBuckets = []float64{.01, .1, 1, 5, 15, 60, 300, 900, 3600, 4 * 3600}
)

// New makes the metrics of a host of the given version.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		firings: counters("butlerd_firings_total", "Settled firings by outcome; the reason says why one did not run.",
			"outcome", "reason"),
		delay: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "butlerd_fire_delay_seconds", Help: "Time from a firing's due time to its claim.", Buckets: delayBuckets}),
		runs: counters("butlerd_runs_total", "Ended runs by schedule (empty: of none) and outcome.", "schedule", "outcome"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "butlerd_run_duration_seconds", Help: "Time from the start of a run to its end.", Buckets: durationBuckets}, []string{"plugin", "outcome"}),
		lastFire:    gauges("butlerd_schedule_last_fire_timestamp_seconds", "Due time of the schedule's last firing that ran.", "schedule"),
		lastSuccess: gauges("butlerd_schedule_last_success_timestamp_seconds", "End of the schedule's last run that succeeded.", "schedule"),
		reloaded: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "butlerd_config_last_reload_successful", Help: "Whether the last loading of the configuration succeeded."}),
		reloadedAt: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "butlerd_config_last_reload_success_timestamp_seconds", Help: "When the configuration was loaded last."}),
	}
	build := gauges("butlerd_build_info", "Always 1; the label says which build runs.", "version")
	build.WithLabelValues(version).Set(1)
	m.registry.MustRegister(m.firings, m.delay, m.runs, m.duration, m.lastFire, m.lastSuccess, m.reloaded, m.reloadedAt, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

func gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name, Help: help}, labels)
}

// Firing implements dispatch.Observer.
func (m *Metrics) Firing(f run.Firing, lag time.Duration) {
	m.firings.WithLabelValues(string(f.Outcome), string(f.Reason)).Inc()
	if f.Outcome != run.Ran {
		return
	}
	m.delay.Observe(lag.Seconds())
	m.lastFire.WithLabelValues(f.ScheduleID).Set(seconds(f.DueAt))
}

// Ended implements dispatch.Observer.
func (m *Metrics) Ended(r run.Run) {
	m.runs.WithLabelValues(r.ScheduleID, string(r.State)).Inc()
	if !r.StartedAt.IsZero() {
		m.duration.WithLabelValues(r.Plugin, string(r.State)).Observe(r.EndedAt.Sub(r.StartedAt).Seconds())
	}
	if r.State == run.Succeeded && r.ScheduleID != "" {
		m.lastSuccess.WithLabelValues(r.ScheduleID).Set(seconds(r.EndedAt))
	}
}

// Reloaded notes that the configuration was loaded, or that it was not because
// something is wrong with it.
func (m *Metrics) Reloaded(ok bool) {
	if !ok {
		m.reloaded.Set(0)
		return
	}
	m.reloaded.Set(1)
	m.reloadedAt.Set(seconds(time.Now()))
}

// Forget drops the numbers of a schedule that is no longer in force.
func (m *Metrics) Forget(scheduleID string) {
	m.runs.DeletePartialMatch(prometheus.Labels{"schedule": scheduleID})
	m.lastFire.DeleteLabelValues(scheduleID)
	m.lastSuccess.DeleteLabelValues(scheduleID)
}

func seconds(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

// Handler shows the metrics in Prometheus' text format.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
}
